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

const CLASSES = [
  ...["load", "store", "multiply", "divide", "branch_taken", "csr", "fence", "sfence", "atomic"],
  ...["trap_entry", "trap_return"],
];

/** Parameters, and a suite that must notice when a machine has one more of it. */
const NOTICED: readonly (readonly [table: string, key: string, suite: string])[] = [
  ...CLASSES.map((name) => ["core", `${name}_cycles`, "class"] as const),
  ["l2", "cycles", "chase"],
  ["memory", "cycles", "transition"],
  ["memory", "directory_cycles", "transition"],
  ["interconnect", "hop_cycles", "transition"],
  ["coherence", "intervention_cycles", "transition"],
  ["coherence", "invalidation_cycles", "transition"],
  ["tlb", "walk_cycles", "chase, Sv32"],
  ["device", "cycles", "device"],
];

describe("a machine that costs a cycle more than it should", () => {
  const server = tiers(true)[1] as { timing: Record<string, Record<string, number>> };

  test.each(NOTICED)("%s.%s is noticed by the suite %s", async (table, key, name) => {
    const { timing } = server;
    const suite = suitesOf({ timing, kind: "full" }, true).find((one) => one.name === name);
    if (!suite) throw new Error(`no suite ${name}`);
    const more = { ...timing[table], [key]: (timing[table]?.[key] ?? 0) + 1 };
    suite.model.t = { ...timing, [table]: more };
    const rows = await runSuite(suite, { tier: "server", repeats: 1 });
    expect(wrong(rows)).not.toEqual([]);
  });
});

describe("the machine without it", () => {
  test.each(tiers(true))("costs a cycle an instruction: $tier", async ({ tier, timing }) => {
    const all = suitesOf({ timing: free(timing), kind: "full" }, true);
    const suites = all.filter(({ name }) => name !== "port"); // there are no ports to wait for
    expect(suites.length).toBeGreaterThan(SUITES_LEAST);
    for (const suite of suites) {
      const rows = await runSuite(suite, { tier, timed: false, repeats: 1 });
      expect(wrong(rows)).toEqual([]);
    }
  });
});
