// The formulas of the validation benchmarks, against numbers worked out by hand, and cyclic misses
// against their closed form: a set of distinct lines hits if it has no more of them than ways.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  aloneIsFree,
  classCycles,
  crowded,
  cyclicMisses,
  homeOf,
  nodeOf,
  operation,
  queueMost,
  readBounds,
  readStalls,
  stall,
  twoLevels,
} from "../../bench/timing/expected.mjs";
import { csvOf, failureOf } from "../../bench/timing/run.mjs";

const MIB = 1 << 20;
const T = {
  core: {
    ...{ load_cycles: 2, store_cycles: 1, multiply_cycles: 3, divide_cycles: 20 },
    ...{ branch_taken_cycles: 2, csr_cycles: 4, fence_cycles: 5, sfence_cycles: 6 },
    ...{ atomic_cycles: 7, trap_entry_cycles: 30, trap_return_cycles: 40 },
  },
  l1i: { bytes: 256, ways: 2 },
  l1d: { bytes: 256, ways: 2 },
  l2: { bytes: 1024, ways: 4, cycles: 10, occupancy_cycles: 2 },
  cache: { replacement: "lru" },
  tlb: { itlb_entries: 4, dtlb_entries: 4, walk_cycles: 5 },
  coherence: { intervention_cycles: 11, invalidation_cycles: 13 },
  memory: { cycles: 100, directory_cycles: 17, occupancy_cycles: 8, placement: "contiguous" },
  interconnect: { hop_cycles: 1000, occupancy_cycles: 16, shape: "ring" },
  topology: { nodes: 4 },
  device: { cycles: 50 },
  contention: { window_cycles: 64 },
};
const ring = (a: number, b: number) => Math.min(Math.abs(a - b), 4 - Math.abs(a - b));
const model = { t: T, harts: 8, nodes: 4, ramBytes: 16 * MIB, hops: ring };

describe("places", () => {
  test("harts are in nodes in order, and memory has homes by its placement", () => {
    expect([0, 1, 2, 7].map((hart) => nodeOf(model, hart))).toEqual([0, 0, 1, 3]);
    expect(nodeOf({ ...model, harts: 2 }, 1)).toBe(2);
    expect(homeOf(model, 0x80000000 + 4 * MIB - 1)).toBe(0);
    expect(homeOf(model, 0x80000000 + 4 * MIB)).toBe(1);
    const t = { ...T, memory: { ...T.memory, placement: "interleaved" } };
    expect(homeOf({ ...model, t }, 0x80006000)).toBe(2);
  });
});

describe("an access", () => {
  test("within a node", () => {
    expect(stall.l2(model)).toBe(10);
    expect(stall.intervention(model)).toBe(21);
    expect(stall.invalidation(model)).toBe(23);
    expect(stall.memory(model, 0, 0)).toBe(110);
  });

  test("of another node's memory pays each hop there and back", () => {
    expect(stall.memory(model, 0, 1)).toBe(2110);
    expect(stall.memory(model, 0, 2)).toBe(4110);
    expect(stall.device(model, 1)).toBe(2050);
  });

  test("of a line that another node has goes on from its home", () => {
    expect(stall.transfer(model, 0, 0, 1)).toBe(10 + 17 + 11 + 2000);
    expect(stall.transfer(model, 0, 1, 1)).toBe(10 + 17 + 11 + 2000);
    expect(stall.transfer(model, 0, 1, 2)).toBe(10 + 17 + 11 + 2000 + 2000);
    expect(stall.globalUpgrade(model, 0, 0, [1, 2])).toBe(10 + 17 + 13 + 4000);
    expect(stall.globalUpgrade(model, 0, 3, [1], true)).toBe(10 + 17 + 26 + 2000 + 2000);
    expect(stall.globalUpgrade(model, 0, 0, [])).toBe(27);
    expect(stall.storeShared(model, 0, 1, [1, 3])).toBe(2110 + 13 + 2000);
  });
});

describe("what an operation's instructions cost", () => {
  test("classes", () => {
    expect(classCycles(T, "divide")).toBe(20);
    expect(classCycles(T, "trap")).toBe(30 + 4 + 1 + 4 + 40);
    expect(() => classCycles(T, "nonsense")).toThrow("no class nonsense");
  });

  test("loops", () => {
    expect(operation.sequence(T, 3, 64)).toBe(196);
    expect(operation.chase(T, 2)).toBe(4 + 2 * 33 + 2 + 1);
    expect(operation.walkOver(T, 2, 1)).toBe(4 + 4 + 1);
    expect(operation.codeChase(T, 3)).toBe(4 + 2 + 8);
  });
});

describe("cyclic reads", () => {
  const shapes = fc.record({
    sets: fc.constantFrom(1, 2, 4, 8),
    ways: fc.integer({ min: 1, max: 8 }),
  });

  test("of distinct lines hit where a set has room for all of its lines", () => {
    const lines = fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(lines, shapes, (all, shape) => {
        const full = crowded(all, shape);
        expect(cyclicMisses(all, shape)).toEqual(all.map(full));
      }),
    );
  });

  test("hit if fewer than `ways` other lines of the set came in between", () => {
    const lines = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(lines, shapes, (all, shape) => {
        const twice = [...all, ...all];
        const expected = all.map((line, i) => {
          const at = i + all.length;
          const since = twice.slice(twice.lastIndexOf(line, at - 1) + 1, at);
          const others = since.filter((one) => one % shape.sets === line % shape.sets);
          return new Set(others).size >= shape.ways;
        });
        expect(cyclicMisses(all, shape)).toEqual(expected);
      }),
    );
  });

  test("in two levels: what misses in the first is what the second sees", () => {
    const fits = [0, 1, 2, 3]; // two sets of two
    expect(readStalls(model, fits, 0).cycles).toBe(0);
    const inL2 = [0, 2, 4, 6]; // one set of L1D, two of L2
    expect(readStalls(model, inL2, 0)).toMatchObject({ cycles: 40, l1Misses: 4, l2Misses: 0 });
    const beyond = [0, 4, 8, 12, 16]; // one set of each
    expect(readStalls(model, beyond, 0)).toMatchObject({ cycles: 550, l2Misses: 5, exact: true });
    const remote = beyond.map((line) => line + (4 * MIB) / 64);
    expect(readStalls(model, remote, 0).cycles).toBe(5 * 2110);
  });

  test("have bounds under any replacement", () => {
    const fits = [0, 1];
    expect(readBounds(model, fits, 0, "l1d", 1)).toEqual({ low: 0, high: 0 });
    expect(readBounds(model, [0, 1, 2, 3], 0, "l1d", 1)).toEqual({ low: 0, high: 40 });
    const beyond = [0, 4, 8, 12, 16]; // one set of each: 2 ways, 4 ways
    expect(readBounds(model, beyond, 0, "l1d", 0)).toEqual({ low: 3 * 10 + 100, high: 550 });
  });

  test("lie within those bounds under LRU", () => {
    const lines = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(lines, (all) => {
        const { cycles, exact } = readStalls(model, all, 0);
        fc.pre(exact);
        const { low, high } = readBounds(model, all, 0, "l1d", 0);
        expect(low).toBeLessThanOrEqual(cycles);
        expect(cycles).toBeLessThanOrEqual(high);
      }),
    );
  });

  test("are not exact where L2 drives out a line that L1 has, nor under tree-PLRU", () => {
    const lines = [0, 4, 0, 8, 0, 12, 0, 16]; // 0 always hits in L1, so L2 forgets it
    expect(twoLevels(model, lines, "l1d").exact).toBe(false);
    const t = { ...T, cache: { replacement: "tree-plru" } };
    expect(twoLevels({ ...model, t }, [0], "l1d").exact).toBe(false);
  });
});

describe("contention", () => {
  const changed = (part: object) => ({ ...model, t: { ...T, ...part } });

  test("nobody waits where all that may come fits into a window", () => {
    expect(aloneIsFree(model)).toBe(true); // 6 x 2; 2 x 3 x 8; 3 x 16, of 64
    expect(aloneIsFree(changed({ l2: { ...T.l2, occupancy_cycles: 11 } }))).toBe(false); // 6 x 11
    const near = { ...T.memory, directory_cycles: 0 };
    expect(aloneIsFree(changed({ memory: near }))).toBe(false); // 6 x 16
    expect(aloneIsFree({ ...changed({ memory: near }), nodes: 1 })).toBe(true); // no directory
  });

  test("waits have an upper bound", () => {
    expect(queueMost(model, 2)).toBe(2 * 64 + 2 * 64); // memory, interconnect
    expect(queueMost(model, 8)).toBe(2 * 64 + 3 * 64 + 5 * 64);
    expect(queueMost(changed({ contention: { window_cycles: 0 } }), 8)).toBe(0);
  });
});

describe("rows", () => {
  const row = { values: [3, 3] };

  test("are judged by value, bounds and repeats", () => {
    expect(failureOf({ ...row, expected: 3 })).toBe("");
    expect(failureOf({ ...row, expected: 3.01 })).toBe("not as expected");
    expect(failureOf({ ...row, low: 3, high: 3 })).toBe("");
    expect(failureOf({ ...row, low: 4 })).toBe("below its bound");
    expect(failureOf({ ...row, high: 2 })).toBe("above its bound");
    expect(failureOf({ values: [3, 4], expected: 3 })).toBe("repeats differ");
    expect(failureOf({ values: [Number.NaN, Number.NaN] })).not.toBe("");
  });

  test("are a line of CSV for each repeat", () => {
    const what = { test: "chase, Sv32", variant: "a", tier: "t", cpuA: 0, cpuB: "" as const };
    const one = { ...what, size: 64, metric: "m", unit: "cycles", source: "", failure: "" };
    expect(csvOf([{ ...one, values: [1.5, 2] }])).toBe(
      "test,variant,tier,cpu_a,cpu_b,size,repeat,metric,value,unit\n" +
        '"chase, Sv32",a,t,0,,64,0,m,1.5,cycles\n"chase, Sv32",a,t,0,,64,1,m,2,cycles\n',
    );
  });
});
