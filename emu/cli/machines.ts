// The machines of `boot`: from options, from a recording that names what it was made from, and from
// a snapshot. Each source says in one line what it cannot use.
import { existsSync } from "node:fs";
import {
  createMachine,
  isElf,
  type Machine,
  type MachineConfig,
  otherImage,
  parseElf,
  readOverlay,
  type Segment,
  watchFiles,
  writeOverlay,
} from "../index.js";
import { UsageError } from "./exit.js";
import { readFirmware, readImages, readInput, readKernel } from "./images.js";
import { writeWhole } from "./output.js";

/** The images of a boot, as a recording keeps them: names of files, and the script itself. */
export interface BootSource {
  readonly command: "boot";
  /** One of ours by name, or the file of a guest of others. */
  readonly kernel: string;
  /** The guest is not ours: what it gets is what QEMU's virt board would give it. */
  readonly other?: boolean;
  readonly script?: string;
  readonly drive?: string;
  readonly readOnly?: boolean;
  readonly overlay?: string;
  readonly initrd?: string;
  /** "none", or the file of a firmware; ours when missing. */
  readonly bios?: string;
}

/** Sources that a recording names: every field has its type. */
export function isBootSource(value: Readonly<Record<string, unknown>>): boolean {
  const fits = (type: string) => (name: string) =>
    value[name] === undefined || typeof value[name] === type;
  const texts = ["script", "drive", "overlay", "initrd", "bios"];
  const known = value.command === "boot" && typeof value.kernel === "string";
  return known && texts.every(fits("string")) && ["other", "readOnly"].every(fits("boolean"));
}

/** The images that a source names. Throws UsageError, ImageError. */
export function bootImages(source: BootSource): Partial<MachineConfig> {
  const data = driveOf(source);
  return {
    ...(source.other ? otherImages(source) : ourImages(source)),
    ...(data === undefined ? {} : { drive: { data, readOnly: source.readOnly === true } }),
  };
}

function ourImages({ kernel, script }: BootSource): Partial<MachineConfig> {
  const image = readKernel(kernel);
  parseElf(image, kernel); // refuses what is none, which the machine would run as raw bytes
  return { firmware: readFirmware(), kernel: image, initrd: watchFiles(readImages(), script) };
}

function otherImages({ kernel, initrd, bios }: BootSource): Partial<MachineConfig> {
  const image = readInput(kernel, "--kernel");
  if (image.length === 0) throw new UsageError(`--kernel: ${kernel} is empty; give an image`);
  if (isElf(image)) parseElf(image, kernel); // so that the message names the file
  const firmware =
    bios === undefined ? readFirmware() : bios === "none" ? undefined : readInput(bios, "--bios");
  return {
    kernel: image,
    ...(firmware === undefined ? {} : { firmware }),
    ...(initrd === undefined ? {} : { initrd: readInput(initrd, "--initrd") }),
  };
}

/** The drive's content: that of its file, with what an overlay keeps over it. */
function driveOf({ drive, overlay }: BootSource): Uint8Array | undefined {
  if (drive === undefined) return undefined;
  const base = readInput(drive, "--drive");
  if (overlay === undefined || !existsSync(overlay)) return base;
  return readOverlay(readInput(overlay, "overlay"), base, overlay);
}

/** Keeps what the guest has changed on its drive, if that was asked for. Throws UsageError. */
export function saveOverlay(machine: Machine, { drive, overlay }: BootSource): void {
  if (drive === undefined || overlay === undefined) return;
  const base = readInput(drive, "--drive");
  writeWhole(overlay, "--drive", writeOverlay(base, machine.readDrive()));
}

/**
 * The machine of a recorded boot, at reset; `drive` is what a machine before it left on the drive.
 * Throws UsageError when an image is another one.
 */
export async function recordedMachine(
  { config, images }: Segment,
  source: BootSource,
  drive?: Uint8Array,
): Promise<Machine> {
  const own = bootImages(source);
  const kept = own.drive && drive ? { drive: { ...own.drive, data: drive } } : {};
  const full = { ...config, ...own, ...kept };
  const other = otherImage(images, full);
  if (other) {
    const file = { firmware: "", initrd: "", kernel: source.kernel, drive: source.drive }[other];
    const named = file ? ` (${file})` : "";
    throw new UsageError(
      `replay: ${other}${named} is not the one that was recorded; use the same build and files`,
    );
  }
  return createMachine(full);
}
