// The machines of `boot`: from options, from a recording that names what it was made from, and from
// a snapshot. Each source says in one line what it cannot use.
import {
  createMachine,
  type Machine,
  type MachineConfig,
  otherImage,
  parseElf,
  type Segment,
  watchFiles,
} from "../index.js";
import { UsageError } from "./exit.js";
import { readFirmware, readImages, readInput, readKernel } from "./images.js";

/** The images of a boot, as a recording keeps them: names of files, and the script itself. */
export interface BootSource {
  readonly command: "boot";
  readonly kernel: string;
  readonly script?: string;
  readonly drive?: string;
}

/** The images that a source names. Throws UsageError. */
export function bootImages({ kernel, script, drive }: BootSource): Partial<MachineConfig> {
  const data = drive === undefined ? undefined : readInput(drive, "--drive");
  const image = readKernel(kernel);
  parseElf(image, kernel); // refuses what is none, which the machine would run as raw bytes
  return {
    firmware: readFirmware(),
    kernel: image,
    initrd: watchFiles(readImages(), script),
    ...(data === undefined ? {} : { drive: { data } }),
  };
}

/** The machine of a recorded boot, at reset. Throws UsageError when an image is another one. */
export async function recordedMachine(
  { config, images }: Segment,
  source: BootSource,
): Promise<Machine> {
  const full = { ...config, ...bootImages(source) };
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
