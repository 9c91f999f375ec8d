// The guest's images as the build made them, read once for all tests of a file.
import { readImages } from "../../emu/cli/images.js";
import type { GuestImages } from "../../emu/experiment/watch.js";

let read: GuestImages | undefined;

/** Firmware, kernels and programs. Throws one line that names the fix when they are not built. */
export function images(): GuestImages {
  read ??= readImages();
  return read;
}
