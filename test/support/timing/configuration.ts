// Configurations of the timing model for tests: a plain one, whose parameters are primes so that a
// sum of them tells its terms, and random ones with caches small enough to be full at once.
import fc from "fast-check";
import type { Parameters, ReferenceConfig } from "./reference/parameters.js";

/** Primes for what takes cycles; caches that nothing falls out of; no contention. */
export const PLAIN: Parameters = {
  ...{ LOAD: 1, STORE: 1, MULTIPLY: 1, DIVIDE: 1, BRANCH_TAKEN: 1, CSR: 1, FENCE: 1, SFENCE: 1 },
  ...{ ATOMIC: 1, TRAP_ENTRY: 1, TRAP_RETURN: 1 },
  ...{ L1I_SETS: 8, L1I_WAYS: 4, L1D_SETS: 8, L1D_WAYS: 4, L2_SETS: 16, L2_WAYS: 8 },
  ...{ TREE_PLRU: 0, L2: 7, L2_OCCUPANCY: 0, ITLB_ENTRIES: 4, DTLB_ENTRIES: 4, WALK: 3 },
  ...{ INTERVENTION: 23, INVALIDATION: 17, MEMORY: 101, DIRECTORY: 31, MEMORY_OCCUPANCY: 0 },
  ...{ INTERLEAVED: 1, HOP: 5, INTERCONNECT_OCCUPANCY: 0, NODES: 1, DEVICE: 1, WINDOW: 0 },
};

/** The hops between nodes on a line: 0 - 1 - 2 - ... */
export function lineOfNodes(nodes: number): number[][] {
  const all = Array.from({ length: nodes }, (_, node) => node);
  return all.map((a) => all.map((b) => Math.abs(a - b)));
}

/** A plain configuration; frame f is at home at node f % NODES. */
export function plain(harts: number, parameters: Partial<Parameters> = {}): ReferenceConfig {
  const all = { ...PLAIN, ...parameters };
  return {
    parameters: all,
    hops: lineOfNodes(all.NODES),
    harts,
    ramFrames: 256,
    romFrames: 16,
  };
}

const cycles = (max: number) => fc.integer({ min: 0, max });
const powerOf2 = (max: number) => fc.integer({ min: 0, max }).map((power) => 2 ** power);

/** A symmetric matrix with a zero diagonal; the triangle inequality does not hold. */
function hopsArbitrary(nodes: number): fc.Arbitrary<number[][]> {
  const all = Array.from({ length: nodes }, (_, node) => node);
  return fc
    .array(fc.integer({ min: 0, max: 6 }), { minLength: nodes ** 2, maxLength: nodes ** 2 })
    .map((some) =>
      all.map((a) =>
        all.map((b) => (a === b ? 0 : (some[Math.min(a, b) * nodes + Math.max(a, b)] as number))),
      ),
    );
}

function cachesArbitrary(isTree: boolean): fc.Arbitrary<Partial<Parameters>> {
  const ways = isTree ? powerOf2(2) : fc.integer({ min: 1, max: 4 });
  const l1 = { L1I_SETS: powerOf2(2), L1I_WAYS: ways, L1D_SETS: powerOf2(2), L1D_WAYS: ways };
  return fc
    .record({ ...l1, L2_SETS: powerOf2(3), L2_WAYS: ways })
    .map((caches) => ({ ...caches, TREE_PLRU: isTree ? 1 : 0 }));
}

const costsArbitrary = fc.record({
  ...{ L2: cycles(20), INTERVENTION: cycles(40), INVALIDATION: cycles(40) },
  ...{ MEMORY: cycles(200), DIRECTORY: cycles(60), HOP: cycles(30) },
});

/** Mostly windows that fill up soon. */
const contentionArbitrary = fc.oneof(
  fc.constant({ WINDOW: 0, L2_OCCUPANCY: 4, MEMORY_OCCUPANCY: 9, INTERCONNECT_OCCUPANCY: 5 }),
  fc.constantFrom(16, 17, 64, 100).chain((window) =>
    fc.record({
      WINDOW: fc.constant(window),
      L2_OCCUPANCY: fc.oneof(cycles(16), fc.constant(16)),
      MEMORY_OCCUPANCY: fc.oneof(cycles(16), cycles(window)),
      INTERCONNECT_OCCUPANCY: cycles(window),
    }),
  ),
);

/** A configuration of some harts and 1 to 4 nodes, some of which may have no hart. */
export function configArbitrary(
  ramFrames: number,
  romFrames: number,
  harts: fc.Arbitrary<number> = fc.integer({ min: 1, max: 8 }),
): fc.Arbitrary<ReferenceConfig> {
  const shape = fc.record({
    harts,
    NODES: fc.integer({ min: 1, max: 4 }),
    INTERLEAVED: fc.integer({ min: 0, max: 1 }),
    isTree: fc.boolean(),
  });
  return shape.chain(({ harts: count, NODES, INTERLEAVED, isTree }) =>
    fc
      .tuple(
        cachesArbitrary(isTree),
        costsArbitrary,
        contentionArbitrary,
        fc.oneof(fc.constant(lineOfNodes(NODES)), hopsArbitrary(NODES)),
      )
      .map(([caches, costs, contention, hops]) => ({
        parameters: { ...PLAIN, ...caches, ...costs, ...contention, NODES, INTERLEAVED },
        hops,
        harts: count,
        ramFrames,
        romFrames,
      })),
  );
}
