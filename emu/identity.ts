// What a machine was made from, as files say it: its numbers, and the SHA-256 of each image. Read
// back from a file, every number is checked like a configuration that a user gives.
import { createHash } from "node:crypto";
import { checkConfig, type FullConfig, type MachineConfig } from "./config.js";
import { ConfigError, ImageError } from "./errors.js";

/** A configuration without its images, and without the engine, which is nothing to the run. */
export type PlainConfig = Omit<
  FullConfig,
  "firmware" | "kernel" | "initrd" | "drive" | "engine" | "hotCycles" | "coldCycles" | "parallel"
> & {
  readonly drive?: { readonly bytes: number; readonly readOnly: boolean };
};

export const IMAGE_NAMES = ["firmware", "kernel", "initrd", "drive"] as const;
export type ImageHashes = Readonly<Partial<Record<(typeof IMAGE_NAMES)[number], string>>>;

const NUMBERS = [
  ...["harts", "ramBytes", "quantumCycles", "cyclesPerTick", "seed", "rtcSeconds"],
  ...["decodedPages", "zoneNormalBytes"],
];
const SWITCHES = ["firewall", "vsock", "terminal", "entropy", "legacyVirtio", "successor"];

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Throws ConfigError for a machine whose runs cannot be repeated. */
export function plainConfig(config: FullConfig): PlainConfig {
  if (config.parallel) {
    throw new ConfigError("parallel: such a machine goes into no file; let its harts take turns");
  }
  const {
    firmware: _,
    kernel: __,
    initrd: ___,
    drive,
    engine: ____,
    hotCycles: _____,
    coldCycles: ______,
    parallel: _______,
    ...rest
  } = config;
  if (!drive) return rest;
  return { ...rest, drive: { bytes: drive.data.length, readOnly: drive.readOnly === true } };
}

/** SHA-256 of each image that the machine was given. */
export function imageHashes({ firmware, kernel, initrd, drive }: MachineConfig): ImageHashes {
  const images = { firmware, kernel, initrd, drive: drive?.data };
  return Object.fromEntries(
    Object.entries(images).flatMap(([name, bytes]) => (bytes ? [[name, sha256(bytes)]] : [])),
  );
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The configuration in `value`, as plainConfig() gave it, with an empty drive of the right size:
 * that of `before`, if there was one, which must have that size. Throws ImageError, which names
 * `file`.
 */
export function configFrom(value: unknown, file: string, before?: MachineConfig): MachineConfig {
  const wrong = (what: string) =>
    new ImageError(`${file}: its configuration is damaged (${what}); use the original`);
  if (!isRecord(value)) throw wrong("none");
  const { drive, bootArgs } = value;
  for (const [key, one] of Object.entries(value)) {
    const fits = NUMBERS.includes(key)
      ? typeof one === "number"
      : SWITCHES.includes(key)
        ? typeof one === "boolean"
        : ["drive", "bootArgs", "timing"].includes(key);
    if (!fits) throw wrong(key);
  }
  if (typeof bootArgs !== "string") throw wrong("bootArgs");
  const plain = { ...value, drive: undefined };
  try {
    const { drive: _, ...full } = checkConfig(plain as unknown as MachineConfig);
    return drive === undefined ? full : { ...full, drive: driveFrom(drive, wrong, before) };
  } catch (error) {
    if (error instanceof ConfigError) throw wrong(error.message.split(":")[0] ?? "");
    throw error;
  }
}

function driveFrom(value: unknown, wrong: (what: string) => Error, before?: MachineConfig) {
  const { bytes, readOnly } = isRecord(value) ? value : {};
  const fits = Number.isInteger(bytes) && (bytes as number) >= 0 && (bytes as number) <= 2 ** 30;
  if (!fits || (bytes as number) % 512 !== 0 || typeof readOnly !== "boolean") throw wrong("drive");
  const data = before?.drive?.data ?? new Uint8Array(bytes as number);
  if (data.length !== bytes) throw wrong("drive");
  return { data, readOnly };
}
