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
  /** It is the firewall that stops it, so the machine has one. */
  readonly firewall?: boolean;
}

function flipByte(image: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(image); // a Buffer's slice() would be no copy
  const middle = copy.length >> 1;
  copy[middle] = (copy[middle] ?? 0) ^ 0x01;
  return copy;
}

const NOTE_NAME = "Quarterdeck\0";
const NOTE_IMAGE = 1;
const CONTRACT_VERSION = 0;
const ARENA_BYTES = 8;

/** Where the descriptor of the image's note begins (kernels/abi/handover.h, image_note). */
function noteOffset(image: Buffer): number {
  // The name is also among the kernel's texts; in the note, its length and a type stand before it.
  let at = image.indexOf(NOTE_NAME, 12, "latin1");
  while (at >= 0 && !isNoteName(image, at)) at = image.indexOf(NOTE_NAME, at + 1, "latin1");
  if (at < 0) throw new Error("the image has no Quarterdeck note");
  return at + NOTE_NAME.length;
}

function isNoteName(image: Buffer, at: number): boolean {
  const [nameBytes, type] = [image.readUInt32LE(at - 12), image.readUInt32LE(at - 4)];
  return nameBytes === NOTE_NAME.length && type === NOTE_IMAGE;
}

/** The image with another major version of the contract in its note. */
function otherContract(image: Uint8Array): Uint8Array {
  const copy = Buffer.from(image);
  const at = noteOffset(copy) + CONTRACT_VERSION;
  copy.writeUInt32LE(copy.readUInt32LE(at) + 0x100, at);
  return new Uint8Array(copy);
}

/** The image with a note that asks for 1 GiB beside the image: more than ZONE_NORMAL can hold. */
function greedy(image: Uint8Array): Uint8Array {
  const copy = Buffer.from(image);
  copy.writeUInt32LE(1 << 30, noteOffset(copy) + ARENA_BYTES);
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
    summary: "the relief asks for more than ZONE_NORMAL has in one piece",
    image: greedy,
    sealed: true,
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
  stray: {
    summary: "the relief stores into page tables that are not its own yet; the firewall stops it",
    arguments: "fault=stray",
    firewall: true,
  },
};

/** The image and digest file of a kernel, with a fault applied. */
export function faultyImage(image: Uint8Array, fault: Fault | undefined): [Uint8Array, Uint8Array] {
  const changed = fault?.image?.(image) ?? image;
  const digested = fault?.sealed ? changed : image;
  const digest = createHash("sha256").update(digested).digest("hex");
  return [changed, new TextEncoder().encode(`${digest}\n`)];
}
