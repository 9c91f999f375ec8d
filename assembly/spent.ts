// What the timing model's loop does beside the meanings: it looks for the line of an instruction,
// and counts the classes whose cycles are parameters. Each of those gives the cycles beyond the
// first, times 16, as the loop takes them from its budget.
import { Hart, HART_TIMING } from "./hart";
import { HartTiming, timingOf } from "./timing/state";
import { fetchLine, isFetched } from "./timing/touch";
import { leave } from "./transfer";

const PC_DELTA: usize = offsetof<Hart>("pcDelta");
const FETCH_LINE: usize = HART_TIMING + offsetof<HartTiming>("fetchLine");

const LOADS: usize = HART_TIMING + offsetof<HartTiming>("loads");
const LOAD_COST: usize = HART_TIMING + offsetof<HartTiming>("loadCost");
const STORES: usize = HART_TIMING + offsetof<HartTiming>("stores");
const STORE_COST: usize = HART_TIMING + offsetof<HartTiming>("storeCost");
const BRANCHES: usize = HART_TIMING + offsetof<HartTiming>("takenBranches");
const BRANCH_COST: usize = HART_TIMING + offsetof<HartTiming>("branchCost");
const MULTIPLIES: usize = HART_TIMING + offsetof<HartTiming>("multiplies");
const MULTIPLY_COST: usize = HART_TIMING + offsetof<HartTiming>("multiplyCost");
const DIVIDES: usize = HART_TIMING + offsetof<HartTiming>("divides");
const DIVIDE_COST: usize = HART_TIMING + offsetof<HartTiming>("divideCost");
const ATOMICS: usize = HART_TIMING + offsetof<HartTiming>("atomics");
const ATOMIC_COST: usize = HART_TIMING + offsetof<HartTiming>("atomicCost");
const FENCES: usize = HART_TIMING + offsetof<HartTiming>("fences");
const FENCE_COST: usize = HART_TIMING + offsetof<HartTiming>("fenceCost");

/** A load that is done. */
@inline
export function loaded(h: usize): u32 {
  store<u64>(h, load<u64>(h, LOADS) + 1, LOADS);
  return load<u32>(h, LOAD_COST);
}
/** A store that is done. */
@inline
export function stored(h: usize): u32 {
  store<u64>(h, load<u64>(h, STORES) + 1, STORES);
  return load<u32>(h, STORE_COST);
}
/** A taken branch, or a jump. */
@inline
export function branched(h: usize): u32 {
  store<u64>(h, load<u64>(h, BRANCHES) + 1, BRANCHES);
  return load<u32>(h, BRANCH_COST);
}
@inline
export function multiplied(h: usize): u32 {
  store<u64>(h, load<u64>(h, MULTIPLIES) + 1, MULTIPLIES);
  return load<u32>(h, MULTIPLY_COST);
}
@inline
export function divided(h: usize): u32 {
  store<u64>(h, load<u64>(h, DIVIDES) + 1, DIVIDES);
  return load<u32>(h, DIVIDE_COST);
}
@inline
export function atomically(h: usize): u32 {
  store<u64>(h, load<u64>(h, ATOMICS) + 1, ATOMICS);
  return load<u32>(h, ATOMIC_COST);
}
@inline
export function fenced(h: usize): u32 {
  store<u64>(h, load<u64>(h, FENCES) + 1, FENCES);
  return load<u32>(h, FENCE_COST);
}

@inline
export function cyclesOf(h: usize): u64 {
  return changetype<Hart>(h).cycle;
}
/** Has the instruction under way missed? */
@inline
export function hasStalled(h: usize): bool {
  return timingOf(changetype<Hart>(h)).stalled != 0;
}

/** Bytes of the decoded entries of a line. */
export const LINE_ENTRIES_BYTES: usize = 256;

/** Where the entries of the line that is being executed are; 0: of none. */
@inline
export function lineUnderWay(h: usize): usize {
  return load<u32>(h, FETCH_LINE);
}

@inline
export function isLineFetched(h: usize, ip: usize): bool {
  return isFetched(h, ip, load<u32>(h, PC_DELTA) + (<u32>ip >> 2));
}

/** Fetches the line of the instruction at `ip`; gives what is left of the budget. */
export function fetchTimed(h: usize, ip: usize, left: usize): usize {
  leave(h, ip, left);
  const hart = changetype<Hart>(h);
  const before = hart.cycle;
  timingOf(hart).stalled = 0;
  fetchLine(hart, ip);
  return left - (<usize>(hart.cycle - before) << 4);
}
