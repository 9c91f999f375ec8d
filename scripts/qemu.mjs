#!/usr/bin/env node
// Boots firmware and one kernel on QEMU's `virt` board, the machine ours is modelled on:
// `node scripts/qemu.mjs NAME [--harts N] [--memory M] [--append ARGS] [--initrd FILE]
// [--drive FILE] [-- QEMU ARGS]`. NAME is larboard, starboard, payload, or an ELF file's path. The
// kernel goes to KERNEL_BASE as flat bytes, relocated for its linear map. Ctrl-A X quits.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { flatten } from "./make/flatten.mjs";
import { BuildError, ROOT } from "./make/run.mjs";
import { writeWhole } from "./make/step.mjs";

const LINEAR_MAP_OFFSET = 0x40000000;
const OPTIONS = {
  harts: { type: "string", default: "2" },
  memory: { type: "string", default: "128M" },
  append: { type: "string" },
  initrd: { type: "string" },
  drive: { type: "string" },
};

/** A constant of the machine, read from the C header that guests see. */
function machineConstant(name) {
  const header = readFileSync(join(ROOT, "kernels/abi/machine.h"), "utf8");
  const line = new RegExp(`^#define ${name} (\\w+)`, "m").exec(header);
  if (!line) throw new BuildError(`machine.h: no ${name}`);
  return Number(line[1]);
}

/** The file at `path`, or one line that says what is missing. */
function needed(path, what) {
  if (!existsSync(path)) throw new BuildError(`qemu: ${what}: no file ${path}`);
  return path;
}

/** Writes the kernel's flat image under build/; returns its path. */
function placeKernel(name, base) {
  const built = join(ROOT, `build/guest/${name}.elf`);
  const path = existsSync(built) ? built : needed(name, "kernel (build it, or give an ELF's path)");
  const image = flatten(readFileSync(path), base + LINEAR_MAP_OFFSET, path);
  const flat = `build/qemu/${name.replaceAll(/[^\w.-]/g, "_")}.${process.pid}.bin`;
  writeWhole(flat, image);
  return flat;
}

/** QEMU's arguments for one run. */
function qemuArguments(name, options, rest) {
  const firmware = needed(join(ROOT, "build/guest/firmware.elf"), "firmware");
  const base = machineConstant("KERNEL_BASE");
  const flat = join(ROOT, placeKernel(name, base));
  const args = ["-M", "virt", "-bios", "none", "-nographic", "-kernel", firmware];
  args.push("-smp", options.harts, "-m", options.memory);
  args.push("-global", "virtio-mmio.force-legacy=false");
  args.push("-device", `loader,file=${flat},addr=0x${base.toString(16)},force-raw=on`);
  if (options.append !== undefined) args.push("-append", options.append);
  if (options.initrd !== undefined) args.push("-initrd", needed(options.initrd, "initrd"));
  if (options.drive !== undefined) {
    args.push("-drive", `file=${needed(options.drive, "drive")},format=raw,id=vda,if=none`);
    args.push("-device", "virtio-blk-device,drive=vda");
  }
  return { args: [...args, ...rest], flat };
}

/** Parses the command line, runs QEMU, and ends as it ends. */
function main() {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  const [name, ...rest] = positionals;
  if (name === undefined)
    throw new BuildError("qemu: which kernel? (larboard, starboard, payload)");
  const { args, flat } = qemuArguments(name, values, rest);
  const child = spawn("qemu-system-riscv32", args, { stdio: "inherit" });
  // Whoever ends this script ends the machine, or it would run on alone.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    console.error(`qemu: cannot run qemu-system-riscv32: ${error.message}`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    rmSync(flat, { force: true });
    process.exitCode = signal ? 1 : code;
  });
}

try {
  main();
} catch (error) {
  if (!(error instanceof BuildError) && !error.code?.startsWith("ERR_PARSE_ARGS")) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
