// A run's key: a hash of all that its result follows from. Two runs with one key have one result,
// so a result that is there need never be made again.
import type { ReliefConfig } from "../experiment/relief.js";
import { sha256 } from "../identity.js";

export const RESULT_SCHEMA = "quarterdeck/result/1";
const KEY_DIGITS = 32;
export const KEY_PATTERN = /^[\da-f]{32}$/;

/** What runs, and on what. */
export interface BuildIdentity {
  readonly quarterdeck: string;
  /** SHA-256 of the core's wasm. */
  readonly core: string;
  /** SHA-256 of the modules that make a run and its report: the client is among them. */
  readonly host: string;
  /** As Report.images. */
  readonly images: Readonly<Record<string, string>>;
}

/** JSON in which the keys of all objects are in order, so that equal values have equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, one) => {
    if (typeof one !== "object" || one === null || Array.isArray(one)) return one;
    return Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** The key of a run: 32 hexadecimal digits of a SHA-256. */
export function runKey(configuration: ReliefConfig, build: BuildIdentity): string {
  const { quarterdeck, core, host, images } = build;
  const { seed } = configuration;
  const all = { schema: RESULT_SCHEMA, configuration, seed, images, core, host, quarterdeck };
  return sha256(Buffer.from(canonicalJson(all))).slice(0, KEY_DIGITS);
}
