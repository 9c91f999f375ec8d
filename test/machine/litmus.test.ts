// Memory-model litmus tests: what harts may see of each other's loads and stores. No outcome that
// RVWMO forbids may ever be seen; the machine promises more, sequential consistency, and must show
// every outcome that this allows. The models themselves are checked against the known verdicts.
import { afterAll, describe, expect, test } from "vitest";
import { presetTiming, type TimingConfig } from "../../emu/index.js";
import { outcomesOn } from "../support/litmus/guest.js";
import { allowed, type Litmus, type Location, type Step } from "../support/litmus/model.js";
import { counted } from "../support/oracle.js";

const store = (at: Location, value: number | string): Step => ({ op: "store", at, value });
const load = (at: Location, into: string): Step => ({ op: "load", at, into });
const fence: Step = { op: "fence" };
const swap = (at: Location, value: number, into: string, aq = false, rl = false): Step => ({
  ...{ op: "amoswap", at, value, into, aq, rl },
});
const add = (at: Location, value: number, into: string): Step => ({
  ...{ op: "amoadd", at, value, into },
});
const lrsc = (at: Location, value: number, into: string, done: string): Step => ({
  ...{ op: "lrsc", at, value, into, done },
});

/** A program, and an outcome with whether RVWMO allows it (from the literature). */
interface Case extends Litmus {
  readonly asked: string;
  readonly inRvwmo: boolean;
  readonly inSc: boolean;
}

const weak = { inRvwmo: true, inSc: false };
const never = { inRvwmo: false, inSc: false };

const CASES: readonly Case[] = [
  {
    name: "MP",
    threads: [
      [store("x", 1), store("y", 1)],
      [load("y", "a"), load("x", "b")],
    ],
    asked: "1:a=1 1:b=0",
    ...weak,
  },
  {
    name: "MP+fences",
    threads: [
      [store("x", 1), fence, store("y", 1)],
      [load("y", "a"), fence, load("x", "b")],
    ],
    asked: "1:a=1 1:b=0",
    ...never,
  },
  {
    name: "MP+amoswap.rl+amoswap.aq",
    threads: [
      [store("x", 1), swap("y", 1, "o", false, true)],
      [add("y", 0, "a"), fence, load("x", "b")],
    ],
    asked: "0:o=0 1:a=1 1:b=0",
    ...never,
  },
  {
    name: "SB",
    threads: [
      [store("x", 1), load("y", "a")],
      [store("y", 1), load("x", "b")],
    ],
    asked: "0:a=0 1:b=0",
    ...weak,
  },
  {
    name: "SB+fences",
    threads: [
      [store("x", 1), fence, load("y", "a")],
      [store("y", 1), fence, load("x", "b")],
    ],
    asked: "0:a=0 1:b=0",
    ...never,
  },
  {
    name: "SB+amoswap.aqrl",
    threads: [
      [swap("x", 1, "o", true, true), load("y", "a")],
      [swap("y", 1, "p", true, true), load("x", "b")],
    ],
    asked: "0:a=0 0:o=0 1:b=0 1:p=0",
    ...never,
  },
  {
    name: "LB",
    threads: [
      [load("x", "a"), store("y", 1)],
      [load("y", "b"), store("x", 1)],
    ],
    asked: "0:a=1 1:b=1",
    ...weak,
  },
  {
    name: "LB+data",
    threads: [
      [load("x", "a"), store("y", "a")],
      [load("y", "b"), store("x", 1)],
    ],
    asked: "0:a=1 1:b=1",
    ...weak,
  },
  {
    name: "CoRR",
    threads: [[store("x", 1)], [load("x", "a"), load("x", "b")]],
    asked: "1:a=1 1:b=0",
    ...never,
  },
  {
    name: "IRIW",
    threads: [
      [store("x", 1)],
      [store("y", 1)],
      [load("x", "a"), load("y", "b")],
      [load("y", "c"), load("x", "d")],
    ],
    asked: "2:a=1 2:b=0 3:c=1 3:d=0",
    ...weak,
  },
  {
    name: "IRIW+fences",
    threads: [
      [store("x", 1)],
      [store("y", 1)],
      [load("x", "a"), fence, load("y", "b")],
      [load("y", "c"), fence, load("x", "d")],
    ],
    asked: "2:a=1 2:b=0 3:c=1 3:d=0",
    ...never,
  },
  {
    name: "two amoadds",
    threads: [[add("x", 1, "a")], [add("x", 1, "b")]],
    asked: "0:a=0 1:b=0",
    ...never,
  },
  {
    name: "LR/SC against a store",
    threads: [
      [lrsc("x", 2, "a", "done"), load("x", "b")],
      [store("x", 1), load("x", "c")],
    ],
    asked: "0:a=0 0:b=1 0:done=0 1:c=1",
    inRvwmo: true,
    inSc: true,
  },
  {
    name: "LR/SC against LR/SC",
    threads: [[lrsc("x", 1, "a", "done")], [lrsc("x", 1, "b", "also")]],
    asked: "0:a=0 0:done=1 1:also=1 1:b=0",
    ...never,
  },
  {
    name: "LR/SC against amoadd",
    threads: [[lrsc("x", 5, "a", "done")], [add("x", 1, "b"), load("x", "c")]],
    asked: "0:a=0 0:done=1 1:b=0 1:c=5",
    ...never,
  },
];

const timing = presetTiming("server") as TimingConfig;
const QUANTA = [1, 2, 5, 64];
const ROUNDS = 1500;
const totals = { runs: 0, seen: 0, sc: 0, rvwmo: 0 };

afterAll(() => {
  const { runs, seen, sc, rvwmo } = totals;
  const share = `seen ${seen} of ${sc} outcomes that SC allows, of ${rvwmo} that RVWMO allows`;
  counted("litmus", `${CASES.length} programs, ${runs} runs, none forbidden; ${share}`);
});

describe.each(CASES)("$name", ({ asked, inRvwmo, inSc, ...litmus }) => {
  const [sc, rvwmo] = [allowed(litmus, "SC"), allowed(litmus, "RVWMO")];

  test("the models give the known verdict, and SC is the stronger one", () => {
    expect([rvwmo.has(asked), sc.has(asked)]).toEqual([inRvwmo, inSc]);
    expect([...sc].filter((outcome) => !rvwmo.has(outcome))).toEqual([]);
  });

  test("the machine shows all that SC allows, and nothing else", async () => {
    const seen = new Set<string>();
    for (const quantumCycles of QUANTA) {
      for (const events of [false, true]) {
        const driving = { rounds: ROUNDS, quantumCycles, seed: quantumCycles, events };
        for (const [outcome] of await outcomesOn(litmus, driving)) seen.add(outcome);
        totals.runs += ROUNDS;
      }
    }
    expect([...seen].filter((outcome) => !rvwmo.has(outcome))).toEqual([]);
    expect([...seen].filter((outcome) => !sc.has(outcome))).toEqual([]);
    totals.seen += seen.size;
    totals.sc += sc.size;
    totals.rvwmo += rvwmo.size;
    expect([...sc].filter((outcome) => !seen.has(outcome))).toEqual([]);
  });

  test("with a timing model it shows nothing else either", async () => {
    const seen = new Set<string>();
    for (const quantumCycles of [1, 64]) {
      const driving = { rounds: ROUNDS, quantumCycles, seed: quantumCycles, events: true, timing };
      for (const [outcome] of await outcomesOn(litmus, driving)) seen.add(outcome);
    }
    expect([...seen].filter((outcome) => !sc.has(outcome))).toEqual([]);
    expect(seen.size).toBeGreaterThan(0);
  });
});
