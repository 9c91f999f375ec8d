// What runs on the emulated machine, and how it is compiled: the firmware, two kernels and the
// user programs, each from its own sources with zig's clang and lld. An image is objects plus a
// link script; it is linked twice: with symbols, for the host's inspector, and without, under
// build/guest/root, which mirrors the initramfs.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BuildError, forEachParallel, ROOT, run, zigPath } from "./run.mjs";
import { filesBelow, step, writeWhole } from "./step.mjs";

const JOBS = 2;
const OUT = "build/guest";
const CACHES = {
  ZIG_GLOBAL_CACHE_DIR: join(ROOT, "build/zig-cache"),
  ZIG_LOCAL_CACHE_DIR: join(ROOT, "build/zig-cache"),
};

const TARGET = ["-target", "riscv32-freestanding-none", "-mcpu=generic_rv32+m+a"];
const COMPILE = [
  ...TARGET,
  ..."-O2 -g -ffreestanding -fno-sanitize=undefined -fno-unwind-tables".split(" "),
  ..."-fno-asynchronous-unwind-tables -fno-stack-protector -Wall -Wextra -Werror".split(" "),
  ..."-fomit-frame-pointer -std=gnu17 -I kernels".split(" "),
];
const LINK = [...TARGET, "-O2", "-ffreestanding", "-fno-sanitize=undefined", "-nostartfiles"];
// No --no-dynamic-linker here: zig passes it on to its build of compiler-rt, which refuses it. A
// freestanding target names no dynamic linker anyway.
const PIE = ["-fPIE", "-pie"];
// C reaches other files' data without a global offset table. Assembly must say `lla` for that:
// `la` loads from the table, whose entries are virtual addresses.
const PIE_COMPILE = ["-fPIE", "-include", "scripts/make/hidden.h"];

const notForAssembly = (flag) => flag !== "-include" && flag !== "scripts/make/hidden.h";

const SOURCES = [".c", ".S"];
export const KERNELS = ["larboard", "starboard"];

/**
 * A kernel: what both share, and its own sources, as a static PIE. `plain`: the control that can be
 * relieved by none (gate.h); it is in no initramfs.
 */
function kernelImage(name, plain = false) {
  const own = filesBelow(`kernels/${name}`, SOURCES);
  return {
    output: plain ? `${OUT}/plain/${name}.elf` : `${OUT}/${name}.elf`,
    stripped: plain ? `${OUT}/plain/${name}` : `${OUT}/root/boot/${name}`,
    objects: `${OUT}/objects/${plain ? `${name}-plain` : name}`,
    sources: own.length > 0 ? [...filesBelow("kernels/shared", SOURCES), ...own] : [],
    compile: ["-I", `kernels/${name}`, ...(plain ? ["-DWITHOUT_RELIEF=1"] : []), ...PIE_COMPILE],
    link: PIE,
    script: "kernels/shared/kernel.ld",
  };
}

/** The M-mode firmware, at a fixed address. */
function firmwareImage() {
  return {
    output: `${OUT}/firmware.elf`,
    objects: `${OUT}/objects/firmware`,
    sources: filesBelow("kernels/firmware", SOURCES).filter((path) => !path.includes("/test/")),
    compile: ["-fno-pie"],
    link: ["-static", "-fno-pie"],
    script: "kernels/firmware/firmware.ld",
  };
}

/** The payload that tests the firmware on its own, at the place of a kernel. */
function payloadImage() {
  return {
    output: `${OUT}/payload.elf`,
    objects: `${OUT}/objects/payload`,
    sources: filesBelow("kernels/firmware/test", SOURCES),
    compile: PIE_COMPILE,
    link: PIE,
    script: "kernels/shared/kernel.ld",
  };
}

const PROGRAM = /^kernels\/user\/(?!libc\/|include\/)([^/]+?)(\.c|\/.+)$/;

/** One image for each kernels/user/NAME.c or folder kernels/user/NAME/, all with the same libc. */
function userImages() {
  const library = filesBelow("kernels/user/libc", SOURCES);
  const programs = new Map();
  for (const path of filesBelow("kernels/user", SOURCES)) {
    const name = PROGRAM.exec(path)?.[1];
    if (name) programs.set(name, [...(programs.get(name) ?? []), path]);
  }
  return [...programs].map(([name, sources]) => ({
    output: `${OUT}/bin/${name}`,
    stripped: `${OUT}/root/bin/${name}`,
    objects: `${OUT}/objects/user`,
    sources: [...library, ...sources],
    compile: ["-I", "kernels/user/include", "-fno-pie", "-ffunction-sections"],
    link: ["-static", "-fno-pie", "-Wl,--gc-sections"], // a program takes what it uses of libc
    script: "kernels/user/user.ld",
  }));
}

/** The guest's parts by target name; each is a list of images. */
export const PARTS = {
  firmware: () => [firmwareImage()],
  payload: () => [payloadImage()],
  user: userImages,
  larboard: () => [kernelImage("larboard")],
  starboard: () => [kernelImage("starboard")],
  "larboard-plain": () => [kernelImage("larboard", true)],
  "starboard-plain": () => [kernelImage("starboard", true)],
};

const objectOf = (image, source) => `${image.objects}/${source.replace("kernels/", "")}.o`;

/** Paths named by a compiler's dependency file, without the target. */
function readDependencies(path) {
  const text = readFileSync(join(ROOT, path), "utf8").replaceAll("\\\n", " ");
  return text
    .slice(text.indexOf(": ") + 1)
    .split(/\s+/)
    .filter(Boolean);
}

/** Compiles one source file, unless nothing it includes has changed. */
function compile(image, source) {
  const output = objectOf(image, source);
  const own = source.endsWith(".c") ? image.compile : image.compile.filter(notForAssembly);
  const flags = [...COMPILE, ...own, "-c", source];
  const make = async (temporary) => {
    const list = `${temporary}.d`;
    const color = process.stderr.isTTY ? ["-fcolor-diagnostics"] : [];
    const args = ["cc", ...flags, ...color, "-MMD", "-MF", list, "-o", temporary];
    try {
      await run(zigPath(), args, { what: `compile ${source}`, environment: CACHES });
      return readDependencies(list).filter((path) => path !== source);
    } finally {
      rmSync(join(ROOT, list), { force: true });
    }
  };
  return step({ output, inputs: [source], description: flags, make });
}

/** Links an image, with symbols or without. */
function link(image, output, strip) {
  const objects = image.sources.map((source) => objectOf(image, source));
  const flags = [...LINK, ...image.link, "-T", image.script, ...(strip ? ["-Wl,-s"] : [])];
  const make = (temporary) =>
    run(zigPath(), ["cc", ...flags, ...objects, "-o", temporary], {
      what: `link ${output}`,
      environment: CACHES,
    });
  return step({ output, inputs: [...objects, image.script], description: flags, make });
}

/** Writes IMAGE.sha256 (64 hexadecimal digits) beside a kernel: what kexec checks it against. */
function digest(image) {
  const output = `${image}.sha256`;
  const make = async (temporary) => {
    const bytes = readFileSync(join(ROOT, image));
    writeWhole(temporary, `${createHash("sha256").update(bytes).digest("hex")}\n`);
  };
  return step({ output, inputs: [image], description: "sha256", make });
}

/** Removes programs whose sources are gone: the initramfs takes all that is there. */
function removeOthers(images) {
  const kept = new Set(images.flatMap(({ output, stripped }) => [output, stripped]));
  for (const path of [...filesBelow(`${OUT}/bin`, [""]), ...filesBelow(`${OUT}/root/bin`, [""])]) {
    if (!kept.has(path) && !path.endsWith(".tmp")) rmSync(join(ROOT, path), { force: true });
  }
}

/** Builds one part; says what it made. A part whose sources do not exist yet is skipped. */
export async function buildPart(name) {
  const images = PARTS[name]().filter((image) => image.sources.length > 0);
  if (images.length === 0) {
    console.error(`build: ${name}: no sources yet, skipped`);
    return;
  }
  for (const { script } of images) {
    if (!existsSync(join(ROOT, script))) throw new BuildError(`${name}: ${script} is missing`);
  }
  if (name === "user") removeOthers(images);
  const units = new Map();
  for (const image of images) {
    for (const source of image.sources) units.set(objectOf(image, source), { image, source });
  }
  await forEachParallel(units.values(), JOBS, ({ image, source }) => compile(image, source));
  await forEachParallel(images, JOBS, async (image) => {
    const made = await link(image, image.output, false);
    if (image.stripped) await link(image, image.stripped, true);
    if (KERNELS.includes(name)) await digest(image.stripped);
    if (made) console.error(`build: ${image.output}`);
  });
}
