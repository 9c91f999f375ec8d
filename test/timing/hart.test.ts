// A hart of the core that runs a program, against the reference, which is told what it executes:
// random programs under Sv32, random TLBs, caches and costs. Every counter, the stack of cycles and
// the cycle of the end have to be the same. TIMING_RUNS: how many programs (default 100).
import fc from "fast-check";
import { expect, it } from "vitest";
import { configArbitrary, plain } from "../support/timing/configuration.js";
import { TimingCore } from "../support/timing/core.js";
import { ReferenceHart } from "../support/timing/reference/hart.js";
import type { ReferenceConfig } from "../support/timing/reference/parameters.js";
import { ReferenceModel } from "../support/timing/reference.js";
import {
  type Action,
  CODE_PA,
  pageTables,
  program,
  type Script,
  satpOf,
  scriptArbitrary,
} from "../support/timing/script.js";

const numRuns = Number(process.env.TIMING_RUNS ?? 100);
const [ramFrames, romFrames] = [1024, 15];
const TIMEOUT = Math.max(120_000, numRuns * 1000);
const FOR_EVER = 10_000_000;
const [SUPERVISOR, MACHINE] = [1, 3];
const CSR = { satp: 0x180, mstatus: 0x300, pmpcfg0: 0x3a0, pmpaddr0: 0x3b0 };
const MPRV_AS_SUPERVISOR = 0x20800;
const OPEN = { [CSR.pmpaddr0]: 0xffffffff, [CSR.pmpcfg0]: 0x1f };

/** The script on the core; returns the core when it has ended. */
function runCore(config: ReferenceConfig, script: Script, isOn: boolean): TimingCore {
  const core = new TimingCore(config, isOn);
  const { bytes, executed } = program(script);
  core.write(CODE_PA, bytes);
  for (const [place, entry] of pageTables(script)) {
    core.write(place, new Uint8Array(Uint32Array.of(entry).buffer));
  }
  const mode = script.mode === "machine" ? MACHINE : SUPERVISOR;
  const mstatus = mode === MACHINE ? MPRV_AS_SUPERVISOR : 0;
  const csrs = { ...OPEN, [CSR.satp]: satpOf(0), [CSR.mstatus]: mstatus };
  core.start(0, executed[0]?.pc as number, mode, csrs);
  if (!core.run(FOR_EVER)) throw new Error("the guest did not end");
  return core;
}

/** What the reference counts for the script, but for what is 0. */
function predict(config: ReferenceConfig, script: Script): [Map<string, number>, number] {
  const model = new ReferenceModel(config);
  const isMachine = script.mode === "machine";
  const hart = new ReferenceHart(model, 0, pageTables(script), satpOf(0), isMachine);
  for (const executed of program(script).executed) hart.execute(executed);
  const all = [...Object.entries(model.counters(0)), ...hart.counts];
  return [new Map(all.filter(([, count]) => count !== 0)), hart.cycle];
}

/** One hart; TLBs of a few entries; classes that cost something. */
const oneHart: fc.Arbitrary<ReferenceConfig> = fc
  .tuple(
    configArbitrary(ramFrames, romFrames),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 5 }),
    fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 9, maxLength: 9 }),
  )
  .map(([config, ITLB_ENTRIES, DTLB_ENTRIES, costs]) => {
    const [LOAD = 1, STORE = 1, MULTIPLY = 1, DIVIDE = 1, BRANCH_TAKEN = 1] = costs;
    const [CSR = 1, FENCE = 1, SFENCE = 1, ATOMIC = 1] = costs.slice(5);
    const classes = { LOAD, STORE, MULTIPLY, DIVIDE, BRANCH_TAKEN, CSR, FENCE, SFENCE, ATOMIC };
    const tlbs = { ITLB_ENTRIES, DTLB_ENTRIES, WALK: LOAD + STORE, DEVICE: CSR + 7 };
    return { ...config, harts: 1, parameters: { ...config.parameters, ...classes, ...tlbs } };
  });

it("the programs execute what the reference is told", () => {
  fc.assert(
    fc.property(oneHart, scriptArbitrary, (config, script) => {
      const core = runCore(config, script, false); // where an instruction is a cycle
      expect(core.cycle(0)).toBe(program(script).executed.length);
    }),
    { numRuns: 20 },
  );
});

function compare(config: ReferenceConfig, script: Script): void {
  const core = runCore(config, script, true);
  const [counters, cycle] = predict(config, script);
  const [is, should] = [core.counters(0), counters].map((all) =>
    Object.fromEntries([...all].sort(([a], [b]) => (a < b ? -1 : 1))),
  );
  expect(is).toEqual(should);
  expect(core.cycle(0)).toBe(cycle);
}

it("no page leaves a TLB while sfence.vma has left room in it", () => {
  const pages = [0, 1, 2, 3];
  const action = (name: Action["action"], page: number): Action => {
    return { action: name, page, word: 1, codePage: 0 };
  };
  const actions = [
    ...pages.map((page) => action("load", page)),
    action("flushPage", 2),
    action("load", 4),
    ...pages.map((page) => action("load", page)),
  ];
  const config = { ...plain(1, { DTLB_ENTRIES: 4 }), ramFrames, romFrames };
  compare(config, { actions, marks: [0], mode: "machine" });
});

it(
  "the core counts what the reference counts, and ends at the same cycle",
  () => {
    fc.assert(fc.property(oneHart, scriptArbitrary, compare), { numRuns });
  },
  TIMEOUT,
);
