// Decoding: physical pages of code become arrays of 8-byte entries (isa/entry.ts), one a halfword,
// from the instruction that is executed to the end of its 64-byte line; entries that no instruction
// was followed to stay undecoded. The table at DECODER, installed by the host from the rows of
// isa/, drives it:
//
//   +0    33 u16: first row of each bucket (instruction bits 6..2)
//   +80   33 u16: first compressed row of each bucket (bits 1..0, 15..13)
//   +160  per format 32 bytes: pieces, sign bit (255: unsigned), then {from, width, to} a piece
//   +1024 rows {mask u32, match u32, op u8, format u8, 0 u16}, by bucket
//   +2048 compressed rows {mask u16, match u16, bits not all 0 u16, op u8, format u8, rd, rs1, rs2
//         u8, 0 u8}; a register is its number, 32 + the low bit of five, or 64 + that of three
//   +2560 u8 an op: the op of its first instruction (its own, or a run's first)
//   +2816 257 u8: first of each op's longer runs
//   +3074 longer runs {op of the instruction behind, op of the run}, by the shorter one's op
//
// Decoded pages are a fixed number of slots, taken in turn; a page in use again is decoded again.
import { Hart, NO_TRAP } from "./hart";
import { Op } from "./isa/op";
import { op, PAGE_BYTES, SINK } from "./isa/entry";
import { B, CB, CJ, J, NONE } from "./isa/format";
import {
  DECODED_STRIDE,
  DECODER,
  ENTRY_BYTES,
  frameHost,
  JOINED,
  machine,
  NO_FRAME,
  PARALLEL,
} from "./layout";
import { FRAME_IN_STORE_TLB, slotEntries, slotLines, slotOf } from "./memory";
import { fetchFrame } from "./mmu";
import { joinedOf, LOCK, SCRATCH } from "./parallel/state";
import { lock, unlock } from "./parallel/world";
import { flushFetches, flushStores } from "./tlb";
import { carryOn, dropSlot, markEntrance, opBehind } from "./translate/regions";
import { translator } from "./translate/state";

const SHORT_BUCKETS: usize = DECODER + 80;
const FORMATS: usize = DECODER + 160;
const ROWS: usize = DECODER + 1024;
const SHORT_ROWS: usize = DECODER + 2048;
const ROW_BYTES: usize = 12;
const FIRST_OPS: usize = DECODER + 2560;
const LONGER: usize = DECODER + 2816;
const RUNS: usize = DECODER + 3074;

const LINE_BYTES: usize = 32 * ENTRY_BYTES;
const LAST_HALF: u32 = 4094;
const NOWHERE: u32 = 0x80000000; // an offset from which no target is in the page

/** The immediate of instruction `bits` in `format`, put together from its pieces. */
function immediate(bits: u32, format: u32): u32 {
  const place = FORMATS + (format << 5);
  const pieces: u32 = load<u8>(place);
  const top: u32 = load<u8>(place, 1);
  let value: u32 = 0;
  for (let piece: u32 = 0; piece < pieces; piece++) {
    const at = place + 2 + piece * 3;
    const width: u32 = load<u8>(at, 1);
    const field = (bits >> load<u8>(at)) & (0xffffffff >> (32 - width));
    value |= field << load<u8>(at, 2);
  }
  if (top >= 31) return value;
  return <i32>(value << (31 - top)) >> (31 - top);
}

/** Writes the entry of a 32-bit instruction that stands at `offset` of its page. */
function decodeLong(entry: usize, bits: u32, offset: u32): void {
  const bucket = DECODER + (((bits >> 2) & 31) << 1);
  const end: usize = ROWS + load<u16>(bucket, 2) * ROW_BYTES;
  for (let row: usize = ROWS + load<u16>(bucket) * ROW_BYTES; row < end; row += ROW_BYTES) {
    if ((bits & load<u32>(row)) != load<u32>(row, 4)) continue;
    const op: u32 = load<u8>(row, 8);
    const format: u32 = load<u8>(row, 9);
    putRegisters(entry, (bits >> 7) & 31, (bits >> 15) & 31, (bits >> 20) & 31);
    if (op == Op.JAL || op == Op.JALR) store<u8>(entry, 4, 3);
    const value = format == NONE ? 0 : immediate(bits, format);
    putOp(entry, op, value, format == B || format == J ? offset : NOWHERE);
    return;
  }
  store<u32>(entry, Op.ILLEGAL);
  store<u32>(entry, bits, 4);
}

/** Writes the entry of a compressed instruction: the instruction that it expands to. */
function decodeShort(entry: usize, bits: u32, offset: u32): void {
  const bucket = SHORT_BUCKETS + ((((bits & 3) << 3) | (bits >> 13)) << 1);
  const end: usize = SHORT_ROWS + load<u16>(bucket, 2) * ROW_BYTES;
  for (let row: usize = SHORT_ROWS + load<u16>(bucket) * ROW_BYTES; row < end; row += ROW_BYTES) {
    if ((bits & load<u16>(row)) != load<u16>(row, 2)) continue;
    const mustHave: u32 = load<u16>(row, 4);
    if (mustHave != 0 && (bits & mustHave) == 0) continue;
    const op: u32 = load<u8>(row, 6);
    const format: u32 = load<u8>(row, 7);
    const rs1 = shortRegister(bits, load<u8>(row, 9));
    const rs2 = shortRegister(bits, load<u8>(row, 10));
    putRegisters(entry, shortRegister(bits, load<u8>(row, 8)), rs1, rs2);
    if (op == Op.JAL || op == Op.JALR) store<u8>(entry, 2, 3);
    putOp(entry, op, immediate(bits, format), format == CB || format == CJ ? offset : NOWHERE);
    return;
  }
  store<u32>(entry, Op.ILLEGAL);
  store<u32>(entry, bits, 4);
}

@inline
function shortRegister(bits: u32, where: u32): u32 {
  if (where < 32) return where;
  return where < 64 ? (bits >> (where - 32)) & 31 : 8 + ((bits >> (where - 64)) & 7);
}

function putRegisters(entry: usize, rd: u32, rs1: u32, rs2: u32): void {
  store<u8>(entry, <u8>(rd == 0 ? SINK : rd << 2), 1);
  store<u8>(entry, <u8>(rs1 << 2), 2);
  store<u8>(entry, <u8>(rs2 << 2), 3);
}

/**
 * The op and the immediate. Branches and jumps (`offset`: where in the page) that stay in the page
 * become ops that need no fetch translation, with the distance in bytes of entries.
 */
function putOp(entry: usize, op: u32, value: u32, offset: u32): void {
  const near = offset == NOWHERE || offset + value >= 4096 ? op : nearOp(op, <i32>value > 0);
  store<u8>(entry, <u8>near);
  store<u32>(entry, near == op ? value : value << 2, 4);
}

function nearOp(op: u32, forward: bool): u32 {
  if (op == Op.JAL) return Op.JAL_NEAR;
  if (op >= Op.C_BEQ) return op - Op.C_BEQ + (forward ? Op.C_BEQ_NEAR : Op.C_BEQ_BACK);
  return op - Op.BEQ + (forward ? Op.BEQ_NEAR : Op.BEQ_BACK);
}

/** Decodes from `entry` to the end of its line. */
export function decodeLine(entry: usize): void {
  if (PARALLEL) lock(LOCK);
  decodeRest(entry);
  if (PARALLEL) unlock(LOCK);
}

function decodeRest(entry: usize): void {
  const m = machine();
  const slot = (<u32>entry - m.decoded) / DECODED_STRIDE;
  const page = slotEntries(slot + 1);
  const code = frameHost(load<u32>(m.frameOfSlot + (slot << 2)));
  const end = page + ((entry - page) / LINE_BYTES + 1) * LINE_BYTES;
  const last = decodeTo(entry, page, code, end);
  const lines = slotLines(slot + 1);
  const line = <u32>((entry - page) / LINE_BYTES);
  // What ends in the next line is forgotten with that one too.
  const touched: u64 = last > end && line < 63 ? 3 : 1;
  store<u64>(lines, load<u64>(lines) | (touched << line));
  let at = entry;
  const translated = translator().regions != 0;
  while (at < end) {
    fuse(at, page, code, end);
    if (translated) markEntrance(at);
    at += entryBytes(at, page, code);
  }
}

/** Decodes instruction by instruction up to `end`; gives the entry behind the last. */
function decodeTo(entry: usize, page: usize, code: usize, end: usize): usize {
  let at = entry;
  while (at < end) {
    const offset = <u32>(at - page) >> 2;
    const bits: u32 = load<u16>(code + offset);
    const to = PARALLEL ? SCRATCH : at;
    if ((bits & 3) != 3) decodeShort(to, bits, offset);
    else if (offset == LAST_HALF) store<u64>(to, Op.CROSS);
    else decodeLong(to, load<u32>(code + offset), offset);
    if (PARALLEL) publish(at);
    at += entryBytes(at, page, code);
  }
  return at;
}

/** Shows others the entry in SCRATCH: the op last, and only where there is none yet. */
function publish(at: usize): void {
  if (op(at) != Op.UNDECODED) return; // the same, and others may be at it
  store<u32>(at, load<u32>(SCRATCH, 4), 4);
  atomic.store<u32>(at, load<u32>(SCRATCH));
}

/** Bytes of entries from an instruction to the one behind it. */
@inline
function entryBytes(entry: usize, page: usize, code: usize): usize {
  return (load<u16>(code + ((entry - page) >> 2)) & 3) == 3 ? 2 * ENTRY_BYTES : ENTRY_BYTES;
}

/**
 * The entry of the instruction at `ip` that has its second half on the next page, fetched and
 * decoded anew; 0 with the trap set when that half may not be fetched.
 */
export function join(hart: Hart, ip: usize): usize {
  const m = machine();
  const slot = (<u32>ip - m.decoded) / DECODED_STRIDE;
  const first: u32 = load<u16>(frameHost(load<u32>(m.frameOfSlot + (slot << 2))) + LAST_HALF);
  hart.trapCause = NO_TRAP;
  const frame = fetchFrame(hart, hart.pc + 2);
  if (frame == NO_FRAME) return 0;
  const bits = first | (<u32>load<u16>(frameHost(frame)) << 16);
  const joined = PARALLEL ? joinedOf(hart) : JOINED;
  decodeLong(joined, bits, NOWHERE);
  store<u32>(joined, bits, ENTRY_BYTES);
  return joined;
}

/**
 * Gives `entry` the op of the longest run that begins there and ends before `end`: within the line,
 * so that whatever drops an instruction drops all runs with it. The entries behind keep their ops.
 */
function fuse(entry: usize, page: usize, code: usize, end: usize): void {
  if (PARALLEL && op(entry) == Op.REGION) return; // it was decoded, and others may be at it
  let run = firstOp(entry);
  let behind = entry + entryBytes(entry, page, code);
  while (behind < end) {
    const next = behind + entryBytes(behind, page, code);
    if (next > end) break;
    const longer = longerRun(run, firstOp(behind));
    if (longer == 0) break;
    run = longer;
    behind = next;
  }
  if (PARALLEL) atomic.store<u8>(entry, <u8>run);
  else store<u8>(entry, <u8>run);
}

/** The op of the run that is `run` and the instruction `behind`; 0 when there is none. */
function longerRun(run: u32, behind: u32): u32 {
  const end: usize = RUNS + (<usize>load<u8>(LONGER + run, 1) << 1);
  for (let at: usize = RUNS + (<usize>load<u8>(LONGER + run) << 1); at < end; at += 2) {
    if (load<u8>(at) == behind) return load<u8>(at, 1);
  }
  return 0;
}

/** The op of the one instruction at `entry`, also where a run or a region begins. */
export function firstOp(entry: usize): u32 {
  const what = op(entry);
  return load<u8>(FIRST_OPS + (what == Op.REGION ? opBehind(entry) : what));
}

/** The decoded page of a frame: the one it has, or a slot that is free or taken from another. */
export function decodedPage(frame: u32): usize {
  const have = slotOf(frame);
  if (have != 0) return slotEntries(have);
  const m = machine();
  const slot = m.slotNext + 1;
  m.slotNext = slot == m.slots ? 0 : slot;
  const owner: usize = m.frameOfSlot + ((slot - 1) << 2);
  const entries = slotEntries(slot);
  if (load<u32>(owner) != NO_FRAME) {
    if (translator().on != 0) dropSlot(slot);
    store<u16>(m.slotOfFrame + (load<u32>(owner) << 1), 0);
    memory.fill(entries, 0, PAGE_BYTES);
    flushFetches();
  }
  if (PARALLEL && translator().on != 0) carryOn(slot, frame);
  store<u32>(owner, frame);
  store<u16>(m.slotOfFrame + (frame << 1), <u16>slot);
  store<u64>(slotLines(slot), 0);
  store<u64>(entries + PAGE_BYTES, Op.PAGE_END);
  const flags: usize = m.frameFlags + frame;
  if ((load<u8>(flags) & FRAME_IN_STORE_TLB) != 0) {
    store<u8>(flags, load<u8>(flags) & ~FRAME_IN_STORE_TLB);
    flushStores();
  }
  return entries;
}
