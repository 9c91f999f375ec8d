// Who may touch what, while harts run at the same time. A worker is a guest while it executes: it
// then reads decoded pages, frame maps and its own harts' TLBs without asking. Whoever changes what
// others may be reading so does it alone, in an exclusive section, for which every other worker
// stops at an event, where it has no place in decoded code in its hand. An instruction that turns
// out to need this is undone, and begun again there (postpones). Devices and the schedule have one
// mutex. Nobody who holds a mutex waits for anything else but the mutex of the ring.
import { Hart } from "../hart";
import { PARALLEL } from "../layout";
import { GUESTS, LOCK, parallelOf, REQUEST, world } from "./state";
import { waitWhile } from "./wait";

/** A trap's cause that is none: the instruction has done nothing, and begins again. */
export const AGAIN: u32 = 0xfffffffe;

const FREE: i32 = 0;
const TAKEN: i32 = 1;
const WANTED: i32 = 2; // somebody sleeps
const SPINS: u32 = 100;
const NO_LIMIT: f64 = Infinity;

/** A mutex of three states (Drepper, "Futexes are tricky", 2011, mutex 2). */
export function lock(place: usize): void {
  for (let n: u32 = 0; n < SPINS; n++) {
    if (atomic.cmpxchg<i32>(place, FREE, TAKEN) == FREE) return;
  }
  while (atomic.xchg<i32>(place, WANTED) != FREE) waitWhile(place, WANTED, NO_LIMIT);
}

export function unlock(place: usize): void {
  if (atomic.xchg<i32>(place, FREE) == WANTED) atomic.notify(place, 1);
}

/** Begins to execute, when nobody wants to be alone. */
export function enterGuests(): void {
  while (true) {
    atomic.add<i32>(GUESTS, 1);
    if (atomic.load<i32>(REQUEST) == 0) return;
    leaveGuests();
    waitWhile(REQUEST, 1, NO_LIMIT);
  }
}

export function leaveGuests(): void {
  atomic.sub<i32>(GUESTS, 1);
  if (atomic.load<i32>(REQUEST) != 0) atomic.notify(GUESTS, 1);
}

/** Lets those go first who want to be alone; at an event. */
@inline
export function giveWay(): void {
  if (atomic.load<i32>(REQUEST) == 0) return;
  leaveGuests();
  enterGuests();
}

/** Begins an exclusive section. The caller is no guest, and has no mutex. */
export function beginAlone(): void {
  while (atomic.cmpxchg<i32>(REQUEST, 0, 1) != 0) waitWhile(REQUEST, 1, NO_LIMIT);
  for (let n: u32 = 0; n < SPINS && atomic.load<i32>(GUESTS) != 0; n++);
  let guests = atomic.load<i32>(GUESTS);
  while (guests != 0) {
    waitWhile(GUESTS, guests, NO_LIMIT);
    guests = atomic.load<i32>(GUESTS);
  }
  world().alone = 1;
}

export function endAlone(): void {
  world().alone = 0;
  atomic.store<i32>(REQUEST, 0);
  atomic.notify(REQUEST, -1);
}

@inline
export function isAlone(): bool {
  return !PARALLEL || world().alone != 0;
}

/** False: nobody else executes, go on. True: the instruction does nothing now, and comes again. */
export function postpones(hart: Hart): bool {
  if (isAlone()) return false;
  beginAgain(hart);
  return true;
}

/** Undoes the instruction under way, which has changed nothing yet. */
export function beginAgain(hart: Hart): void {
  parallelOf(hart).again = 1;
  hart.trapCause = AGAIN;
  hart.event = 1;
}

/** At an event: must the hart's instruction be done alone? */
@inline
export function isPostponed(hart: Hart): bool {
  return parallelOf(hart).again != 0;
}

/** Takes the mutex of devices until the instruction under way ends (endInstruction). */
export function holdLock(hart: Hart): void {
  lock(LOCK);
  parallelOf(hart).held = 1;
}

@inline
export function endInstruction(hart: Hart): void {
  if (parallelOf(hart).held == 0) return;
  parallelOf(hart).held = 0;
  unlock(LOCK);
}
