// The schedule: which hart runs next, and how far. Time is cut into cells of one quantum. The next
// hart is the one with the lowest id among the runnable harts whose clock lies below the end of
// the cell of the earliest of them; it runs to the first event at or after that end. This is a
// function of the machine's state alone, so it does not matter how the host slices its run()s.
// A hart alone runs through many cells at once: nobody can tell. Waking another hart (which only a
// store to a device can do) ends a slice.
import { execute, jumpClock } from "./slice";
import { Hart, hartAt } from "./hart";
import {
  clearBit,
  HART_WORDS,
  machine,
  NEVER,
  RUNNABLE,
  setBit,
  TOUCHED,
} from "./layout";
import { timed } from "./timing/state";
import { pendingInterrupts } from "./trap";

export const STOP_BUDGET: u32 = 0;
export const STOP_IDLE: u32 = 1;
export const STOP_FINISHED: u32 = 2;
export const STOP_EVENTS: u32 = 3;
export const STOP_DEBUG: u32 = 4; // what a debugger asked for; see Machine.stopWhy
const ENABLED_TIMER: u32 = 1 << 7;

/** The end of the cell that `cycle` lies in. */
@inline
function cellEndOf(cycle: u64): u64 {
  const quantum = machine().quantumCycles;
  return (cycle / quantum + 1) * quantum;
}

/** Runs until every hart has reached `until` (rounded up to a cell), or something stops it. */
export function runUntil(until: u64): u32 {
  const m = machine();
  m.stopWhy = 0;
  while (true) {
    if (m.stopWhy != 0) return STOP_DEBUG;
    if (m.finished != 0) {
      m.clock = max(m.clock, latest());
      return STOP_FINISHED;
    }
    if (m.leave != 0) return STOP_EVENTS;
    if (m.touchedAny != 0 && m.paused == 0) wakeTouched(m.clock);
    let id = m.current;
    if (id < 0) {
      id = lowestBelow(m.cellEnd);
      if (id < 0) {
        const earliest = nextCell();
        if (earliest == NEVER) {
          m.clock = max(m.clock, latest());
          m.cellEnd = 0;
          return STOP_IDLE;
        }
        if (m.cellEnd - m.quantumCycles >= until) {
          m.clock = max(m.clock, until);
          m.cellEnd = 0; // the next run() looks for the cell again, timers first
          return STOP_BUDGET;
        }
        wakeTimers();
        continue;
      }
    }
    runSlice(id, until);
  }
}

/** Brings cellEnd to the cell of the earliest hart that can run, and returns that hart's clock. */
function nextCell(): u64 {
  const m = machine();
  let earliest = m.timerNext;
  for (let word: u32 = 0; word < HART_WORDS; word++) {
    let bits = load<u64>(RUNNABLE + (word << 3));
    while (bits != 0) {
      earliest = min(earliest, hartAt((word << 6) + <u32>ctz(bits)).cycle);
      bits &= bits - 1;
    }
  }
  m.cursor = 0;
  if (earliest != NEVER) m.cellEnd = cellEndOf(earliest);
  return earliest;
}

/** The furthest that any hart's clock has come. */
function latest(): u64 {
  let cycle: u64 = 0;
  for (let id: u32 = 0; id < machine().harts; id++) cycle = max(cycle, hartAt(id).cycle);
  return cycle;
}

/** The runnable hart of lowest id, from the cursor on, whose clock is below `end`; or -1. */
function lowestBelow(end: u64): i32 {
  const m = machine();
  for (let word = m.cursor >> 6; word < HART_WORDS; word++) {
    let bits = load<u64>(RUNNABLE + (word << 3));
    if (word == m.cursor >> 6) bits &= 0xffffffffffffffff << (m.cursor & 63);
    while (bits != 0) {
      const id = (word << 6) + <u32>ctz(bits);
      if (hartAt(id).cycle < end) {
        m.cursor = id;
        return id;
      }
      bits &= bits - 1;
    }
  }
  return -1;
}

/** Makes runnable the waiting harts whose timer falls into the present cell. */
function wakeTimers(): void {
  const m = machine();
  if (m.timerNext >= m.cellEnd) return;
  m.timerNext = NEVER;
  for (let id: u32 = 0; id < m.harts; id++) {
    const hart = hartAt(id);
    const deadline = timerOf(hart);
    if (deadline < m.cellEnd) wake(hart, deadline);
    else m.timerNext = min(m.timerNext, deadline);
  }
}

/** When a waiting hart's timer will wake it, or NEVER. */
function timerOf(hart: Hart): u64 {
  if (hart.waiting == 0 || (hart.enabled & ENABLED_TIMER) == 0) return NEVER;
  return hart.deadline == NEVER ? NEVER : max(hart.deadline, hart.cycle);
}

function wake(hart: Hart, cycle: u64): void {
  const m = machine();
  jumpClock(hart, cycle);
  hart.waiting = 0;
  m.runnable++;
  setBit(RUNNABLE, hart.id);
  m.cursor = min(m.cursor, hart.id);
}

/** Wakes the waiting harts that a device touched at `cycle`; true when there was one. */
export function wakeTouched(cycle: u64): bool {
  const m = machine();
  let woken = false;
  m.touchedAny = 0;
  for (let word: u32 = 0; word < HART_WORDS; word++) {
    let bits = load<u64>(TOUCHED + (word << 3));
    store<u64>(TOUCHED + (word << 3), 0);
    while (bits != 0) {
      const hart = hartAt((word << 6) + <u32>ctz(bits));
      bits &= bits - 1;
      if (hart.waiting == 0 || (pendingInterrupts(hart) & hart.enabled) == 0) continue;
      wake(hart, cycle);
      woken = true;
    }
  }
  return woken;
}

/** Wakes the harts that a device touched after the last slice, at the time of its last hart. */
export function resume(): void {
  const m = machine();
  if (m.paused != 0) return;
  const id = m.current >= 0 ? m.current : m.last;
  if (m.touchedAny != 0 && id >= 0 && wakeTouched(hartAt(id).cycle)) m.current = -1;
}

/** How far a hart may run now: its cell's end, or further when nobody else can run before. */
function targetOf(until: u64): u64 {
  const m = machine();
  const end = m.cellEnd;
  if (m.runnable != 1) return end;
  const quantum = m.quantumCycles;
  const asked = ((until + quantum - 1) / quantum) * quantum;
  const timer = m.timerNext == NEVER ? NEVER : (m.timerNext / quantum) * quantum;
  return max(end, min(asked, timer));
}

function runSlice(id: u32, until: u64): void {
  const m = machine();
  const hart = hartAt(id);
  if (m.last != <i32>id) {
    if (m.last >= 0 && !timed()) hartAt(m.last).reservation = 0;
    m.last = id;
  }
  m.current = id;
  m.paused = 0;
  let over = false;
  while (!over) {
    hart.sliceTarget = targetOf(until);
    execute(hart);
    if (m.paused != 0) return; // for a debugger: the slice goes on as if nothing had been
    if (m.touchedAny != 0) over = wakeTouched(hart.cycle);
    if (hart.waiting != 0) {
      sleep(hart);
      over = true;
    }
    if (hart.cycle >= hart.sliceTarget) over = true;
    if (m.leave != 0 && !over) return; // the slice goes on when the host has read the events
  }
  m.current = -1;
}

function sleep(hart: Hart): void {
  const m = machine();
  m.runnable--;
  clearBit(RUNNABLE, hart.id);
  m.timerNext = min(m.timerNext, timerOf(hart));
}
