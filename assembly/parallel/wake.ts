// Harts that wait in wfi, while harts run at the same time: who sleeps, who wakes, and at what
// cycle. A hart that waits has its bit in RUNNABLE cleared; its clock stands still, and jumps
// forward to its timer or to the clock of the hart that wakes it. All here is done under LOCK.
import { MTIP } from "../device/lines";
import { Hart, hartAt } from "../hart";
import { clearBit, hasBit, machine, NEVER, RUNNABLE, setBit, TOUCHED } from "../layout";
import { workerAt, world } from "./state";
import { catchUp } from "./time";

/** Makes a worker look again, if it sleeps. */
export function ring(worker: u32): void {
  const place = changetype<usize>(workerAt(worker));
  atomic.add<u32>(place, 1);
  atomic.notify(place, 1);
}

@inline
function isPending(hart: Hart): bool {
  return ((hart.pending | hart.pendingSoft) & hart.enabled) != 0;
}

/** When a waiting hart's timer wakes it, or NEVER. */
function timerOf(hart: Hart): u64 {
  if (hart.waiting == 0 || (hart.enabled & MTIP) == 0) return NEVER;
  return hart.deadline == NEVER ? NEVER : max(hart.deadline, hart.cycle);
}

function wake(hart: Hart, cycle: u64): void {
  catchUp(hart, cycle);
  hart.waiting = 0;
  machine().runnable++;
  setBit(RUNNABLE, hart.id);
  ring(hart.id % world().workers);
}

/** Wakes the harts that sleep and that a device has touched, at `cycle`. */
export function wakeTouched(cycle: u64): void {
  const words = (machine().harts + 63) >> 6;
  for (let word: u32 = 0; word < words; word++) {
    const place = TOUCHED + (word << 3);
    if (atomic.load<u64>(place) == 0) continue;
    let bits = atomic.xchg<u64>(place, 0);
    while (bits != 0) {
      const hart = hartAt((word << 6) + <u32>ctz(bits));
      bits &= bits - 1;
      if (!hasBit(RUNNABLE, hart.id) && isPending(hart)) wake(hart, cycle);
    }
  }
}

/** Wakes the harts whose timer is due at `cycle`; each goes on at its own deadline. */
export function wakeTimers(cycle: u64): void {
  const m = machine();
  if (m.timerNext > cycle) return;
  m.timerNext = NEVER;
  for (let id: u32 = 0; id < m.harts; id++) {
    if (hasBit(RUNNABLE, id)) continue;
    const deadline = timerOf(hartAt(id));
    if (deadline <= cycle) wake(hartAt(id), deadline);
    else m.timerNext = min(m.timerNext, deadline);
  }
}

/** A hart waits: it sleeps, unless something has come meanwhile. */
export function sleep(hart: Hart): void {
  if (isPending(hart)) return;
  const m = machine();
  m.runnable--;
  clearBit(RUNNABLE, hart.id);
  m.timerNext = min(m.timerNext, timerOf(hart));
}

/** Whether some hart has not come to `until` yet, and does not sleep. */
export function anyoneRuns(until: u64): bool {
  for (let id: u32 = 0; id < machine().harts; id++) {
    if (hasBit(RUNNABLE, id) && atomic.load<u64>(cycleOf(id)) < until) return true;
  }
  return false;
}

/** Where another hart's clock is, which it may be changing. */
@inline
export function cycleOf(id: u32): usize {
  return changetype<usize>(hartAt(id)) + offsetof<Hart>("cycle");
}
