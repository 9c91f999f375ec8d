// How fast is the interpreter on CPU-bound code with Sv32 paging on, against QEMU on the same
// binary in the same run? Start-up is subtracted by also running a binary with no rounds. Counts
// are the machine's retired instructions, so both are measured in the same unit; of each the best
// of three runs counts, taken in turn. The same program compiled with compressed instructions runs
// beside it; its ratio is how much sooner it ends than the other. Needs dist/ and build/ (the core
// and the host library); QEMU is skipped with a message when absent. `--json` prints one object
// instead of lines.
import { readFileSync } from "node:fs";
import { createMachine } from "../dist/index.js";
import {
  compileWork as build,
  COMPRESSED,
  IN_THE_MEAN,
  secondsOnQemu as onQemu,
  QEMU,
  WORKS,
} from "./support/programs.mjs";

const ROUNDS_OF_RUNS = 3;

async function here(path) {
  const firmware = readFileSync(path);
  const config = { harts: 1, ramBytes: 64 * 1024 * 1024, firmware, engine: "interpreter" };
  const machine = await createMachine(config);
  const start = performance.now();
  const result = machine.run({ cycles: 1e12 });
  const seconds = (performance.now() - start) / 1000;
  if (result.verdict !== "pass") throw new Error(`the guest ended as ${JSON.stringify(result)}`);
  return { seconds, instructions: machine.stats()[0].instret };
}

/** Millions of instructions a second here and on QEMU (undefined where that is not installed). */
async function measure({ name, work, rounds }) {
  const [empty, warm, full] = [build(work, 0), build(work, 2), build(work, rounds)];
  const short = build(work, rounds, COMPRESSED);
  await here(warm); // lets the host compile the core well
  const seconds = { idle: [], busy: [], short: [], qemuIdle: [], qemuBusy: [] };
  let instructions = 0;
  for (let round = 0; round < ROUNDS_OF_RUNS; round++) {
    const idle = await here(empty);
    const busy = await here(full);
    instructions = busy.instructions - idle.instructions;
    seconds.idle.push(idle.seconds);
    seconds.busy.push(busy.seconds);
    seconds.short.push((await here(short)).seconds);
    seconds.qemuIdle.push(onQemu(empty));
    seconds.qemuBusy.push(onQemu(full));
  }
  const rate = (busy, idle) => instructions / (Math.min(...busy) - Math.min(...idle)) / 1e6;
  const millions = rate(seconds.busy, seconds.idle);
  const compressedRatio = Math.min(...seconds.busy) / Math.min(...seconds.short);
  if (seconds.qemuBusy[0] === undefined) return { name, millions, compressedRatio };
  const qemuMillions = rate(seconds.qemuBusy, seconds.qemuIdle);
  return { name, millions, compressedRatio, qemuMillions, ratio: millions / qemuMillions };
}

function lineOf({ name, millions, compressedRatio, qemuMillions, ratio }) {
  const rate =
    `${name}: ${millions.toFixed(0)} M instr/s, ` +
    `compiled with compressed instructions ${compressedRatio.toFixed(2)}`;
  if (ratio === undefined) return `${rate}; ${QEMU} is not installed, no ratio`;
  return `${rate}, QEMU ${qemuMillions.toFixed(0)} M instr/s, ratio ${ratio.toFixed(2)}`;
}

const json = process.argv.includes("--json");
const works = [];
for (const work of WORKS) {
  works.push(await measure(work));
  if (!json) console.log(lineOf(works.at(-1)));
}
const ratios = works.slice(0, IN_THE_MEAN).map((work) => work.ratio);
const product = ratios.reduce((a, b) => a * b, 1);
const mean = ratios.includes(undefined) ? undefined : product ** (1 / IN_THE_MEAN);
if (json) {
  console.log(JSON.stringify({ works, geometricMean: mean }, undefined, 2));
} else if (mean !== undefined) {
  console.log(`geometric mean of the first ${IN_THE_MEAN} ratios: ${mean.toFixed(2)}`);
}
