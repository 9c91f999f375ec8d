// Whole runs of several harts, whose accesses the core tells of as events: the reference is given
// them in that order, and has to find the same stalls, counters and states of lines. A run that is
// not observed, and so goes by the fast loop, has to count the same. The guest is one whose harts
// meet at a lock, at timers and at interrupts of one another.
import { expect, it } from "vitest";
import { assemble } from "../support/assembler.js";
import { busyText } from "../support/busy.js";
import { differences } from "../support/timing/compare.js";
import { plain } from "../support/timing/configuration.js";
import { TimingCore } from "../support/timing/core.js";
import type { Parameters, ReferenceConfig } from "../support/timing/reference/parameters.js";
import { ReferenceModel } from "../support/timing/reference.js";

const RAM_BASE = 0x80000000;
const MACHINE = 3;
const CYCLES = 60_000;
const SLICE = 1_000;

const SMALL = { L1I_SETS: 2, L1I_WAYS: 2, L1D_SETS: 1, L1D_WAYS: 2, L2_SETS: 2, L2_WAYS: 4 };
const BUSY = { L2_OCCUPANCY: 3, MEMORY_OCCUPANCY: 20, INTERCONNECT_OCCUPANCY: 9, WINDOW: 64 };

/** A core whose harts are about to begin with the guest. */
function started(config: ReferenceConfig): TimingCore {
  const core = new TimingCore(config);
  core.write(RAM_BASE, assemble(busyText(config.harts)).bytes);
  for (let hart = 0; hart < config.harts; hart++) core.start(hart, RAM_BASE, MACHINE, {});
  return core;
}

it.each<[string, number, Partial<Parameters>]>([
  ["two harts of a node", 2, {}],
  ["a node for each of four harts", 4, { NODES: 4 }],
  ["caches that are full", 4, { NODES: 2, ...SMALL }],
  [
    "caches that are full, with trees and contention",
    4,
    { NODES: 2, ...SMALL, TREE_PLRU: 1, ...BUSY },
  ],
  ["eight harts of two nodes that wait for one another", 8, { NODES: 2, ...BUSY }],
])("%s", (_, harts, parameters) => {
  const config = { ...plain(harts, parameters), romFrames: 15 };
  const core = started(config);
  const model = new ReferenceModel(config);
  core.observeAccesses();
  const lines = new Set<number>();
  while (core.clock() < CYCLES) {
    core.run(core.clock() + SLICE);
    for (const { hart, line, kind, stall, cycle } of core.observed()) {
      lines.add(line);
      const should = model.access(hart, line, kind, cycle);
      if (stall !== should) expect.fail(`hart ${hart}, cycle ${cycle}: ${stall}, not ${should}`);
    }
  }
  const counted = new Set(Object.keys(model.counters(0)));
  const all = differences(core, model, [...lines]);
  const ofAccesses = all.filter((text) => {
    const name = /^hart \d+, (\w+):/.exec(text)?.[1];
    return name === undefined || counted.has(name);
  });
  expect(ofAccesses).toEqual([]);
  expect(model.invariants()).toEqual([]);
  const fast = started(config);
  while (fast.clock() < CYCLES) fast.run(CYCLES);
  for (let hart = 0; hart < harts; hart++) {
    expect(fast.cycle(hart)).toBe(core.cycle(hart));
    expect(fast.counters(hart)).toEqual(core.counters(hart));
  }
  expect(Math.min(...model.state.counters.map((hart) => hart.L2_ACCESSES))).toBeGreaterThan(50);
});
