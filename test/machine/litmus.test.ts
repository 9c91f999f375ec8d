// Memory-model litmus tests: what harts may see of each other's loads and stores. No outcome that
// RVWMO forbids may ever be seen; the machine promises more, sequential consistency, and must show
// every outcome that this allows. The models themselves are checked against the known verdicts.
import { afterAll, describe, expect, test } from "vitest";
import { presetTiming, type TimingConfig } from "../../emu/index.js";
import { CASES } from "../support/litmus/cases.js";
import { outcomesOn } from "../support/litmus/guest.js";
import { allowed } from "../support/litmus/model.js";
import { counted } from "../support/oracle.js";

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
