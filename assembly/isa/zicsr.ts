// Zicsr and Zifencei (Unprivileged ISA 20191213, chapters 9 and 3). The immediate of a decoded
// entry is the CSR's number; `rs1Field` is the register number, or the immediate of the *I forms.
// CSRRS and CSRRC with a zero field do not write; CSRRW with rd = x0 does not read.
import { CSR_CLEAR, CSR_SET, CSR_WRITE } from "../csr";
import { imm, rd, rs1, rs1Field } from "./entry";

@row("............ ..... 001 ..... 0001111", "NONE")
export function FENCE_I<B>(b: B): void {
  b.fenceInstructions();
}

@row("............ ..... 001 ..... 1110011", "CSR")
export function CSRRW<B>(b: B, i: usize): void {
  b.csr(i, rd(i), imm(i), CSR_WRITE, b.reg(rs1(i)), true);
}

@row("............ ..... 101 ..... 1110011", "CSR")
export function CSRRWI<B>(b: B, i: usize): void {
  b.csr(i, rd(i), imm(i), CSR_WRITE, b.constant(rs1Field(i)), true);
}

@row("............ ..... 010 ..... 1110011", "CSR")
export function CSRRS<B>(b: B, i: usize): void {
  b.csr(i, rd(i), imm(i), CSR_SET, b.reg(rs1(i)), rs1Field(i) != 0);
}

@row("............ ..... 110 ..... 1110011", "CSR")
export function CSRRSI<B>(b: B, i: usize): void {
  b.csr(i, rd(i), imm(i), CSR_SET, b.constant(rs1Field(i)), rs1Field(i) != 0);
}

@row("............ ..... 011 ..... 1110011", "CSR")
export function CSRRC<B>(b: B, i: usize): void {
  b.csr(i, rd(i), imm(i), CSR_CLEAR, b.reg(rs1(i)), rs1Field(i) != 0);
}

@row("............ ..... 111 ..... 1110011", "CSR")
export function CSRRCI<B>(b: B, i: usize): void {
  b.csr(i, rd(i), imm(i), CSR_CLEAR, b.constant(rs1Field(i)), rs1Field(i) != 0);
}
