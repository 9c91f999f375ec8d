// The faults that `--fault` provokes: each spoils one thing that the on-coming kernel or its image
// needs, from outside or by its command line, and the off-going kernel must refuse or recover.
import { createHash } from "node:crypto";

/** What is changed before or during the run. */
export interface Fault {
  readonly summary: string;
  /** Changes the image that kexec loads; its digest is made before, unless `sealed`. */
  readonly image?: (image: Uint8Array) => Uint8Array;
  /** The digest is made again, so that it is not the digest that refuses. */
  readonly sealed?: boolean;
  /** Added to the on-coming kernel's command line. */
  readonly arguments?: string;
  /** ZONE_NORMAL of the whole machine, in bytes. */
  readonly zoneNormalBytes?: number;
}

function flipByte(image: Uint8Array): Uint8Array {
  const copy = image.slice();
  const middle = copy.length >> 1;
  copy[middle] = (copy[middle] ?? 0) ^ 0x01;
  return copy;
}

const NOTE_NAME = "Quarterdeck\0";

/** The image with another contract version in its note (kernels/abi/handover.h, image_note). */
function otherContract(image: Uint8Array): Uint8Array {
  const copy = Buffer.from(image);
  const at = copy.indexOf(NOTE_NAME, 0, "latin1");
  if (at < 0) throw new Error("the image has no Quarterdeck note");
  copy.writeUInt32LE(copy.readUInt32LE(at + NOTE_NAME.length) + 0x100, at + NOTE_NAME.length);
  return new Uint8Array(copy);
}

function notAnElf(image: Uint8Array): Uint8Array {
  const text = "This is a text, and no kernel.\n";
  return new TextEncoder().encode(text.repeat(Math.ceil(image.length / text.length)));
}

export const FAULTS: Readonly<Record<string, Fault>> = {
  "image-corrupt": {
    summary: "one bit of the image differs from what its digest says",
    image: flipByte,
  },
  "not-elf": {
    summary: "the image is a text with a matching digest",
    image: notAnElf,
    sealed: true,
  },
  "contract-version": {
    summary: "the image's note names another version of the handover contract",
    image: otherContract,
    sealed: true,
  },
  "contract-spoken": {
    summary: "the relief boots, and presents another contract version than its image named",
    arguments: "contract=0x0901",
  },
  "zone-normal": {
    summary: "ZONE_NORMAL is too small for two kernels",
    zoneNormalBytes: 5 << 20,
  },
  "missing-driver": {
    summary: "the relief lacks the block driver, which is in use",
    arguments: "blacklist=virtio-blk",
  },
  hang: { summary: "the relief hangs while it qualifies", arguments: "fault=hang" },
  "hang-late": {
    summary: "the relief hangs with the books before it, all processes frozen",
    arguments: "fault=hang-late",
  },
};

/** The image and digest file of a kernel, with a fault applied. */
export function faultyImage(image: Uint8Array, fault: Fault | undefined): [Uint8Array, Uint8Array] {
  const changed = fault?.image?.(image) ?? image;
  const digested = fault?.sealed ? changed : image;
  const digest = createHash("sha256").update(digested).digest("hex");
  return [changed, new TextEncoder().encode(`${digest}\n`)];
}
