// The validation benchmarks in their quick form: every figure with an exact expectation must be it,
// every other one lie within its bounds, and each repeat be equal. And on the machine without the
// model, where an instruction is a cycle, the same programs must cost what the same formulas say.
import { describe, expect, test } from "vitest";
import { measureAll, suitesOf, tiers } from "../../bench/timing/all.mjs";
import { runSuite } from "../../bench/timing/run.mjs";

const SUITES_LEAST = 10;

/** Configurations with the shape of a preset, in which nothing costs more than its instruction. */
function free(timing: object): object {
  const cheap = Object.entries(timing).map(([table, value]) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return [table, value];
    const costs = Object.entries(value).map(([key, one]) =>
      key.endsWith("cycles") ? [key, table === "core" ? 1 : 0] : [key, one],
    );
    return [table, Object.fromEntries(costs)];
  });
  return Object.fromEntries(cheap);
}

const wrong = (rows: readonly { failure: string }[]) => rows.filter(({ failure }) => failure);

describe("the timing model", () => {
  test("costs what its parameters say, in the quick form of the validation", async () => {
    const rows = await measureAll({ quick: true });
    expect(wrong(rows)).toEqual([]);
    const exact = rows.filter(({ expected }) => expected !== undefined);
    for (const { tier } of tiers(true))
      expect(exact.filter((row) => row.tier.startsWith(tier)).length).toBeGreaterThan(50);
    expect(exact.length).toBeGreaterThan(rows.length / 2);
  });
});

describe("the machine without it", () => {
  test.each(tiers(true))("costs a cycle an instruction: $tier", async ({ tier, timing }) => {
    const suites = suitesOf({ timing: free(timing), kind: "full" }, true);
    expect(suites.length).toBeGreaterThan(SUITES_LEAST);
    for (const suite of suites) {
      const rows = await runSuite(suite, { tier, timed: false, repeats: 1 });
      expect(wrong(rows)).toEqual([]);
    }
  });
});
