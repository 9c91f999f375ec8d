// Suites of contention that is exact: one hart chases pointers through a port of which each access
// takes so much that the window alone paces it, and what else it does between two loads disappears
// in its waits. And two harts that share the port.
import { lineOf } from "./expected.mjs";
import { TOGETHER } from "./guest.mjs";
import { FRAME, LINE, Suite } from "./suite.mjs";

const LINES = 1024; // 64 KiB: more than L1D
const FAR_LINES = 512; // one a page: more than L2 has for them
const UNROLLED = 16;
const WARMS = 3;

/** @typedef {{ port: string, occupancy: number, window: number, remote?: boolean }} Load */

/** A configuration with an occupancy and a window of its own. */
export function loaded(timing, { port, occupancy, window }) {
  const ports = ["l2", "memory", "interconnect"].map((name) => {
    const occupied = name === port ? occupancy : 0;
    return [name, { ...timing[name], occupancy_cycles: occupied }];
  });
  return { ...timing, ...Object.fromEntries(ports), contention: { window_cycles: window } };
}

/** A ring of lines that miss in L1D, and where the port is further away, in L2 too. */
function ringOf(suite, { port, remote }, place) {
  const home = remote ? suite.model.nodes - 1 : 0;
  const [count, apart] = port === "l2" ? [LINES, LINE] : [FAR_LINES, FRAME];
  const inFrame = FRAME / apart;
  const frames = suite.frames.takeMany(home, count / inFrame);
  // Not in the sets of the guest's code, which begins with RAM, nor of the other hart's ring.
  const offset = apart === FRAME ? FRAME / 2 + place * LINE : 0;
  const at = frames.flatMap((frame) =>
    Array.from({ length: inFrame }, (_, i) => frame + offset + i * apart),
  );
  at.forEach((address, i) => void suite.write(address, [at[(i + 1) % at.length]]));
  return at;
}

/** What a pass does between its last read of the cycle counter and the first of the next one. */
const between = ({ core }) => core.csr_cycles + 1 + core.branch_taken_cycles + 2;

/**
 * @param {Load} load
 * @returns {Suite}
 */
export function portSuite(model, load) {
  const { port, occupancy, window } = load;
  const suite = new Suite("port", model, { quantumCycles: 1 });
  const at = ringOf(suite, load, 0);
  const count = at.length / UNROLLED;
  const read = suite.step("chase", [0], { address: at[0], count, warms: WARMS });
  const each = window / Math.floor(window / occupancy);
  const variant = `${port}, ${occupancy} of ${window}`;
  suite.measure(
    {
      ...{ variant, size: at.length, metric: "cycles_per_load" },
      source: "contention.window_cycles / loads that fit into a window",
    },
    (result) => (read(result) + between(model.t)) / at.length,
    { expected: each },
  );
  if (model.harts > 1 && port === "l2") addShared(suite, load, at, each);
  return suite;
}

function addShared(suite, load, first, each) {
  const second = ringOf(suite, load, 1);
  const apart = second[0] - first[0];
  if (lineOf(first[0]) === lineOf(second[0])) throw new Error("port: one ring for two harts");
  const read = suite.step("chase", [0, 1], {
    ...{ address: first[0], apart, count: first.length / UNROLLED, warms: WARMS },
    flags: TOGETHER,
  });
  suite.measure(
    {
      ...{ variant: `${load.port}, ${load.occupancy} of ${load.window}, shared`, cpuB: 1 },
      ...{ size: first.length, metric: "cycles_per_load" },
      source: "low: the window's loads are those of both harts",
    },
    (result) => Math.max(read(result, 0), read(result, 1)) / first.length,
    { low: 2 * each * (1 - UNROLLED / first.length) },
  );
}
