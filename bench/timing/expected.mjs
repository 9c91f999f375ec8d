// What the timing model must cost, computed from its parameters alone: the classes of instructions,
// each transition of the coherence protocol, cyclic working sets in LRU caches, TLB walks, and
// bounds for what depends on how harts interleave. Pure functions; nothing here looks at the core.
// The rules are those of ARCHITECTURE.md, "What it costs". A pass over a working set in the same
// order again hits a line of an LRU cache exactly if fewer than `ways` others of its set came in
// between (R. L. Mattson et al., Evaluation techniques for storage hierarchies, IBM Systems
// Journal 9(2), 1970).

const RAM_BASE = 0x80000000;
const FRAME = 4096;
const LINE = 64;

/**
 * @typedef {object} Model
 * @property {any} t timing configuration, by the names of its TOML file
 * @property {number} harts
 * @property {number} nodes
 * @property {number} ramBytes
 * @property {(a: number, b: number) => number} hops between two nodes
 */

/** @returns {number} the node that a hart is in */
export const nodeOf = (model, hart) => Math.floor((hart * model.nodes) / model.harts);

/** @returns {number} the node where a physical address of RAM has its memory */
export function homeOf(model, address) {
  const frame = Math.floor((address - RAM_BASE) / FRAME);
  if (model.t.memory.placement === "interleaved") return frame % model.nodes;
  return Math.floor(frame / Math.ceil(model.ramBytes / FRAME / model.nodes));
}

/** @returns {number} the number of a line of RAM, which caches are indexed by */
export const lineOf = (address) => Math.floor((address - RAM_BASE) / LINE);

/** @returns {{ sets: number, ways: number }} of "l1i", "l1d" or "l2" */
export function shapeOf(model, cache) {
  const { bytes, ways } = model.t[cache];
  return { sets: bytes / LINE / ways, ways };
}

const hop = (model) => model.t.interconnect.hop_cycles;
const roundTrip = (model, n, h) => 2 * model.hops(n, h) * hop(model);

/** Cycles that a request at home `h` goes on to `others` and from there back to `n`. */
function detour(model, n, h, others) {
  const { hops } = model;
  const way = Math.max(0, ...others.map((s) => hops(h, s) + hops(s, n)));
  return others.length === 0 ? 0 : Math.max(0, way - hops(n, h)) * hop(model);
}

/**
 * Stalls of one access that waits for nobody, beyond its class's cycles, by what it finds. `n` is
 * the node of the hart, `h` the line's home.
 */
export const stall = {
  /** In the L2 cache, and no other L1 cache of the node has it E or M (for stores: has it). */
  l2: ({ t }) => t.l2.cycles,
  /** In the L2 cache; another L1D cache of the node has it E or M. */
  intervention: ({ t }) => t.l2.cycles + t.coherence.intervention_cycles,
  /** A store; others in the node have copies in S. */
  invalidation: ({ t }) => t.l2.cycles + t.coherence.invalidation_cycles,
  /** In no cache, or (for loads) shared by caches of other nodes. */
  memory: (model, n, h) => model.t.l2.cycles + roundTrip(model, n, h) + model.t.memory.cycles,
  /** Exclusive in node `o`. */
  transfer(model, n, h, o) {
    const { l2, memory, coherence } = model.t;
    const own = l2.cycles + memory.directory_cycles + coherence.intervention_cycles;
    return own + roundTrip(model, n, h) + detour(model, n, h, [o]);
  },
  /** A store that finds the line in its L2 cache while nodes `others` have it too. */
  globalUpgrade(model, n, h, others, localSharers = false) {
    const { l2, memory, coherence } = model.t;
    const times = (localSharers ? 1 : 0) + (others.length > 0 ? 1 : 0);
    const own = l2.cycles + memory.directory_cycles + times * coherence.invalidation_cycles;
    return own + roundTrip(model, n, h) + detour(model, n, h, others);
  },
  /** A store to a line that only nodes `others` share. */
  storeShared: (model, n, h, others) =>
    stall.memory(model, n, h) + model.t.coherence.invalidation_cycles + detour(model, n, h, others),
  /** Of a device's register. */
  device: (model, n) => model.t.device.cycles + roundTrip(model, n, 0),
};

/** Cycles of one instruction that misses nothing, by the operations of operations.S. */
export function classCycles({ core }, name) {
  const trap = core.trap_entry_cycles + 2 * core.csr_cycles + 1 + core.trap_return_cycles;
  const cycles = {
    plain: 1,
    multiply: core.multiply_cycles,
    divide: core.divide_cycles,
    branch_taken: core.branch_taken_cycles,
    branch_not_taken: 1,
    jump: core.branch_taken_cycles,
    csr: core.csr_cycles,
    fence: core.fence_cycles,
    fence_i: core.fence_cycles,
    sfence: core.sfence_cycles,
    load: core.load_cycles,
    store: core.store_cycles,
    atomic: core.atomic_cycles,
    reserve: core.atomic_cycles,
    conditional: core.atomic_cycles,
    reserve_conditional: core.atomic_cycles,
    trap,
  }[name];
  if (cycles === undefined) throw new Error(`no class ${name}`);
  return cycles;
}

/** Cycles of operations.S from one read of the CSR to the next, with no stall. */
export const operation = {
  sequence: ({ core }, each, times) => core.csr_cycles + times * each,
  /** A loop of `count` turns that ends with bnez; `body` is what stands before it. */
  loop: ({ core }, body, count) =>
    core.csr_cycles + count * body + (count - 1) * core.branch_taken_cycles + 1,
  chase: (t, turns) => operation.loop(t, 16 * t.core.load_cycles + 1, turns),
  walkOver: (t, each, count) => operation.loop(t, each + 2, count),
  codeChase: ({ core }, jumps) => core.csr_cycles + 2 + (jumps + 1) * core.branch_taken_cycles,
};

/**
 * Which references of a cyclic sequence of lines miss in an LRU cache, in steady state.
 * @param {readonly number[]} lines one period
 * @returns {boolean[]}
 */
export function cyclicMisses(lines, { sets, ways }) {
  const stacks = new Map();
  const pass = () =>
    lines.map((line) => {
      const set = line % sets;
      const stack = stacks.get(set) ?? stacks.set(set, []).get(set);
      const depth = stack.indexOf(line);
      if (depth >= 0) stack.splice(depth, 1);
      stack.unshift(line);
      stack.length = Math.min(stack.length, ways);
      return depth < 0;
    });
  pass();
  return pass();
}

/** Lines of a cyclic sequence whose set of a cache is used by more lines than it has ways. */
export function crowded(lines, { sets, ways }) {
  const inSet = new Map();
  for (const line of new Set(lines)) inSet.set(line % sets, (inSet.get(line % sets) ?? 0) + 1);
  return (line) => (inSet.get(line % sets) ?? 0) > ways;
}

/**
 * Hits of one hart's cyclic reads in two levels: how many miss L1, and which of those L2. It is
 * exact for LRU while no line that hits in L1 is driven out of the inclusive L2 cache; `exact`
 * says whether that is so.
 */
export function twoLevels(model, lines, first) {
  const [l1, l2] = [shapeOf(model, first), shapeOf(model, "l2")];
  const missL1 = cyclicMisses(lines, l1);
  const below = lines.filter((_, i) => missL1[i]);
  const missL2 = cyclicMisses(below, l2);
  const crowds = crowded(lines, l2);
  const exact =
    model.t.cache.replacement === "lru" && !lines.some((line, i) => !missL1[i] && crowds(line));
  return { l1Misses: below.length, toMemory: below.filter((_, i) => missL2[i]), exact };
}

/** Stalls of a period of reads by a hart of node `n`, alone on the machine. */
export function readStalls(model, lines, n, first = "l1d") {
  const { l1Misses, toMemory, exact } = twoLevels(model, lines, first);
  const beyond = toMemory.map((line) => {
    const home = homeOf(model, RAM_BASE + line * LINE);
    return stall.memory(model, n, home) - model.t.l2.cycles;
  });
  const cycles = l1Misses * model.t.l2.cycles + beyond.reduce((a, b) => a + b, 0);
  return { cycles, exact, l1Misses, l2Misses: toMemory.length };
}

/** Distinct lines of each set. */
function bySet(lines, { sets }) {
  const all = new Map();
  for (const line of new Set(lines)) all.set(line % sets, [...(all.get(line % sets) ?? []), line]);
  return [...all.values()];
}

/**
 * Stalls of a period of reads under any replacement. At least: of the lines of a set no more than
 * its ways are there when a period begins. At most: everything misses that is in a set without
 * `spare` ways to spare, in a cache where that is so; what is driven out of L2 leaves L1 too.
 * @returns {{ low: number, high: number }}
 */
export function readBounds(model, lines, n, first, spare) {
  const [l1, l2] = [shapeOf(model, first), shapeOf(model, "l2")];
  const beyond = (line) =>
    stall.memory(model, n, homeOf(model, RAM_BASE + line * LINE)) - model.t.l2.cycles;
  const surplus = (shape) =>
    bySet(lines, shape).map((set) => ({ set, more: Math.max(0, set.length - shape.ways) }));
  const nearest = ({ set, more }) => more * Math.min(...set.map(beyond));
  const sum = (list) => list.reduce((a, b) => a + b, 0);
  const misses = sum(surplus(l1).map(({ more }) => more));
  const low = misses * model.t.l2.cycles + sum(surplus(l2).map(nearest));
  const full1 = crowded(lines, { ...l1, ways: l1.ways - spare });
  const full2 = crowded(lines, { ...l2, ways: l2.ways - spare });
  const most = (line) => {
    if (full2(line)) return model.t.l2.cycles + beyond(line);
    return full1(line) ? model.t.l2.cycles : 0;
  };
  return { low, high: sum(lines.map(most)) };
}

/** What of a window each of `harts` can take of each port, accesses being as close as they may. */
function demands({ t, nodes }, harts) {
  const { l2, memory, interconnect, contention } = t;
  const near = 1 + l2.cycles;
  const far = near + (nodes > 1 ? Math.min(memory.directory_cycles, memory.cycles) : memory.cycles);
  const writeBacks = 2; // one for each miss, at the memory's port
  const times = (apart) => harts * Math.ceil(contention.window_cycles / apart);
  return [
    { occupancy: l2.occupancy_cycles, demand: times(near) * l2.occupancy_cycles },
    {
      occupancy: memory.occupancy_cycles,
      demand: writeBacks * times(far) * memory.occupancy_cycles,
    },
    {
      occupancy: nodes > 1 ? interconnect.occupancy_cycles : 0,
      demand: nodes > 1 ? times(far) * interconnect.occupancy_cycles : 0,
    },
  ];
}

/**
 * The most that one access of `harts` can wait, at its three queues together: nothing where all of
 * a window's demand fits into it. Else each of them has one request and one write-back that were
 * put off, to the next windows that have room.
 */
export function queueMost(model, harts) {
  const window = model.t.contention.window_cycles;
  if (window === 0) return 0;
  const most = ({ occupancy, demand }) =>
    demand <= window ? 0 : (Math.ceil((2 * harts * occupancy) / window) + 1) * window;
  return demands(model, harts).reduce((sum, one) => sum + most(one), 0);
}

/** Whether one hart's reads never wait: all of them fit into their windows. */
export function aloneIsFree(model) {
  return queueMost(model, 1) === 0;
}

/** The most that one access can stall without queues, between any nodes of `model`. */
export function dearest(model) {
  const nodes = Array.from({ length: model.nodes }, (_, n) => n);
  const all = nodes.flatMap((n) =>
    nodes.flatMap((h) => [
      stall.globalUpgrade(
        model,
        n,
        h,
        nodes.filter((s) => s !== n),
        true,
      ),
      stall.storeShared(
        model,
        n,
        h,
        nodes.filter((s) => s !== n),
      ),
      ...nodes.map((o) => stall.transfer(model, n, h, o)),
    ]),
  );
  return Math.max(...all, stall.intervention(model), stall.invalidation(model));
}
