// Suites of what needs one hart: each class of instructions, a trap and its return, device
// registers, and stores that set the D bit.
import { classCycles, operation, stall } from "./expected.mjs";
import { FRAME, LINE, Suite, Tables } from "./suite.mjs";

const TIMES = 64;
const CLINT_MTIME = 0x0200bff8;
const CLINT_MSIP = 0x02000000;
const PAGES_AT = 0x90000000;

const CLASSES = {
  plain: "1",
  multiply: "core.multiply_cycles",
  divide: "core.divide_cycles",
  branch_taken: "core.branch_taken_cycles",
  branch_not_taken: "1",
  jump: "core.branch_taken_cycles",
  csr: "core.csr_cycles",
  fence: "core.fence_cycles",
  fence_i: "core.fence_cycles",
  sfence: "core.sfence_cycles",
  load: "core.load_cycles",
  store: "core.store_cycles",
  atomic: "core.atomic_cycles",
  reserve: "core.atomic_cycles",
  conditional: "core.atomic_cycles (SC that fails)",
  reserve_conditional: "core.atomic_cycles (LR, SC in turn)",
  trap: "core.trap_entry_cycles + 2 core.csr_cycles + 1 + core.trap_return_cycles",
};

/** One instruction of each class, 64 behind each other. @returns {Suite} */
export function classSuite(model) {
  const suite = new Suite("class", model);
  const line = suite.frames.take(0);
  const { t } = model;
  for (const [name, source] of Object.entries(CLASSES)) {
    const read = suite.step(name, [0], { address: line, warms: 2, count: 1 });
    const each = classCycles(t, name);
    const base = operation.sequence(t, 0, TIMES);
    suite.measure(
      { variant: name, metric: "cycles_per_instruction", source },
      (result) => (read(result) - base) / TIMES,
      { expected: each },
    );
  }
  return suite;
}

/** Registers of a device, by a hart of each node. */
export function deviceSuite(model) {
  const suite = new Suite("device", model);
  const { t } = model;
  for (let node = 0; node < Math.min(model.nodes, 4); node++) {
    const hart = Math.ceil((node * model.harts) / model.nodes);
    const what = { cpuA: hart, metric: "cycles_per_access" };
    const far = "device.cycles + 2 hops to node 0 x interconnect.hop_cycles";
    const load = suite.step("load", [hart], { address: CLINT_MTIME, warms: 1 });
    suite.measure(
      { ...what, variant: `load from node ${node}`, source: `core.load_cycles + ${far}` },
      (result) => (load(result, hart) - t.core.csr_cycles) / TIMES,
      { expected: t.core.load_cycles + stall.device(model, node) },
    );
    const store = suite.step("stores", [hart], {
      ...{ address: CLINT_MSIP + 4 * hart, count: TIMES, warms: 1 },
    });
    const base = operation.walkOver(t, 0, TIMES);
    suite.measure(
      { ...what, variant: `msip from node ${node}`, source: `core.store_cycles + ${far}` },
      (result) => (store(result, hart) - base) / TIMES,
      { expected: t.core.store_cycles + stall.device(model, node) },
    );
  }
  return suite;
}

/** Stores to pages whose D-TLB entry a load has filled: D is set by a second walk, or was set. */
export function dirtySuite(model) {
  const suite = new Suite("store through a loaded entry", model);
  const { t } = model;
  const count = Math.min(16, t.tlb.dtlb_entries - 1);
  const variants = [
    ["D clear", true, t.tlb.walk_cycles, "core.store_cycles + tlb.walk_cycles"],
    ["D set", false, 0, "core.store_cycles"],
  ];
  for (const [variant, clean, extra, source] of variants) {
    const tables = new Tables(suite);
    for (let page = 0; page < count; page++)
      tables.map(PAGES_AT + page * FRAME, suite.frames.take(0), { clean });
    tables.finish();
    const apart = FRAME + LINE; // a set for each
    const read = suite.step("dirty", [0], {
      ...{ address: PAGES_AT, count, extra: apart, satp: tables.satp },
    });
    const base = operation.walkOver(t, 0, count);
    suite.measure(
      { variant, size: count, metric: "cycles_per_store", source },
      (result) => (read(result) - base) / count,
      { expected: t.core.store_cycles + extra },
    );
  }
  return suite;
}
