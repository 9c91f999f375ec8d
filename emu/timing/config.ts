// The timing model's configuration: TOML, checked against a schema and then across its parts. What
// a file leaves out is the default preset's. Every refusal is one line: the file, the TOML path,
// what was given, and what may be given. The core's parameters are made from it in parameters.ts.
import { parse } from "smol-toml";
import { z } from "zod";
import type { ConfigError } from "../errors.js";
import {
  check,
  choice,
  isTable,
  type Path,
  parseToml,
  refuse as refuseAt,
  table,
  whole,
} from "../schema.js";
import { DEFAULT_PRESET, PRESETS } from "./presets.js";

export const LINE_BYTES = 64;
export const NODES_MAX = 32;
export const WAYS_MAX = 16;
export const SHAPES = ["full", "ring", "mesh", "hypercube"] as const;
export const REPLACEMENTS = ["lru", "tree-plru"] as const;
export const PLACEMENTS = ["contiguous", "interleaved"] as const;
const L1_BYTES_MAX = 1 << 20;
const L2_BYTES_MAX = 1 << 26;
const CYCLES_MAX = 10_000;
const TEXT_MAX = 1000;
/** A name is part of a folder's name. */
const NAME = /^[a-z\d][\w.-]{0,39}$/i;

const cycles = () => whole(0, CYCLES_MAX);
const ofClass = () => whole(1, 1000); // cycles of a class of instructions
const text = () =>
  z.string({ error: "give a text" }).max(TEXT_MAX, { error: "give a shorter one" });
const size = (most: number) => whole(LINE_BYTES, most);
const ways = () => whole(1, WAYS_MAX);
/** With fewer, a hart's code could take the line from between its LR and SC each time. */
const L2_WAYS_MIN = 4;

const CORE = {
  load_cycles: ofClass(),
  store_cycles: ofClass(),
  multiply_cycles: ofClass(),
  divide_cycles: ofClass(),
  branch_taken_cycles: ofClass(),
  csr_cycles: ofClass(),
  fence_cycles: ofClass(),
  sfence_cycles: ofClass(),
  atomic_cycles: ofClass(),
  trap_entry_cycles: ofClass(),
  trap_return_cycles: ofClass(),
};

const SCHEMA = table({
  name: z.string({ error: "give a name" }).regex(NAME, {
    error: "give a name of at most 40 letters, digits, dots, dashes and underscores",
  }),
  description: text(),
  source: text(),
  core: table(CORE),
  l1i: table({ bytes: size(L1_BYTES_MAX), ways: ways() }),
  l1d: table({ bytes: size(L1_BYTES_MAX), ways: ways() }),
  l2: table({
    bytes: size(L2_BYTES_MAX),
    ways: whole(L2_WAYS_MIN, WAYS_MAX),
    cycles: cycles(),
    occupancy_cycles: cycles(),
  }),
  cache: table({ replacement: choice(REPLACEMENTS) }),
  tlb: table({ itlb_entries: whole(1, 128), dtlb_entries: whole(1, 128), walk_cycles: cycles() }),
  coherence: table({ intervention_cycles: cycles(), invalidation_cycles: cycles() }),
  memory: table({
    cycles: cycles(),
    directory_cycles: cycles(),
    occupancy_cycles: cycles(),
    placement: choice(PLACEMENTS),
  }),
  interconnect: table({
    hop_cycles: cycles(),
    occupancy_cycles: cycles(),
    shape: choice(SHAPES).optional(),
    distances: z
      .array(z.array(whole(0, 64), { error: "give a list of numbers" }), {
        error: "give a list of lists, one for each node",
      })
      .optional(),
  }),
  topology: table({ nodes: whole(1, NODES_MAX) }),
  device: table({ cycles: cycles() }),
  contention: table({ window_cycles: whole(0, 4096) }),
});

/** As in the file, path by path; cycles, bytes and counts are whole numbers. */
export type TimingConfig = z.infer<typeof SCHEMA>;

function refuse(where: string, path: Path, what: string): ConfigError {
  return refuseAt(`timing: ${where}`, path, what);
}

/** The configuration in `value`; `where` names its file. Throws ConfigError. */
export function checkTiming(value: unknown, where = "configuration"): TimingConfig {
  const config = check(SCHEMA, value, `timing: ${where}`);
  checkAcross(config, where);
  return config;
}

const isPower = (n: number) => n >= 1 && (n & (n - 1)) === 0;

/** Sets of a cache; a whole power of two in a configuration that was checked. */
export function setsOf({ bytes, ways }: { readonly bytes: number; readonly ways: number }): number {
  return bytes / LINE_BYTES / ways;
}

function checkAcross(config: TimingConfig, where: string): void {
  const least = Math.max(config.l1i.bytes, config.l1d.bytes);
  if (config.l2.bytes < least) {
    const why = `${config.l2.bytes}; it includes the L1s, so give at least ${least}`;
    throw refuse(where, ["l2", "bytes"], why);
  }
  for (const name of ["l1i", "l1d", "l2"] as const) {
    const cache = config[name];
    if (config.cache.replacement === "tree-plru" && !isPower(cache.ways)) {
      const fix = "give a power of two, or cache.replacement lru";
      throw refuse(where, [name, "ways"], `${cache.ways} is no tree for tree-plru; ${fix}`);
    }
    const sets = setsOf(cache);
    if (!Number.isInteger(sets) || !isPower(sets)) {
      const made = `${cache.bytes} bytes of ${LINE_BYTES} in ${cache.ways} ways are ${sets} sets`;
      throw refuse(where, [name, "ways"], `${cache.ways}; ${made}; give a power of two of sets`);
    }
  }
  checkContention(config, where);
  checkTopology(config, where);
}

function checkContention(config: TimingConfig, where: string): void {
  const { window_cycles: window } = config.contention;
  if (window === 0) return;
  if (window < 16) {
    throw refuse(where, ["contention", "window_cycles"], `${window}; give 0 or 16 to 4096`);
  }
  for (const name of ["l2", "memory", "interconnect"] as const) {
    const { occupancy_cycles: occupied } = config[name];
    if (occupied <= window) continue;
    const fix = `give at most contention.window_cycles, ${window}`;
    throw refuse(where, [name, "occupancy_cycles"], `${occupied}; ${fix}`);
  }
}

function checkTopology({ interconnect, topology }: TimingConfig, where: string): void {
  const { shape, distances } = interconnect;
  const { nodes } = topology;
  if (shape !== undefined && distances !== undefined) {
    throw refuse(where, ["interconnect", "distances"], "shape is given too; give one of them");
  }
  if (shape === "hypercube" && !isPower(nodes)) {
    const fix = "give a power of two of topology.nodes, or another shape";
    throw refuse(where, ["interconnect", "shape"], `a hypercube has no ${nodes} nodes; ${fix}`);
  }
  if (distances) checkDistances(distances, nodes, where);
}

function checkDistances(distances: readonly number[][], nodes: number, where: string): void {
  const wrong = (what: string, ...place: number[]) =>
    refuse(where, ["interconnect", "distances", ...place], what);
  if (distances.length !== nodes) {
    throw wrong(`${distances.length} rows; give ${nodes}, one for each of topology.nodes`);
  }
  distances.forEach((row, a) => {
    if (row.length !== nodes) throw wrong(`${row.length} numbers; give ${nodes}`, a);
    row.forEach((hops, b) => {
      if (a === b && hops !== 0) throw wrong(`${hops}; give 0: a node is at no distance`, a, b);
      const back = distances[b]?.[a];
      if (hops !== back) throw wrong(`${hops}, and ${back} the other way; give one number`, a, b);
    });
  });
}

/** Columns of a mesh as near to a square as `nodes` allows; it has nodes / columns rows. */
function meshColumns(nodes: number): number {
  let rows = Math.floor(Math.sqrt(nodes));
  while (nodes % rows !== 0) rows--;
  return nodes / rows;
}

function distance(shape: (typeof SHAPES)[number], a: number, b: number, nodes: number): number {
  if (shape === "full") return a === b ? 0 : 1;
  if (shape === "ring") return Math.min(Math.abs(a - b), nodes - Math.abs(a - b));
  if (shape === "hypercube") return [...(a ^ b).toString(2)].filter((bit) => bit === "1").length;
  const columns = meshColumns(nodes);
  const rows = Math.abs(Math.floor(a / columns) - Math.floor(b / columns));
  return rows + Math.abs((a % columns) - (b % columns));
}

/** Hops from each node to each: nodes x nodes. */
export function hopsOf({ interconnect, topology }: TimingConfig): readonly (readonly number[])[] {
  const { shape = "full", distances } = interconnect;
  if (distances) return distances;
  const all = Array.from({ length: topology.nodes }, (_, node) => node);
  return all.map((a) => all.map((b) => distance(shape, a, b, topology.nodes)));
}

/** The node of a hart. */
export function nodeOf({ topology }: TimingConfig, hart: number, harts: number): number {
  return Math.floor((hart * topology.nodes) / harts);
}

/** `value` over `base`, table by table; a list or anything else that is no table replaces. */
function over(base: unknown, value: unknown): unknown {
  if (!isTable(base) || !isTable(value)) return value;
  const laid = Object.entries(value).map(([key, one]) => [
    key,
    Object.hasOwn(base, key) ? over(base[key], one) : one,
  ]);
  return Object.fromEntries([...Object.entries(base), ...laid]);
}

/**
 * The configuration in the text of a file, called `name` when it does not say; what it leaves out
 * is the default preset's. Throws ConfigError.
 */
export function parseTiming(toml: string, where: string, name = "custom"): TimingConfig {
  const given = parseToml(toml, `timing: ${where}`);
  const base = parse(PRESETS[DEFAULT_PRESET] as string);
  const { interconnect } = given;
  if (isTable(interconnect) && interconnect.distances !== undefined) {
    delete (base.interconnect as Record<string, unknown>).shape; // a file's distances replace it
  }
  const own = { ...base, name, description: "", source: "" };
  return checkTiming(over(own, given), where);
}

/** A preset by name; undefined when there is none. */
export function presetTiming(name: string): TimingConfig | undefined {
  const toml = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined;
  return toml === undefined ? undefined : checkTiming(parse(toml), name);
}
