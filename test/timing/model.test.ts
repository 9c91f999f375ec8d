// The core's timing model against the plain reference, access by access: random small caches, nodes
// and costs, random traffic of few lines that all harts share. After each access the stall, the
// state of every line in every cache, all counters and the traffic of nodes have to be the same.
// TIMING_RUNS: how many configurations (default 300); what fails is printed with its seed.
import fc from "fast-check";
import { expect, it } from "vitest";
import { differences } from "../support/timing/compare.js";
import { configArbitrary, plain } from "../support/timing/configuration.js";
import { TimingCore } from "../support/timing/core.js";
import { STORE } from "../support/timing/reference/access.js";
import { PARAMETER_NAMES, type ReferenceConfig } from "../support/timing/reference/parameters.js";
import { ReferenceModel } from "../support/timing/reference.js";
import { Clocks, type Step, type Traffic, trafficArbitrary } from "../support/timing/traffic.js";

const numRuns = Number(process.env.TIMING_RUNS ?? 300);
const STEPS = 400;
const TIMEOUT = Math.max(120_000, numRuns * 1000);
const [ramFrames, romFrames] = [256, 15];

interface Pair {
  readonly core: TimingCore;
  readonly model: ReferenceModel;
  readonly clocks: Clocks;
}

/** One step in both; returns how they differ in what it gave. */
function take(pair: Pair, step: Step): string[] {
  const { core, model, clocks } = pair;
  const { hart, line, cycle } = clocks.next(step);
  if (step.kind === "dma") {
    if (line >= ramFrames * 64) return []; // nothing writes the ROM
    core.dmaWrite(line);
    model.dmaWrite(line);
    return [];
  }
  const is = core.access(hart, line, step.kind, cycle);
  const should = model.access(hart, line, step.kind, cycle);
  clocks.stalled(hart, should);
  if (is === should) return [];
  return [`hart ${hart}, line ${line}, kind ${step.kind}, cycle ${cycle}: ${is}, not ${should}`];
}

function compare(config: ReferenceConfig, traffic: Traffic): void {
  const core = new TimingCore(config);
  const model = new ReferenceModel(config);
  const pair = { core, model, clocks: new Clocks(config, traffic) };
  for (const [index, step] of traffic.steps.entries()) {
    const stalls = take(pair, step);
    const all = [...stalls, ...differences(core, model, traffic.lines)];
    if (all.length > 0) expect.fail(`step ${index}: ${all.join("; ")}`);
  }
}

it("the reference knows every parameter of the core", () => {
  const names = TimingCore.parameters().filter((name) => name !== "COUNT");
  expect(names.sort()).toEqual([...PARAMETER_NAMES].sort());
});

it("a line that is changed in one node and stored to in another is written back once", () => {
  const steps = [1, 0, 1].map((hart): Step => ({ hart, line: 0, kind: STORE, after: 0 }));
  compare({ ...plain(2, { NODES: 2 }), romFrames }, { lines: [0], steps, pace: "runs" });
});

it(
  "the core and the reference agree after every access",
  () => {
    fc.assert(
      fc.property(
        configArbitrary(ramFrames, romFrames),
        trafficArbitrary(ramFrames + romFrames, STEPS),
        compare,
      ),
      { numRuns },
    );
  },
  TIMEOUT,
);

it("they agree about more harts than a word has bits", () => {
  const harts = fc.constantFrom(65, 130, 200);
  fc.assert(
    fc.property(
      configArbitrary(ramFrames, romFrames, harts),
      trafficArbitrary(ramFrames + romFrames, 100),
      compare,
    ),
    { numRuns: Math.ceil(numRuns / 40) },
  );
});
