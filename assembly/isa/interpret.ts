// The backend that computes. `Interpret<Quick>` is what the interpreter's loop inlines: it answers
// from the TLBs, and says no (false, 0) without having done anything when the exact way is needed.
// `Interpret<Exact>` does all of an instruction through the slow paths: traps, devices, CSRs.
// A pointer to this class is a pointer to the hart.
import { CSR_CLEAR, CSR_SET, csrAllowed, NO_CSR, readCsr, readForUpdate, writeCsr } from "../csr";
import { noteAccess, WATCH_READ, WATCH_WRITE } from "../debug";
import { Hart, HART_TIMING, MODE_MACHINE, MODE_SUPERVISOR, MODE_USER } from "../hart";
import {
  DECODED_STRIDE,
  ENTRY_BYTES,
  frameHost,
  JOINED,
  machine,
  PARALLEL,
  TIMING,
} from "../layout";
import * as together from "../parallel/atomic";
import { LOAD, loadVirtual, placeOfWord, STORE, storeVirtual } from "../mmu";
import { charge, count, spend } from "../timing/account";
import { ACCESS_LOAD, ACCESS_STORE } from "../timing/coherence";
import {
  COUNTER_CSRS,
  COUNTER_CYCLES_CSR,
  COUNTER_CYCLES_FENCE,
  COUNTER_CYCLES_TRAP,
  COUNTER_FENCES,
  COUNTER_SC_FAILURES,
  COUNTER_SFENCES,
  COUNTER_TRAP_RETURNS,
} from "../timing/counters";
import {
  parameter,
  PARAMETER_CSR,
  PARAMETER_FENCE,
  PARAMETER_SFENCE,
  PARAMETER_TRAP_RETURN,
} from "../timing/parameters";
import { HartTiming, lineAt, timed } from "../timing/state";
import { hitsData, touchKnown, touchPlace } from "../timing/touch";
import { forgetTranslation, forgetTranslations } from "../timing/translation";
import { fetchEntryOf, flushAddress, flushContexts } from "../tlb";
import { opBehind } from "../translate/regions";
import {
  CAUSE_BREAKPOINT,
  CAUSE_ECALL_USER,
  CAUSE_ILLEGAL,
  pendingInterrupts,
  returnFromMachine,
  returnFromSupervisor,
  STATUS_TSR,
  STATUS_TVM,
  STATUS_TW,
} from "../trap";
import { NO_TRAP } from "../hart";
import { imm, op, rd, rs2 } from "./entry";
import { Op } from "./op";

// Marker types: the compiler decides `isFloat<P>()` and `sizeof<P>()`. Timed is Quick with the
// filter of the timing model in the place of the software TLB.
export type Quick = i32;
export type Exact = f32;
export type Timed = i64;

const PC_DELTA: usize = offsetof<Hart>("pcDelta");
const LOAD_TLB: usize = offsetof<Hart>("loadTlb");
const STORE_TLB: usize = offsetof<Hart>("storeTlb");
const FETCH_TLB: usize = offsetof<Hart>("fetchTlb");
const LOAD_LINES: usize = HART_TIMING + offsetof<HartTiming>("loadLines");
const STORE_LINES: usize = HART_TIMING + offsetof<HartTiming>("storeLines");
const LOADS: usize = offsetof<HartTiming>("loads");
const LOAD_COST: usize = offsetof<HartTiming>("loadCost");
const STORES: usize = offsetof<HartTiming>("stores");
const STORE_COST: usize = offsetof<HartTiming>("storeCost");
const BRANCHES: usize = offsetof<HartTiming>("takenBranches");
const BRANCH_COST: usize = offsetof<HartTiming>("branchCost");
const MULTIPLIES: usize = offsetof<HartTiming>("multiplies");
const MULTIPLY_COST: usize = offsetof<HartTiming>("multiplyCost");
const DIVIDES: usize = offsetof<HartTiming>("divides");
const DIVIDE_COST: usize = offsetof<HartTiming>("divideCost");
const ATOMICS: usize = offsetof<HartTiming>("atomics");
const ATOMIC_COST: usize = offsetof<HartTiming>("atomicCost");
const FENCES: usize = offsetof<HartTiming>("fences");
const FENCE_COST: usize = offsetof<HartTiming>("fenceCost");

/** The instruction behind a decoded entry, from memory; 16 bits of it where it is compressed. */
export function instructionOf(entry: usize): u32 {
  const m = machine();
  if (PARALLEL ? entry < m.decoded : entry == JOINED) return load<u32>(entry, ENTRY_BYTES);
  const slot = (<u32>entry - m.decoded) / DECODED_STRIDE;
  const frame = load<u32>(m.frameOfSlot + (slot << 2));
  const index = (<u32>entry - m.decoded - slot * DECODED_STRIDE) >> 3;
  const place = frameHost(frame) + (index << 1);
  return (load<u16>(place) & 3) == 3 ? load<u32>(place) : load<u16>(place);
}

function illegal(hart: Hart, entry: usize): void {
  hart.trapCause = CAUSE_ILLEGAL;
  hart.trapValue = instructionOf(entry);
}

/** Cycles of a system instruction beyond its first. */
function take(hart: Hart, cause: u32, cost: u32, counter: u32): void {
  if (!timed()) return;
  charge(hart, cause, parameter(cost) - 1);
  count(hart, counter);
}

function csrExact(
  hart: Hart,
  i: usize,
  rd: u32,
  number: u32,
  how: u32,
  operand: u32,
  writes: bool,
): void {
  hart.event = 1;
  const old = csrAllowed(hart, number, writes) ? readCsr(hart, number) : NO_CSR;
  if (old == NO_CSR) {
    illegal(hart, i);
    return;
  }
  if (writes) {
    let value = operand;
    if (how == CSR_SET) value = readForUpdate(hart, number) | operand;
    else if (how == CSR_CLEAR) value = readForUpdate(hart, number) & ~operand;
    writeCsr(hart, number, value);
  }
  store<u32>(changetype<usize>(hart) + rd, <u32>old);
  if (TIMING) take(hart, COUNTER_CYCLES_CSR, PARAMETER_CSR, COUNTER_CSRS);
}

@unmanaged
export class Interpret<P> {
  @inline
  private get hart(): Hart {
    return changetype<Hart>(changetype<usize>(this));
  }

  // Values.
  @inline reg(register: u32): u32 {
    return load<u32>(changetype<usize>(this) + register);
  }
  @inline set(register: u32, value: u32): void {
    store<u32>(changetype<usize>(this) + register, value);
  }
  @inline constant(value: u32): u32 { return value; }
  @inline pc(i: usize): u32 {
    if (isFloat<P>()) return this.hart.pc;
    return load<u32>(changetype<usize>(this), PC_DELTA) + (<u32>i >> 2);
  }
  @inline add(a: u32, b: u32): u32 { return a + b; }
  @inline subtract(a: u32, b: u32): u32 { return a - b; }
  @inline and(a: u32, b: u32): u32 { return a & b; }
  @inline or(a: u32, b: u32): u32 { return a | b; }
  @inline xor(a: u32, b: u32): u32 { return a ^ b; }
  @inline shiftLeft(a: u32, b: u32): u32 { return a << b; }
  @inline shiftRight(a: u32, b: u32): u32 { return a >> b; }
  @inline shiftRightSigned(a: u32, b: u32): u32 { return <i32>a >> <i32>b; }
  @inline equal(a: u32, b: u32): u32 { return <u32>(a == b); }
  @inline unequal(a: u32, b: u32): u32 { return <u32>(a != b); }
  @inline less(a: u32, b: u32): u32 { return <u32>(<i32>a < <i32>b); }
  @inline notLess(a: u32, b: u32): u32 { return <u32>(<i32>a >= <i32>b); }
  @inline below(a: u32, b: u32): u32 { return <u32>(a < b); }
  @inline notBelow(a: u32, b: u32): u32 { return <u32>(a >= b); }
  @inline private multiplies(): void {
    if (TIMING && isFloat<P>()) spend(this.hart, MULTIPLIES, MULTIPLY_COST);
  }
  @inline private divides(): void {
    if (TIMING && isFloat<P>()) spend(this.hart, DIVIDES, DIVIDE_COST);
  }
  @inline multiply(a: u32, b: u32): u32 {
    this.multiplies();
    return a * b;
  }
  @inline multiplyHigh(a: u32, b: u32): u32 {
    this.multiplies();
    return <u32>((<i64>(<i32>a) * <i64>(<i32>b)) >> 32);
  }
  @inline multiplyHighMixed(a: u32, b: u32): u32 {
    this.multiplies();
    return <u32>((<i64>(<i32>a) * <i64>b) >> 32);
  }
  @inline multiplyHighUnsigned(a: u32, b: u32): u32 {
    this.multiplies();
    return <u32>((<u64>a * <u64>b) >> 32);
  }
  @inline divide(a: u32, b: u32): u32 {
    this.divides();
    if (b == 0) return 0xffffffff;
    return b == 0xffffffff ? 0 - a : <u32>(<i32>a / <i32>b);
  }
  @inline divideUnsigned(a: u32, b: u32): u32 {
    this.divides();
    return b == 0 ? 0xffffffff : a / b;
  }
  @inline remainder(a: u32, b: u32): u32 {
    this.divides();
    if (b == 0) return a;
    return b == 0xffffffff ? 0 : <u32>(<i32>a % <i32>b);
  }
  @inline remainderUnsigned(a: u32, b: u32): u32 {
    this.divides();
    return b == 0 ? a : a % b;
  }

  // Memory.
  @inline load<T>(register: u32, va: u32): bool {
    if (sizeof<P>() == 8) return this.loadTimed<T>(register, va);
    const entry = load<u32>(changetype<usize>(this), LOAD_TLB) + ((va >>> 9) & 0x7f8);
    if (load<u32>(entry) != (va & (0xfffff000 | (<u32>sizeof<T>() - 1)))) {
      if (!isFloat<P>()) return false;
      const value = loadVirtual(this.hart, va, sizeof<T>());
      if (this.hart.trapCause != NO_TRAP) return false;
      this.set(register, <u32>(<T>value));
    } else {
      if (TIMING && isFloat<P>()) this.touch(va, load<u32>(entry, 4), ACCESS_LOAD);
      this.set(register, <u32>load<T>(va + load<u32>(entry, 4)));
    }
    if (TIMING && isFloat<P>()) spend(this.hart, LOADS, LOAD_COST);
    if (isFloat<P>()) noteAccess(va, sizeof<T>(), WATCH_READ);
    return true;
  }
  @inline private loadTimed<T>(register: u32, va: u32): bool {
    const h = changetype<usize>(this);
    const entry = load<u32>(h, LOAD_LINES) + ((va >>> 3) & 0x1f8);
    if (load<u32>(entry) != (va & (0xffffffc0 | (<u32>sizeof<T>() - 1)))) {
      const tlb = load<u32>(h, LOAD_TLB);
      const lines = load<u32>(h, LOAD_LINES);
      if (!hitsData(h, tlb, lines, va, sizeof<T>(), ACCESS_LOAD)) return false;
    }
    this.set(register, <u32>load<T>(va + load<u32>(entry, 4)));
    return true;
  }
  /** An access by the exact way that the software TLB answers. */
  private touch(va: u32, addend: u32, kind: u32): void {
    const h = changetype<usize>(this);
    const toStore = kind == ACCESS_STORE;
    const lines = toStore ? load<u32>(h, STORE_LINES) : load<u32>(h, LOAD_LINES);
    touchKnown(this.hart, va, addend, kind, lines);
  }
  @inline store<T>(va: u32, value: u32): bool {
    if (sizeof<P>() == 8) return this.storeTimed<T>(va, value);
    const entry = load<u32>(changetype<usize>(this), STORE_TLB) + ((va >>> 9) & 0x7f8);
    if (load<u32>(entry) != (va & (0xfffff000 | (<u32>sizeof<T>() - 1)))) {
      if (!isFloat<P>()) return false;
      storeVirtual(this.hart, va, sizeof<T>(), value);
      if (this.hart.trapCause != NO_TRAP) return false;
    } else {
      if (TIMING && isFloat<P>()) this.touch(va, load<u32>(entry, 4), ACCESS_STORE);
      store<T>(va + load<u32>(entry, 4), <T>value);
    }
    if (TIMING && isFloat<P>()) spend(this.hart, STORES, STORE_COST);
    if (isFloat<P>()) noteAccess(va, sizeof<T>(), WATCH_WRITE);
    return true;
  }
  @inline private storeTimed<T>(va: u32, value: u32): bool {
    const place = this.placeTimed(va, sizeof<T>());
    if (!place) return false;
    store<T>(place, <T>value);
    return true;
  }
  @inline private placeTimed(va: u32, size: u32): u32 {
    const h = changetype<usize>(this);
    const entry = load<u32>(h, STORE_LINES) + ((va >>> 3) & 0x1f8);
    if (load<u32>(entry) != (va & (0xffffffc0 | (size - 1)))) {
      const tlb = load<u32>(h, STORE_TLB);
      if (!hitsData(h, tlb, load<u32>(h, STORE_LINES), va, size, ACCESS_STORE)) return 0;
    }
    return va + load<u32>(entry, 4);
  }
  @inline place(va: u32): u32 {
    if (sizeof<P>() == 8) return this.placeTimed(va, 4);
    const entry = load<u32>(changetype<usize>(this), STORE_TLB) + ((va >>> 9) & 0x7f8);
    let place = va + load<u32>(entry, 4);
    if (load<u32>(entry) != (va & 0xfffff003)) {
      if (!isFloat<P>()) return 0;
      place = <u32>placeOfWord(this.hart, va, STORE);
      if (!place) return 0;
    }
    if (TIMING && isFloat<P>()) {
      touchPlace(this.hart, place, ACCESS_STORE);
      spend(this.hart, ATOMICS, ATOMIC_COST);
    }
    if (isFloat<P>()) noteAccess(va, 4, WATCH_READ | WATCH_WRITE);
    return place;
  }
  // Each changes the word at `place` and gives its old value.
  @inline swapAt(place: u32, value: u32): u32 {
    if (PARALLEL) return together.swapAt(place, value);
    const old = load<u32>(place);
    store<u32>(place, value);
    return old;
  }
  @inline addAt(place: u32, value: u32): u32 {
    if (PARALLEL) return together.addAt(place, value);
    const old = load<u32>(place);
    store<u32>(place, old + value);
    return old;
  }
  @inline xorAt(place: u32, value: u32): u32 {
    if (PARALLEL) return together.xorAt(place, value);
    const old = load<u32>(place);
    store<u32>(place, old ^ value);
    return old;
  }
  @inline andAt(place: u32, value: u32): u32 {
    if (PARALLEL) return together.andAt(place, value);
    const old = load<u32>(place);
    store<u32>(place, old & value);
    return old;
  }
  @inline orAt(place: u32, value: u32): u32 {
    if (PARALLEL) return together.orAt(place, value);
    const old = load<u32>(place);
    store<u32>(place, old | value);
    return old;
  }
  @inline minAt(place: u32, value: u32): u32 {
    if (PARALLEL) return together.chooseAt(together.LEAST, place, value);
    const old = load<u32>(place);
    store<u32>(place, <i32>old < <i32>value ? old : value);
    return old;
  }
  @inline maxAt(place: u32, value: u32): u32 {
    if (PARALLEL) return together.chooseAt(together.MOST, place, value);
    const old = load<u32>(place);
    store<u32>(place, <i32>old > <i32>value ? old : value);
    return old;
  }
  @inline minuAt(place: u32, value: u32): u32 {
    if (PARALLEL) return together.chooseAt(together.LEAST_UNSIGNED, place, value);
    const old = load<u32>(place);
    store<u32>(place, old < value ? old : value);
    return old;
  }
  @inline maxuAt(place: u32, value: u32): u32 {
    if (PARALLEL) return together.chooseAt(together.MOST_UNSIGNED, place, value);
    const old = load<u32>(place);
    store<u32>(place, old > value ? old : value);
    return old;
  }
  /** The reserved line lasts until another hart runs, a trap, or the SC (8.2 allows each). */
  loadReserved(register: u32, va: u32): bool {
    const place = placeOfWord(this.hart, va, LOAD);
    if (!place) return false;
    if (TIMING) {
      touchPlace(this.hart, place, ACCESS_LOAD);
      spend(this.hart, ATOMICS, ATOMIC_COST);
    }
    noteAccess(va, 4, WATCH_READ);
    this.hart.reservation = 1 + lineAt(place);
    this.set(register, PARALLEL ? together.loadReserved(this.hart, <u32>place) : load<u32>(place));
    return true;
  }
  storeConditional(register: u32, va: u32, value: u32): bool {
    const place = placeOfWord(this.hart, va, STORE);
    if (!place) return false;
    let kept = this.hart.reservation == 1 + lineAt(place);
    if (PARALLEL && kept) kept = together.storeConditional(this.hart, <u32>place, value);
    if (TIMING) {
      if (kept) touchPlace(this.hart, place, ACCESS_STORE);
      else if (timed()) count(this.hart, COUNTER_SC_FAILURES);
      spend(this.hart, ATOMICS, ATOMIC_COST);
    }
    this.hart.reservation = 0;
    if (kept) {
      if (!PARALLEL) store<u32>(place, value);
      noteAccess(va, 4, WATCH_WRITE);
    }
    this.set(register, kept ? 0 : 1);
    return true;
  }
  @inline fence(): void {
    if (PARALLEL) together.fence(this.hart);
    if (TIMING && isFloat<P>()) spend(this.hart, FENCES, FENCE_COST);
  }
  @inline fenceInstructions(): void {
    if (PARALLEL) together.fence(this.hart);
    this.hart.event = 1;
    if (TIMING) take(this.hart, COUNTER_CYCLES_FENCE, PARAMETER_FENCE, COUNTER_FENCES);
  }

  // Control.
  @inline branch(i: usize, taken: u32): bool {
    if (isFloat<P>()) {
      if (taken) {
        if (TIMING) spend(this.hart, BRANCHES, BRANCH_COST);
        // Within the page the entry holds four times the distance; forward there is no event.
        const what = op(i) == Op.REGION ? opBehind(i) : op(i);
        const near = what >= Op.FIRST_NEAR;
        const distance = near ? <i32>imm(i) >> 2 : <i32>imm(i);
        if (near && distance > 0) this.hart.nextPc = this.hart.pc + distance;
        else this.goto(this.hart.pc + distance);
      }
    }
    return taken != 0;
  }
  @inline jump(i: usize, register: u32, target: u32): usize {
    if (isFloat<P>()) {
      if (TIMING) spend(this.hart, BRANCHES, BRANCH_COST);
      this.goto(target);
      this.set(register, this.hart.pc + rs2(i));
      return 0;
    }
    const entry = fetchEntryOf(load<u32>(changetype<usize>(this), FETCH_TLB), target);
    if (load<u32>(entry) != (target & 0xfffff001)) return 0;
    const page = load<u32>(entry, 4);
    this.set(register, this.pc(i) + rs2(i));
    store<u32>(changetype<usize>(this), (target & 0xfffff000) - (page >> 2), PC_DELTA);
    return page + ((target & 0xffe) << 2);
  }
  // The rs2 byte of a jump is the instruction's length.
  /** JAL within its page: the entry's immediate is the distance in entries' bytes. */
  @inline jumpNear(i: usize): usize {
    if (isFloat<P>()) return this.jump(i, rd(i), this.hart.pc + <u32>(<i32>imm(i) >> 2));
    this.set(rd(i), this.pc(i) + rs2(i));
    return i + imm(i);
  }
  private goto(target: u32): void {
    this.hart.nextPc = target;
    this.hart.event = 1;
  }

  // The system.
  environmentCall(): void {
    this.hart.trapCause = CAUSE_ECALL_USER + this.hart.mode;
    this.hart.trapValue = 0;
  }
  breakpoint(i: usize): void {
    this.hart.trapCause = CAUSE_BREAKPOINT;
    this.hart.trapValue = this.hart.pc;
  }
  csr(i: usize, register: u32, number: u32, how: u32, operand: u32, writes: bool): void {
    csrExact(this.hart, i, register, number, how, operand, writes);
  }
  machineReturn(i: usize): void {
    this.hart.event = 1;
    if (this.hart.mode != MODE_MACHINE) illegal(this.hart, i);
    else {
      if (TIMING) take(this.hart, COUNTER_CYCLES_TRAP, PARAMETER_TRAP_RETURN, COUNTER_TRAP_RETURNS);
      returnFromMachine(this.hart);
    }
  }
  supervisorReturn(i: usize): void {
    const hart = this.hart;
    hart.event = 1;
    const trapped = hart.mode == MODE_SUPERVISOR && (hart.status & STATUS_TSR) != 0;
    if (hart.mode == MODE_USER || trapped) illegal(hart, i);
    else {
      if (TIMING) take(hart, COUNTER_CYCLES_TRAP, PARAMETER_TRAP_RETURN, COUNTER_TRAP_RETURNS);
      returnFromSupervisor(hart);
    }
  }
  waitForInterrupt(i: usize): void {
    const hart = this.hart;
    hart.event = 1;
    const trapped = hart.mode == MODE_SUPERVISOR && (hart.status & STATUS_TW) != 0;
    if (hart.mode == MODE_USER || trapped) illegal(hart, i);
    else if ((pendingInterrupts(hart) & hart.enabled) == 0) hart.waiting = 1;
  }
  fenceTranslation(i: usize, va: u32, everything: bool): void {
    const hart = this.hart;
    hart.event = 1;
    const trapped = hart.mode == MODE_SUPERVISOR && (hart.status & STATUS_TVM) != 0;
    if (hart.mode == MODE_USER || trapped) {
      illegal(hart, i);
      return;
    }
    if (everything) flushContexts(hart, 14);
    else flushAddress(hart, va);
    if (TIMING) {
      if (everything) forgetTranslations(hart);
      else forgetTranslation(hart, va);
      take(hart, COUNTER_CYCLES_FENCE, PARAMETER_SFENCE, COUNTER_SFENCES);
    }
  }
}
