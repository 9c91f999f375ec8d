// Where the timing model's state is: the head at a constant address, a block behind the TLBs of
// each hart (what the loop touches first), and what depends on the configuration's sizes (caches,
// directory, buckets) in one piece that create() places:
//
//   per hart: L1I, L1D, then lines ever held by each    per node: L2, lines ever held
//   directory (more than one node)   resources   traffic of nodes   buckets
//
// A line is 64 bytes of memory: frame << 6 | line in the frame, as layout.ts numbers frames.
import { Hart, HART_TIMING } from "../hart";
import { machine, ROM_FRAMES, TIMING, TIMING_HEAD } from "../layout";
import { COUNTERS } from "./counters";
import {
  parameter,
  PARAMETER_INTERLEAVED,
  PARAMETER_L1D_SETS,
  PARAMETER_L1D_WAYS,
  PARAMETER_L1I_SETS,
  PARAMETER_L1I_WAYS,
  PARAMETER_L2_SETS,
  PARAMETER_L2_WAYS,
  PARAMETER_NODES,
} from "./parameters";

export const TLB_ENTRIES_MAX: u32 = 128;
export const HPM_COUNTERS: u32 = 29;
export const TRAP_COUNTS: u32 = 32;

/** The head: state, then what follows from the configuration. Places are in linear memory. */
@unmanaged
export class Timing {
  on: u32;
  checks: u32; // not 0: invariants are checked after each transition
  fault: u32; // the first that did not hold, or 0
  transitions: u32;
  bucketsUsed: u32;
  nodes: u32; // from here on configuration
  lines: u32;
  nodeFrames: u32; // frames of RAM whose home is one node
  sharerWords: u32; // u64 of a set of harts of a node
  base: u32;
  end: u32;
  l1: u32;
  l1iBytes: u32;
  l1Stride: u32; // L1I and L1D of a hart
  l2: u32;
  l2Stride: u32;
  l2Extras: u32; // from an L2's start: owner and dirty of each way, then its sharers
  l2Sharers: u32;
  seenL1: u32; // a bit a line: L1I, then L1D of each hart
  seenL2: u32;
  seenStride: u32;
  directory: u32; // u32 a line: a bit a node that has it
  resources: u32;
  flights: u32;
  traffic: u32;
  buckets: u32;
  bucketsRoom: u32;
}

/** A hart's block: what the loop touches comes first. */
@unmanaged
export class HartTiming {
  // Counted by the loop; settled into counters, with their cycles, when somebody looks.
  loads: u64;
  stores: u64;
  takenBranches: u64;
  multiplies: u64;
  divides: u64;
  atomics: u64;
  fences: u64;
  // Cycles of each beyond the first, times 16 (the loop's unit).
  loadCost: u32;
  storeCost: u32;
  branchCost: u32;
  multiplyCost: u32;
  divideCost: u32;
  atomicCost: u32;
  fenceCost: u32;
  fetchLine: u32; // address of the decoded entries of the line under way; 0: none
  loadLines: u32; // the filter's entries of the present context
  storeLines: u32;
  stalled: u32; // the instruction under way has missed
  l1d: u32; // address of its L1D
  node: u32;
  local: u32; // its number among the harts of its node
  bucket: u32; // address of the counters that the present mode and satp count for
  bucketMode: u32;
  bucketSatp: u32;
  walked: u32; // WALKED_* of the last walk
  charging: u32; // not 0: the walk under way costs
  itlbEntries: u32; // how many are in use
  dtlbEntries: u32;
  spentFrom: u64; // not 0: when the fetch began that spent the budget of the last slice
  startInstret: u64;
  startCycle: u64;
}

// Behind the class, by offset from the hart.
export const HEAD_BYTES: u32 = 256;
export const FILTER_DATA: u32 = HART_TIMING + HEAD_BYTES;
export const FILTER_CONTEXT_BYTES: u32 = 1024; // 64 loads, 64 stores of 8 bytes
export const FILTER_STORES: u32 = 512;
export const FILTER_FETCH: u32 = FILTER_DATA + 4 * FILTER_CONTEXT_BYTES;
export const FILTER_LINES: u32 = FILTER_FETCH + 256; // 1 + the line that an index stands for
export const FILTER_FILLED: u32 = FILTER_LINES + 256; // a bit an entry of an index that is in use
export const HART_COUNTERS: u32 = FILTER_FILLED + 64;
export const HART_MARKS: u32 = HART_COUNTERS + COUNTERS * 8; // counters as last split in buckets
export const HART_TRAPS: u32 = HART_MARKS + COUNTERS * 8;
export const HART_ITLB: u32 = HART_TRAPS + TRAP_COUNTS * 8;
export const HART_DTLB: u32 = HART_ITLB + TLB_ENTRIES_MAX * 8;
export const HPM_EVENTS: u32 = HART_DTLB + TLB_ENTRIES_MAX * 8;
export const HPM_BIASES: u32 = HPM_EVENTS + 32 * 4;
export const HART_TIMING_END: u32 = HPM_BIASES + HPM_COUNTERS * 8;

export const BUCKET_HEAD_BYTES: u32 = 16;
export const BUCKET_BYTES: u32 = BUCKET_HEAD_BYTES + COUNTERS * 8;
export const RESOURCE_SLOTS: u32 = 32;
export const RESOURCE_BYTES: u32 = RESOURCE_SLOTS * 16;
export const TRAFFIC_BYTES: u32 = 32;
export const FLIGHTS: u32 = 4096; // places of 16 bytes for lines in flight

/** Bytes of the head that are state. */
export const TIMING_STATE_BYTES: u32 = offsetof<Timing>("nodes");

@inline
export function timing(): Timing {
  return changetype<Timing>(TIMING_HEAD);
}

/** Is the model at work? */
@inline
export function timed(): bool {
  return TIMING != 0 && timing().on != 0;
}

@inline
export function timingOf(hart: Hart): HartTiming {
  return changetype<HartTiming>(changetype<usize>(hart) + HART_TIMING);
}

/** Bytes of a cache: tags of 4 bytes, order of 8 and last evicted of 4 a set. */
function cacheBytes(sets: u32, ways: u32): u32 {
  return (sets * (ways * 4 + 12) + 63) & ~63;
}

/** Lays the model's state out from `from` on; gives its end. */
export function placeTiming(from: u32): u64 {
  const m = machine();
  const t = timing();
  t.nodes = max<u32>(parameter(PARAMETER_NODES), 1);
  t.lines = (m.ramFrames + ROM_FRAMES) << 6;
  t.nodeFrames = (m.ramFrames + t.nodes - 1) / t.nodes;
  t.sharerWords = ((m.harts + t.nodes - 1) / t.nodes + 63) >> 6;
  t.l1iBytes = cacheBytes(parameter(PARAMETER_L1I_SETS), parameter(PARAMETER_L1I_WAYS));
  const l1dSets = parameter(PARAMETER_L1D_SETS);
  t.l1Stride = t.l1iBytes + cacheBytes(l1dSets, parameter(PARAMETER_L1D_WAYS));
  const sets = parameter(PARAMETER_L2_SETS);
  const ways = parameter(PARAMETER_L2_WAYS);
  t.l2Extras = cacheBytes(sets, ways);
  t.l2Sharers = t.l2Extras + sets * ways * 4;
  t.l2Stride = (t.l2Sharers + sets * ways * 16 * t.sharerWords + 63) & ~63;
  t.seenStride = (t.lines + 63) >> 6 << 3;
  t.bucketsRoom = 1024 + m.harts * 16;
  t.base = (from + 63) & ~63;
  let end: u64 = t.base;
  t.l1 = <u32>end;
  end += <u64>m.harts * t.l1Stride;
  t.l2 = <u32>end;
  end += <u64>t.nodes * t.l2Stride;
  t.resources = <u32>end;
  end += 3 * t.nodes * RESOURCE_BYTES;
  t.flights = <u32>end;
  end += FLIGHTS * 16;
  t.traffic = <u32>end;
  end += t.nodes * TRAFFIC_BYTES;
  t.buckets = <u32>end;
  end += <u64>t.bucketsRoom * BUCKET_BYTES;
  t.seenL1 = <u32>end;
  end += <u64>m.harts * 2 * t.seenStride;
  t.seenL2 = <u32>end;
  end += <u64>t.nodes * t.seenStride;
  t.directory = <u32>end;
  if (t.nodes > 1) end += <u64>t.lines * 4;
  t.end = <u32>end;
  return end;
}

@inline
export function l1iOf(hart: u32): usize {
  return timing().l1 + hart * timing().l1Stride;
}
@inline
export function l1dOf(hart: u32): usize {
  return timing().l1 + hart * timing().l1Stride + timing().l1iBytes;
}
@inline
export function l2Of(node: u32): usize {
  return timing().l2 + node * timing().l2Stride;
}

export function nodeOfHart(hart: u32): u32 {
  return (hart * timing().nodes) / machine().harts;
}

/** The first hart of a node; that of node `nodes` is the number of harts. */
export function firstHartOf(node: u32): u32 {
  return (node * machine().harts + timing().nodes - 1) / timing().nodes;
}

/** The node at whose memory a line is. */
export function homeOf(line: u32): u32 {
  const frame = line >> 6;
  if (frame >= machine().ramFrames) return 0;
  if (parameter(PARAMETER_INTERLEAVED) != 0) return frame % timing().nodes;
  return frame / timing().nodeFrames;
}

/** The line at an address of linear memory that is guest memory. */
@inline
export function lineAt(place: usize): u32 {
  return (<u32>place - machine().ramHost) >> 6;
}
