// What an experiment may fix or vary: one row a field, by the name of the command line's option,
// with what a file may give for it and what it becomes in a relief's configuration. A new option of
// `relieve` that belongs in sweeps needs a row here, and nothing else.
import { z } from "zod";
import { ConfigError } from "../errors.js";
import { FAULTS, parseFault } from "../experiment/faults.js";
import {
  DESCRIPTORS_MOST,
  MEMORY_MODES,
  PROCESSES_MOST,
  type ReliefConfig,
  TRANSFER_MODES,
} from "../experiment/relief.js";
import { RESET, TIMED_FROM } from "../experiment/timed.js";
import { KERNELS, METHODS } from "../experiment/watch.js";
import { type Moment, momentOf } from "../observe/moment.js";
import { choice, read, whole } from "../schema.js";
import type { TimingConfig } from "../timing/config.js";

/** Of a field that can be left out of a combination: it is. */
export const NONE = "none";

export type FieldValue = string | number | boolean;
/** One value for each field that a combination gives. */
export type Combination = Readonly<Partial<Record<FieldName, FieldValue>>>;
/** The model that `timing` names: a preset, or a file. */
export type Models = (name: string) => TimingConfig;

interface Field {
  readonly value: z.ZodType<FieldValue>;
  /** Of ReliefConfig; without it the field is one of several that make `timing`. */
  readonly config?: keyof ReliefConfig;
}

const WARM_UP_MAX = 1e12;
const TEXT_MAX = 200;

/** Bytes, as a number or with K, M or G. */
function bytes(least: string, most: string): z.ZodType<FieldValue> {
  return read(`give a size from ${least} to ${most}, such as "64M"`, (value) => {
    const size = bytesOf(value);
    const fits = size >= bytesOf(least) && size <= bytesOf(most);
    return fits ? size : undefined;
  });
}

function bytesOf(value: unknown): number {
  if (typeof value === "number") return Number.isInteger(value) ? value : Number.NaN;
  const [, digits, unit = ""] = /^(\d+)([KMG]?)$/i.exec(String(value)) ?? [];
  const shift = { "": 0, K: 10, M: 20, G: 30 }[unit.toUpperCase()] ?? 0;
  return Number(digits) * 2 ** shift;
}

function fault(value: unknown): string | undefined {
  if (value === NONE) return NONE;
  try {
    return typeof value === "string" && parseFault(value) ? value : undefined;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

const moment = (value: unknown): Moment | undefined =>
  value === RESET ? RESET : momentOf(String(value));

const FAULT_HELP = `give "${NONE}" or NAME or NAME@PHASE of \`relieve --fault list\`: ${Object.keys(
  FAULTS,
).join(", ")}`;
const TIMING_HELP = `give "${NONE}", a preset of \`timing\` or a TOML file`;

export const FIELDS = {
  from: { value: choice(KERNELS), config: "from" },
  to: { value: choice(KERNELS), config: "to" },
  method: { value: choice(METHODS), config: "method" },
  harts: { value: whole(2, 512), config: "harts" },
  times: { value: whole(1, 10_000), config: "times" },
  ram: { value: bytes("16M", "2G"), config: "ramBytes" },
  "zone-normal": { value: bytes("8M", "896M"), config: "zoneNormalBytes" },
  quantum: { value: whole(1, 1_000_000), config: "quantumCycles" },
  memory: { value: choice(MEMORY_MODES), config: "memory" },
  transfer: { value: choice(TRANSFER_MODES), config: "transfer" },
  connections: { value: whole(0, 128), config: "connections" },
  ballast: { value: whole(0, 2 << 20), config: "ballast" },
  processes: { value: whole(0, PROCESSES_MOST), config: "processes" },
  descriptors: { value: whole(0, DESCRIPTORS_MOST), config: "descriptors" },
  calm: { value: whole(100_000, 10_000_000_000), config: "calmCycles" },
  firewall: { value: z.boolean({ error: "give true or false" }), config: "firewall" },
  fault: { value: read(FAULT_HELP, fault), config: "fault" },
  timing: { value: z.string({ error: TIMING_HELP }).min(1, TIMING_HELP).max(TEXT_MAX) },
  "timing-from": { value: read(`give "${RESET}", a cycle, a phase or a mark`, moment) },
  "warm-up": { value: whole(0, WARM_UP_MAX) },
} as const satisfies Readonly<Record<string, Field>>;

export type FieldName = keyof typeof FIELDS;
export const FIELD_NAMES = Object.keys(FIELDS) as FieldName[];

function timedOf(combination: Combination, models: Models): Partial<ReliefConfig> {
  const { timing, "timing-from": from = TIMED_FROM, "warm-up": warmUp = 0 } = combination;
  if (timing === undefined || timing === NONE) return {};
  const model = models(String(timing));
  return { timing: { model, from: from as Moment, warmUpCycles: Number(warmUp) } };
}

/** What a combination and a seed say of a relief; the rest is left to checkRelief(). */
export function reliefOf(
  combination: Combination,
  seed: number,
  models: Models,
): Partial<ReliefConfig> {
  const plain = Object.entries(combination).flatMap(([name, value]) => {
    const { config }: Field = FIELDS[name as FieldName];
    return config === undefined || value === NONE ? [] : [[config, value]];
  });
  const given: Partial<ReliefConfig> = Object.fromEntries(plain);
  const other = given.from === "starboard" ? "larboard" : "starboard";
  return { to: other, ...given, seed, ...timedOf(combination, models) };
}
