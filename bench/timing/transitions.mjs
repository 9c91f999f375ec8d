// The suite of coherence transitions: lines are brought into a state by some harts, and then one
// hart loads, stores or adds to them, each line once. Every such access has one exact cost. And
// code that a hart changes and runs again: its instruction cache is one more that shares the line.
import { nodeOf, operation, stall } from "./expected.mjs";
import { JUMP_BACK, jump } from "./jump.mjs";
import { LINE, Suite } from "./suite.mjs";

const LINES = 16;
const CLASS = { loads: "load_cycles", stores: "store_cycles", atomics: "atomic_cycles" };

/** Harts by role: 0 measures, `near` is in its node, `far` and `third` are in two others. */
function roles(model) {
  const first = (node) => Math.ceil((node * model.harts) / model.nodes);
  const near = model.harts > 1 && nodeOf(model, 1) === 0 ? 1 : undefined;
  const far = model.nodes > 1 ? first(model.nodes - 1) : undefined;
  const third = model.nodes > 2 ? first(1) : undefined;
  return { own: 0, near, far, third };
}

/** Cases in one node: [variant, preparation, measured operation, stall, source]. */
function nearCases(model, { own, near }) {
  const memory = stall.memory(model, 0, 0);
  const cases = [
    ["in no cache", [], "loads", memory, "l2.cycles + memory.cycles"],
    ["in no cache", [], "stores", memory, "l2.cycles + memory.cycles"],
    ["own, E to M", [["loads", own]], "stores", 0, "silent"],
    ["own, M", [["stores", own]], "atomics", 0, "hit"],
  ];
  if (near === undefined) return cases;
  const asked = [stall.intervention(model), "l2.cycles + coherence.intervention_cycles"];
  const upgrade = [stall.invalidation(model), "l2.cycles + coherence.invalidation_cycles"];
  const shared = [
    ["loads", near],
    ["loads", own],
  ];
  return [
    ...cases,
    ["M in the neighbour", [["stores", near]], "loads", ...asked],
    ["E in the neighbour", [["loads", near]], "loads", ...asked],
    ["M in the neighbour", [["stores", near]], "stores", ...asked],
    ["E in the neighbour", [["loads", near]], "stores", ...asked],
    ["M in the neighbour", [["stores", near]], "atomics", ...asked],
    ["S with the neighbour", shared, "stores", ...upgrade],
    ["S with the neighbour", shared, "loads", 0, "hit"],
  ];
}

/** Cases between nodes, for memory of node `h`. */
function farCases(model, { own, near, far, third }, h) {
  if (far === undefined) return [];
  const o = nodeOf(model, far);
  const transfer = [
    stall.transfer(model, 0, h, o),
    "l2.cycles + memory.directory_cycles + coherence.intervention_cycles + hops",
  ];
  const upgrade = (others, local) => [
    stall.globalUpgrade(model, 0, h, others, local),
    "l2.cycles + memory.directory_cycles + " +
      `${local ? "2 " : ""}coherence.invalidation_cycles + hops`,
  ];
  const both = [
    ["loads", far],
    ["loads", own],
  ];
  const cases = [
    ["in no cache", [], "loads", stall.memory(model, 0, h), "l2.cycles + memory.cycles + hops"],
    ["M in another node", [["stores", far]], "loads", ...transfer],
    ["E in another node", [["loads", far]], "loads", ...transfer],
    ["M in another node", [["stores", far]], "stores", ...transfer],
    ["M in another node", [["stores", far]], "atomics", ...transfer],
    ["S with another node", both, "stores", ...upgrade([o], false)],
  ];
  if (near !== undefined)
    cases.push([
      ...["S with the neighbour and another node", [...both, ["loads", near]], "stores"],
      ...upgrade([o], true),
    ]);
  return third === undefined ? cases : [...cases, ...thirdCases(model, { own, far, third }, h)];
}

function thirdCases(model, { own, far, third }, h) {
  const others = [far, third].map((hart) => nodeOf(model, hart));
  const shared = [
    ["loads", far],
    ["loads", third],
  ];
  const miss = "l2.cycles + memory.cycles + coherence.invalidation_cycles + hops";
  const upgrade = "l2.cycles + memory.directory_cycles + coherence.invalidation_cycles + hops";
  return [
    [
      "S in two other nodes",
      shared,
      "loads",
      stall.memory(model, 0, h),
      "l2.cycles + memory.cycles + hops",
    ],
    ["S in two other nodes", shared, "stores", stall.storeShared(model, 0, h, others), miss],
    [
      "S with two other nodes",
      [...shared, ["loads", own]],
      "stores",
      stall.globalUpgrade(model, 0, h, others),
      upgrade,
    ],
  ];
}

const PARTNERS = [
  ["another", "far"],
  ["two other", "far"],
  ["neighbour", "near"],
];

function add(suite, harts, home, [variant, before, measured, stalls, source]) {
  const { model } = suite;
  const { t } = model;
  const fields = { address: suite.frames.take(home), count: LINES, extra: LINE };
  for (const [what, hart] of before) suite.step(what, [hart], fields);
  const read = suite.warm(measured, harts.own, fields);
  const base = operation.walkOver(t, 0, LINES);
  const partner = PARTNERS.find(([word]) => variant.includes(word))?.[1];
  const name = CLASS[measured];
  suite.measure(
    {
      variant: `${measured}: ${variant}; home ${home}`,
      ...{ cpuA: harts.own, cpuB: (partner && harts[partner]) ?? "", size: LINES },
      ...{ metric: "cycles_per_access", source: `core.${name} + ${source}` },
    },
    (result) => (read(result) - base) / LINES,
    { expected: t.core[name] + stalls },
  );
}

/** A load that touches two lines, neither of them in a cache. */
function addSplit(suite) {
  const { t } = suite.model;
  const fields = { address: suite.frames.take(0) + LINE - 2, count: LINES, extra: 2 * LINE };
  const read = suite.warm("loads", 0, fields);
  const base = operation.walkOver(t, 0, LINES);
  suite.measure(
    {
      ...{ variant: "loads: across two lines in no cache; home 0", size: LINES },
      ...{ metric: "cycles_per_access" },
      source: "core.load_cycles + 2 (l2.cycles + memory.cycles)",
    },
    (result) => (read(result) - base) / LINES,
    { expected: t.core.load_cycles + 2 * stall.memory(suite.model, 0, 0) },
  );
}

/** Stores to lines that are in the own L1I cache, and then fetches of them. */
function addCode(suite) {
  const { model } = suite;
  const { t } = model;
  const frame = suite.frames.take(0);
  for (let i = 0; i < LINES; i++) {
    const at = frame + i * LINE;
    suite.write(at, [i + 1 < LINES ? jump(at, at + LINE) : JUMP_BACK]);
  }
  suite.step("code_chase", [0], { address: frame, warms: 1 });
  const stores = suite.warm("stores", 0, {
    ...{ address: frame + LINE / 2, count: LINES, extra: LINE },
  });
  const fetches = suite.step("code_chase", [0], { address: frame });
  const what = { size: LINES, metric: "cycles_per_access" };
  suite.measure(
    {
      ...{ ...what, variant: "stores: in the own L1I; home 0" },
      source: "core.store_cycles + l2.cycles + coherence.invalidation_cycles",
    },
    (result) => (stores(result) - operation.walkOver(t, 0, LINES)) / LINES,
    { expected: t.core.store_cycles + stall.invalidation(model) },
  );
  const base = operation.codeChase(t, LINES) - LINES * t.core.branch_taken_cycles;
  suite.measure(
    {
      ...{ ...what, variant: "fetches: M in the own L1D; home 0" },
      source: "core.branch_taken_cycles + l2.cycles + coherence.intervention_cycles",
    },
    (result) => (fetches(result) - base) / LINES,
    { expected: t.core.branch_taken_cycles + stall.intervention(model) },
  );
}

/** All transitions that this machine's harts and nodes allow. @returns {Suite} */
export function transitionSuite(model) {
  const suite = new Suite("transition", model);
  const harts = roles(model);
  for (const one of nearCases(model, harts)) add(suite, harts, 0, one);
  addSplit(suite);
  addCode(suite);
  const last = model.nodes - 1;
  const homes = [...new Set([0, last, ...(model.nodes > 2 ? [2] : [])])];
  for (const home of homes)
    for (const one of farCases(model, harts, home)) add(suite, harts, home, one);
  return suite;
}
