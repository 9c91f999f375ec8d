// The kinds of genes, each with its share among a thousand: what a generated loop is made of. A
// kind's name is what a failure and the census of a run call it.
import * as calls from "./calls.js";
import * as compute from "./compute.js";
import * as memory from "./memory.js";
import * as paging from "./paging.js";
import * as patches from "./patch.js";
import type { Gene, Spot } from "./spot.js";
import * as system from "./system.js";

export const KINDS = {
  compute: [170, compute.compute],
  short: [110, compute.short],
  edge: [25, compute.edge],
  load: [45, memory.load],
  store: [45, memory.store],
  walk: [25, memory.walk],
  shortAccess: [30, memory.shortAccess],
  branch: [50, compute.branch],
  jump: [20, compute.jump],
  hop: [15, compute.hop],
  spin: [20, compute.spin],
  inner: [40, compute.innerBegin],
  call: [25, calls.call],
  indirect: [20, calls.indirect],
  recursion: [15, calls.recursion],
  window: [20, calls.windowCall],
  atomic: [30, memory.atomic],
  conditional: [15, memory.conditional],
  lock: [12, memory.lock],
  astray: [12, memory.astray],
  counter: [20, system.counter],
  csr: [20, system.csr],
  critical: [10, system.critical],
  fence: [15, system.fence],
  trap: [20, system.trap],
  ecall: [12, system.ecall],
  time: [15, system.time],
  uart: [10, system.uart],
  desk: [8, system.desk],
  wait: [6, system.wait],
  interrupt: [15, system.interrupt],
  point: [15, patches.point],
  patch: [25, patches.patch],
  disk: [8, patches.disk],
  remapData: [15, paging.remap("data")],
  remapCode: [20, paging.remap("code")],
  take: [12, paging.take],
  alias: [10, paging.alias],
  translation: [10, paging.translation],
  rights: [15, paging.rights],
} as const satisfies Record<string, readonly [number, (gene: Gene, spot: Spot) => string]>;

export type Kind = keyof typeof KINDS;
const NAMES = Object.keys(KINDS) as Kind[];
const TOTAL = NAMES.reduce((sum, name) => sum + KINDS[name][0], 0);

/** A gene's kind, by its first number. */
export function kindOf([number]: Gene): Kind {
  let left = number % TOTAL;
  for (const name of NAMES) {
    left -= KINDS[name][0];
    if (left < 0) return name;
  }
  return "compute";
}

/** The least number of a kind: genes for tests that name one. */
export function numberOf(kind: Kind): number {
  const before = NAMES.slice(0, NAMES.indexOf(kind));
  return before.reduce((sum, name) => sum + KINDS[name][0], 0);
}

export const GENE_NUMBERS = TOTAL;
