// The schedule of harts that run at the same time. Each worker has every n-th hart, and runs that
// of lowest clock for a quantum, if it is not too far ahead of the slowest hart of the machine that
// runs. A worker whose harts all wait, or have come to the end of the run, sleeps; the last one to
// do so moves the clock to the next timer, or ends the run. The order depends on the host: two runs
// are not the same. Between runs all workers stand, and the main thread has the machine alone.
import { Hart, hartAt } from "../hart";
import { hasBit, machine, NEVER, RUNNABLE } from "../layout";
import { execute, stepOnce } from "../slice";
import { wantsAlone } from "../translate/hot";
import { STOP_BUDGET, STOP_EVENTS, STOP_FINISHED, STOP_IDLE } from "../schedule";
import {
  ENDED,
  GENERATION,
  GOES_ON,
  IDLE,
  LOCK,
  parallelOf,
  STOPPED,
  workerAt,
  WORKERS_MAX,
  World,
  world,
} from "./state";
import { takeModules, translateFor } from "./modules";
import { waitWhile } from "./wait";
import { anyoneRuns, cycleOf, ring, sleep, wakeTimers, wakeTouched } from "./wake";
import {
  beginAlone,
  endAlone,
  enterGuests,
  giveWay,
  isPostponed,
  leaveGuests,
  lock,
  unlock,
} from "./world";

/** A worker has failed: no run() can end as it should. */
export const STOP_FAULT: u32 = 5;
const QUANTUM: u64 = 1024;
/** So far a hart may be ahead of the slowest one. */
const WINDOW: u64 = 64 * QUANTUM;
const WAIT_MILLISECONDS: f64 = 0.05;
const LOOK_MILLISECONDS: f64 = 1000;
const QUIT: i32 = -1; // a generation

/** How many workers there will be, 1 to 64; before the first run(). */
export function setWorkers(workers: u32): void {
  assert(workers <= WORKERS_MAX);
  world().workers = workers;
}

@inline
function endedPlace(): usize {
  return changetype<usize>(world()) + offsetof<World>("ended");
}
@inline
function faultPlace(): usize {
  return changetype<usize>(world()) + offsetof<World>("fault");
}

// --- A worker's side.

/** What worker `index` does until the machine is closed. */
export function serve(index: u32): void {
  let seen: i32 = 0;
  while (true) {
    while (atomic.load<i32>(GENERATION) == seen) waitWhile(GENERATION, seen, Infinity);
    seen = atomic.load<i32>(GENERATION);
    if (seen == QUIT) return;
    work(index);
    atomic.add<i32>(STOPPED, 1);
    atomic.notify(STOPPED, 1);
  }
}

/** The worker has failed, so that the run cannot go on. */
export function failed(): void {
  atomic.store<u32>(faultPlace(), 1);
  atomic.notify(STOPPED, 1);
}

/** Its part of a run. */
function work(worker: u32): void {
  workerAt(worker).limit = 0;
  enterGuests();
  while (atomic.load<u32>(endedPlace()) == GOES_ON) {
    giveWay();
    const id = nextOf(worker);
    if (id < 0) rest(worker);
    else if (isAhead(worker, hartAt(id))) waitForOthers(worker);
    else runQuantum(worker, hartAt(id));
  }
  leaveGuests();
}

/** The worker's hart of lowest clock that can run and has not come to the run's end, or -1. */
function nextOf(worker: u32): i32 {
  const w = world();
  const harts = machine().harts;
  let lowest = w.until;
  let next: i32 = -1;
  for (let id = worker; id < harts; id += w.workers) {
    if (!hasBit(RUNNABLE, id) || hartAt(id).cycle >= lowest) continue;
    lowest = hartAt(id).cycle;
    next = id;
  }
  return next;
}

/** Is it too far ahead of the slowest hart that runs? */
function isAhead(worker: u32, hart: Hart): bool {
  const own = workerAt(worker);
  if (hart.cycle < own.limit) return false;
  let slowest = hart.cycle;
  for (let id: u32 = 0; id < machine().harts; id++) {
    if (hasBit(RUNNABLE, id)) slowest = min(slowest, atomic.load<u64>(cycleOf(id)));
  }
  own.limit = slowest + WINDOW;
  return hart.cycle >= own.limit;
}

function waitForOthers(worker: u32): void {
  const place = changetype<usize>(workerAt(worker));
  const seen = atomic.load<i32>(place);
  leaveGuests();
  waitWhile(place, seen, WAIT_MILLISECONDS);
  enterGuests();
}

function runQuantum(worker: u32, hart: Hart): void {
  const m = machine();
  takeModules(worker);
  hart.sliceTarget = min(hart.cycle + QUANTUM, world().until);
  execute(hart);
  if (isPostponed(hart)) runAlone(hart);
  if (wantsAlone(hart)) translateFor(worker, hart);
  if (m.leave != 0) end(ENDED);
  else if (hart.waiting != 0 || hart.cycle >= m.timerNext) {
    lock(LOCK);
    wakeTimers(hart.cycle);
    if (hart.waiting != 0) sleep(hart);
    unlock(LOCK);
  }
}

/** The instruction that has been postponed, in an exclusive section. */
function runAlone(hart: Hart): void {
  leaveGuests();
  beginAlone();
  parallelOf(hart).again = 0;
  stepOnce(hart);
  endAlone();
  enterGuests();
}

/** Nothing of the worker's can run. */
function rest(worker: u32): void {
  const place = changetype<usize>(workerAt(worker));
  const seen = atomic.load<i32>(place);
  leaveGuests();
  lock(LOCK);
  const idle = nextOf(worker) < 0;
  if (idle && !anyoneRuns(world().until)) moveOn();
  unlock(LOCK);
  if (idle && atomic.load<u32>(endedPlace()) == GOES_ON) waitWhile(place, seen, Infinity);
  enterGuests();
}

/** Nobody runs: goes to the next timer, or ends the run. Under LOCK. */
function moveOn(): void {
  const next = machine().timerNext;
  if (next < world().until) wakeTimers(next);
  if (anyoneRuns(world().until)) return;
  if (machine().timerNext < world().until) moveOn(); // that one was set anew
  else end(machine().runnable == 0 && machine().timerNext == NEVER ? IDLE : ENDED);
}

/** Ends the run: every worker stops at its next event. */
function end(why: u32): void {
  if (atomic.cmpxchg<u32>(endedPlace(), GOES_ON, why) != GOES_ON) return;
  for (let worker: u32 = 0; worker < world().workers; worker++) ring(worker);
}

// --- The main thread's side.

/** Runs until every hart has reached `until`, or something stops them. */
export function runTogether(until: u64): u32 {
  const m = machine();
  const w = world();
  m.stopWhy = 0;
  if (m.finished != 0) return stopped(until);
  if (m.leave != 0) return STOP_EVENTS;
  w.until = until;
  atomic.store<u32>(endedPlace(), GOES_ON);
  wakeTouched(m.clock);
  if (!anyoneRuns(until)) moveOn();
  if (atomic.load<u32>(endedPlace()) == GOES_ON) letRun();
  return atomic.load<u32>(faultPlace()) != 0 ? STOP_FAULT : stopped(until);
}

function letRun(): void {
  const w = world();
  w.alone = 0;
  atomic.store<i32>(STOPPED, 0);
  atomic.add<i32>(GENERATION, 1);
  atomic.notify(GENERATION, -1);
  let stopped = atomic.load<i32>(STOPPED);
  while (stopped < <i32>w.workers && atomic.load<u32>(faultPlace()) == 0) {
    waitWhile(STOPPED, stopped, LOOK_MILLISECONDS);
    stopped = atomic.load<i32>(STOPPED);
  }
  w.alone = 1;
}

/** Why the run has ended; sets the clock. */
function stopped(until: u64): u32 {
  const m = machine();
  if (m.finished == 0 && m.leave != 0) return STOP_EVENTS;
  const idle = m.finished == 0 && atomic.load<u32>(endedPlace()) == IDLE;
  if (m.finished == 0 && !idle) {
    m.clock = max(m.clock, until);
    return STOP_BUDGET;
  }
  for (let id: u32 = 0; id < m.harts; id++) m.clock = max(m.clock, hartAt(id).cycle);
  return idle ? STOP_IDLE : STOP_FINISHED;
}

/** Lets all workers return from serve(). */
export function dismiss(): void {
  atomic.store<i32>(GENERATION, QUIT);
  atomic.notify(GENERATION, -1);
}
