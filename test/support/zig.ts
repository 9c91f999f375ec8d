// Compiles small C guests for tests, with the compiler that builds the kernels.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, zigPath } from "../../scripts/make/run.mjs";

const FLAGS = [
  ..."-O1 -ffreestanding -nostdlib -fno-sanitize=undefined -fno-pie -static".split(" "),
  ..."-fno-unwind-tables -fno-asynchronous-unwind-tables -fno-stack-protector".split(" "),
];

/** Links one C file by a script into an ELF of `folder`, for `cpu` (rv32ima, or with +c). */
export function linkGuest(
  folder: string,
  source: string,
  script: string,
  cpu = "generic_rv32+m+a",
): Uint8Array {
  const out = join(folder, `${cpu}.elf`);
  const target = ["-target", "riscv32-freestanding-none", `-mcpu=${cpu}`];
  execFileSync(zigPath(), ["cc", ...target, ...FLAGS, "-T", script, "-o", out, source], {
    cwd: ROOT,
  });
  return readFileSync(out);
}
