// RV32I, the base integer instructions (Unprivileged ISA 20191213, chapter 2): one row and one
// meaning each. A meaning is a generic over the backend `B`; `b.reg(...)` and the like are values
// of the backend, so the same text computes (Interpret) or will emit code (Emit).
// A meaning that can need the slow path returns false (or 0) when it did nothing and the exact
// way must be taken; jumps return the next decoded entry.
import { imm, rd, rs1, rs2 } from "./entry";

@row("....... ..... ..... 000 ..... 1100011", "B")
@inline
export function BEQ<B>(b: B, i: usize): bool {
  return b.branch(i, b.equal(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("....... ..... ..... 001 ..... 1100011", "B")
@inline
export function BNE<B>(b: B, i: usize): bool {
  return b.branch(i, b.unequal(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("....... ..... ..... 100 ..... 1100011", "B")
@inline
export function BLT<B>(b: B, i: usize): bool {
  return b.branch(i, b.less(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("....... ..... ..... 101 ..... 1100011", "B")
@inline
export function BGE<B>(b: B, i: usize): bool {
  return b.branch(i, b.notLess(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("....... ..... ..... 110 ..... 1100011", "B")
@inline
export function BLTU<B>(b: B, i: usize): bool {
  return b.branch(i, b.below(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("....... ..... ..... 111 ..... 1100011", "B")
@inline
export function BGEU<B>(b: B, i: usize): bool {
  return b.branch(i, b.notBelow(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row(".................... ..... 0110111", "U")
@inline
export function LUI<B>(b: B, i: usize): void {
  b.set(rd(i), b.constant(imm(i)));
}

@row(".................... ..... 0010111", "U")
@inline
export function AUIPC<B>(b: B, i: usize): void {
  b.set(rd(i), b.add(b.pc(i), b.constant(imm(i))));
}

@row(".................... ..... 1101111", "J")
@inline
export function JAL<B>(b: B, i: usize): usize {
  return b.jump(i, rd(i), b.add(b.pc(i), b.constant(imm(i))));
}

@row("............ ..... 000 ..... 1100111", "I")
@inline
export function JALR<B>(b: B, i: usize): usize {
  return b.jump(i, rd(i), b.and(b.add(b.reg(rs1(i)), b.constant(imm(i))), b.constant(~1)));
}

@row("............ ..... 000 ..... 0000011", "I")
@inline
export function LB<B>(b: B, i: usize): bool {
  return b.load<i8>(rd(i), b.add(b.reg(rs1(i)), b.constant(imm(i))));
}

@row("............ ..... 001 ..... 0000011", "I")
@inline
export function LH<B>(b: B, i: usize): bool {
  return b.load<i16>(rd(i), b.add(b.reg(rs1(i)), b.constant(imm(i))));
}

@row("............ ..... 010 ..... 0000011", "I")
@inline
export function LW<B>(b: B, i: usize): bool {
  return b.load<u32>(rd(i), b.add(b.reg(rs1(i)), b.constant(imm(i))));
}

@row("............ ..... 100 ..... 0000011", "I")
@inline
export function LBU<B>(b: B, i: usize): bool {
  return b.load<u8>(rd(i), b.add(b.reg(rs1(i)), b.constant(imm(i))));
}

@row("............ ..... 101 ..... 0000011", "I")
@inline
export function LHU<B>(b: B, i: usize): bool {
  return b.load<u16>(rd(i), b.add(b.reg(rs1(i)), b.constant(imm(i))));
}

@row("....... ..... ..... 000 ..... 0100011", "S")
@inline
export function SB<B>(b: B, i: usize): bool {
  return b.store<u8>(b.add(b.reg(rs1(i)), b.constant(imm(i))), b.reg(rs2(i)));
}

@row("....... ..... ..... 001 ..... 0100011", "S")
@inline
export function SH<B>(b: B, i: usize): bool {
  return b.store<u16>(b.add(b.reg(rs1(i)), b.constant(imm(i))), b.reg(rs2(i)));
}

@row("....... ..... ..... 010 ..... 0100011", "S")
@inline
export function SW<B>(b: B, i: usize): bool {
  return b.store<u32>(b.add(b.reg(rs1(i)), b.constant(imm(i))), b.reg(rs2(i)));
}

@row("............ ..... 000 ..... 0010011", "I")
@inline
export function ADDI<B>(b: B, i: usize): void {
  b.set(rd(i), b.add(b.reg(rs1(i)), b.constant(imm(i))));
}

@row("............ ..... 010 ..... 0010011", "I")
@inline
export function SLTI<B>(b: B, i: usize): void {
  b.set(rd(i), b.less(b.reg(rs1(i)), b.constant(imm(i))));
}

@row("............ ..... 011 ..... 0010011", "I")
@inline
export function SLTIU<B>(b: B, i: usize): void {
  b.set(rd(i), b.below(b.reg(rs1(i)), b.constant(imm(i))));
}

@row("............ ..... 100 ..... 0010011", "I")
@inline
export function XORI<B>(b: B, i: usize): void {
  b.set(rd(i), b.xor(b.reg(rs1(i)), b.constant(imm(i))));
}

@row("............ ..... 110 ..... 0010011", "I")
@inline
export function ORI<B>(b: B, i: usize): void {
  b.set(rd(i), b.or(b.reg(rs1(i)), b.constant(imm(i))));
}

@row("............ ..... 111 ..... 0010011", "I")
@inline
export function ANDI<B>(b: B, i: usize): void {
  b.set(rd(i), b.and(b.reg(rs1(i)), b.constant(imm(i))));
}

@row("0000000 ..... ..... 001 ..... 0010011", "SHIFT")
@inline
export function SLLI<B>(b: B, i: usize): void {
  b.set(rd(i), b.shiftLeft(b.reg(rs1(i)), b.constant(imm(i))));
}

@row("0000000 ..... ..... 101 ..... 0010011", "SHIFT")
@inline
export function SRLI<B>(b: B, i: usize): void {
  b.set(rd(i), b.shiftRight(b.reg(rs1(i)), b.constant(imm(i))));
}

@row("0100000 ..... ..... 101 ..... 0010011", "SHIFT")
@inline
export function SRAI<B>(b: B, i: usize): void {
  b.set(rd(i), b.shiftRightSigned(b.reg(rs1(i)), b.constant(imm(i))));
}

@row("0000000 ..... ..... 000 ..... 0110011", "R")
@inline
export function ADD<B>(b: B, i: usize): void {
  b.set(rd(i), b.add(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("0100000 ..... ..... 000 ..... 0110011", "R")
@inline
export function SUB<B>(b: B, i: usize): void {
  b.set(rd(i), b.subtract(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("0000000 ..... ..... 001 ..... 0110011", "R")
@inline
export function SLL<B>(b: B, i: usize): void {
  b.set(rd(i), b.shiftLeft(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("0000000 ..... ..... 010 ..... 0110011", "R")
@inline
export function SLT<B>(b: B, i: usize): void {
  b.set(rd(i), b.less(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("0000000 ..... ..... 011 ..... 0110011", "R")
@inline
export function SLTU<B>(b: B, i: usize): void {
  b.set(rd(i), b.below(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("0000000 ..... ..... 100 ..... 0110011", "R")
@inline
export function XOR<B>(b: B, i: usize): void {
  b.set(rd(i), b.xor(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("0000000 ..... ..... 101 ..... 0110011", "R")
@inline
export function SRL<B>(b: B, i: usize): void {
  b.set(rd(i), b.shiftRight(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("0100000 ..... ..... 101 ..... 0110011", "R")
@inline
export function SRA<B>(b: B, i: usize): void {
  b.set(rd(i), b.shiftRightSigned(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("0000000 ..... ..... 110 ..... 0110011", "R")
@inline
export function OR<B>(b: B, i: usize): void {
  b.set(rd(i), b.or(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("0000000 ..... ..... 111 ..... 0110011", "R")
@inline
export function AND<B>(b: B, i: usize): void {
  b.set(rd(i), b.and(b.reg(rs1(i)), b.reg(rs2(i))));
}

@row("............ ..... 000 ..... 0001111", "NONE")
@inline
export function FENCE<B>(b: B): void {
  b.fence();
}

@row("000000000000 00000 000 00000 1110011", "NONE")
export function ECALL<B>(b: B): void {
  b.environmentCall();
}

@row("000000000001 00000 000 00000 1110011", "NONE")
export function EBREAK<B>(b: B, i: usize): void {
  b.breakpoint(i);
}
