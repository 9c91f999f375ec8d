// What a debugger asks for, looked at only by the exact loop (slice.ts): breakpoints, watchpoints,
// one step, a position in time, and which steps are observed. It lies below the machine's state,
// so that a snapshot put back does not change it; where a hart was stopped is in the head.
import {
  appendEvent,
  appendEventOf,
  EVENT_IPI,
  EVENT_MODE,
  EVENT_STEP,
  EVENT_TRAP,
  EVENT_USER,
  EVENT_WAIT,
} from "./event";
import { Hart, MODE_USER } from "./hart";
import { DEBUG, machine } from "./layout";
import { retiredBy } from "./timing/account";

export const EXACT: u32 = 1; // bits of Machine.exact: go by the exact loop, and look at the stops
export const OBSERVE_STEPS: u32 = 2; // go by the exact loop, and tell of each instruction
export const OBSERVE_TRAPS: u32 = 4;
export const OBSERVE_USER: u32 = 32; // tell of each entry to user mode, and of what ends it
export const OBSERVE_ACCESSES: u32 = 16; // go by the exact loop, and tell of the model's accesses
export const LEAVE_AT_MARKS: u32 = 8; // run() leaves after each mark, for the host to look around

export const WHY_BREAKPOINT: u32 = 1;
export const WHY_WATCHPOINT: u32 = 2;
export const WHY_STEP: u32 = 3;
export const WHY_POSITION: u32 = 4;

export const WATCH_READ: u32 = 1;
export const WATCH_WRITE: u32 = 2;

const USER_LEAVES: u32 = 0; // what an EVENT_USER tells of
const USER_ENTERS: u32 = 1;
const USER_STOOD: u32 = 2;

const NOBODY: u32 = 0xffffffff;
const ANYBODY: u32 = 0xfffffffe;
const BREAKPOINTS: usize = DEBUG + 256;
const BREAKPOINTS_MAX: u32 = 64;
const WATCHES: usize = DEBUG + 512;
const WATCHES_MAX: u32 = 16;
const RANGES: usize = DEBUG + 768;
const RANGES_MAX: u32 = 32;

@unmanaged
class Debug {
  filter: u64; // bit (address >> 1) & 63 of each breakpoint
  positionCycle: u64;
  breakpoints: u32;
  watches: u32;
  stepHart: u32; // a hart, ANYBODY or NOBODY
  positionHart: u32; // a hart or NOBODY
  touched: u32; // not 0: the instruction under way touched what is watched
  touchedAddress: u32;
  // Which steps are observed.
  firstHart: u32;
  lastHart: u32;
  modes: u32; // a bit a mode
  ranges: u32; // of pc; none: everywhere
  every: u32; // of the instructions of a hart, each one whose number this divides
  leaveAtMarks: u32;
  marksEndRun: u32; // the same, asked for by another one (stopAtMarks of the host)
}

@inline
function debug(): Debug {
  return changetype<Debug>(DEBUG);
}

/** Nothing stops, and every step is observed. */
export function resetDebug(): void {
  memory.fill(DEBUG, 0, 256);
  const d = debug();
  d.stepHart = NOBODY;
  d.positionHart = NOBODY;
  observeOnly(0, NOBODY, 15, 1);
}

/** EXACT, OBSERVE_* and LEAVE_AT_MARKS bits, from the next run() on. */
export function setExact(bits: u32): void {
  const m = machine();
  m.exact = bits & (EXACT | OBSERVE_STEPS | OBSERVE_ACCESSES);
  m.observeTraps = bits & (OBSERVE_TRAPS | OBSERVE_USER);
  debug().leaveAtMarks = bits & LEAVE_AT_MARKS;
}

/** From now on every mark ends the run(), so that the host sees the machine as it is there. */
export function endRunAtMarks(on: bool): void {
  debug().marksEndRun = <u32>on;
}

/** A mark was made. */
export function noteMark(): void {
  if ((debug().leaveAtMarks | debug().marksEndRun) != 0) machine().leave = 1;
}

/**
 * Of the steps, observes those of these harts and modes (a bit each), and of each hart's
 * instructions only those whose number `every` divides; wherever they are, until observeRange().
 */
export function observeOnly(
  firstHart: u32,
  lastHart: u32,
  modes: u32,
  every: u32,
): void {
  const d = debug();
  d.firstHart = firstHart;
  d.lastHart = lastHart;
  d.modes = modes;
  d.every = every;
  d.ranges = 0;
}

/** Of the steps, observes those with pc from `first` to `last` too; false: there are 32 already. */
export function observeRange(first: u32, last: u32): bool {
  const d = debug();
  if (d.ranges == RANGES_MAX) return false;
  const place = RANGES + (d.ranges << 3);
  store<u32>(place, first);
  store<u32>(place, last, 4);
  d.ranges++;
  return true;
}

function isInRange(d: Debug, pc: u32): bool {
  for (let index: u32 = 0; index < d.ranges; index++) {
    const place = RANGES + (index << 3);
    if (pc >= load<u32>(place) && pc <= load<u32>(place, 4)) return true;
  }
  return d.ranges == 0;
}

export function clearBreakpoints(): void {
  debug().breakpoints = 0;
  debug().filter = 0;
}

/** Stops before the instruction at virtual address `pc`; false when the table is full. */
export function addBreakpoint(pc: u32): bool {
  const d = debug();
  if (d.breakpoints == BREAKPOINTS_MAX) return false;
  store<u32>(BREAKPOINTS + (d.breakpoints << 2), pc);
  d.breakpoints++;
  d.filter |= bitOf(pc);
  return true;
}

export function clearWatchpoints(): void {
  debug().watches = 0;
}

/** Stops after accesses of `kinds` (WATCH_*) to [va, va + bytes); false when the table is full. */
export function addWatchpoint(va: u32, bytes: u32, kinds: u32): bool {
  const d = debug();
  if (d.watches == WATCHES_MAX) return false;
  const place = WATCHES + (d.watches << 4);
  store<u32>(place, va);
  store<u32>(place, bytes, 4);
  store<u32>(place, kinds, 8);
  d.watches++;
  return true;
}

/** Stops after the next instruction or trap of `hart`; -1: of any hart, -2: not. */
export function stopAfter(hart: i32): void {
  debug().stepHart = hart >= 0 ? hart : hart == -1 ? ANYBODY : NOBODY;
}

/** Stops, once, before `hart` goes on at `cycle` of its own clock or later; -1: not. */
export function stopBefore(hart: i32, cycle: f64): void {
  debug().positionHart = hart >= 0 ? hart : NOBODY;
  debug().positionCycle = <u64>cycle;
}

@inline
function bitOf(pc: u32): u64 {
  return (<u64>1) << ((pc >> 1) & 63);
}

/** Must the exact loop look at each instruction? */
export function attends(): bool {
  const bits = machine().exact;
  if ((bits & OBSERVE_STEPS) != 0) return true;
  const d = debug();
  d.touched = 0;
  if ((bits & EXACT) == 0) return false;
  return (d.breakpoints | d.watches) != 0 || (d.stepHart & d.positionHart) != NOBODY;
}

/** Stops the run at a boundary of instructions, at an event or between two. */
function stop(hart: Hart, why: u32, address: u32): bool {
  const m = machine();
  if ((m.exact & EXACT) == 0) return false;
  m.stopWhy = why;
  m.stopHart = hart.id;
  m.stopAddress = address;
  m.stopPc = hart.pc;
  m.stopCycle = hart.cycle;
  m.paused = 1;
  return true;
}

/** Is this hart at the position in time that was asked for? Then stops. */
export function stopsInTime(hart: Hart): bool {
  const d = debug();
  if (d.positionHart != hart.id || hart.cycle < d.positionCycle) return false;
  if (!stop(hart, WHY_POSITION, hart.pc)) return false;
  d.positionHart = NOBODY;
  machine().stopCycle = 0xffffffffffffffff; // a breakpoint here still counts
  return true;
}

/** Is there a breakpoint at pc, other than the one that the hart is stopped at? Then stops. */
export function stopsAtPc(hart: Hart): bool {
  const d = debug();
  if ((d.filter & bitOf(hart.pc)) == 0) return false;
  const m = machine();
  if (m.stopCycle == hart.cycle && m.stopHart == hart.id && m.stopPc == hart.pc) return false;
  for (let index: u32 = 0; index < d.breakpoints; index++) {
    if (load<u32>(BREAKPOINTS + (index << 2)) != hart.pc) continue;
    return stop(hart, WHY_BREAKPOINT, hart.pc);
  }
  return false;
}

/** The hart has done an instruction or taken a trap: does that stop the run? */
export function stopsBehind(hart: Hart): bool {
  const d = debug();
  if (d.touched != 0) {
    d.touched = 0;
    if (stop(hart, WHY_WATCHPOINT, d.touchedAddress)) return true;
  }
  if (d.stepHart == NOBODY || (d.stepHart != ANYBODY && d.stepHart != hart.id)) return false;
  if (!stop(hart, WHY_STEP, hart.pc)) return false;
  d.stepHart = NOBODY;
  return true;
}

/** An access that succeeded; the exact loop asks behind the instruction. */
@inline
export function noteAccess(va: u32, bytes: u32, kind: u32): void {
  if (debug().watches != 0) findWatch(va, bytes, kind);
}

function findWatch(va: u32, bytes: u32, kind: u32): void {
  const d = debug();
  for (let index: u32 = 0; index < d.watches; index++) {
    const place = WATCHES + (index << 4);
    const start: u64 = load<u32>(place);
    if ((load<u32>(place, 8) & kind) == 0 || start >= <u64>va + bytes) continue;
    if (<u64>va >= start + load<u32>(place, 4) || d.touched != 0) continue;
    d.touched = 1;
    d.touchedAddress = va;
  }
}

/** Tells of an instruction that is about to execute, fetched from `began` on, if it is observed. */
export function observeStep(hart: Hart, bits: u32, began: u64): void {
  const d = debug();
  if (((d.modes >> hart.mode) & 1) == 0) return;
  if (hart.id < d.firstHart || hart.id > d.lastHart) return;
  if (d.every > 1 && retiredBy(hart) % d.every != 0) return;
  if (!isInRange(d, hart.pc)) return;
  const kind = EVENT_STEP | (hart.mode << 24);
  if (hart.mode != MODE_USER) appendEventOf(kind, hart, began, hart.pc, bits, 0);
  else store<u32>(appendEventOf(kind, hart, began, hart.pc, bits, 4), hart.satp);
}

/** Tells of a trap that is about to be taken to mode `to`. */
export function observeTrap(hart: Hart, cause: u32, value: u32, to: u32): void {
  if (hart.mode == MODE_USER) observeUser(hart, USER_LEAVES, 0);
  if (!observes(OBSERVE_TRAPS)) return;
  const kind = EVENT_TRAP | (hart.mode << 24) | (to << 28);
  const text = appendEvent(kind, hart, cause, value, 24);
  store<u32>(text, hart.pc);
  store<u32>(text, hart.satp, 4);
  store<u64>(text, registersOf(hart, 10), 8); // a0, a1
  store<u64>(text, registersOf(hart, 16), 16); // a6, a7
}

@inline
function observes(bit: u32): bool {
  return (machine().observeTraps & bit) != 0;
}

/** Tells of an entry to user mode, of its end, or of a time that the hart stood in it. */
function observeUser(hart: Hart, what: u32, stood: u64): void {
  if (!observes(OBSERVE_USER)) return;
  appendEvent(EVENT_USER | (what << 24), hart, <u32>stood, <u32>(stood >> 32), 0);
}

/** Two registers from an even one on. */
@inline
function registersOf(hart: Hart, first: u32): u64 {
  return load<u64>(changetype<usize>(hart) + (first << 2));
}

/** Tells of a hart that has waited for `cycles` and goes on. */
export function observeWait(hart: Hart, cycles: u64): void {
  if (hart.mode == MODE_USER) observeUser(hart, USER_STOOD, cycles);
  if (!observes(OBSERVE_TRAPS)) return;
  const text = appendEvent(EVENT_WAIT | (hart.mode << 24), hart, 0, 0, 8);
  store<u64>(text, cycles);
}

/** Tells of a software interrupt to a hart. */
export function observeIpi(hart: Hart, target: u32): void {
  if (observes(OBSERVE_TRAPS)) appendEvent(EVENT_IPI, hart, target, 0, 0);
}

/** Tells of a return from a trap handler in mode `from`, already done but for the pc. */
export function observeReturn(hart: Hart, from: u32): void {
  if (hart.mode == MODE_USER) observeUser(hart, USER_ENTERS, 0);
  if (!observes(OBSERVE_TRAPS)) return;
  const kind = EVENT_MODE | (from << 24) | (hart.mode << 28);
  appendEvent(kind, hart, hart.nextPc, hart.satp, 0);
}
