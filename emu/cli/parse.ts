// Parsers of option values: each refuses with one line that says what is wrong and what fits.
import { InvalidArgumentError, Option } from "commander";
import { ENGINES } from "../index.js";

/** A whole number in a range, decimal or 0x. */
export function wholeNumber(option: string, least: number, most: number) {
  return (text: string): number => {
    const value = /^(\d+|0x[\da-f]+)$/i.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`${option} takes a whole number from ${least} to ${most}.`);
  };
}

/** The port of --gdb. */
export const gdbPort = wholeNumber("--gdb", 0, 65535);

/** Bytes in a range, with an optional K, M or G. */
export function byteSize(option: string, least: string, most: string) {
  return (text: string): number => {
    const value = bytesOf(text);
    if (value >= bytesOf(least) && value <= bytesOf(most)) return value;
    throw new InvalidArgumentError(`${option} takes a size from ${least} to ${most}, such as 64M.`);
  };
}

/** A drive, and what becomes of writes to it. */
export interface Drive {
  readonly drive: string;
  readonly readOnly?: boolean;
  /** A file that keeps the blocks that the guest changes. */
  readonly overlay?: string;
}

/** Parses `--drive FILE[,readonly][,overlay=FILE]`. */
export function driveOption(text: string): Drive {
  const [drive = "", ...settings] = text.split(",");
  const overlays = settings.flatMap((setting) => /^overlay=(.+)$/.exec(setting)?.[1] ?? []);
  const readOnly = settings.includes("readonly");
  const understood = overlays.length + (readOnly ? 1 : 0);
  if (drive !== "" && settings.length <= 1 && understood === settings.length) {
    const [overlay] = overlays;
    return { drive, ...(readOnly ? { readOnly } : {}), ...(overlay ? { overlay } : {}) };
  }
  throw new InvalidArgumentError(
    "--drive takes FILE, FILE,readonly or FILE,overlay=FILE2 (no commas in names).",
  );
}

function bytesOf(text: string): number {
  const match = /^(\d+)([KMG]?)$/i.exec(text);
  if (!match) return Number.NaN;
  const shift = { "": 0, K: 10, M: 20, G: 30 }[(match[2] ?? "").toUpperCase()] ?? 0;
  return Number(match[1]) * 2 ** shift;
}

/** `--engine`: how a machine executes. */
export function engineOption(): Option {
  const text = "how instructions are executed; the run is the same (default: translator)";
  return new Option("--engine <engine>", text).choices(ENGINES);
}
