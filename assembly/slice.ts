// A hart's slice: runs one hart from event to event until its slice is spent. An event is a taken
// backward branch, a jump, a page crossing, a trap, a system instruction or an access to a device;
// only there are budget and interrupts looked at. In between is the loop of execute.ts.
import { decodedPage, decodeLine } from "./decode";
import { MTIP, raiseLine } from "./device/lines";
import { loop } from "./execute";
import { Hart, NO_TRAP } from "./hart";
import { op } from "./isa/entry";
import { Op } from "./isa/op";
import { machine, NO_FRAME } from "./layout";
import { fetchFrame, fillFetch } from "./mmu";
import { step } from "./step";
import { fetchEntryOf } from "./tlb";
import { interruptToTake, pendingInterrupts, takeTrap } from "./trap";

/** Cycles after which the loop is left, so that the host's compiler can put in better code. */
const CHUNK_CYCLES: u64 = 1 << 20;
const ENABLED_TIMER: u32 = 1 << 7;

/** Runs the hart to the first event at or after hart.sliceTarget, or until something stops it. */
export function execute(hart: Hart): void {
  const h = changetype<usize>(hart);
  const chunkEnd = hart.cycle + CHUNK_CYCLES;
  while (!atEvent(hart, chunkEnd)) {
    const ip = enter(hart);
    if (ip == 0) continue;
    const cycles = <u32>(hart.sliceEnd - hart.cycle);
    loop(h, ip, ip + (cycles << 3));
  }
}

/** At an event: the timer, the end of the slice, waiting, interrupts. True: leave the slice. */
function atEvent(hart: Hart, chunkEnd: u64): bool {
  if (hart.cycle >= hart.deadline) raiseLine(hart.id, MTIP);
  if (hart.waiting != 0 && !wakes(hart)) return true;
  const m = machine();
  const end = min(hart.sliceTarget, chunkEnd);
  if (hart.cycle >= end || (m.leave | m.touchedAny) != 0) return true;
  const cause = interruptToTake(hart);
  if (cause != 0) takeTrap(hart, cause, 0);
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
  hart.skew += cycle - hart.cycle;
  hart.cycle = cycle;
}

/** The decoded entry at hart.pc; 0 when the fetch trapped, or the page must go step by step. */
function enter(hart: Hart): usize {
  const pc = hart.pc;
  const entry = fetchEntryOf(hart.fetchTlb, pc);
  let page: usize = load<u32>(entry, 4);
  if (load<u32>(entry) != (pc & 0xfffff003)) {
    hart.trapCause = NO_TRAP;
    const frame = fetchFrame(hart, pc);
    if (frame == NO_FRAME) {
      takeTrap(hart, hart.trapCause, hart.trapValue);
      return 0;
    }
    page = decodedPage(frame);
    if (hart.event == 0) {
      stepAlone(hart, page + ((pc & 0xffc) << 1));
      return 0;
    }
    fillFetch(hart, pc, page);
  }
  hart.pcDelta = (pc & 0xfffff000) - (<u32>page >> 1);
  return page + ((pc & 0xffc) << 1);
}

/** One instruction, from a page whose every fetch has to be checked. */
function stepAlone(hart: Hart, ip: usize): void {
  if (op(ip) == Op.UNDECODED) decodeLine(ip);
  if (!step(changetype<usize>(hart), ip)) return;
  hart.pc = hart.pc + 4;
  hart.cycle += 1;
}
