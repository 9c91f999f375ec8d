// What must hold in the reference model of timing between accesses: it is seen not to where a state
// is broken by hand, and it does hold in random traffic, whose stalls are the sum of the stack.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { configArbitrary, plain } from "../support/timing/configuration.js";
import { FETCH, LOAD, STORE, WALK_STORE } from "../support/timing/reference/access.js";
import { STACK_NAMES } from "../support/timing/reference/counters.js";
import { LINE_STATES, ReferenceModel } from "../support/timing/reference.js";
import { Clocks, trafficArbitrary } from "../support/timing/traffic.js";

const { S, E, M } = LINE_STATES;
const [L1I, L1D] = [0, 1];
/** A line whose home is the node; `more` gives others. */
const at = (node: number, more = 0) => node * 64 + more * 64 * 12;

describe("what must hold", () => {
  /** Two nodes of two harts; hart 1 may write line 1 of node 0, and all read line 0 of node 0. */
  function sound(): ReferenceModel {
    const model = new ReferenceModel(plain(4, { NODES: 2 }));
    model.access(1, at(0, 1), STORE, 0);
    model.access(1, at(0), FETCH, 0);
    for (const hart of [0, 2, 3]) model.access(hart, at(0), LOAD, 0);
    return model;
  }
  const breaks: Readonly<Record<string, [(model: ReferenceModel) => void, RegExp]>> = {
    "a second writer": [({ state }) => state.l1dOf(2).setState(at(0), "M"), /has company/],
    "a writer beside a node": [({ state }) => state.l2Of(1).insert(at(0, 1), "S"), /nodes have it/],
    "a line only in an L1": [({ state }) => state.l1iOf(3).insert(at(1), "S"), /not in the L2/],
    "a lost sharer": [({ state }) => state.l2Line(1, at(0)).sharersD.delete(3), /sharersD/],
    "a sharer too many": [({ state }) => state.l2Line(0, at(0)).sharersI.add(0), /sharersI/],
    "a wrong owner": [
      ({ state }) => Object.assign(state.l2Line(0, at(0, 1)), { owner: 0 }),
      /owner/,
    ],
    "a shared line that is dirty": [
      ({ state }) => Object.assign(state.l2Line(0, at(0)), { dirty: true }),
      /shared and dirty/,
    ],
    "a node the directory misses": [({ state }) => state.directory.remove(at(0), 1), /who has it/],
    "a wrong state of a node": [
      ({ state }) => state.directory.setExclusive(at(0), 0),
      /L2 0 and its directory differ/,
    ],
    "a lost message": [(model) => (model.traffic(1).messagesReceived += 1), /messages: lost/],
    "an uncounted message": [(model) => (model.counters(2).BYTES += 8), /miscounted/],
    "a reservation of nothing": [(model) => model.reserve(2, at(0, 1)), /has reserved/],
    "a lost store": [({ state }) => state.versions.write("memory", at(0)), /an old version/],
  };

  it.each(Object.entries(breaks))("is seen not to: %s", (_, [breakIt, message]) => {
    const model = sound();
    expect(model.invariants()).toEqual([]);
    breakIt(model);
    expect(model.invariants().join("\n")).toMatch(message);
  });
});

describe("random traffic", () => {
  const [ramFrames, romFrames] = [256, 16];

  it("keeps the invariants, and what is charged is the sum of the stack", () => {
    fc.assert(
      fc.property(
        configArbitrary(ramFrames, romFrames),
        trafficArbitrary(ramFrames + romFrames, 150),
        (config, traffic) => {
          const model = new ReferenceModel(config);
          const clocks = new Clocks(config, traffic);
          const stalls = new Array(config.harts).fill(0);
          for (const step of traffic.steps) {
            const { hart, line, cycle } = clocks.next(step);
            if (step.kind === "dma") {
              model.dmaWrite(line);
            } else {
              const stall = model.access(hart, line, step.kind, cycle);
              clocks.stalled(hart, stall);
              stalls[hart] += stall;
              const l1 = step.kind === FETCH ? L1I : L1D;
              const isStore = step.kind === STORE || step.kind === WALK_STORE;
              const left = model.lineState(l1, hart, line);
              expect(isStore ? [M] : [S, E, M]).toContain(left);
            }
            expect(model.invariants()).toEqual([]);
          }
          const stacks = stalls.map((_, hart) =>
            STACK_NAMES.reduce((sum, name) => sum + model.counters(hart)[name], 0),
          );
          expect(stacks).toEqual(stalls);
        },
      ),
      { numRuns: 100 },
    );
  });
});
