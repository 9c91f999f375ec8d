// Accounts: cycles that an instruction takes beyond its first are added to the hart's clock and to
// a counter in the same breath, so that the stack of causes always sums to the clock. What the loop
// counts (loads, taken branches ...) is settled when somebody looks: until then the clock has its
// cycles and `skew` has not. Buckets split the same counters by hart, mode and satp: at each change
// of mode or satp, what has been counted since the last one goes to the bucket that ends.
import { Hart } from "../hart";
import { TIMING } from "../layout";
import {
  COUNTER_ATOMICS,
  COUNTER_CYCLES_ATOMIC,
  COUNTER_CYCLES_BASE,
  COUNTER_CYCLES_BRANCH,
  COUNTER_CYCLES_DIVIDE,
  COUNTER_CYCLES_FENCE,
  COUNTER_CYCLES_LOAD,
  COUNTER_CYCLES_MULTIPLY,
  COUNTER_CYCLES_STORE,
  COUNTER_DIVIDES,
  COUNTER_FENCES,
  COUNTER_LOADS,
  COUNTER_MULTIPLIES,
  COUNTER_STORES,
  COUNTER_TAKEN_BRANCHES,
  COUNTERS,
} from "./counters";
import {
  BUCKET_BYTES,
  BUCKET_HEAD_BYTES,
  HART_COUNTERS,
  HART_MARKS,
  HartTiming,
  timed,
  timing,
  timingOf,
} from "./state";

/** Adds to a counter of a hart. */
@inline
export function count(hart: Hart, counter: u32, by: u64 = 1): void {
  const place = changetype<usize>(hart) + HART_COUNTERS + (counter << 3);
  store<u64>(place, load<u64>(place) + by);
}

/** Cycles in which no instruction retires, for one cause. */
@inline
export function charge(hart: Hart, cause: u32, cycles: u64): void {
  hart.cycle += cycles;
  hart.skew += cycles;
  count(hart, cause, cycles);
}

@inline
function settleClass(hart: Hart, hot: usize, cost: u32, event: u32, cause: u32): void {
  const place = changetype<usize>(timingOf(hart)) + hot;
  const times = load<u64>(place);
  if (times == 0) return;
  store<u64>(place, 0);
  const cycles = times * (cost >> 4);
  hart.skew += cycles;
  count(hart, event, times);
  count(hart, cause, cycles);
}

/** Brings a hart's counters and its `skew` up to its clock. */
export function settle(hart: Hart): void {
  const t = timingOf(hart);
  settleClass(hart, offsetof<HartTiming>("loads"), t.loadCost, COUNTER_LOADS, COUNTER_CYCLES_LOAD);
  settleClass(
    hart, offsetof<HartTiming>("stores"), t.storeCost, COUNTER_STORES, COUNTER_CYCLES_STORE,
  );
  settleClass(
    hart,
    offsetof<HartTiming>("takenBranches"),
    t.branchCost,
    COUNTER_TAKEN_BRANCHES,
    COUNTER_CYCLES_BRANCH,
  );
  settleClass(
    hart,
    offsetof<HartTiming>("multiplies"),
    t.multiplyCost,
    COUNTER_MULTIPLIES,
    COUNTER_CYCLES_MULTIPLY,
  );
  settleClass(
    hart, offsetof<HartTiming>("divides"), t.divideCost, COUNTER_DIVIDES, COUNTER_CYCLES_DIVIDE,
  );
  settleClass(
    hart, offsetof<HartTiming>("atomics"), t.atomicCost, COUNTER_ATOMICS, COUNTER_CYCLES_ATOMIC,
  );
  settleClass(
    hart, offsetof<HartTiming>("fences"), t.fenceCost, COUNTER_FENCES, COUNTER_CYCLES_FENCE,
  );
  const base = changetype<usize>(hart) + HART_COUNTERS + (COUNTER_CYCLES_BASE << 3);
  store<u64>(base, hart.cycle - hart.skew - t.startInstret);
}

/** Instructions that a hart has retired since reset. */
@inline
export function retiredBy(hart: Hart): u64 {
  if (TIMING) {
    if (timed()) settle(hart);
  }
  return hart.cycle - hart.skew;
}

/** One more of a class, of an instruction that is done the exact way: its cycles and its count. */
@inline
export function spend(hart: Hart, hot: usize, cost: usize): void {
  if (!timed()) return;
  const t = changetype<usize>(timingOf(hart));
  store<u64>(t + hot, load<u64>(t + hot) + 1);
  hart.cycle += load<u32>(t + cost) >> 4;
}

function isBucketOf(place: u32, hart: u32, mode: u32, satp: u32): bool {
  if (load<u32>(place, 12) == 0 || load<u32>(place) != hart) return false;
  return load<u32>(place, 4) == mode && load<u32>(place, 8) == satp;
}

/** The bucket of a hart, mode and satp: an old or new one; the first when none is free. */
function bucketOf(hart: u32, mode: u32, satp: u32): u32 {
  const t = timing();
  let index: u32 = ((satp ^ (hart << 4) ^ mode) * 0x9e3779b1) >> 8;
  for (let tries: u32 = 0; tries < 64; tries++) {
    index = 1 + (index % (t.bucketsRoom - 1));
    const place = t.buckets + index * BUCKET_BYTES;
    if (isBucketOf(place, hart, mode, satp)) return place + BUCKET_HEAD_BYTES;
    if (load<u32>(place, 12) == 0) {
      store<u32>(place, hart);
      store<u32>(place, mode, 4);
      store<u32>(place, satp, 8);
      store<u32>(place, 1, 12);
      t.bucketsUsed++;
      return place + BUCKET_HEAD_BYTES;
    }
  }
  store<u32>(t.buckets, 1, 12);
  store<u32>(t.buckets, 0xffffffff);
  return t.buckets + BUCKET_HEAD_BYTES;
}

/** What the hart has counted since the last time goes to its present bucket. */
export function splitCounters(hart: Hart): void {
  settle(hart);
  const t = timingOf(hart);
  const end: usize = COUNTERS << 3;
  const totals = changetype<usize>(hart) + HART_COUNTERS;
  const marks = changetype<usize>(hart) + HART_MARKS;
  const bucket: usize = t.bucket;
  for (let at: usize = 0; at < end; at += 8) {
    const total = load<u64>(totals + at);
    const mark = load<u64>(marks + at);
    if (total == mark) continue;
    store<u64>(bucket + at, load<u64>(bucket + at) + total - mark);
    store<u64>(marks + at, total);
  }
}

/** The hart's mode or satp may have changed: from now on it counts for their bucket. */
export function enterBucket(hart: Hart): void {
  const t = timingOf(hart);
  if (t.bucket != 0) {
    if (t.bucketMode == hart.mode && t.bucketSatp == hart.satp) return;
    splitCounters(hart);
  }
  t.bucketMode = hart.mode;
  t.bucketSatp = hart.satp;
  t.bucket = bucketOf(hart.id, hart.mode, hart.satp);
}

/** Empties all buckets; what is counted from now on goes to new ones. */
export function clearBuckets(): void {
  const t = timing();
  memory.fill(t.buckets, 0, t.bucketsRoom * BUCKET_BYTES);
  t.bucketsUsed = 0;
}
