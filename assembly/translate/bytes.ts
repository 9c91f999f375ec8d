// Writing WebAssembly: bytes and LEB128 numbers go behind each other from a place in memory; the
// place behind the last is kept in a cell, so that a function body and the module around it can be
// written in turn (WebAssembly Core Specification 2.0, chapter 5).
import { TRANSLATOR } from "./state";

/** Where the place behind the last byte is kept. */
export const OUT: usize = TRANSLATOR + 512;

export const I32: u32 = 0x7f;
export const I64: u32 = 0x7e;
export const VOID: u32 = 0x40;

/** Opcodes (section 5.4). */
export namespace Wasm {
  export const UNREACHABLE: u32 = 0x00;
  export const BLOCK: u32 = 0x02;
  export const LOOP: u32 = 0x03;
  export const IF: u32 = 0x04;
  export const ELSE: u32 = 0x05;
  export const END: u32 = 0x0b;
  export const BR: u32 = 0x0c;
  export const BR_IF: u32 = 0x0d;
  export const BR_TABLE: u32 = 0x0e;
  export const CALL_INDIRECT: u32 = 0x11;
  export const SELECT: u32 = 0x1b;
  export const GET: u32 = 0x20;
  export const SET: u32 = 0x21;
  export const TEE: u32 = 0x22;
  export const LOAD: u32 = 0x28;
  export const LOAD64: u32 = 0x29;
  export const LOAD8_S: u32 = 0x2c;
  export const LOAD8_U: u32 = 0x2d;
  export const LOAD16_S: u32 = 0x2e;
  export const LOAD16_U: u32 = 0x2f;
  export const STORE: u32 = 0x36;
  export const STORE64: u32 = 0x37;
  export const STORE8: u32 = 0x3a;
  export const STORE16: u32 = 0x3b;
  export const CONST: u32 = 0x41;
  export const CONST64: u32 = 0x42;
  export const EQZ: u32 = 0x45;
  export const EQ: u32 = 0x46;
  export const NE: u32 = 0x47;
  export const LT_S: u32 = 0x48;
  export const LT_U: u32 = 0x49;
  export const GT_S: u32 = 0x4a;
  export const GT_U: u32 = 0x4b;
  export const LE_S: u32 = 0x4c;
  export const GE_S: u32 = 0x4e;
  export const GE_U: u32 = 0x4f;
  export const NE64: u32 = 0x52;
  export const ADD: u32 = 0x6a;
  export const SUB: u32 = 0x6b;
  export const MUL: u32 = 0x6c;
  export const DIV_S: u32 = 0x6d;
  export const DIV_U: u32 = 0x6e;
  export const REM_S: u32 = 0x6f;
  export const REM_U: u32 = 0x70;
  export const AND: u32 = 0x71;
  export const OR: u32 = 0x72;
  export const XOR: u32 = 0x73;
  export const SHL: u32 = 0x74;
  export const SHR_S: u32 = 0x75;
  export const SHR_U: u32 = 0x76;
  export const ADD64: u32 = 0x7c;
  export const MUL64: u32 = 0x7e;
  export const SHR_U64: u32 = 0x88;
  export const WRAP: u32 = 0xa7;
  export const EXTEND_S: u32 = 0xac;
  export const EXTEND_U: u32 = 0xad;
}

@inline
export function here(): usize {
  return load<u32>(OUT);
}
@inline
export function goTo(place: usize): void {
  store<u32>(OUT, <u32>place);
}

@inline
export function byte(value: u32): void {
  const at = load<u32>(OUT);
  store<u8>(at, <u8>value);
  store<u32>(OUT, at + 1);
}
@inline
export function byte2(first: u32, second: u32): void {
  const at = load<u32>(OUT);
  store<u16>(at, <u16>(first | (second << 8)));
  store<u32>(OUT, at + 2);
}

/** An unsigned number in LEB128. */
export function unsigned(value: u32): void {
  while (value >= 128) {
    byte((value & 127) | 128);
    value >>= 7;
  }
  byte(value);
}

/** The same in five bytes, for a number that is known later. */
export function unsignedAt(place: usize, value: u32): void {
  for (let n: usize = 0; n < 4; n++) {
    store<u8>(place + n, <u8>((value & 127) | 128));
    value >>= 7;
  }
  store<u8>(place + 4, <u8>value);
}

/** A signed number in LEB128. */
export function signed(value: i64): void {
  while (value < -64 || value > 63) {
    byte((<u32>value & 127) | 128);
    value >>= 7;
  }
  byte(<u32>value & 127);
}

export function constant(value: u32): void {
  byte(Wasm.CONST);
  signed(<i64>(<i32>value));
}
export function constant64(value: u64): void {
  byte(Wasm.CONST64);
  signed(<i64>value);
}

/** A load or store with its offset; `align` is the exponent of what may be assumed. */
export function access(opcode: u32, align: u32, offset: u32): void {
  byte2(opcode, align);
  unsigned(offset);
}
