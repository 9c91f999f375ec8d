// The privileged instructions (Privileged ISA 1.12, 3.3 and 4.2): trap returns, wait for
// interrupt, and the translation fence. Rows and meanings as in i.ts.
import { rs1, rs1Field } from "./entry";

@row("0001000 00010 00000 000 00000 1110011", "NONE")
export function SRET<B>(b: B, i: usize): void {
  b.supervisorReturn(i);
}

@row("0011000 00010 00000 000 00000 1110011", "NONE")
export function MRET<B>(b: B, i: usize): void {
  b.machineReturn(i);
}

@row("0001000 00101 00000 000 00000 1110011", "NONE")
export function WFI<B>(b: B, i: usize): void {
  b.waitForInterrupt(i);
}

@row("0001001 ..... ..... 000 00000 1110011", "R")
export function SFENCE_VMA<B>(b: B, i: usize): void {
  b.fenceTranslation(i, b.reg(rs1(i)), rs1Field(i) == 0);
}
