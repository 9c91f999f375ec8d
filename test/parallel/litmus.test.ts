// The litmus programs on harts that run at the same time: no outcome that RVWMO forbids may ever be
// seen. Which of the allowed ones are depends on the host, so only that there is more than one
// order is asked for, over all programs.
import { afterAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../emu/config.js";
import { CASES } from "../support/litmus/cases.js";
import { type Driving, outcomesOn } from "../support/litmus/guest.js";
import { allowed } from "../support/litmus/model.js";
import { counted } from "../support/oracle.js";
import { shareOf } from "../support/translated.js";

const ROUNDS = 1500;
/** How much of each run was done by translated code; nothing by the interpreter. */
const shares: number[] = [];
const totals = { runs: 0, seen: 0, weak: 0, allowed: 0 };

afterAll(() => {
  const { runs, seen, weak, allowed: all } = totals;
  const share = `seen ${seen} of ${all} outcomes that RVWMO allows, ${weak} of them not in SC`;
  counted("litmus, parallel", `${CASES.length} programs, ${runs} runs, none forbidden; ${share}`);
});

describe.each(CASES)("$name", ({ asked: _, inRvwmo: __, inSc: ___, ...litmus }) => {
  test.each(ENGINES)("nothing that RVWMO forbids is shown by the %s", async (engine) => {
    const [sc, rvwmo] = [allowed(litmus, "SC"), allowed(litmus, "RVWMO")];
    const seen = new Set<string>();
    for (const events of [false, true]) {
      const driving: Driving = {
        ...{ rounds: ROUNDS, quantumCycles: 64, seed: 7, events, parallel: true },
        ...{ engine, hotCycles: 2000, coldCycles: 0 },
        ended: (machine) => shares.push(shareOf(machine)),
      };
      for (const [outcome] of await outcomesOn(litmus, driving)) seen.add(outcome);
      totals.runs += ROUNDS;
    }
    expect([...seen].filter((outcome) => !rvwmo.has(outcome))).toEqual([]);
    totals.seen += seen.size;
    totals.weak += [...seen].filter((outcome) => !sc.has(outcome)).length;
    totals.allowed += rvwmo.size;
  });
});

test("there was more than one order", () => {
  expect(totals.seen).toBeGreaterThan(2 * CASES.length);
});

test("most was done by translated code, where there is any", () => {
  const translated = shares.filter((share) => share > 0);
  expect(translated.length).toBe(2 * CASES.length);
  expect(Math.min(...translated)).toBeGreaterThan(0.4);
});
