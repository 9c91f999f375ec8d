// The backend that writes WebAssembly. A meaning runs once, when its instruction is translated: its
// values are nodes (numbers, guest registers, operations on nodes), and what uses one up writes the
// code that computes it. Guest registers are locals of the function. Numbers that are known when
// the code is written, such as what LUI or AUIPC give, are folded into what uses them. A pointer to
// this class is a pointer to the state of the function being written.
//
// An access to memory is that of Interpret<Quick>: the software TLB is asked inline; with the model
// of timing at work that of Interpret<Timed>: the model's filter is. When it says no, a load or
// store calls the core, and an atomic leaves the region for the exact way. What a class of
// instructions costs is known when the code is written; a block takes it from the budget at once.
import { CSR_CLEAR, CSR_SET, CSR_WRITE, quietBits, statusView, wordOf, writableBits } from "../csr";
import { Hart, HART_BUDGET, hartAt, HartBudget, HART_TIMING } from "../hart";
import { HartTiming, timingOf } from "../timing/state";
import {
  access,
  byte,
  byte2,
  constant,
  constant64,
  I32,
  signed,
  unsigned,
  VOID,
  Wasm,
} from "../translate/bytes";
import { TRANSLATOR, translator } from "../translate/state";
import { imm, rd, rs1, rs2, SINK } from "./entry";

// Parameters and locals of a region's function. Guest register x is local GUEST + x.
export const HART: u32 = 0; // the hart's block
export const STATE: u32 = 1; // the entrance to go to next
export const LEFT: u32 = 2; // cycles until the slice ends
export const PC: u32 = 3; // where the region is left
export const CODE: u32 = 4; // and how: LEAVE_*
const ADDRESS: u32 = 5;
const ENTRY: u32 = 6;
export const TARGET: u32 = 7; // of JALR
const OTHER: u32 = 8;
export const LOADS: u32 = 9; // the load TLB
export const STORES: u32 = 10;
const GUEST: u32 = 10;
export const LOCALS: u32 = 42; // i32 ones, then the i64 one
const WIDE: u32 = 42;

// How a region is left. What the core has settled has pc and clock in the hart.
export const LEAVE_NOT: u32 = 0;
export const LEAVE_SETTLED: u32 = 1; // at an event, settled
export const LEAVE_TRAPPED: u32 = 2; // the same, and no device was touched
export const LEAVE_TRAP: u32 = 3; // there is a trap to take, once registers are in the hart
export const LEAVE_AGAIN: u32 = 4; // at no event, settled; what is next needs the exact way
export const LEAVE_GO: u32 = 5; // at no event, settled
export const LEAVE_EVENT: u32 = 6; // at an event
export const LEAVE_ON: u32 = 7; // at no event
export const LEAVE_STEP: u32 = 8; // at no event; what is next needs the exact way

// The core's functions that a region calls: places in the table that its module imports.
export const CALL_LOAD: u32 = 0;
export const CALL_STORE: u32 = 1;
export const CALL_FETCH: u32 = 2;
export const CALL_STEP: u32 = 3;
export const CALLED: u32 = 4;

/** Calls one of them; its type stands behind that of a region (module.ts). */
export function callCore(which: u32): void {
  constant(which);
  byte2(Wasm.CALL_INDIRECT, 1 + which);
  byte(0);
}

const ALL: u32 = 0xffffffff;

// Classes of instructions, in the order of HartTiming.
const CLASS_LOAD: u32 = 0;
const CLASS_STORE: u32 = 1;
const CLASS_BRANCH: u32 = 2;
const CLASS_MULTIPLY: u32 = 3;
const CLASS_DIVIDE: u32 = 4;
const CLASS_ATOMIC: u32 = 5;
const CLASS_FENCE: u32 = 6;
const CLASSES: u32 = 7;
/** Where the first class's count and cost stand in a hart's timing state. */
const CLASS_COUNTS: u32 = offsetof<HartTiming>("loads");
const CLASS_COSTS: u32 = offsetof<HartTiming>("loadCost");

// What the slow way is told of an access: its size, and these.
export const SLOW_SIGNED: u32 = 8;
export const SLOW_LENGTH: u32 = 4; // a shift: bytes of the instruction

const MODE: u32 = offsetof<Hart>("mode");
const STATUS: u32 = offsetof<Hart>("status");
const PENDING: u32 = offsetof<Hart>("pending");
const PENDING_SOFT: u32 = offsetof<Hart>("pendingSoft");
const ENABLED: u32 = offsetof<Hart>("enabled");
const LOAD_TLB: u32 = offsetof<Hart>("loadTlb");
const STORE_TLB: u32 = offsetof<Hart>("storeTlb");
const LOAD_LINES: u32 = HART_TIMING + offsetof<HartTiming>("loadLines");
const STORE_LINES: u32 = HART_TIMING + offsetof<HartTiming>("storeLines");

/** Where a call of the core puts the time it took, and a region what is left. */
export const BUDGET_LEFT: u32 = HART_BUDGET + offsetof<HartBudget>("left");

export const EMIT: usize = TRANSLATOR + 576;
const VALUES: usize = TRANSLATOR + 656; // u32 a register: what it holds, where known

// Kinds of nodes: {kind, a, b, opcode}.
const NUMBER: u32 = 0;
const REGISTER: u32 = 1;
const LOCAL: u32 = 2;
const BINARY: u32 = 3;
const HIGH: u32 = 4; // the high half of a product; opcode: how a is extended, and b << 8
const DIVIDE: u32 = 5;
const CHOOSE: u32 = 6; // a where the compare says so, else b

@unmanaged
export class Emit {
  // Of the instruction under way.
  pcNow: u32;
  length: u32;
  before: u32; // instructions of the block that stand before it
  // Of the function.
  used: u32; // a bit a register: it must be loaded
  written: u32;
  known: u32; // a bit a register: its value here is in VALUES
  depth: u32; // labels between here and the exit's
  slowDepth: u32; // the same where the block's own way out is the innermost label
  nodesUsed: u32;
  condition: u32; // of a branch: a node
  target: u32; // of a jump: a node
  timed: u32; // the timing model is at work
  spent: u32; // cycles beyond the first of the block's instructions before this one
  private spare: u32;
  classes: u64; // how many they are of each class, a byte each

  /** Prepares for the next instruction. */
  begin(pc: u32, length: u32, before: u32): void {
    this.pcNow = pc;
    this.length = length;
    this.before = before;
    this.nodesUsed = 0;
  }

  // Nodes.
  private node(kind: u32, a: u32, b: u32, opcode: u32): u32 {
    const place = translator().nodes + (this.nodesUsed << 4);
    this.nodesUsed++;
    store<u32>(place, kind);
    store<u32>(place, a, 4);
    store<u32>(place, b, 8);
    store<u32>(place, opcode, 12);
    return place;
  }
  private binary(opcode: u32, a: u32, b: u32): u32 {
    if (load<u32>(a) == NUMBER && load<u32>(b) == NUMBER) {
      const x = load<u32>(a, 4);
      const y = load<u32>(b, 4);
      if (opcode == Wasm.ADD) return this.constant(x + y);
      if (opcode == Wasm.AND) return this.constant(x & y);
      if (opcode == Wasm.OR) return this.constant(x | y);
      if (opcode == Wasm.SHL) return this.constant(x << y);
    }
    if (load<u32>(b) == NUMBER && load<u32>(b, 4) == 0) {
      if (opcode == Wasm.ADD || opcode == Wasm.SUB || opcode == Wasm.OR) return a;
    }
    if (load<u32>(a) == NUMBER && load<u32>(a, 4) == 0 && opcode == Wasm.ADD) return b;
    return this.node(BINARY, a, b, opcode);
  }

  /** One more instruction of a class. */
  private spend(which: u32): void {
    if (this.timed == 0) return;
    this.spent += costOf(which);
    this.classes += (<u64>1) << (which << 3);
  }

  /** Is the node a number? Then `numberOf` gives it. */
  isNumber(node: u32): bool {
    return load<u32>(node) == NUMBER;
  }
  numberOf(node: u32): u32 {
    return load<u32>(node, 4);
  }

  // Values.
  reg(register: u32): u32 {
    const x = register >> 2;
    if (x == 0) return this.constant(0);
    if (((this.known >> x) & 1) != 0) return this.constant(load<u32>(VALUES + register));
    this.used |= 1 << x;
    return this.node(REGISTER, x, 0, 0);
  }
  set(register: u32, value: u32): void {
    if (register == SINK) return; // values have no effects
    const x = register >> 2;
    this.known &= ~(1 << x);
    if (load<u32>(value) == NUMBER) {
      this.known |= 1 << x;
      store<u32>(VALUES + register, load<u32>(value, 4));
    }
    this.write(value);
    this.setLocal(register);
  }
  /** What is on the stack becomes the register's value. */
  private setLocal(register: u32): void {
    if (register == SINK) {
      byte2(Wasm.SET, OTHER);
      return;
    }
    const x = register >> 2;
    this.written |= 1 << x;
    byte2(Wasm.SET, GUEST + x);
  }
  constant(value: u32): u32 { return this.node(NUMBER, value, 0, 0); }
  pc(i: usize): u32 { return this.constant(this.pcNow); }
  add(a: u32, b: u32): u32 { return this.binary(Wasm.ADD, a, b); }
  subtract(a: u32, b: u32): u32 { return this.binary(Wasm.SUB, a, b); }
  and(a: u32, b: u32): u32 { return this.binary(Wasm.AND, a, b); }
  or(a: u32, b: u32): u32 { return this.binary(Wasm.OR, a, b); }
  xor(a: u32, b: u32): u32 { return this.binary(Wasm.XOR, a, b); }
  shiftLeft(a: u32, b: u32): u32 { return this.binary(Wasm.SHL, a, b); }
  shiftRight(a: u32, b: u32): u32 { return this.binary(Wasm.SHR_U, a, b); }
  shiftRightSigned(a: u32, b: u32): u32 { return this.binary(Wasm.SHR_S, a, b); }
  equal(a: u32, b: u32): u32 { return this.binary(Wasm.EQ, a, b); }
  unequal(a: u32, b: u32): u32 { return this.binary(Wasm.NE, a, b); }
  less(a: u32, b: u32): u32 { return this.binary(Wasm.LT_S, a, b); }
  notLess(a: u32, b: u32): u32 { return this.binary(Wasm.GE_S, a, b); }
  below(a: u32, b: u32): u32 { return this.binary(Wasm.LT_U, a, b); }
  notBelow(a: u32, b: u32): u32 { return this.binary(Wasm.GE_U, a, b); }
  private multiplied(kind: u32, a: u32, b: u32, opcode: u32): u32 {
    this.spend(CLASS_MULTIPLY);
    return this.node(kind, a, b, opcode);
  }
  multiply(a: u32, b: u32): u32 { return this.multiplied(BINARY, a, b, Wasm.MUL); }
  multiplyHigh(a: u32, b: u32): u32 {
    return this.multiplied(HIGH, a, b, Wasm.EXTEND_S | (Wasm.EXTEND_S << 8));
  }
  multiplyHighMixed(a: u32, b: u32): u32 {
    return this.multiplied(HIGH, a, b, Wasm.EXTEND_S | (Wasm.EXTEND_U << 8));
  }
  multiplyHighUnsigned(a: u32, b: u32): u32 {
    return this.multiplied(HIGH, a, b, Wasm.EXTEND_U | (Wasm.EXTEND_U << 8));
  }
  private divided(a: u32, b: u32, opcode: u32): u32 {
    this.spend(CLASS_DIVIDE);
    return this.node(DIVIDE, a, b, opcode);
  }
  divide(a: u32, b: u32): u32 { return this.divided(a, b, Wasm.DIV_S); }
  divideUnsigned(a: u32, b: u32): u32 { return this.divided(a, b, Wasm.DIV_U); }
  remainder(a: u32, b: u32): u32 { return this.divided(a, b, Wasm.REM_S); }
  remainderUnsigned(a: u32, b: u32): u32 { return this.divided(a, b, Wasm.REM_U); }

  /** Writes the code that leaves the node's value on the stack. */
  write(node: u32): void {
    const kind = load<u32>(node);
    const a = load<u32>(node, 4);
    const b = load<u32>(node, 8);
    const opcode = load<u32>(node, 12);
    if (kind == NUMBER) constant(a);
    else if (kind == REGISTER) byte2(Wasm.GET, GUEST + a);
    else if (kind == LOCAL) byte2(Wasm.GET, a);
    else if (kind == DIVIDE) this.writeDivide(a, b, opcode);
    else {
      this.write(a);
      if (kind == HIGH) byte(opcode & 255);
      this.write(b);
      if (kind == HIGH) this.writeHigh(opcode >> 8);
      else if (kind == CHOOSE) this.writeChoice(a, b, opcode);
      else byte(opcode);
    }
  }
  private writeHigh(extend: u32): void {
    byte(extend);
    byte2(Wasm.MUL64, Wasm.CONST64);
    signed(32);
    byte2(Wasm.SHR_U64, Wasm.WRAP);
  }
  private writeChoice(a: u32, b: u32, compare: u32): void {
    this.write(a);
    this.write(b);
    byte2(compare, Wasm.SELECT);
  }
  /** Table 7.1: by zero, and (signed) by -1, where WebAssembly would trap. */
  private writeDivide(a: u32, b: u32, opcode: u32): void {
    const remainder = opcode == Wasm.REM_S || opcode == Wasm.REM_U;
    this.write(a);
    byte2(Wasm.SET, TARGET);
    this.write(b);
    byte2(Wasm.TEE, OTHER);
    byte2(Wasm.EQZ, Wasm.IF);
    byte(I32);
    if (remainder) byte2(Wasm.GET, TARGET);
    else constant(0xffffffff);
    byte(Wasm.ELSE);
    const isSigned = opcode == Wasm.DIV_S || opcode == Wasm.REM_S;
    if (isSigned) {
      byte2(Wasm.GET, OTHER);
      constant(0xffffffff);
      byte2(Wasm.EQ, Wasm.IF);
      byte(I32);
      constant(0);
      if (!remainder) {
        byte2(Wasm.GET, TARGET);
        byte(Wasm.SUB);
      }
      byte(Wasm.ELSE);
    }
    byte2(Wasm.GET, TARGET);
    byte2(Wasm.GET, OTHER);
    byte(opcode);
    if (isSigned) byte(Wasm.END);
    byte(Wasm.END);
  }

  // Memory.
  /** Asks TLB or filter about the address on the stack, and opens what is done if it fails. */
  private ask(tlb: u32, size: u32): void {
    byte2(Wasm.TEE, ADDRESS);
    constant(this.timed != 0 ? 3 : 9);
    byte(Wasm.SHR_U);
    constant(this.timed != 0 ? 0x1f8 : 0x7f8);
    byte(Wasm.AND);
    byte2(Wasm.GET, tlb);
    byte(Wasm.ADD);
    byte2(Wasm.TEE, ENTRY);
    access(Wasm.LOAD, 2, 0);
    byte2(Wasm.GET, ADDRESS);
    constant((this.timed != 0 ? 0xffffffc0 : 0xfffff000) | (size - 1));
    byte2(Wasm.AND, Wasm.NE);
    byte2(Wasm.IF, VOID);
    this.depth++;
  }
  /** The linear address of what the TLB knows. */
  private answered(): void {
    byte2(Wasm.GET, ADDRESS);
    byte2(Wasm.GET, ENTRY);
    access(Wasm.LOAD, 2, 4);
    byte(Wasm.ADD);
  }
  /** Where the instruction stands, what is left of the budget before it, and what has been done. */
  moment(): void {
    constant(this.pcNow);
    byte2(Wasm.GET, LEFT);
    constant(this.before + this.spent);
    byte(Wasm.SUB);
    constant64(this.classes);
  }
  /** Goes on behind a call of the core that gave LEAVE_*, and put the time it took into `left`. */
  afterCall(): void {
    byte2(Wasm.TEE, CODE);
    byte(Wasm.BR_IF);
    unsigned(this.depth - this.slowDepth);
    if (this.timed == 0) return;
    byte2(Wasm.GET, LEFT);
    byte2(Wasm.GET, HART);
    access(Wasm.LOAD, 2, BUDGET_LEFT);
    byte(Wasm.SUB);
    byte2(Wasm.SET, LEFT);
  }

  load<T>(register: u32, va: u32): bool {
    this.write(va);
    this.ask(LOADS, sizeof<T>());
    this.moment();
    byte2(Wasm.GET, HART);
    byte2(Wasm.GET, ADDRESS);
    if (register == SINK) constant(0);
    else {
      this.used |= 1 << (register >> 2);
      byte2(Wasm.GET, GUEST + (register >> 2));
    }
    constant(sizeof<T>() | (isSigned<T>() ? SLOW_SIGNED : 0) | (this.length << SLOW_LENGTH));
    callCore(CALL_LOAD);
    byte2(Wasm.TEE, WIDE);
    byte(Wasm.WRAP);
    this.setLocal(register);
    byte2(Wasm.GET, WIDE);
    byte(Wasm.CONST64);
    signed(32);
    byte2(Wasm.SHR_U64, Wasm.WRAP);
    this.afterCall();
    byte(Wasm.ELSE);
    this.answered();
    access(loadOpcode<T>(), exponent(sizeof<T>()), 0);
    this.setLocal(register);
    byte(Wasm.END);
    this.depth--;
    this.spend(CLASS_LOAD);
    if (register != SINK) this.known &= ~(1 << (register >> 2));
    return true;
  }
  store<T>(va: u32, value: u32): bool {
    this.write(va);
    this.ask(STORES, sizeof<T>());
    this.moment();
    byte2(Wasm.GET, HART);
    byte2(Wasm.GET, ADDRESS);
    this.write(value);
    constant(sizeof<T>() | (this.length << SLOW_LENGTH));
    callCore(CALL_STORE);
    this.afterCall();
    byte(Wasm.ELSE);
    this.answered();
    this.write(value);
    access(storeOpcode(sizeof<T>()), exponent(sizeof<T>()), 0);
    byte(Wasm.END);
    this.depth--;
    this.spend(CLASS_STORE);
    return true;
  }
  /** The place of a word for an atomic; where the TLB does not know it, the exact way is taken. */
  place(va: u32): u32 {
    this.write(va);
    this.ask(STORES, 4);
    this.leave(this.pcNow, LEAVE_STEP, this.before);
    byte(Wasm.END);
    this.depth--;
    this.answered();
    byte2(Wasm.SET, ADDRESS);
    this.spend(CLASS_ATOMIC);
    return this.node(LOCAL, ADDRESS, 0, 0);
  }
  // Each reads the word, computes, and writes: within a slice nothing else runs.
  private change(place: u32, kind: u32, opcode: u32, value: u32): u32 {
    this.write(place);
    access(Wasm.LOAD, 2, 0);
    byte2(Wasm.SET, OTHER);
    const old = this.node(LOCAL, OTHER, 0, 0);
    this.write(place);
    this.write(opcode == 0 ? value : this.node(kind, old, value, opcode));
    access(Wasm.STORE, 2, 0);
    return old;
  }
  swapAt(place: u32, value: u32): u32 { return this.change(place, BINARY, 0, value); }
  addAt(place: u32, value: u32): u32 { return this.change(place, BINARY, Wasm.ADD, value); }
  xorAt(place: u32, value: u32): u32 { return this.change(place, BINARY, Wasm.XOR, value); }
  andAt(place: u32, value: u32): u32 { return this.change(place, BINARY, Wasm.AND, value); }
  orAt(place: u32, value: u32): u32 { return this.change(place, BINARY, Wasm.OR, value); }
  minAt(place: u32, value: u32): u32 { return this.change(place, CHOOSE, Wasm.LT_S, value); }
  maxAt(place: u32, value: u32): u32 { return this.change(place, CHOOSE, Wasm.GT_S, value); }
  minuAt(place: u32, value: u32): u32 { return this.change(place, CHOOSE, Wasm.LT_U, value); }
  maxuAt(place: u32, value: u32): u32 { return this.change(place, CHOOSE, Wasm.GT_U, value); }
  /**
   * A CSR that is a word, or bits of mstatus that matter at traps only: read and written here. What
   * is not allowed, or may let an interrupt come, takes the exact way, as all other CSRs do.
   */
  csr(i: usize, register: u32, number: u32, how: u32, operand: u32, writes: bool): void {
    const word = wordOf(number);
    const view = word != 0 ? writableBits(number) : statusView(number);
    const atEnd = ((this.pcNow + 4) & 0xfff) == 0;
    const quiet = word != 0 || !writes || this.isQuiet(number, how, operand);
    if (this.timed != 0 || view == 0 || !quiet || atEnd) {
      this.exactly(i);
      return;
    }
    this.leaveUnlessAllowed((number >> 8) & 3);
    if (word == 0 && writes && how == CSR_SET) this.leaveIfInterrupted();
    const place = word != 0 ? word : STATUS;
    this.writeHart(place);
    byte2(Wasm.SET, OTHER);
    const old = this.node(LOCAL, OTHER, 0, 0);
    if (writes) {
      byte2(Wasm.GET, HART);
      if (how == CSR_SET) operand = this.or(old, operand);
      if (how == CSR_CLEAR) operand = this.and(old, this.xor(operand, this.constant(ALL)));
      this.write(word == 0 || view == ALL ? operand : this.and(operand, this.constant(view)));
      access(Wasm.STORE, 2, place);
    }
    if (register != SINK) {
      this.set(register, word != 0 ? old : this.and(old, this.constant(view)));
    }
    this.leaveIfSpent();
  }
  /** Are these bits of mstatus of no effect before the next trap or event? */
  private isQuiet(number: u32, how: u32, operand: u32): bool {
    if (how == CSR_WRITE || !this.isNumber(operand)) return false;
    return (this.numberOf(operand) & ~quietBits(number)) == 0;
  }
  /** What a word of the hart holds, onto the stack. */
  private writeHart(place: u32): void {
    byte2(Wasm.GET, HART);
    access(Wasm.LOAD, 2, place);
  }
  /** Leaves to the exact way where the stack says so. */
  private leaveToStep(): void {
    byte2(Wasm.IF, VOID);
    this.depth++;
    this.leave(this.pcNow, LEAVE_STEP, this.before);
    byte(Wasm.END);
    this.depth--;
  }
  private leaveUnlessAllowed(mode: u32): void {
    this.writeHart(MODE);
    constant(mode);
    byte(Wasm.LT_U);
    this.leaveToStep();
  }
  private leaveIfInterrupted(): void {
    this.writeHart(PENDING);
    this.writeHart(PENDING_SOFT);
    byte(Wasm.OR);
    this.writeHart(ENABLED);
    byte(Wasm.AND);
    this.leaveToStep();
  }
  /** Behind an instruction that is an event: the slice may end here. */
  private leaveIfSpent(): void {
    byte2(Wasm.GET, LEFT);
    constant(this.before + 1);
    byte2(Wasm.LE_S, Wasm.IF);
    byte(VOID);
    this.depth++;
    this.leave(this.pcNow + 4, LEAVE_EVENT, this.before + 1);
    byte(Wasm.END);
    this.depth--;
  }
  /** An instruction that the core does: registers that it names go there and back. */
  exactly(i: usize): void {
    this.moment();
    byte2(Wasm.GET, HART);
    constant(<u32>i);
    this.writeRegister(rs1(i));
    this.writeRegister(rs2(i));
    this.writeRegister(rd(i));
    callCore(CALL_STEP);
    byte2(Wasm.TEE, WIDE);
    byte(Wasm.WRAP);
    this.setLocal(rd(i));
    if (rd(i) != SINK) this.known &= ~(1 << (rd(i) >> 2));
    byte2(Wasm.GET, WIDE);
    byte(Wasm.CONST64);
    signed(32);
    byte2(Wasm.SHR_U64, Wasm.WRAP);
    this.afterCall();
    this.loadTlbs(); // a CSR can have changed the context
  }
  /** The present value of a register field. */
  private writeRegister(register: u32): void {
    const x = register >> 2;
    if (x == 0 || x >= 32) {
      constant(0);
      return;
    }
    this.used |= 1 << x;
    byte2(Wasm.GET, GUEST + x);
  }
  /** Where the TLBs, or the filter's lines, of the present context are. */
  loadTlbs(): void {
    byte2(Wasm.GET, HART);
    access(Wasm.LOAD, 2, this.timed != 0 ? LOAD_LINES : LOAD_TLB);
    byte2(Wasm.SET, LOADS);
    byte2(Wasm.GET, HART);
    access(Wasm.LOAD, 2, this.timed != 0 ? STORE_LINES : STORE_TLB);
    byte2(Wasm.SET, STORES);
  }
  fence(): void {
    this.spend(CLASS_FENCE);
  }

  // Control. Where it goes is the region's (translate/structure.ts).
  branch(i: usize, taken: u32): bool {
    this.condition = taken;
    return true;
  }
  jump(i: usize, register: u32, target: u32): usize {
    this.target = target;
    this.spend(CLASS_BRANCH);
    if (!this.isNumber(target)) {
      this.write(target);
      byte2(Wasm.SET, TARGET);
    }
    this.set(register, this.constant(this.pcNow + rs2(i)));
    return 0;
  }
  jumpNear(i: usize): usize {
    return this.jump(i, load<u8>(i, 1), this.constant(this.pcNow + <u32>(<i32>imm(i) >> 2)));
  }

  /** Leaves the region before `pc`, when `done` instructions of the block are still to count. */
  leave(pc: u32, code: u32, done: u32): void {
    constant(pc);
    byte2(Wasm.SET, PC);
    this.leaveAt(code, done);
  }
  /** The same where the pc is in its local. */
  leaveAt(code: u32, done: u32): void {
    constant(code);
    byte2(Wasm.SET, CODE);
    this.count(done);
    byte(Wasm.BR);
    unsigned(this.depth);
  }
  /** Takes instructions from the budget, with what those of the block have spent so far. */
  count(instructions: u32): void {
    takeFromBudget(instructions + this.spent);
    if (this.timed == 0) return;
    for (let which: u32 = 0; which < CLASSES; which++) {
      countClass(which, <u32>(this.classes >> (which << 3)) & 255);
    }
  }
  /** The same at a block's end: they are done with. */
  countBlock(instructions: u32): void {
    this.count(instructions);
    this.spent = 0;
    this.classes = 0;
  }
  /** Counts a branch as taken. */
  countTaken(): void {
    if (this.timed == 0) return;
    takeFromBudget(costOf(CLASS_BRANCH));
    countClass(CLASS_BRANCH, 1);
  }
}

function takeFromBudget(cycles: u32): void {
  if (cycles == 0) return;
  byte2(Wasm.GET, LEFT);
  constant(cycles);
  byte(Wasm.SUB);
  byte2(Wasm.SET, LEFT);
}

/** Adds to the hart's count of a class. */
function countClass(which: u32, by: u32): void {
  if (by == 0) return;
  const place = HART_TIMING + CLASS_COUNTS + (which << 3);
  byte2(Wasm.GET, HART);
  byte2(Wasm.GET, HART);
  access(Wasm.LOAD64, 3, place);
  constant64(by);
  byte(Wasm.ADD64);
  access(Wasm.STORE64, 3, place);
}

/** Cycles of an instruction of a class beyond its first. */
function costOf(which: u32): u32 {
  const timing = changetype<usize>(timingOf(hartAt(0)));
  return load<u32>(timing + CLASS_COSTS + (which << 2)) >> 4;
}

@inline
function loadOpcode<T>(): u32 {
  if (sizeof<T>() == 4) return Wasm.LOAD;
  if (sizeof<T>() == 2) return isSigned<T>() ? Wasm.LOAD16_S : Wasm.LOAD16_U;
  return isSigned<T>() ? Wasm.LOAD8_S : Wasm.LOAD8_U;
}
function storeOpcode(size: u32): u32 {
  return size == 4 ? Wasm.STORE : size == 2 ? Wasm.STORE16 : Wasm.STORE8;
}
function exponent(size: u32): u32 {
  return size >> 1;
}
/** The local of guest register `x`. */
export function guestLocal(x: u32): u32 {
  return GUEST + x;
}
