// One time for harts that run at the same time, each with a clock of its own. Who reads mtime first
// moves its clock forward to the latest time that any hart has read, or had a timer go off at; so
// no time that software knows of, by whatever way it came to it, is ever ahead of one read later
// (the real-time clocks of all harts are to agree: Unprivileged ISA 20191213, 10.1).
import { observeWait } from "../debug";
import { Hart } from "../hart";
import { machine } from "../layout";
import { World, world } from "./state";

@inline
function latest(): usize {
  return changetype<usize>(world()) + offsetof<World>("latest");
}

/** Moves a hart's clock forward to `cycle`, if it is behind; nothing retires in between. */
export function catchUp(hart: Hart, cycle: u64): void {
  if (cycle <= hart.cycle) return;
  const waited = cycle - hart.cycle;
  hart.skew += waited;
  hart.cycle = cycle;
  if (machine().observeTraps != 0) observeWait(hart, waited);
}

/** Software learns what time it is on this hart. */
export function noteTime(hart: Hart): void {
  let known = atomic.load<u64>(latest());
  while (known < hart.cycle) {
    const found = atomic.cmpxchg<u64>(latest(), known, hart.cycle);
    if (found == known) return;
    known = found;
  }
}

/** The hart is about to read the time, by an instruction that is an event. */
export function agreeOnTime(hart: Hart): void {
  catchUp(hart, atomic.load<u64>(latest()));
  noteTime(hart);
}

/** The same, and later than anyone has read. Alone. */
export function takeTurn(hart: Hart): void {
  catchUp(hart, atomic.load<u64>(latest()) + 1);
  noteTime(hart);
}
