// The standing watch: which programs run while a kernel is relieved, the script that runs them in
// the guest, the disk they read, and the file system they live in.
import { type CpioEntry, writeCpio } from "../image/cpio.js";
import { writeRomfs } from "../image/romfs.js";
import { type FaultAt, faultArguments, faultyImage } from "./faults.js";

export const KERNELS = ["larboard", "starboard"] as const;
export type KernelName = (typeof KERNELS)[number];

/** What the build made, as bytes; read from files by the caller. */
export interface GuestImages {
  readonly firmware: Uint8Array;
  /** Stripped: what kexec loads, and the cold boot too. */
  readonly kernels: Readonly<Record<KernelName, Uint8Array>>;
  /** Programs of /bin by name. */
  readonly programs: ReadonlyMap<string, Uint8Array>;
}

/** Programs of the watch; each writes `watch NAME kept` when it is told to stand down. */
export const WATCH = [
  ...["chain", "pipeline", "metronome", "scribe", "family", "sounder"],
  ...["pair", "tally", "signals", "mapper", "poller", "parley"],
] as const;

const DIRECTORY = 0o040755;
const PROGRAM = 0o100755;
const FILE = 0o100644;
const SECTOR_WORDS = 128;
const SOUNDINGS_SECTORS = 2048;

/** The program that only holds memory. */
export const BALLAST = "ballast";

/** The key-value server; it listens on SERVICE_PORT, and is part of the watch with a client. */
export const SERVICE = "kvd";
export const SERVICE_PORT = 6379;
/** What the server writes when it has been told to stand down. */
export const SERVICE_STANDS_DOWN = "kvd stands down";

export interface WatchPlan {
  /** The kernels that relieve, one after the other. */
  readonly to: readonly KernelName[];
  readonly seed: number;
  /** Whether the disk is a romfs, to be mounted; else it is bare. */
  readonly mounted?: boolean;
  /** Whether the key-value server is on watch too. */
  readonly service?: boolean;
  /** How memory is taken over; adopt, unless it is given. */
  readonly memory?: string;
  /** Who comes across when; all at once, unless it is given. */
  readonly transfer?: string;
  /** KiB of memory that one more process holds, to see what its size costs. */
  readonly ballast?: number;
  /** Seconds from the last change until the watch stands down; 0.1, unless it is given. */
  readonly patrol?: number;
  /** How many times as long as usual the kernels wait for each other; 1, unless it is given. */
  readonly patience?: number;
  /** Provoked in the first relief. */
  readonly fault?: FaultAt;
}

/**
 * Script of /etc/rc: mounts the disk, starts the watch, relieves as often as there are kernels,
 * stands down, powers off.
 */
export function watchScript(plan: WatchPlan): string {
  const { to, seed, mounted, service, memory, transfer, ballast, patience, fault } = plan;
  const { patrol = 0.1 } = plan;
  const start = mounted ? ["mount /dev/vda /disk romfs"] : [];
  if (service) start.push(`${SERVICE} ${SERVICE_PORT} &`);
  if (ballast) start.push(`${BALLAST} ${ballast} &`, `${BALLAST} -w`);
  start.push(...WATCH.map((name, i) => `${name} ${(seed + i + 1) >>> 0} &`));
  const relieve = to.flatMap((kernel, i) => {
    const words = [`kexec /boot/${kernel}`];
    if (memory !== undefined && memory !== "adopt") words.push(`memory=${memory}`);
    if (transfer !== undefined && transfer !== "all") words.push(`transfer=${transfer}`);
    if (patience !== undefined) words.push(`watchdog=${patience}`);
    if (i === 0 && fault) words.push(faultArguments(fault));
    return ["sleep 0.1", words.join(" ").trimEnd()];
  });
  const end = [`sleep ${patrol}`, "touch /run/stand-down", "wait", "poweroff"];
  return `${[...start, ...relieve, ...end].join("\n")}\n`;
}

/** The initial file system; `script` becomes /etc/rc unless it is undefined. */
export function watchFiles(images: GuestImages, script?: string, fault?: FaultAt): Uint8Array {
  const text = new TextEncoder();
  const entries: CpioEntry[] = ["bin", "boot", "etc", "dev", "disk", "run", "tmp"].map((name) => ({
    name,
    mode: DIRECTORY,
    data: new Uint8Array(0),
  }));
  for (const [name, data] of images.programs)
    entries.push({ name: `bin/${name}`, mode: PROGRAM, data });
  for (const kernel of KERNELS) {
    const [image, digest] = faultyImage(images.kernels[kernel], fault);
    entries.push({ name: `boot/${kernel}`, mode: FILE, data: image });
    entries.push({ name: `boot/${kernel}.sha256`, mode: FILE, data: digest });
  }
  if (script !== undefined) entries.push({ name: "etc/rc", mode: FILE, data: text.encode(script) });
  return writeCpio(entries);
}

/** MurmurHash3's 32-bit finalizer, as in kernels/user/include/pattern.h. */
export function mix32(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** What `sounder` checks: word i, counted through all sectors, is mix32(i). */
export function soundings(sectors: number): Uint8Array {
  const words = new Uint32Array(sectors * SECTOR_WORDS);
  for (let i = 0; i < words.length; i++) words[i] = mix32(i);
  return new Uint8Array(words.buffer);
}

/** A bare disk for the watch: the soundings alone. */
export function bareDisk(): Uint8Array {
  return soundings(SOUNDINGS_SECTORS);
}

/** The watch's disk: a romfs image with the soundings, a text and a program. */
export function watchDisk({ programs }: Pick<GuestImages, "programs">): Uint8Array {
  const echo = programs.get("echo");
  const readme = new TextEncoder().encode("Quarterdeck: the disk of the standing watch.\n");
  return writeRomfs([
    { path: "soundings", data: soundings(SOUNDINGS_SECTORS) },
    { path: "log/README", data: readme },
    ...(echo ? [{ path: "bin/echo", data: echo, executable: true }] : []),
  ]);
}
