// Decoding: physical pages of code become arrays of 8-byte entries (isa/entry.ts), one 64-byte
// line at a time, when first executed. The table at DECODER, installed by the host from the rows
// of isa/, drives it:
//
//   +0   33 u16: first row of each bucket (instruction bits 6..2)
//   +80  per format 16 bytes: pieces, sign bit (255: unsigned), then {from, width, to} a piece
//   +256 rows {mask u32, match u32, op u8, format u8, 0 u16}, by bucket
//   +2048 u8 an op: the op of its first instruction (its own, or a run's first)
//   +2304 257 u8: first of each op's longer runs
//   +2562 longer runs {op of the instruction behind, op of the run}, by the shorter one's op
//
// Decoded pages are a fixed number of slots, taken in turn; a page in use again is decoded again.
import { Op } from "./isa/op";
import { op, PAGE_BYTES, SINK } from "./isa/entry";
import { B, J, NONE } from "./isa/format";
import {
  DECODED_STRIDE,
  DECODER,
  ENTRY_BYTES,
  frameHost,
  machine,
  NO_FRAME,
} from "./layout";
import { FRAME_IN_STORE_TLB, slotEntries, slotLines, slotOf } from "./memory";
import { flushFetches, flushStores } from "./tlb";

const FORMATS: usize = DECODER + 80;
const ROWS: usize = DECODER + 256;
const ROW_BYTES: usize = 12;
const FIRST_OPS: usize = DECODER + 2048;
const LONGER: usize = DECODER + 2304;
const RUNS: usize = DECODER + 2562;

/** The immediate of instruction `bits` in `format`, put together from its pieces. */
function immediate(bits: u32, format: u32): u32 {
  const place = FORMATS + (format << 4);
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

/** Writes the entry of one instruction; `index` is its number in the page. */
function decodeInto(entry: usize, bits: u32, index: u32): void {
  const bucket = DECODER + (((bits >> 2) & 31) << 1);
  const end: usize = ROWS + load<u16>(bucket, 2) * ROW_BYTES;
  for (let row: usize = ROWS + load<u16>(bucket) * ROW_BYTES; row < end; row += ROW_BYTES) {
    if ((bits & load<u32>(row)) != load<u32>(row, 4)) continue;
    const format: u32 = load<u8>(row, 9);
    const rd = (bits >> 7) & 31;
    store<u8>(entry, <u8>nearOp(load<u8>(row, 8), format, bits, index));
    store<u8>(entry, <u8>(rd == 0 ? SINK : rd << 2), 1);
    store<u8>(entry, <u8>(((bits >> 15) & 31) << 2), 2);
    store<u8>(entry, <u8>(((bits >> 20) & 31) << 2), 3);
    const distance = format == NONE ? 0 : immediate(bits, format);
    store<u32>(entry, load<u8>(entry) >= Op.BEQ_NEAR ? distance << 1 : distance, 4);
    return;
  }
  store<u32>(entry, Op.ILLEGAL);
  store<u32>(entry, bits, 4);
}

/** Branches and jumps that stay in the page become ops that need no fetch translation. */
function nearOp(op: u32, format: u32, bits: u32, index: u32): u32 {
  if (format != B && format != J) return op;
  const distance = <i32>immediate(bits, format);
  const target = <i32>(index << 2) + distance;
  if (target < 0 || target >= 4096 || (distance & 3) != 0) return op;
  if (format == J) return Op.JAL_NEAR;
  return distance > 0 ? op - Op.BEQ + Op.BEQ_NEAR : op - Op.BEQ + Op.BEQ_BACK;
}

/** Decodes the line that holds `entry`. */
export function decodeLine(entry: usize): void {
  const m = machine();
  const offset = <u32>entry - m.decoded;
  const slot = offset / DECODED_STRIDE;
  const line = (offset - slot * DECODED_STRIDE) >> 7;
  const frame = load<u32>(m.frameOfSlot + (slot << 2));
  const lines = slotLines(slot + 1);
  store<u64>(lines, load<u64>(lines) | ((<u64>1) << line));
  const from = frameHost(frame) + (line << 6);
  const to = slotEntries(slot + 1) + (line << 7);
  for (let n: u32 = 0; n < 16; n++) {
    decodeInto(to + (n << 3), load<u32>(from + (n << 2)), (line << 4) + n);
  }
  for (let n: u32 = 0; n < 15; n++) fuse(to + (n << 3), to + 128);
}

/**
 * Gives `entry` the op of the longest run that begins there and ends before `end`: within the line,
 * so that whatever drops an instruction drops all runs with it. The entries behind keep their ops.
 */
function fuse(entry: usize, end: usize): void {
  let run = op(entry);
  for (let behind = entry + ENTRY_BYTES; behind < end; behind += ENTRY_BYTES) {
    const longer = longerRun(run, op(behind));
    if (longer == 0) break;
    run = longer;
  }
  store<u8>(entry, <u8>run);
}

/** The op of the run that is `run` and the instruction `behind`; 0 when there is none. */
function longerRun(run: u32, behind: u32): u32 {
  const end: usize = RUNS + (<usize>load<u8>(LONGER + run, 1) << 1);
  for (let at: usize = RUNS + (<usize>load<u8>(LONGER + run) << 1); at < end; at += 2) {
    if (load<u8>(at) == behind) return load<u8>(at, 1);
  }
  return 0;
}

/** The op of the one instruction at `entry`, also where a run begins. */
export function firstOp(entry: usize): u32 {
  return load<u8>(FIRST_OPS + op(entry));
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
    store<u16>(m.slotOfFrame + (load<u32>(owner) << 1), 0);
    memory.fill(entries, 0, PAGE_BYTES);
    flushFetches();
  }
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
