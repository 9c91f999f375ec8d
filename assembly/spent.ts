// What the timing model's loop does beside the meanings: it looks for the line of an instruction,
// and counts the classes whose cycles are parameters. Each of those gives the cycles beyond the
// first, times 16, as the loop takes them from its budget.
import { Hart, HART_TIMING } from "./hart";
import { HartTiming, timingOf } from "./timing/state";
import { fetchLine, isFetched } from "./timing/touch";
import { leave } from "./transfer";

const PC_DELTA: usize = offsetof<Hart>("pcDelta");

@inline
function counted(h: usize, times: usize, cost: usize): u32 {
  const place = h + HART_TIMING + times;
  store<u64>(place, load<u64>(place) + 1);
  return load<u32>(h + HART_TIMING + cost);
}

/** A load that is done. */
@inline
export function loaded(h: usize): u32 {
  return counted(h, offsetof<HartTiming>("loads"), offsetof<HartTiming>("loadCost"));
}
/** A store that is done. */
@inline
export function stored(h: usize): u32 {
  return counted(h, offsetof<HartTiming>("stores"), offsetof<HartTiming>("storeCost"));
}
/** A taken branch, or a jump. */
@inline
export function branched(h: usize): u32 {
  return counted(h, offsetof<HartTiming>("takenBranches"), offsetof<HartTiming>("branchCost"));
}
@inline
export function multiplied(h: usize): u32 {
  return counted(h, offsetof<HartTiming>("multiplies"), offsetof<HartTiming>("multiplyCost"));
}
@inline
export function divided(h: usize): u32 {
  return counted(h, offsetof<HartTiming>("divides"), offsetof<HartTiming>("divideCost"));
}
@inline
export function atomically(h: usize): u32 {
  return counted(h, offsetof<HartTiming>("atomics"), offsetof<HartTiming>("atomicCost"));
}
@inline
export function fenced(h: usize): u32 {
  return counted(h, offsetof<HartTiming>("fences"), offsetof<HartTiming>("fenceCost"));
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
