// The faults that `--fault` provokes: each spoils one thing that the on-coming kernel or its image
// needs, from outside or by its command line, and the off-going kernel must refuse or recover.
import { createHash } from "node:crypto";
import { ConfigError } from "../errors.js";

/** What is changed before or during the run. */
export interface Fault {
  readonly summary: string;
  /** Where it can be, the default first. */
  readonly phases?: readonly string[];
  /** Changes the image that kexec loads; its digest is made before, unless `sealed`. */
  readonly image?: (image: Uint8Array, phase?: string) => Uint8Array;
  /** The digest is made again, so that it is not the digest that refuses. */
  readonly sealed?: boolean;
  /** Added to the on-coming kernel's command line. */
  readonly arguments?: string;
  /** The kernel acts it out itself (kernels/shared/relief/fault.h), by name and phase. */
  readonly provoke?: boolean;
  /** The relief succeeds in spite of it. */
  readonly survived?: boolean;
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
const ARENA_PER_FRAME = 12;
const ARENA_PER_PROCESS = 16;

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

/** With so much a relief boots, and has too little left to take over the processes. */
const MODEST_BYTES = 96 << 10;

/** The image with a note that asks for too little: for booting, or only for what comes after. */
function modest(image: Uint8Array, phase?: string): Uint8Array {
  const copy = Buffer.from(image);
  const note = noteOffset(copy);
  copy.writeUInt32LE(phase === "boot" ? 0 : MODEST_BYTES, note + ARENA_BYTES);
  if (phase === "boot") copy.writeUInt32LE(0, note + ARENA_PER_FRAME);
  copy.writeUInt32LE(0, note + ARENA_PER_PROCESS);
  return new Uint8Array(copy);
}

function notAnElf(image: Uint8Array): Uint8Array {
  const text = "This is a text, and no kernel.\n";
  return new TextEncoder().encode(text.repeat(Math.ceil(image.length / text.length)));
}

const BEFORE_COMMIT = ["boot", "qualification", "check"];
const AFTER_COMMIT = ["transfer", "verify"];
/** Only where groups move: services are delivered, and the first group. */
export const IN_GROUPS = "groups";

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
  "missing-file-system": {
    summary: "the relief lacks tmpfs, which is in use",
    arguments: "blacklist=tmpfs",
  },
  "missing-romfs": {
    summary: "the relief lacks romfs, from which the disk is mounted",
    arguments: "blacklist=romfs",
  },
  memory: {
    summary: "the relief's image asks for less memory than it needs",
    phases: ["boot", "check"],
    image: modest,
    sealed: true,
  },
  miscount: {
    summary: "the relief miscounts: harts while it qualifies, records in its receipt",
    phases: ["qualification", "verify"],
    provoke: true,
  },
  hang: {
    summary: "the relief hangs",
    phases: [...BEFORE_COMMIT, ...AFTER_COMMIT, IN_GROUPS],
    provoke: true,
  },
  panic: {
    summary: "the relief panics",
    phases: [...BEFORE_COMMIT, ...AFTER_COMMIT, IN_GROUPS],
    provoke: true,
  },
  load: {
    summary: "the relief reads from an address where nothing is",
    phases: [...BEFORE_COMMIT, ...AFTER_COMMIT],
    provoke: true,
  },
  illegal: {
    summary: "the relief executes an illegal instruction",
    phases: [...BEFORE_COMMIT, ...AFTER_COMMIT],
    provoke: true,
  },
  stray: {
    summary: "the relief stores into page tables that are not its own yet; the firewall stops it",
    phases: ["check"],
    provoke: true,
    firewall: true,
  },
  "offgoing-hang": {
    summary: "the old kernel hangs after the commit; the relief finishes with what it has",
    phases: [...AFTER_COMMIT, IN_GROUPS],
    provoke: true,
    survived: true,
  },
  "offgoing-panic": {
    summary: "the old kernel panics after the commit; the relief finishes with what it has",
    phases: [...AFTER_COMMIT, IN_GROUPS],
    provoke: true,
    survived: true,
  },
};

/** A fault at a phase. */
export interface FaultAt {
  readonly name: string;
  readonly fault: Fault;
  readonly phase?: string;
}

/** Reads NAME or NAME@PHASE; without a phase the fault's first. Throws ConfigError. */
export function parseFault(text: string): FaultAt {
  const [name = "", phase, ...more] = text.split("@");
  const fault = Object.hasOwn(FAULTS, name) ? FAULTS[name] : undefined;
  if (!fault || more.length > 0) {
    const known = Object.keys(FAULTS).join(", ");
    throw new ConfigError(`fault: there is no "${text}"; give one of ${known}`);
  }
  const phases = fault.phases ?? [];
  if (phase !== undefined && !phases.includes(phase)) {
    const fix = phases.length > 0 ? `give one of ${phases.join(", ")}` : "it has no phases";
    throw new ConfigError(`fault: ${name} cannot be at "${phase}"; ${fix}`);
  }
  const at = phase ?? phases[0];
  return { name, fault, ...(at === undefined ? {} : { phase: at }) };
}

/** What a fault adds to the on-coming kernel's command line. */
export function faultArguments({ name, fault, phase }: FaultAt): string {
  if (!fault.provoke) return fault.arguments ?? "";
  const old = /^offgoing-(.+)$/.exec(name)?.[1];
  return old ? `offgoing-fault=${old}@${phase}` : `fault=${name}@${phase}`;
}

/** The image and digest file of a kernel, with a fault applied. */
export function faultyImage(image: Uint8Array, at: FaultAt | undefined): [Uint8Array, Uint8Array] {
  const changed = at?.fault.image?.(image, at.phase) ?? image;
  const digested = at?.fault.sealed ? changed : image;
  const digest = createHash("sha256").update(digested).digest("hex");
  return [changed, new TextEncoder().encode(`${digest}\n`)];
}
