// Running backwards: the past is run again from snapshots, interval by interval from the latest on,
// to find the last moment before the present at which a hart was about to execute (bs), or at which
// a breakpoint or a watchpoint stopped (bc). Both are generators that yield between slices, so that
// the caller can break off. With several harts "before" is the order in which they really ran.
import type { Stop } from "../debug.js";
import type { History, Point } from "./history.js";

const SLICE_CYCLES = 1_000_000;
/** A fast run goes at most so far beyond its end: to a page's end, and twice a quantum. */
const OVERRUN_CYCLES = 4096;

/** Where a search has left the machine; undefined: at the beginning of what is known. */
export type Found = Stop | undefined;
export type Search = Generator<void, Found>;

/** What stops while the past is run again; armed only for as long as that matters. */
export interface Stops {
  arm(): void;
  disarm(): void;
}

const toBeginning = (history: History) => history.goTo(history.kept[0] as Point);

/**
 * Runs from `from` to where `hart` is about to execute at `cycle` of its clock, or later. False
 * when that is not before the moment `end`.
 */
function* reach(
  history: History,
  from: Point,
  hart: number,
  cycle: number,
  end: number,
): Generator<void, boolean> {
  const { machine } = history;
  const { quantumCycles } = machine.configuration;
  history.goTo(from);
  history.skip(cycle - OVERRUN_CYCLES - 2 * quantumCycles - machine.cycle());
  if (history.sum() >= end || (history.cycles()[hart] as number) > cycle) history.goTo(from);
  machine.debug.stopAt({ hart, cycle });
  try {
    while (true) {
      const { reason } = history.search(SLICE_CYCLES);
      const early = history.sum() < end;
      if (reason === "stopped") return early;
      if (reason !== "budget" || !early) return false;
      yield;
    }
  } finally {
    machine.debug.cancel();
  }
}

/** Goes to the last moment before the present at which `hart` was about to execute. */
export function* stepBack(history: History, hart: number): Search {
  const { machine } = history;
  let upper = history.cycles()[hart] as number;
  for (const { point, end } of history.intervals(history.sum())) {
    const lower = point.cycles[hart] as number;
    const found = lower < upper && (yield* lastStep(history, point, hart, [lower, upper], end));
    if (found) return { why: "step", hart, address: machine.debug.pc(hart) };
    upper = lower;
  }
  toBeginning(history);
  return undefined;
}

/**
 * The last step of a hart in an interval. It was the cycle before, but for a hart that has waited:
 * its clock jumped, and the cycle is found by bisection.
 */
function* lastStep(
  history: History,
  point: Point,
  hart: number,
  [first, behind]: readonly [number, number],
  end: number,
): Generator<void, boolean> {
  if (yield* reach(history, point, hart, behind - 1, end)) return true;
  let [low, high] = [first, behind - 1];
  let best: Point | undefined;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (yield* reach(history, best ?? point, hart, middle, end)) {
      best = history.capture();
      low = (best.cycles[hart] as number) + 1;
    } else high = middle;
  }
  if (best) history.goTo(best);
  return best !== undefined;
}

interface Hit {
  readonly stop: Stop;
  readonly cycle: number;
}

/** Goes to the last breakpoint or watchpoint before the present. */
export function* runBack(history: History, stops: Stops): Search {
  const now = history.sum();
  for (const { point, end } of history.intervals(now)) {
    const hit = yield* lastHit(history, point, stops, now, end);
    if (!hit) continue;
    const { why, hart } = hit.stop;
    // gdb expects a watchpoint that is met backwards before the access
    const cycle = why === "watchpoint" ? hit.cycle - 1 : hit.cycle;
    yield* reach(history, point, hart, cycle, Number.POSITIVE_INFINITY);
    return hit.stop;
  }
  toBeginning(history);
  return undefined;
}

function* lastHit(
  history: History,
  point: Point,
  stops: Stops,
  now: number,
  end: number,
): Generator<void, Hit | undefined> {
  let hit: Hit | undefined;
  history.goTo(point);
  stops.arm();
  try {
    for (let count = 1; ; count++) {
      const { reason, stop } = history.search(SLICE_CYCLES);
      const cycles = history.cycles();
      const sum = cycles.reduce((total, cycle) => total + cycle, 0);
      const before = stop?.why === "watchpoint" ? sum <= now : sum < now;
      if (stop && before && sum <= end) hit = { stop, cycle: cycles[stop.hart] as number };
      if (sum >= end || reason === "idle" || reason === "finished") return hit;
      if (!stop || count % 256 === 0) yield;
    }
  } finally {
    stops.disarm();
  }
}
