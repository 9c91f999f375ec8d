// The M extension: multiply and divide (Unprivileged ISA 20191213, chapter 7). Division by zero
// and the signed overflow do not trap; the backend's divide primitives give the values of
// table 7.1. Rows and meanings as in i.ts.
import { rd, rs1, rs2 } from "./entry";

@row("0000001 ..... ..... 000 ..... 0110011", "R")
@inline
export function MUL<B>(b: B, i: usize): void {
  b.set(rd(i), b.multiply(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("0000001 ..... ..... 001 ..... 0110011", "R")
@inline
export function MULH<B>(b: B, i: usize): void {
  b.set(rd(i), b.multiplyHigh(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("0000001 ..... ..... 010 ..... 0110011", "R")
@inline
export function MULHSU<B>(b: B, i: usize): void {
  b.set(rd(i), b.multiplyHighMixed(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("0000001 ..... ..... 011 ..... 0110011", "R")
@inline
export function MULHU<B>(b: B, i: usize): void {
  b.set(rd(i), b.multiplyHighUnsigned(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("0000001 ..... ..... 100 ..... 0110011", "R")
@inline
export function DIV<B>(b: B, i: usize): void {
  b.set(rd(i), b.divide(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("0000001 ..... ..... 101 ..... 0110011", "R")
@inline
export function DIVU<B>(b: B, i: usize): void {
  b.set(rd(i), b.divideUnsigned(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("0000001 ..... ..... 110 ..... 0110011", "R")
@inline
export function REM<B>(b: B, i: usize): void {
  b.set(rd(i), b.remainder(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("0000001 ..... ..... 111 ..... 0110011", "R")
@inline
export function REMU<B>(b: B, i: usize): void {
  b.set(rd(i), b.remainderUnsigned(b.reg(rs1(i)), b.reg(rs2(i))));
}
