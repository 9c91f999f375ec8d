// Kernels for the engines' benchmarks: larboard boots with /etc/rc that powers off at once, and
// larboard with the watch is relieved by starboard; each from reset to the end, on two harts, with
// the same files, disk and devices here and on QEMU. What QEMU takes to start is measured with a
// firmware that ends at once. There a program that sleeps waits by the host's clock, and the harts
// are threads of the host.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readImages } from "../../dist/cli/images.js";
import { WATCH, watchDisk, watchFiles } from "../../dist/index.js";
import { flatten } from "../../scripts/make/flatten.mjs";
import { compile, folder, runQemu } from "../support/programs.mjs";
import { RAM_BYTES, runHere } from "./guests.mjs";

const HARTS = 2;
const KERNEL_BASE = 0x80400000;
const LINEAR_MAP_OFFSET = 0x40000000;
const GUEST = fileURLToPath(new URL("../../build/guest/", import.meta.url));
export const BOOT = "boot";
const RELIEF = "relief";

const SCRIPTS = {
  [BOOT]: ["poweroff"],
  [RELIEF]: [
    "mount /dev/vda /disk romfs",
    ...WATCH.map((name, index) => `${name} ${index} && echo ${name} kept &`),
    "kexec /boot/starboard watchdog=50",
    "touch /run/stand-down; wait; poweroff",
  ],
};

/** What must be said on the console. */
const SAID = {
  [BOOT]: [/^\[larboard\] /m],
  [RELIEF]: [/^\[larboard\] I stand relieved/m, ...WATCH.map((name) => new RegExp(`${name} kept`))],
};

export const KERNEL_NAMES = Object.keys(SCRIPTS);

function check(name, text) {
  const missing = SAID[name].find((pattern) => !pattern.test(text));
  if (missing) throw new Error(`${name}: the console has no ${missing}: ${text.slice(-400)}`);
}

/** Writes what QEMU is to load; gives a function from the firmware to its arguments. */
function qemuPlan(name, { initrd, drive }) {
  const path = (what) => join(folder, `${name}-${what}`);
  const elf = readFileSync(`${GUEST}larboard.elf`);
  writeFileSync(path("kernel"), flatten(elf, KERNEL_BASE + LINEAR_MAP_OFFSET, "larboard.elf"));
  writeFileSync(path("initrd"), initrd);
  writeFileSync(path("drive"), drive.data);
  const loader = `loader,file=${path("kernel")},addr=0x${KERNEL_BASE.toString(16)},force-raw=on`;
  return (firmware) => [
    ...["-M", "virt", "-smp", `${HARTS}`, "-m", `${RAM_BYTES >> 20}`, "-bios", "none"],
    ...["-display", "none", "-serial", "stdio", "-monitor", "none"],
    ...["-global", "virtio-mmio.force-legacy=false", "-kernel", firmware],
    ...["-device", loader, "-initrd", path("initrd")],
    ...["-drive", `file=${path("drive")},format=raw,id=vda,if=none,readonly=on`],
    ...["-device", "virtio-blk-device,drive=vda"],
  ];
}

function onQemu(name, config) {
  const flags = qemuPlan(name, config);
  const end = compile("end", "-DEND", ["end.S"]);
  return () => {
    const idle = runQemu(flags(end));
    if (!idle) return {};
    const busy = runQemu(flags(`${GUEST}firmware.elf`));
    check(name, busy.text);
    return { idle: idle.seconds, busy: busy.seconds };
  };
}

async function runKernel(name, config, engine) {
  const chunks = [];
  const listen = (machine) => machine.on("console", ({ bytes }) => chunks.push(bytes));
  const done = await runHere(config, engine, listen);
  check(name, Buffer.concat(chunks).toString());
  return done;
}

/** As guests.mjs' programCase; here there is nothing to subtract. */
export function kernelCase(name) {
  const images = readImages();
  const config = {
    harts: HARTS,
    ramBytes: RAM_BYTES,
    firmware: images.firmware,
    kernel: images.kernels.larboard,
    initrd: watchFiles(images, `${SCRIPTS[name].join("\n")}\n`),
    drive: { data: watchDisk(images), readOnly: true },
  };
  return {
    name,
    busy: (engine) => runKernel(name, config, engine),
    qemu: onQemu(name, config),
  };
}
