// The translator's own state: a head at a constant address, and an area behind the machine's end
// that exists only where hot code is translated. None of it is state of the machine: it is in no
// snapshot and in no hash, and whatever is in it, a run is the same. Where harts run at the same
// time, all but what is counted or noted changes only in an exclusive section.
//
//   records   REGIONS_MAX regions (regions.ts)
//   ids       u16 an entry of each decoded page: 1 + 16 * region + entrance, or 0
//   heads     u32 a slot: the first page of a region that lies in it (regions.ts), or 0
//   lines     u64 a slot: the lines that some region was made from
//   cooling   u8 a slot: how often stores have dropped regions of it
//   carried   u8, hashed by frame: the same of frames that have lost their slot (parallel build)
//   samplers  a line a hart (sampler.ts)
//   counts    u16, hashed by entry: how often it was met (hot.ts)
//   blocks, edges, table, nodes, labels: what building a region needs (blocks.ts, structure.ts)
//   body      the function under way     bytes: the module under way
import { DECODED_STRIDE, ENTRIES_PER_PAGE, machine } from "../layout";

export const TRANSLATOR: usize = 12288;
export const REGIONS_MAX: u32 = 2048;
export const REGION_BYTES: u32 = 384;
export const COUNTS: u32 = 65536;
export const CARRIED: u32 = 4096;
export const SAMPLER_BYTES: u32 = 64;
export const BLOCKS_MAX: u32 = 256;
export const BLOCK_BYTES: u32 = 64;
export const EDGES_MAX: u32 = 4096;
export const EDGE_BYTES: u32 = 16;
export const TABLE_ENTRIES: u32 = 1024;
export const BODY_BYTES: u32 = 1 << 18;
export const MODULE_BYTES: u32 = 1 << 20;
const LABELS: u32 = 4096;
const NODES_BYTES: u32 = 4096;

@unmanaged
export class Translator {
  on: u32; // not 0: hot code is translated
  drops: u32; // grows whenever a region is dropped
  from: u64; // the cycle of a hart from which on it is looked at
  nextRegion: u32;
  hot: u32; // what the count of an entry must come to
  records: u32;
  ids: u32;
  heads: u32;
  lines: u32;
  cooling: u32;
  carried: u32;
  samplers: u32;
  counts: u32;
  blocks: u32;
  edges: u32;
  table: u32;
  nodes: u32;
  labels: u32;
  body: u32;
  bytes: u32;
  // Statistics.
  regions: u32;
  modules: u32;
  moduleBytes: u32;
  dropped: u32;
}

@inline
export function translator(): Translator {
  return changetype<Translator>(TRANSLATOR);
}

/** Places the area behind `end`; gives the end of it. */
export function placeTranslator(end: u32): u64 {
  const t = translator();
  const slots: u64 = machine().slots;
  let at: u64 = (<u64>end + 63) & ~63;
  t.records = <u32>at;
  at += REGIONS_MAX * REGION_BYTES;
  t.ids = <u32>at;
  at += slots * ENTRIES_PER_PAGE * 2;
  t.heads = <u32>at;
  at += (slots * 4 + 7) & ~7;
  t.lines = <u32>at;
  at += slots * 8;
  t.cooling = <u32>at;
  at += (slots + 7) & ~7;
  t.carried = <u32>at;
  at = (at + CARRIED + 63) & ~63;
  t.samplers = <u32>at;
  at += machine().harts * SAMPLER_BYTES;
  t.counts = <u32>at;
  at += COUNTS * 2;
  t.blocks = <u32>at;
  at += (BLOCKS_MAX + 1) * BLOCK_BYTES;
  t.edges = <u32>at;
  at += EDGES_MAX * EDGE_BYTES;
  t.table = <u32>at;
  at += TABLE_ENTRIES * 8;
  t.nodes = <u32>at;
  at += NODES_BYTES;
  t.labels = <u32>at;
  at += LABELS * 4;
  t.body = <u32>at;
  at += BODY_BYTES;
  t.bytes = <u32>at;
  return at + MODULE_BYTES;
}

/** The slot (from 1) whose decoded page holds entry `ip`. */
@inline
export function slotOfEntry(ip: usize): u32 {
  return (<u32>ip - machine().decoded) / DECODED_STRIDE + 1;
}

/** Where the id of entry `ip` stands. */
@inline
export function idPlace(ip: usize): usize {
  const offset = <u32>ip - machine().decoded;
  const slot = offset / DECODED_STRIDE;
  const index = (offset - slot * DECODED_STRIDE) >> 3;
  return translator().ids + ((slot * <u32>ENTRIES_PER_PAGE + index) << 1);
}
