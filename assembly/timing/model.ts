// The timing model as the host sees it: switched on and off, and its counters, buckets and states
// read. Switched on, it starts cold: caches, TLBs and counters are empty.
import { Hart, HART_STRIDE, HART_TIMING, hartAt } from "../hart";
import { machine } from "../layout";
import { flushContexts } from "../tlb";
import { clearBuckets, enterBucket, settle, splitCounters } from "./account";
import { NOT_THERE, resetCache, setPlace, STATE_INVALID, wayOf } from "./cache";
import { faultOfModel } from "./check";
import { access } from "./coherence";
import { COUNTERS } from "./counters";
import { clearFetchFilter, clearFilter } from "./filter";
import { resetHpm } from "./hpm";
import { l1Of, l1Place, l1Sets, l1Ways } from "./l1";
import { CODE, DATA, l2Sets, l2Ways } from "./node";
import {
  parameter,
  PARAMETER_ATOMIC,
  PARAMETER_BRANCH_TAKEN,
  PARAMETER_DIVIDE,
  PARAMETER_FENCE,
  PARAMETER_LOAD,
  PARAMETER_MULTIPLY,
  PARAMETER_STORE,
} from "./parameters";
import {
  BUCKET_BYTES,
  FILTER_LINES,
  firstHartOf,
  HART_COUNTERS,
  HART_TRAPS,
  HPM_COUNTERS,
  HPM_EVENTS,
  l1dOf,
  l2Of,
  nodeOfHart,
  timing,
  timingOf,
  TRAFFIC_BYTES,
  TRAP_COUNTS,
} from "./state";
import { forgetTranslations } from "./translation";
import { dropAllRegions } from "../translate/regions";

/** The model at reset, off. */
export function resetModel(): void {
  const harts = machine().harts;
  for (let id: u32 = 0; id < harts; id++) {
    placeHart(hartAt(id));
    resetHpm(hartAt(id));
  }
}

/** Forgets all that the model has; what counters a guest has chosen stays. Says if it was on. */
export function forgetModel(): bool {
  const t = timing();
  const was = t.on != 0;
  t.on = 0;
  t.checks = 0;
  const harts = machine().harts;
  for (let id: u32 = 0; id < harts; id++) {
    const hart = hartAt(id);
    memory.fill(changetype<usize>(hart) + HART_TIMING, 0, HPM_EVENTS - HART_TIMING);
    const chosen = changetype<usize>(hart) + HPM_EVENTS;
    for (let at: usize = 0; at < HPM_COUNTERS * 4; at += 4) {
      if (load<u32>(chosen + at) > COUNTERS) store<u32>(chosen + at, 0);
    }
    placeHart(hart);
  }
  return was;
}

function placeHart(hart: Hart): void {
  const t = timingOf(hart);
  t.node = nodeOfHart(hart.id);
  t.local = hart.id - firstHartOf(t.node);
  t.l1d = <u32>l1dOf(hart.id);
  clearFilter(hart, 15);
}

/** Switches the model on, cold, or off. Not while a hart is stopped in the middle of a slice. */
export function setTiming(on: bool): void {
  const t = timing();
  const harts = machine().harts;
  if (on == (t.on != 0)) return;
  dropAllRegions(); // translated code is for the one or the other
  if (!on) {
    settleCounters();
    t.on = 0;
    for (let id: u32 = 0; id < harts; id++) hartAt(id).reservation = 0;
    return;
  }
  t.on = 1;
  t.fault = 0;
  t.transitions = 0;
  for (let node: u32 = 0; node < t.nodes; node++) resetCache(l2Of(node), l2Sets(), l2Ways());
  memory.fill(t.resources, 0, t.buckets - t.resources); // traffic too
  memory.fill(t.seenL1, 0, t.end - t.seenL1); // the directory too
  clearBuckets();
  for (let id: u32 = 0; id < harts; id++) startHart(hartAt(id));
}

function startHart(hart: Hart): void {
  const t = timingOf(hart);
  for (let which = DATA; which <= CODE; which++) {
    resetCache(l1Of(hart.id, which), l1Sets(which), l1Ways(which));
  }
  flushContexts(hart, 15);
  forgetTranslations(hart);
  clearFetchFilter(hart);
  memory.fill(changetype<usize>(hart) + FILTER_LINES, 0, HART_COUNTERS - FILTER_LINES);
  const counters = changetype<usize>(hart) + HART_COUNTERS;
  memory.fill(counters, 0, HART_TRAPS + TRAP_COUNTS * 8 - HART_COUNTERS);
  hart.reservation = 0;
  t.loadCost = (parameter(PARAMETER_LOAD) - 1) << 4;
  t.storeCost = (parameter(PARAMETER_STORE) - 1) << 4;
  t.branchCost = (parameter(PARAMETER_BRANCH_TAKEN) - 1) << 4;
  t.multiplyCost = (parameter(PARAMETER_MULTIPLY) - 1) << 4;
  t.divideCost = (parameter(PARAMETER_DIVIDE) - 1) << 4;
  t.atomicCost = (parameter(PARAMETER_ATOMIC) - 1) << 4;
  t.fenceCost = (parameter(PARAMETER_FENCE) - 1) << 4;
  t.startCycle = hart.cycle;
  t.startInstret = hart.cycle - hart.skew;
  t.bucket = 0;
  enterBucket(hart);
}

/** Brings counters and buckets up to the clocks. */
export function settleCounters(): void {
  if (timing().on == 0) return;
  const harts = machine().harts;
  for (let id: u32 = 0; id < harts; id++) splitCounters(hartAt(id));
}

/** Forgets what buckets hold; totals stay. */
export function restartBuckets(): void {
  settleCounters();
  clearBuckets();
  const harts = machine().harts;
  for (let id: u32 = 0; id < harts; id++) {
    timingOf(hartAt(id)).bucket = 0;
    if (timing().on != 0) enterBucket(hartAt(id));
  }
}

export function isTiming(): bool {
  return timing().on != 0;
}
/** u64[COUNTERS] of a hart, since the model was switched on; exact after settleCounters(). */
export function countersAddress(hart: u32): u32 {
  return <u32>changetype<usize>(hartAt(hart)) + HART_COUNTERS;
}
/** u64[32]: exceptions by cause, then interrupts by cause. */
export function trapCountsAddress(hart: u32): u32 {
  return <u32>changetype<usize>(hartAt(hart)) + HART_TRAPS;
}
/** How many places for buckets there are; unused ones have 0 in the fourth word. */
export function buckets(): u32 {
  return timing().bucketsRoom;
}
export function bucketsUsed(): u32 {
  return timing().bucketsUsed;
}
/** u32 hart, mode, satp, used, then u64[COUNTERS]. */
export function bucketAddress(index: u32): u32 {
  return timing().buckets + index * BUCKET_BYTES;
}
/** u64 messages sent, received, bytes sent, received. */
export function nodeTrafficAddress(node: u32): u32 {
  return timing().traffic + node * TRAFFIC_BYTES;
}
/** Bytes of linear memory that the model's state takes. */
export function modelBytes(): u32 {
  return timing().end - timing().base + machine().harts * (HART_STRIDE - HART_TIMING);
}

/** For tests: an access at a cycle, with all that it counts; the clock does not move. */
export function modelAccess(hart: u32, line: u32, kind: u32, cycle: f64): f64 {
  const h = hartAt(hart);
  const before = h.cycle;
  h.cycle = <u64>cycle;
  const stall = access(h, line, kind);
  h.cycle = before;
  return <f64>stall;
}

/** 0 not there, 1 S, 2 E, 3 M, 4 taken away; cache 0, 1: L1I, L1D of a hart, 2: L2 of a node. */
export function lineState(cache: u32, id: u32, line: u32): u32 {
  const place = cache == 2 ? l2Place(id, line) : l1Place(id, cache == 0 ? CODE : DATA, line);
  if (place == 0) return 0;
  const state = load<u32>(place) & 3;
  return state == STATE_INVALID ? 4 : state;
}

function l2Place(node: u32, line: u32): usize {
  const set = setPlace(l2Of(node), l2Sets(), l2Ways(), line);
  const way = wayOf(set, l2Ways(), line);
  return way == NOT_THERE ? 0 : set + (way << 2);
}

/** The first invariant (FAULT_*) that does not hold of what all caches have, or 0. */
export function checkModel(): u32 {
  return faultOfModel();
}
/** From now on the lines of each transition are checked; see modelFault(). */
export function setModelChecks(on: bool): void {
  timing().checks = on ? 1 : 0;
}
/** The first invariant that a check after a transition found broken, or 0. */
export function modelFault(): u32 {
  return timing().fault;
}
