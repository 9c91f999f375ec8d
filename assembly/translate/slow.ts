// What translated code calls when TLB or filter do not answer: the load or store by the exact way,
// an instruction that only the exact way does, the fetch of a line of code, and what follows from
// it. The host gives these functions to each module of regions. All begin with the moment: the pc
// of the instruction, what the slice has left before it, and how many instructions of each class
// its block has done and not counted yet.
import { OBSERVE_TRAPS } from "../debug";
import { budgetOf, Hart, NO_TRAP } from "../hart";
import {
  LEAVE_AGAIN,
  LEAVE_GO,
  LEAVE_NOT,
  LEAVE_SETTLED,
  LEAVE_TRAP,
  LEAVE_TRAPPED,
  SLOW_LENGTH,
  SLOW_SIGNED,
} from "../isa/emit";
import { Exact, Interpret } from "../isa/interpret";
import { rd, rs1, rs2, SINK } from "../isa/entry";
import { machine, PARALLEL, TIMING } from "../layout";
import { LOAD, loadVirtual, STORE } from "../mmu";
import { isPostponed } from "../parallel/world";
import { ACCESS_LOAD, ACCESS_STORE } from "../timing/coherence";
import { HartTiming, timed, timingOf } from "../timing/state";
import { fetchLine, hitsData } from "../timing/touch";
import { step } from "../step";
import { fetchEntryOf } from "../tlb";
import { interruptToTake } from "../trap";
import { translator } from "./state";

const CLASSES: u32 = 7;
const CLASS_COSTS: usize = offsetof<HartTiming>("loadCost");

/** Adds to the counts of the classes, or takes from them. */
function countClasses(hart: Hart, classes: u64, by: u64): void {
  let place = changetype<usize>(timingOf(hart));
  while (classes != 0) {
    store<u64>(place, load<u64>(place) + (classes & 255) * by);
    classes >>= 8;
    place += 8;
  }
}

/** The hart stands before the instruction. */
function begin(hart: Hart, pc: u32, left: i32, classes: u64): void {
  hart.pc = pc;
  hart.cycle = hart.sliceEnd - <u64>(<i64>left);
  hart.trapCause = NO_TRAP;
  hart.event = 0;
  if (TIMING && timed()) {
    timingOf(hart).stalled = 0;
    countClasses(hart, classes, 1);
  }
}

/** What changes when the region may not go on as it is: its code, or the line under way. */
function state(hart: Hart): u64 {
  const line: u32 = TIMING && timed() ? timingOf(hart).fetchLine : 0;
  return (<u64>line << 32) | translator().drops;
}

/** How the region goes on; `before`: the state; `kind`: LOAD or STORE. */
function finish(hart: Hart, how: u32, before: u64, left: i32, classes: u64, kind: u32): u32 {
  if (hart.trapCause != NO_TRAP) return LEAVE_TRAP;
  const waits =
    TIMING && timed() && timingOf(hart).stalled != 0 && hart.cycle + 1 >= hart.sliceEnd;
  if (hart.event == 0 && !waits && state(hart) == before) {
    if (TIMING && timed()) resume(hart, left, classes, kind);
    return LEAVE_NOT;
  }
  hart.pc += how >> SLOW_LENGTH;
  hart.cycle += 1;
  return hart.event != 0 || waits ? LEAVE_SETTLED : LEAVE_GO;
}

/** The region counts what its block does itself: gives it the cycles beyond that. */
function resume(hart: Hart, left: i32, classes: u64, kind: u32): void {
  const which: u32 = kind == LOAD ? 0 : 1;
  countClasses(hart, classes + ((<u64>1) << (which << 3)), <u64>-1);
  const cost = load<u32>(changetype<usize>(timingOf(hart)) + CLASS_COSTS + (which << 2)) >> 4;
  budgetOf(hart).left = <u32>(hart.cycle - hart.sliceEnd) + left - cost;
}

/**
 * A load of `va`: `how` is its size, SLOW_SIGNED, and its length over SLOW_LENGTH. Gives the
 * register's value (`old`, when it traps), and LEAVE_* above it.
 */
export function slowLoad(
  pc: u32,
  left: i32,
  classes: u64,
  h: usize,
  va: u32,
  old: u32,
  how: u32,
): u64 {
  const hart = changetype<Hart>(h);
  if (TIMING && timed() && knows(hart, va, how, false)) {
    budgetOf(hart).left = 0;
    return valueAt(va + load<u32>(lineEntry(hart, va, false), 4), how);
  }
  const before = state(hart);
  begin(hart, pc, left, classes);
  if (!TIMING) {
    const loaded = loadVirtual(hart, va, how & 7);
    const kept = hart.trapCause != NO_TRAP ? old : extended(loaded, how);
    return ((<u64>finish(hart, how, before, left, classes, LOAD)) << 32) | kept;
  }
  store<u32>(h + SINK, old);
  exactLoad(changetype<Interpret<Exact>>(h), va, how);
  const value = load<u32>(h + SINK);
  return ((<u64>finish(hart, how, before, left, classes, LOAD)) << 32) | value;
}

function extended(value: u32, how: u32): u32 {
  const signs = (how & SLOW_SIGNED) != 0;
  const size = how & 7;
  if (size == 4) return value;
  if (size == 2) return signs ? <u32>(<i32>(<i16>value)) : value & 0xffff;
  return signs ? <u32>(<i32>(<i8>value)) : value & 0xff;
}

function exactLoad(b: Interpret<Exact>, va: u32, how: u32): void {
  const signs = (how & SLOW_SIGNED) != 0;
  const size = how & 7;
  if (size == 4) b.load<u32>(SINK, va);
  else if (size == 2) {
    if (signs) b.load<i16>(SINK, va);
    else b.load<u16>(SINK, va);
  } else if (signs) b.load<i8>(SINK, va);
  else b.load<u8>(SINK, va);
}

/** A store of `value` likewise; gives LEAVE_*. */
export function slowStore(
  pc: u32,
  left: i32,
  classes: u64,
  h: usize,
  va: u32,
  value: u32,
  how: u32,
): u32 {
  const hart = changetype<Hart>(h);
  const size = how & 7;
  if (TIMING && timed() && knows(hart, va, how, true)) {
    budgetOf(hart).left = 0;
    putAt(va + load<u32>(lineEntry(hart, va, true), 4), size, value);
    return LEAVE_NOT;
  }
  const before = state(hart);
  begin(hart, pc, left, classes);
  const b = changetype<Interpret<Exact>>(h);
  if (size == 4) b.store<u32>(va, value);
  else if (size == 2) b.store<u16>(va, value);
  else b.store<u8>(va, value);
  return finish(hart, how, before, left, classes, STORE);
}

/** Where the filter keeps the line of `va`. */
function lineEntry(hart: Hart, va: u32, toStore: bool): usize {
  const t = timingOf(hart);
  return (toStore ? t.storeLines : t.loadLines) + ((va >>> 3) & 0x1f8);
}

/** Whether TLB and L1 know a line that the filter did not; then it does. */
function knows(hart: Hart, va: u32, how: u32, toStore: bool): bool {
  const t = timingOf(hart);
  const tlb = toStore ? hart.storeTlb : hart.loadTlb;
  const kind = toStore ? ACCESS_STORE : ACCESS_LOAD;
  const lines = toStore ? t.storeLines : t.loadLines;
  return hitsData(changetype<usize>(hart), tlb, lines, va, how & 7, kind);
}

function valueAt(place: u32, how: u32): u64 {
  const signs = (how & SLOW_SIGNED) != 0;
  const size = how & 7;
  if (size == 4) return load<u32>(place);
  if (size == 2) return signs ? <u32>(<i32>load<i16>(place)) : <u32>load<u16>(place);
  return signs ? <u32>(<i32>load<i8>(place)) : <u32>load<u8>(place);
}

function putAt(place: u32, size: u32, value: u32): void {
  if (size == 4) store<u32>(place, value);
  else if (size == 2) store<u16>(place, <u16>value);
  else store<u8>(place, <u8>value);
}

/**
 * The instruction at entry `ip` by the exact way; `a`, `b` and `old` are what the registers of its
 * fields hold. Gives its destination's value, and LEAVE_* above it.
 */
export function slowStep(
  pc: u32,
  left: i32,
  classes: u64,
  h: usize,
  ip: usize,
  a: u32,
  b: u32,
  old: u32,
): u64 {
  const hart = changetype<Hart>(h);
  const before = state(hart);
  begin(hart, pc, left, classes);
  // A trap is told of with registers, which are not in the hart yet.
  if ((machine().observeTraps & OBSERVE_TRAPS) != 0) return (<u64>LEAVE_AGAIN << 32) | old;
  const to = rd(ip); // a store to its own line makes the entry forget it
  putRegister(h, to, old);
  putRegister(h, rs1(ip), a);
  putRegister(h, rs2(ip), b);
  const again = step(h, ip);
  const code = again ? settle(hart, before) : afterEvent(hart, ip, pc, left, before);
  if (code == LEAVE_NOT && TIMING && timed()) {
    countClasses(hart, classes, <u64>-1);
    budgetOf(hart).left = <u32>(hart.cycle - hart.sliceEnd) + left - (again ? 0 : 1);
  }
  return ((<u64>code) << 32) | load<u32>(h + to);
}

function putRegister(h: usize, register: u32, value: u32): void {
  if (register != 0 && register <= SINK) store<u32>(h + register, value);
}

/** Behind an instruction that was no event. */
function settle(hart: Hart, before: u64): u32 {
  const waits =
    TIMING && timed() && timingOf(hart).stalled != 0 && hart.cycle + 1 >= hart.sliceEnd;
  if (!waits && state(hart) == before) return LEAVE_NOT;
  hart.pc = hart.nextPc;
  hart.cycle += 1;
  return waits ? LEAVE_SETTLED : LEAVE_GO;
}

/** Behind an event: the region goes on when there is nothing else to do, as atEvent() sees it. */
function afterEvent(hart: Hart, ip: usize, pc: u32, left: i32, before: u64): u32 {
  if (hart.trapCause != NO_TRAP || hart.pc != pc + 4) return LEAVE_TRAPPED;
  if (PARALLEL && jumped(hart, left)) return LEAVE_TRAPPED;
  if (state(hart) != before || !isQuiet(hart)) return LEAVE_TRAPPED;
  const entry = fetchEntryOf(hart.fetchTlb, hart.pc);
  const known = load<u32>(entry) == (hart.pc & 0xfffff000);
  const page = <u32>ip - ((pc & 0xffe) << 2);
  return known && load<u32>(entry, 4) == page ? LEAVE_NOT : LEAVE_TRAPPED;
}

/** Has an instruction moved the clock by more than itself, to agree with other harts' time? */
function jumped(hart: Hart, left: i32): bool {
  return hart.cycle != hart.sliceEnd - <u64>(<i64>left) + 1;
}

/** At an event that was no device's: is there nothing to do but to go on? As atEvent() sees it. */
export function isQuiet(hart: Hart): bool {
  const m = machine();
  if (PARALLEL && isPostponed(hart)) return false;
  if (hart.waiting != 0 || (m.leave | m.touchedAny) != 0) return false;
  return hart.cycle < hart.sliceEnd && interruptToTake(hart) == 0;
}

/** The timing model fetches the line of entry `ip`; gives LEAVE_*. */
export function slowFetch(pc: u32, left: i32, classes: u64, h: usize, ip: usize): u32 {
  const hart = changetype<Hart>(h);
  if (!TIMING) return LEAVE_NOT;
  begin(hart, pc, left, classes);
  fetchLine(hart, ip);
  if (timingOf(hart).stalled != 0 && hart.cycle >= hart.sliceEnd) return LEAVE_SETTLED;
  countClasses(hart, classes, <u64>-1);
  budgetOf(hart).left = <u32>(hart.cycle - hart.sliceEnd) + left;
  return LEAVE_NOT;
}
