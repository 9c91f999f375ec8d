// A hart's slice: runs one hart from event to event until its slice is spent. An event is a taken
// backward branch, a jump, a page crossing, a trap, a system instruction or an access to a device;
// only there are budget and interrupts looked at. In between is the loop of execute.ts, or for a
// debugger (Machine.exact), and on pages without one PMP verdict, the exact loop here: instruction
// by instruction, with the same events. It can stop at every instruction; `midSlice` then says
// that the hart goes on without an event, so that a stop changes nothing.
import {
  attends,
  OBSERVE_STEPS,
  observeStep,
  observeWait,
  stopsAtPc,
  stopsBehind,
  stopsInTime,
} from "./debug";
import { decodedPage, decodeLine, join } from "./decode";
import { MTIP, raiseLine } from "./device/lines";
import { loop } from "./execute";
import { timedLoop } from "./execute-timed";
import { budgetOf, Hart, NO_TRAP } from "./hart";
import { instructionOf } from "./isa/interpret";
import { op } from "./isa/entry";
import { Op } from "./isa/op";
import { frameHost, machine, NO_FRAME, PARALLEL, TIMING } from "./layout";
import { slotOf } from "./memory";
import { fetchFrame, fillFetch } from "./mmu";
import { isPostponed, postpones } from "./parallel/world";
import { step } from "./step";
import { count } from "./timing/account";
import { COUNTER_CYCLES_WAIT } from "./timing/counters";
import { timed, timingOf } from "./timing/state";
import { fetchLine, isFetched } from "./timing/touch";
import { fetchEntryOf } from "./tlb";
import { notice } from "./translate/hot";
import { samplerOf } from "./translate/sampler";
import { translator } from "./translate/state";
import { interruptToTake, pendingInterrupts, takeTrap } from "./trap";

/** Cycles after which the loop is left, so that the host's compiler can put in better code. */
const CHUNK_CYCLES: u64 = 1 << 16;
const ENABLED_TIMER: u32 = 1 << 7;
const SPENT: usize = 1; // in the place of an entry: fetching its line has spent the budget

/** Runs the hart to the first event at or after hart.sliceTarget, or until something stops it. */
export function execute(hart: Hart): void {
  const h = changetype<usize>(hart);
  const chunkEnd = hart.cycle + CHUNK_CYCLES;
  const m = machine();
  if ((m.exact | m.midSlice) != 0 && !executeExactly(hart, chunkEnd)) return;
  while (!atEvent(hart, chunkEnd)) {
    const ip = enter(hart);
    if (ip == 0) continue;
    if (hart.event == 0) {
      toEvent(hart, false);
      continue;
    }
    if (translator().on != 0) lookAt(hart, ip);
    const cycles = <u32>(hart.sliceEnd - hart.cycle);
    if (TIMING && timed()) timedLoop(h, ip, ip + (cycles << 4));
    else loop(h, ip, ip + (cycles << 4));
  }
}

/**
 * Notices where the hart is, if it was last noticed long ago, and ends the slice early, to look
 * again; nobody can tell. A clock that was set back counts as long ago.
 */
@inline
function lookAt(hart: Hart, ip: usize): void {
  budgetOf(hart).fullEnd = hart.sliceEnd;
  if (hart.cycle < translator().from) return;
  const own = samplerOf(hart);
  if (hart.cycle - own.cycle >= own.wait) notice(hart, ip);
  hart.sliceEnd = min(hart.sliceEnd, own.cycle + own.wait);
}

/** The same instruction by instruction. True: not wanted any more, and the hart is at an event. */
function executeExactly(hart: Hart, chunkEnd: u64): bool {
  const m = machine();
  while ((m.exact | m.midSlice) != 0) {
    const watched = attends();
    if (m.midSlice == 0) {
      if (watched && goesOn(hart) && stopsInTime(hart)) return false;
      hart.trapCause = NO_TRAP;
      if (atEvent(hart, chunkEnd)) return false;
      if (watched && hart.trapCause != NO_TRAP && stopsBehind(hart)) {
        m.midSlice = 1;
        return false;
      }
    }
    m.midSlice = 0;
    toEvent(hart, watched);
    if (m.paused != 0) return false;
  }
  return true;
}

/** To the next event by the exact loop; `watched`: or to a stop, which is told in `paused`. */
function toEvent(hart: Hart, watched: bool): void {
  const m = machine();
  const h = changetype<usize>(hart);
  let going = true;
  while (going) {
    if (watched && holds(hart)) return;
    const began = TIMING && timed() ? beginning(hart) : hart.cycle;
    const ip = fetch(hart);
    if (TIMING && ip == SPENT) {
      timingOf(hart).spentFrom = began;
      return;
    }
    if (ip == 0) going = false;
    else {
      if (watched) {
        if (stopsAtPc(hart)) {
          m.midSlice = 1;
          return;
        }
        if ((m.exact & OBSERVE_STEPS) != 0) observeStep(hart, instructionOf(ip), began);
      }
      going = step(h, ip) && retire(hart);
    }
    if (watched && stopsBehind(hart)) {
      m.midSlice = <u32>going;
      return;
    }
  }
}

/** At an event: is it this hart that goes on, and not another one or the host? */
@inline
function goesOn(hart: Hart): bool {
  const m = machine();
  return hart.waiting == 0 && hart.cycle < hart.sliceTarget && (m.leave | m.touchedAny) == 0;
}

/** One instruction or its trap, whatever else is due. */
export function stepOnce(hart: Hart): void {
  const ip = fetch(hart);
  if (ip != 0 && step(changetype<usize>(hart), ip)) retire(hart);
}

/** The decoded instruction at hart.pc, whole also where it crosses a page; 0: the fetch trapped. */
@inline
function fetch(hart: Hart): usize {
  const ip = enter(hart);
  if (ip == 0) return 0;
  if (TIMING && timed() && spendsAtFetch(hart, ip)) return SPENT;
  if (op(ip) == Op.UNDECODED) decodeLine(ip);
  if (op(ip) != Op.CROSS) return ip;
  const joined = join(hart, ip);
  if (joined == 0) takeTrap(hart, hart.trapCause, hart.trapValue);
  return joined;
}

/** When the instruction that is next began to be fetched. */
function beginning(hart: Hart): u64 {
  const t = timingOf(hart);
  const from = t.spentFrom;
  t.spentFrom = 0;
  return from != 0 ? from : hart.cycle;
}

/** Fetches the line of an instruction; true: that has spent the budget, which is an event. */
function spendsAtFetch(hart: Hart, ip: usize): bool {
  if (isFetched(changetype<usize>(hart), ip, hart.pc)) return false;
  timingOf(hart).stalled = 0;
  fetchLine(hart, ip);
  return timingOf(hart).stalled != 0 && hart.cycle >= hart.sliceEnd;
}

/** Must the hart stop before it goes on: at a position, or because the ring is full? */
function holds(hart: Hart): bool {
  const m = machine();
  if (!stopsInTime(hart) && m.leave == 0) return false;
  m.midSlice = 1;
  m.paused = 1;
  return true;
}

/**
 * Counts an instruction that was no event by itself; false: it leaves its page, which is one, or
 * has missed and spent the budget.
 */
@inline
function retire(hart: Hart): bool {
  const from = hart.pc;
  hart.pc = hart.nextPc;
  hart.cycle += 1;
  if (TIMING && timed() && timingOf(hart).stalled != 0 && hart.cycle >= hart.sliceEnd) return false;
  return (from ^ hart.nextPc) < 4096;
}

/** At an event: the timer, the end of the slice, waiting, interrupts. True: leave the slice. */
function atEvent(hart: Hart, chunkEnd: u64): bool {
  if (PARALLEL && isPostponed(hart)) return true;
  if (hart.cycle >= hart.deadline) raiseLine(hart.id, MTIP);
  if (hart.waiting != 0 && !wakes(hart)) return true;
  const m = machine();
  const end = min(hart.sliceTarget, chunkEnd);
  if (hart.cycle >= end || (m.leave | m.touchedAny) != 0) return true;
  const cause = interruptToTake(hart);
  if (cause != 0) {
    takeTrap(hart, cause, 0);
    hart.trapCause = cause; // for a debugger's step
  }
  hart.sliceEnd = hart.deadline > hart.cycle ? min(hart.deadline, end) : end;
  if (hart.sliceEnd <= hart.cycle) hart.sliceEnd = hart.cycle + 1;
  return false;
}

/** A waiting hart goes on at a pending interrupt, or jumps to its timer when that is in reach. */
function wakes(hart: Hart): bool {
  if ((pendingInterrupts(hart) & hart.enabled) == 0) {
    if ((hart.enabled & ENABLED_TIMER) == 0 || hart.deadline >= hart.sliceTarget) return false;
    jumpClock(hart, hart.deadline);
    raiseLine(hart.id, MTIP);
  }
  hart.waiting = 0;
  return true;
}

/** Moves a waiting hart's clock forward to `cycle`; no instruction retires in between. */
export function jumpClock(hart: Hart, cycle: u64): void {
  if (cycle <= hart.cycle) return;
  const waited = cycle - hart.cycle;
  hart.skew += waited;
  if (TIMING && timed()) count(hart, COUNTER_CYCLES_WAIT, waited);
  hart.cycle = cycle;
  if (machine().observeTraps != 0) observeWait(hart, waited);
}

/**
 * The decoded entry at hart.pc; 0 when the fetch trapped. hart.event is 0 when every fetch from
 * this page has to be checked, so that only the exact loop can go there.
 */
function enter(hart: Hart): usize {
  const pc = hart.pc;
  const entry = fetchEntryOf(hart.fetchTlb, pc);
  let page: usize = load<u32>(entry, 4);
  hart.event = 1;
  if (load<u32>(entry) != (pc & 0xfffff001)) {
    hart.trapCause = NO_TRAP;
    const frame = fetchFrame(hart, pc);
    const whole = hart.event;
    if (frame != NO_FRAME && whole == 0) fetchRest(hart, frame, pc);
    if (hart.trapCause != NO_TRAP) {
      takeTrap(hart, hart.trapCause, hart.trapValue);
      return 0;
    }
    if (PARALLEL && slotOf(frame) == 0 && postpones(hart)) return 0;
    page = decodedPage(frame);
    hart.event = whole;
    if (whole != 0) fillFetch(hart, pc, page);
  }
  hart.pcDelta = (pc & 0xfffff000) - (<u32>page >> 2);
  return page + ((pc & 0xffe) << 2);
}

/** Where fetches are checked one by one: may the second half on the same page be fetched too? */
function fetchRest(hart: Hart, frame: u32, pc: u32): void {
  if ((pc & 0xffe) == 0xffe || (load<u16>(frameHost(frame) + (pc & 0xffe)) & 3) != 3) return;
  fetchFrame(hart, pc + 2);
}
