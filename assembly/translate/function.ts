// Writes the function of a structured region: a loop around a br_table that goes to a block by
// number (an entrance, or where an edge cannot be structured), and below it the dominator tree. A
// block that is reached from one place only is written there; one that is reached from several
// stands behind a `block` that they branch out of; a loop's header is a `loop` (N. Ramsey, Beyond
// Relooper, ICFP 2022). Emit.depth counts the labels inside that of the exit; what each is stands
// in `labels`.
import { firstOp } from "../decode";
import { Hart, HART_TIMING } from "../hart";
import { TIMING } from "../layout";
import { FILTER_FETCH, HartTiming, timed } from "../timing/state";
import {
  BUDGET_LEFT,
  CALL_FETCH,
  callCore,
  CODE,
  EMIT,
  Emit,
  guestLocal,
  HART,
  LEAVE_EVENT,
  LEFT,
  LOCALS,
  PC,
  STATE,
  TARGET,
} from "../isa/emit";
import {
  blockAt,
  blocks,
  BY_NUMBER,
  CROSSES,
  END_BRANCH,
  END_FALL,
  END_JUMP,
  END_LAST,
  END_LEAVE,
  flagsOf,
  IS_EVENT,
  IS_HEADER,
  IS_MERGE,
  isExact,
  leaveCode,
  lengthOf,
  NOWHERE,
  PAGES,
} from "./blocks";
import {
  access,
  byte,
  byte2,
  constant,
  constant64,
  goTo,
  here,
  I32,
  I64,
  unsigned,
  unsignedAt,
  VOID,
  Wasm,
} from "./bytes";
import { emitInstruction } from "./instruction";
import { edgeOf, edgesOf, isNumbered, placeOf } from "./structure";
import { BODY_BYTES, translator } from "./state";

const FETCH_TLB: u32 = offsetof<Hart>("fetchTlb");
const HART_PC: u32 = offsetof<Hart>("pc");
const FETCH_LINE: u32 = HART_TIMING + offsetof<HartTiming>("fetchLine");

// Labels, by what stands behind or before them.
const LABEL_OTHER: u32 = 0;
const LABEL_BLOCK: u32 = 0x10000; // + a block: it stands behind the label
const LABEL_LOOP: u32 = 0x20000; // + its header
const LABEL_ROOT: u32 = 0x30000;


@inline
function emit(): Emit {
  return changetype<Emit>(EMIT);
}

function open(opcode: u32, label: u32): void {
  const e = emit();
  byte2(opcode, VOID);
  store<u32>(translator().labels + (e.depth << 2), label);
  e.depth++;
}
function shut(): void {
  byte(Wasm.END);
  emit().depth--;
}

/** Branches to a label that is open. */
function branchTo(label: u32): void {
  const depth = emit().depth;
  byte(Wasm.BR);
  unsigned(distanceTo(label, depth));
}
function distanceTo(label: u32, depth: u32): u32 {
  let at = depth;
  while (at > 0) {
    at--;
    if (load<u32>(translator().labels + (at << 2)) == label) return depth - 1 - at;
  }
  assert(false);
  return 0;
}

function writeTree(block: u32): void {
  const header = (flagsOf(block) & IS_HEADER) != 0;
  if (header) open(Wasm.LOOP, LABEL_LOOP | block);
  writeWithin(block, load<u32>(blockAt(block), 44));
  if (header) shut();
}

/** A block, with those of its children from `child` on behind it that are reached by branches. */
function writeWithin(block: u32, child: u32): void {
  while (child != NOWHERE && (flagsOf(child) & IS_MERGE) == 0) {
    child = load<u32>(blockAt(child), 48);
  }
  if (child == NOWHERE) {
    if (block == blocks().count) writeDispatch();
    else writeBlock(block);
    return;
  }
  open(Wasm.BLOCK, LABEL_BLOCK | child);
  writeWithin(block, load<u32>(blockAt(child), 48));
  shut();
  writeTree(child);
}

/** The br_table of the region. */
function writeDispatch(): void {
  const count = blocks().count;
  const depth = emit().depth;
  byte2(Wasm.GET, STATE);
  byte(Wasm.BR_TABLE);
  let numbers: u32 = 0;
  for (let block: u32 = 0; block < count; block++) if (isNumbered(block)) numbers++;
  unsigned(numbers - 1); // the last is the default
  for (let number: u32 = 0; number < numbers; number++) {
    for (let block: u32 = 0; block < count; block++) {
      if (!isNumbered(block) || load<u32>(blockAt(block), 56) != number) continue;
      unsigned(distanceTo(LABEL_BLOCK | block, depth));
    }
  }
}

function writeBlock(block: u32): void {
  const e = emit();
  const place = blockAt(block);
  const count = load<u32>(place, 8);
  let ip: usize = load<u32>(place);
  let pc = load<u32>(place, 4);
  let line: u32 = 0;
  e.known = 0;
  open(Wasm.BLOCK, LABEL_OTHER); // behind the way out
  open(Wasm.BLOCK, LABEL_OTHER); // before it: of all calls of the core, so that it is only one
  e.slowDepth = e.depth;
  for (let n: u32 = 0; n < count; n++) {
    const what = firstOp(ip);
    const length = lengthOf(ip, what);
    e.begin(pc, length, n);
    if (e.timed != 0 && lineOf(ip) != line) {
      line = lineOf(ip);
      writeFetch(ip, pc);
    }
    if (isExact(what)) e.exactly(ip);
    else emitInstruction(e, ip, what);
    ip += length << 2;
    pc += length;
  }
  if (e.timed != 0 && load<u32>(place, 12) == END_LEAVE && lineOf(ip) != line) {
    e.begin(pc, 0, count);
    writeFetch(ip, pc);
  }
  byte2(Wasm.BR, 1);
  shut();
  byte(Wasm.BR);
  unsigned(e.depth);
  shut();
  e.countBlock(count);
  writeEnd(block, load<u32>(place, 12));
}

/** What the filter knows a line of decoded entries by. */
@inline
function lineOf(ip: usize): u32 {
  return <u32>ip & ~255;
}

/** Has the timing model fetch the line of `ip`, when it is not under way; as isFetched(). */
function writeFetch(ip: usize, pc: u32): void {
  const e = emit();
  byte2(Wasm.GET, HART);
  access(Wasm.LOAD, 2, FETCH_LINE);
  constant(lineOf(ip));
  byte(Wasm.NE);
  open(Wasm.IF, LABEL_OTHER);
  byte2(Wasm.GET, HART);
  access(Wasm.LOAD, 2, FILTER_FETCH + ((pc & 0xfc0) >> 4));
  constant(lineOf(ip));
  byte(Wasm.EQ);
  open(Wasm.IF, LABEL_OTHER);
  byte2(Wasm.GET, HART);
  constant(lineOf(ip));
  access(Wasm.STORE, 2, FETCH_LINE);
  byte(Wasm.ELSE);
  e.moment();
  byte2(Wasm.GET, HART);
  constant(<u32>ip);
  callCore(CALL_FETCH);
  e.afterCall();
  shut();
  shut();
}

function writeEnd(block: u32, how: u32): void {
  const e = emit();
  if (how == END_BRANCH) {
    e.write(e.condition);
    open(Wasm.IF, LABEL_OTHER);
    e.countTaken();
    writeEdge(block, edgeOf(block, 0));
    byte(Wasm.ELSE);
    writeEdge(block, edgeOf(block, 1));
    shut();
    byte(Wasm.UNREACHABLE);
  } else if (how == END_JUMP || how == END_FALL) writeEdge(block, edgeOf(block, 0));
  else if (how == END_LAST) e.leave(load<u32>(blockAt(block), 20), LEAVE_EVENT, 0);
  else if (how == END_LEAVE) {
    e.leave(load<u32>(blockAt(block), 20), leaveCode(load<u32>(blockAt(block), 16)), 0);
  } else writeJump(block);
}

/** A jump to the address in TARGET: to where it is expected to go, or out of the region. */
function writeJump(block: u32): void {
  const e = emit();
  if (e.isNumber(e.target)) {
    constant(e.numberOf(e.target));
    byte2(Wasm.SET, TARGET);
  }
  const edges = edgesOf(block);
  for (let n: u32 = 0; n < edges; n++) {
    const edge = edgeOf(block, n);
    byte2(Wasm.GET, TARGET);
    constant(load<u32>(edge, 8));
    byte(Wasm.EQ);
    open(Wasm.IF, LABEL_OTHER);
    writeEdge(block, edge);
    shut();
  }
  byte2(Wasm.GET, TARGET);
  byte2(Wasm.SET, PC);
  e.leaveAt(LEAVE_EVENT, 0);
}

function writeEdge(from: u32, edge: usize): void {
  const to = load<u32>(edge);
  const flags = load<u32>(edge, 4);
  const pc = load<u32>(edge, 8);
  if (to == NOWHERE || placeOf(to) == NOWHERE) {
    emit().leave(pc, load<u32>(edge, 12), 0);
    return;
  }
  if ((flags & CROSSES) != 0) writeCrossing(pc);
  if ((flags & IS_EVENT) != 0) {
    byte2(Wasm.GET, LEFT);
    constant(0);
    byte(Wasm.LE_S);
    leaveIf(pc);
  }
  if ((flags & BY_NUMBER) != 0) {
    constant(load<u32>(blockAt(to), 56));
    byte2(Wasm.SET, STATE);
    branchTo(LABEL_ROOT);
  } else if (placeOf(to) <= placeOf(from)) branchTo(LABEL_LOOP | to);
  else if ((flagsOf(to) & IS_MERGE) != 0) branchTo(LABEL_BLOCK | to);
  else writeTree(to);
}

/** Leaves at the event before `pc` where the stack says so. */
function leaveIf(pc: u32): void {
  open(Wasm.IF, LABEL_OTHER);
  emit().leave(pc, LEAVE_EVENT, 0);
  shut();
}

/** Leaves where the fetch TLB does not have the page of `pc` as the region knows it. */
function writeCrossing(pc: u32): void {
  const va = pc & 0xfffff000;
  let page: u32 = 0;
  for (let n: u32 = 0; n < blocks().pages; n++) {
    if (load<u32>(PAGES + (n << 4), 4) == va) page = load<u32>(PAGES + (n << 4));
  }
  byte2(Wasm.GET, HART);
  access(Wasm.LOAD, 2, FETCH_TLB);
  access(Wasm.LOAD64, 3, (va >>> 9) & 0x1f8);
  constant64((<u64>page << 32) | va);
  byte(Wasm.NE64);
  leaveIf(pc);
}

/** Writes the function of the structured region at `here()`, with its size; false: too long. */
export function writeFunction(): bool {
  const t = translator();
  const e = emit();
  const start = here();
  memory.fill(EMIT, 0, offsetof<Emit>());
  e.timed = TIMING && timed() ? 1 : 0;
  goTo(t.body);
  open(Wasm.LOOP, LABEL_ROOT);
  writeWithin(blocks().count, load<u32>(blockAt(blocks().count), 44));
  shut();
  const bytes = here() - t.body;
  if (bytes > BODY_BYTES) {
    goTo(start);
    return false;
  }
  goTo(start + 5);
  writeLocals();
  byte2(Wasm.BLOCK, VOID);
  memory.copy(here(), t.body, bytes);
  goTo(here() + bytes);
  byte2(Wasm.UNREACHABLE, Wasm.END);
  writeExit(e.written);
  unsignedAt(start, <u32>(here() - start - 5));
  return true;
}

/** The locals, and what they hold at first. */
function writeLocals(): void {
  const e = emit();
  unsigned(2);
  byte2(LOCALS - 3, I32);
  byte2(1, I64);
  const used = e.used | e.written;
  for (let x: u32 = 1; x < 32; x++) {
    if (((used >> x) & 1) == 0) continue;
    byte2(Wasm.GET, HART);
    access(Wasm.LOAD, 2, x << 2);
    byte2(Wasm.SET, guestLocal(x));
  }
  e.loadTlbs();
}

/** What every way out does. */
function writeExit(written: u32): void {
  for (let x: u32 = 1; x < 32; x++) {
    if (((written >> x) & 1) == 0) continue;
    byte2(Wasm.GET, HART);
    byte2(Wasm.GET, guestLocal(x));
    access(Wasm.STORE, 2, x << 2);
  }
  byte2(Wasm.GET, CODE);
  constant(LEAVE_EVENT);
  byte2(Wasm.GE_U, Wasm.IF);
  byte(VOID);
  byte2(Wasm.GET, HART);
  byte2(Wasm.GET, PC);
  access(Wasm.STORE, 2, HART_PC);
  byte2(Wasm.GET, HART);
  byte2(Wasm.GET, LEFT);
  access(Wasm.STORE, 2, BUDGET_LEFT);
  byte(Wasm.END);
  byte2(Wasm.GET, CODE);
  byte(Wasm.END);
}
