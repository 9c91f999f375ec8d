// A decoded instruction, as the interpreter reads it: 8 bytes.
//
//   +0 op   +1 rd*4   +2 rs1*4   +3 rs2*4   +4 immediate (32 bits)
//
// Register fields are byte offsets into the hart block. A destination of x0 is decoded as the
// hart's sink, and a jump has its length (2 or 4) in the place of rs2. A page has an entry for each
// halfword and a page-end sentinel, and is keyed by physical frame.
import { ENTRIES_PER_PAGE, ENTRY_BYTES, PARALLEL } from "../layout";

export const SINK: u32 = 128;
export const PAGE_BYTES: usize = ENTRIES_PER_PAGE * ENTRY_BYTES;

@inline
export function op(i: usize): u32 {
  // Where others decode meanwhile, who sees the op sees all of the entry (decode.ts, publish).
  return PARALLEL ? atomic.load<u8>(i) : load<u8>(i);
}
@inline
export function rd(i: usize): u32 {
  return load<u8>(i, 1);
}
@inline
export function rs1(i: usize): u32 {
  return load<u8>(i, 2);
}
@inline
export function rs2(i: usize): u32 {
  return load<u8>(i, 3);
}
@inline
export function imm(i: usize): u32 {
  return load<u32>(i, 4);
}
/** The number in the rs1 field: a register number, or the 5-bit immediate of a CSR form. */
@inline
export function rs1Field(i: usize): u32 {
  return rs1(i) >> 2;
}
