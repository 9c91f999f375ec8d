// The A extension: LR/SC and the atomic memory operations (Unprivileged ISA 20191213, chapter 8).
// `b.place` gives the place of the word for an atomic read and write, or 0 when the exact way must
// be taken (or trapped). `b.addAt` and its like change that word and give its old value; a backend
// says how that is atomic. Within a slice nothing else runs, so there it is a read and a write.
// What the entry says is read before: `b.place` forgets it when the word is on its own line.
import { rd, rs1, rs2 } from "./entry";

@row("00010 .. 00000 ..... 010 ..... 0101111", "R")
export function LR_W<B>(b: B, i: usize): bool {
  return b.loadReserved(rd(i), b.reg(rs1(i)));
}

@row("00011 .. ..... ..... 010 ..... 0101111", "R")
export function SC_W<B>(b: B, i: usize): bool {
  return b.storeConditional(rd(i), b.reg(rs1(i)), b.reg(rs2(i)));
}

@row("00001 .. ..... ..... 010 ..... 0101111", "R")
@inline
export function AMOSWAP_W<B>(b: B, i: usize): bool {
  const to = rd(i);
  const source = b.reg(rs2(i));
  const place = b.place(b.reg(rs1(i)));
  if (!place) return false;
  b.set(to, b.swapAt(place, source));
  return true;
}

@row("00000 .. ..... ..... 010 ..... 0101111", "R")
@inline
export function AMOADD_W<B>(b: B, i: usize): bool {
  const to = rd(i);
  const source = b.reg(rs2(i));
  const place = b.place(b.reg(rs1(i)));
  if (!place) return false;
  b.set(to, b.addAt(place, source));
  return true;
}

@row("00100 .. ..... ..... 010 ..... 0101111", "R")
@inline
export function AMOXOR_W<B>(b: B, i: usize): bool {
  const to = rd(i);
  const source = b.reg(rs2(i));
  const place = b.place(b.reg(rs1(i)));
  if (!place) return false;
  b.set(to, b.xorAt(place, source));
  return true;
}

@row("01100 .. ..... ..... 010 ..... 0101111", "R")
@inline
export function AMOAND_W<B>(b: B, i: usize): bool {
  const to = rd(i);
  const source = b.reg(rs2(i));
  const place = b.place(b.reg(rs1(i)));
  if (!place) return false;
  b.set(to, b.andAt(place, source));
  return true;
}

@row("01000 .. ..... ..... 010 ..... 0101111", "R")
@inline
export function AMOOR_W<B>(b: B, i: usize): bool {
  const to = rd(i);
  const source = b.reg(rs2(i));
  const place = b.place(b.reg(rs1(i)));
  if (!place) return false;
  b.set(to, b.orAt(place, source));
  return true;
}

@row("10000 .. ..... ..... 010 ..... 0101111", "R")
@inline
export function AMOMIN_W<B>(b: B, i: usize): bool {
  const to = rd(i);
  const source = b.reg(rs2(i));
  const place = b.place(b.reg(rs1(i)));
  if (!place) return false;
  b.set(to, b.minAt(place, source));
  return true;
}

@row("10100 .. ..... ..... 010 ..... 0101111", "R")
@inline
export function AMOMAX_W<B>(b: B, i: usize): bool {
  const to = rd(i);
  const source = b.reg(rs2(i));
  const place = b.place(b.reg(rs1(i)));
  if (!place) return false;
  b.set(to, b.maxAt(place, source));
  return true;
}

@row("11000 .. ..... ..... 010 ..... 0101111", "R")
@inline
export function AMOMINU_W<B>(b: B, i: usize): bool {
  const to = rd(i);
  const source = b.reg(rs2(i));
  const place = b.place(b.reg(rs1(i)));
  if (!place) return false;
  b.set(to, b.minuAt(place, source));
  return true;
}

@row("11100 .. ..... ..... 010 ..... 0101111", "R")
@inline
export function AMOMAXU_W<B>(b: B, i: usize): bool {
  const to = rd(i);
  const source = b.reg(rs2(i));
  const place = b.place(b.reg(rs1(i)));
  if (!place) return false;
  b.set(to, b.maxuAt(place, source));
  return true;
}
