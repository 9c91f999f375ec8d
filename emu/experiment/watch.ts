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
/** The program that has many children and open files. */
export const CROWD = "crowd";

/** The key-value server; it listens on SERVICE_PORT, and is part of the watch with a client. */
export const SERVICE = "kvd";
export const SERVICE_PORT = 6379;
/** What the server writes when it has been told to stand down. */
export const SERVICE_STANDS_DOWN = "kvd stands down";

/** How one kernel takes the place of another: the relief, and its rivals. */
export const METHODS = ["relief", "checkpoint", "kexec", "cold"] as const;
export type Method = (typeof METHODS)[number];

/** The initial file system of a kernel that keeps nothing of the one before. */
const NEXT_INITRAMFS = "boot/initramfs";

export interface WatchPlan {
  /** The kernels that relieve, one after the other. */
  readonly to: readonly KernelName[];
  readonly seed: number;
  /** Whether the disk is a romfs, to be mounted; else it is bare. */
  readonly mounted?: boolean;
  /** Whether the key-value server is on watch too. */
  readonly service?: boolean;
  /** How the kernels take each other's place; by a relief, unless it is given. */
  readonly method?: Method;
  /** How memory is taken over; adopt, unless it is given. */
  readonly memory?: string;
  /** Who comes across when; all at once, unless it is given. */
  readonly transfer?: string;
  /** KiB of memory that one more process holds, to see what its size costs. */
  readonly ballast?: number;
  /** More processes that mostly sleep, and files that one more has open. */
  readonly processes?: number;
  readonly descriptors?: number;
  /** Seconds from the start of the watch until the first change; 0.1, unless it is given. */
  readonly calm?: number;
  /** Seconds from the last change until the watch stands down; 0.1, unless it is given. */
  readonly patrol?: number;
  /** How many times as long as usual the kernels wait for each other; 1, unless it is given. */
  readonly patience?: number;
  /** Provoked in the first relief. */
  readonly fault?: FaultAt;
}

/** How the script asks for one change of kernels. */
function changeCommand(plan: WatchPlan, kernel: KernelName, first: boolean): string {
  const { method, memory, transfer, patience, fault } = plan;
  if (method === "cold") return "reboot";
  const words = [`kexec /boot/${kernel}`];
  if (method !== undefined && method !== "relief") words.push(`method=${method}`);
  if (method === "kexec") words.push(`initrd=/${NEXT_INITRAMFS}`);
  if (memory !== undefined && memory !== "adopt") words.push(`memory=${memory}`);
  if (transfer !== undefined && transfer !== "all") words.push(`transfer=${transfer}`);
  if (patience !== undefined) words.push(`watchdog=${patience}`);
  if (first && fault) words.push(faultArguments(fault));
  return words.join(" ").trimEnd();
}

/** The commands that start the watch. */
function startCommands(plan: WatchPlan): string[] {
  const { seed, mounted, service, ballast, processes = 0, descriptors = 0 } = plan;
  const start = mounted ? ["mount /dev/vda /disk romfs"] : [];
  if (service) start.push(`${SERVICE} ${SERVICE_PORT} &`);
  if (ballast) start.push(`${BALLAST} ${ballast} &`, `${BALLAST} -w`);
  if (processes + descriptors > 0)
    start.push(`${CROWD} ${processes} ${descriptors} &`, `${CROWD} -w`);
  start.push(...WATCH.map((name, i) => `${name} ${(seed + i + 1) >>> 0} &`));
  return start;
}

function endCommands({ patrol = 0.1 }: WatchPlan): string[] {
  return [`sleep ${patrol}`, "touch /run/stand-down", "wait", "poweroff"];
}

/**
 * Script of /etc/rc: mounts the disk, starts the watch, relieves as often as there are kernels,
 * stands down, powers off.
 */
export function watchScript(plan: WatchPlan): string {
  const relieve = plan.to.flatMap((kernel, i) => [
    `sleep ${i === 0 ? (plan.calm ?? 0.1) : 0.1}`,
    changeCommand(plan, kernel, i === 0),
  ]);
  return `${[...startCommands(plan), ...relieve, ...endCommands(plan)].join("\n")}\n`;
}

/** The script of a kernel that has nothing of the one before: starts the watch again. */
function restartScript(plan: WatchPlan): string {
  return `${[...startCommands(plan), "up", ...endCommands(plan)].join("\n")}\n`;
}

function folders(): CpioEntry[] {
  return ["bin", "boot", "etc", "dev", "disk", "run", "tmp"].map((name) => ({
    name,
    mode: DIRECTORY,
    data: new Uint8Array(0),
  }));
}

function programsAndScript({ programs }: GuestImages, script: string | undefined): CpioEntry[] {
  const entries = [...programs].map(([name, data]) => ({
    name: `bin/${name}`,
    mode: PROGRAM,
    data,
  }));
  if (script === undefined) return entries;
  return [...entries, { name: "etc/rc", mode: FILE, data: new TextEncoder().encode(script) }];
}

/**
 * The initial file system, with the kernels in /boot; `script` becomes /etc/rc unless it is
 * undefined, and `next` is what kexec gives to a kernel that starts afresh.
 */
export function watchFiles(
  images: GuestImages,
  script?: string,
  fault?: FaultAt,
  next?: Uint8Array,
): Uint8Array {
  const kernels = KERNELS.flatMap((kernel) => {
    const [image, digest] = faultyImage(images.kernels[kernel], fault);
    return [
      { name: `boot/${kernel}`, mode: FILE, data: image },
      { name: `boot/${kernel}.sha256`, mode: FILE, data: digest },
    ];
  });
  return writeCpio([
    ...folders(),
    ...kernels,
    ...(next ? [{ name: NEXT_INITRAMFS, mode: FILE, data: next }] : []),
    ...programsAndScript(images, script),
  ]);
}

/** The initial file system of a kernel that has nothing of the one before. */
export function restartFiles(images: GuestImages, plan: WatchPlan): Uint8Array {
  return writeCpio([...folders(), ...programsAndScript(images, restartScript(plan))]);
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
