// Running translated code: from the entry at which the interpreter met a region, from region to
// region, until the slice ends or the interpreter has to go on.
import { budgetOf, Hart } from "../hart";
import {
  LEAVE_AGAIN,
  LEAVE_EVENT,
  LEAVE_GO,
  LEAVE_ON,
  LEAVE_SETTLED,
  LEAVE_STEP,
  LEAVE_TRAP,
  LEAVE_TRAPPED,
} from "../isa/emit";
import { op } from "../isa/entry";
import { Op } from "../isa/op";
import { PARALLEL } from "../layout";
import { farEntry } from "../transfer";
import { takeTrap } from "../trap";
import { LOOK_CYCLES, noticeExit, noticeWaste } from "./hot";
import { entranceAt, isWorth, TABLE_FIRST } from "./regions";
import { samplerOf } from "./sampler";
import { isQuiet } from "./slow";
import { idPlace } from "./state";

/** What it saves, in cycles, to enter a region from another one and not by the interpreter. */
const CHAINED_CYCLES: u32 = 28;

/** Set in what runRegions() gives: the instruction there is to be done by the exact way. */
export const BY_STEP: usize = 1;
/** Where other harts run, each n-th entry of a region is judged: they share what is noted of it. */
const JUDGED: u64 = 13;

/**
 * Goes on at `ip`, where a region is entered, with the loop's `left`. Gives the entry at which the
 * interpreter goes on (and `leftOver` what is left then), or 0: at an event, with pc and clock
 * settled.
 */
export function runRegions(h: usize, ip: usize, left: usize): usize {
  const hart = changetype<Hart>(h);
  const own = budgetOf(hart);
  const sampler = samplerOf(hart);
  let budget = <i32>(left - ip) >> 4;
  budget += <i32>(own.fullEnd - hart.sliceEnd);
  hart.sliceEnd = own.fullEnd;
  hart.pc = hart.pcDelta + (<u32>ip >> 2);
  const began = budget;
  let saved: u32 = 0;
  let code: u32 = LEAVE_ON;
  while (op(ip) == Op.REGION) {
    const id: u32 = load<u16>(idPlace(ip)) - 1;
    if (load<u32>(entranceAt(id >> 4, id & 15), 4) != hart.pc) {
      code = LEAVE_STEP; // the frame is mapped here, too
      break;
    }
    const before = budget;
    code = call_indirect<u32>(TABLE_FIRST + (id >> 4), h, id & 15, budget);
    sampler.entered++;
    if (code == LEAVE_TRAP) {
      takeTrap(hart, hart.trapCause, hart.trapValue);
      code = LEAVE_TRAPPED;
    }
    budget = code < LEAVE_EVENT ? <i32>(hart.sliceEnd - hart.cycle) : <i32>own.left;
    const worth = <u32>(before - budget) + saved;
    const judged = !PARALLEL || sampler.entered % JUDGED == 0;
    if (judged && !isWorth(id >> 4, worth)) noticeWaste(sampler, id >> 4);
    saved = CHAINED_CYCLES;
    ip = staysOut(hart, code, budget) ? 0 : entryAtPc(hart, code);
    if (ip == 0 || code == LEAVE_STEP || code == LEAVE_AGAIN) break;
  }
  sampler.cycles += <u64>(began - budget);
  if (ip != 0) {
    if (code == LEAVE_STEP || code == LEAVE_AGAIN) return goOn(hart, ip, budget) | BY_STEP;
    noticeExit(hart, ip);
    return goOn(hart, ip, budget);
  }
  if (code >= LEAVE_EVENT) hart.cycle = hart.sliceEnd - <u64>(<i64>budget);
  return 0;
}

/** Whether the slice's own loop must have a look first. */
@inline
function staysOut(hart: Hart, code: u32, budget: i32): bool {
  if (code == LEAVE_TRAPPED) return !isQuiet(hart);
  return code == LEAVE_SETTLED || (code == LEAVE_EVENT && budget <= 0);
}

/** Where the interpreter stands at the hart's pc; 0: the fetch TLB does not have its page. */
function entryAtPc(hart: Hart, code: u32): usize {
  const h = changetype<usize>(hart);
  const pc = hart.pc;
  // Behind the last instruction of a page, it has not gone to the next page yet.
  const atEnd = (pc & 0xfff) == 0 && (code == LEAVE_ON || code == LEAVE_GO);
  if (!atEnd) return farEntry(h, pc);
  const last = farEntry(h, pc - 2);
  return last == 0 ? 0 : last + 8;
}

/** The interpreter looks around again after a while. */
function goOn(hart: Hart, ip: usize, budget: i32): usize {
  const cut = budget - <i32>LOOK_CYCLES;
  if (cut > 0) {
    hart.sliceEnd -= <u64>cut;
    budget = LOOK_CYCLES;
  }
  budgetOf(hart).left = <u32>ip + (<u32>budget << 4);
  return ip;
}

/** The loop's `left` behind runRegions(). */
@inline
export function leftOver(h: usize): usize {
  return budgetOf(changetype<Hart>(h)).left;
}
