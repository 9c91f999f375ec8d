// What calls of both kernels cost under a preset: the program measure, booted with one CPU and with
// two. Its figures have no analytic expectation, only lower bounds; where noise matters there is a
// control beside them, and a context switch is the difference of two of them.

import { readImages } from "../../dist/cli/images.js";
import { createMachine, KERNELS, watchFiles } from "../../dist/index.js";
import { failureOf } from "./run.mjs";

const RAM_BYTES = 64 << 20;
const CYCLES_MAX = 3e9;
const ONE_CPU = "measure\n";
const TWO_CPUS = "measure\nmeasure ring_round_trip\n";

/** What the program prints with this kernel: cycles each by test, of its last repeat. */
async function measure(kernel, harts, timing, images) {
  const script = `${harts > 1 ? TWO_CPUS : ONE_CPU}poweroff\n`;
  const machine = await createMachine({
    ...{ harts, ramBytes: RAM_BYTES, seed: 1, timing },
    ...{ firmware: images.firmware, kernel: images.kernels[kernel] },
    initrd: watchFiles(images, script),
  });
  let text = "";
  machine.on("console", ({ bytes }) => {
    text += Buffer.from(bytes).toString("latin1");
  });
  machine.timing?.on();
  const result = machine.run({ cycles: CYCLES_MAX });
  if (result.verdict !== "pass") throw new Error(`${kernel}: ${JSON.stringify(result)}: ${text}`);
  const lines = text.matchAll(/^measure,(\w+),\d+,(\d+),(\d+)\r?$/gm);
  return new Map([...lines].map(([, name, times, cycles]) => [name, cycles / times]));
}

/** A lower bound of each test, and why. */
function lowest({ core }) {
  const call = core.trap_entry_cycles + core.trap_return_cycles;
  return {
    null_call: [call, "core.trap_entry_cycles + core.trap_return_cycles"],
    pipe_alone: [2 * call, "two calls"],
    pipe_round_trip: [4 * call, "four calls"],
    futex_round_trip: [2 * call, "a call on each side"],
    fork_exit: [3 * call, "three calls"],
    fork_exec: [4 * call, "four calls"],
    page_fault: [call, "core.trap_entry_cycles + core.trap_return_cycles"],
    page_touch: [core.store_cycles, "core.store_cycles; the control of page_fault"],
    ring_round_trip: [core.load_cycles + core.store_cycles, "core.load_cycles + core.store_cycles"],
    context_switch: [0, "(pipe_round_trip - 2 x pipe_alone) / 2, on one CPU"],
  };
}

/** @returns {Promise<import("./run.mjs").Row[]>} */
export async function measureKernels({ timing, tier, repeats = 2, tell = (_) => {} }) {
  const images = readImages();
  const rows = [];
  for (const kernel of KERNELS)
    for (const harts of [1, 2]) {
      tell(`${tier}: ${kernel}, ${harts} CPUs`);
      const runs = [];
      for (let i = 0; i < repeats; i++) runs.push(await measure(kernel, harts, timing, images));
      if (harts === 1) for (const run of runs) run.set("context_switch", contextSwitch(run));
      for (const name of runs[0].keys())
        rows.push(rowOf(name, { kernel, harts, tier, timing, runs }));
    }
  return rows;
}

const contextSwitch = (run) => (run.get("pipe_round_trip") - 2 * run.get("pipe_alone")) / 2;

function rowOf(name, { kernel, harts, tier, timing, runs }) {
  const bound = lowest(timing)[name];
  if (!bound) throw new Error(`no bound for ${name}`);
  const row = {
    ...{ test: `kernel ${name.replaceAll("_", " ")}`, variant: kernel, tier, cpuA: 0 },
    ...{ cpuB: harts > 1 ? harts - 1 : "", size: harts, metric: "cycles_each", unit: "cycles" },
    ...{ values: runs.map((run) => run.get(name)), low: bound[0], source: bound[1] },
  };
  return { ...row, failure: failureOf(row) };
}
