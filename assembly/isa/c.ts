// C, compressed instructions (RV32C without floating point; Unprivileged ISA 20191213, chapter 16).
// A row gives the 16-bit picture, the format, and the expansion: a base instruction with its rd,
// rs1 and rs2, each a field of the format, a register the encoding implies, or - for none. What it
// means is stated at the base instruction only. The first row that matches counts; a field named
// last must not be 0, else the encoding is reserved. HINTs do what their expansion does: nothing.
// `scripts/isa-tables.mjs` reads this file, the compiler does not; the numbers only count.

@row16("000 ........ ... 00", "CIW", "ADDI rd' x2 -", "imm")
export const C_ADDI4SPN: u8 = 0;
@row16("010 ... ... .. ... 00", "CL", "LW rd' rs1' -")
export const C_LW: u8 = 1;
@row16("110 ... ... .. ... 00", "CS", "SW - rs1' rs2'")
export const C_SW: u8 = 2;

@row16("000 . ..... ..... 01", "CI", "ADDI rd rd -")
export const C_ADDI: u8 = 3;
@row16("001 ........... 01", "CJ", "JAL x1 - -")
export const C_JAL: u8 = 4;
@row16("010 . ..... ..... 01", "CI", "ADDI rd x0 -")
export const C_LI: u8 = 5;
@row16("011 . 00010 ..... 01", "CI_SP", "ADDI rd rd -", "imm")
export const C_ADDI16SP: u8 = 6;
@row16("011 . ..... ..... 01", "CI_LUI", "LUI rd - -", "imm")
export const C_LUI: u8 = 7;
@row16("100 0 00 ... ..... 01", "CB_SHIFT", "SRLI rd' rd' -")
export const C_SRLI: u8 = 8;
@row16("100 0 01 ... ..... 01", "CB_SHIFT", "SRAI rd' rd' -")
export const C_SRAI: u8 = 9;
@row16("100 . 10 ... ..... 01", "CB_IMM", "ANDI rd' rd' -")
export const C_ANDI: u8 = 10;
@row16("100 0 11 ... 00 ... 01", "CA", "SUB rd' rd' rs2'")
export const C_SUB: u8 = 11;
@row16("100 0 11 ... 01 ... 01", "CA", "XOR rd' rd' rs2'")
export const C_XOR: u8 = 12;
@row16("100 0 11 ... 10 ... 01", "CA", "OR rd' rd' rs2'")
export const C_OR: u8 = 13;
@row16("100 0 11 ... 11 ... 01", "CA", "AND rd' rd' rs2'")
export const C_AND: u8 = 14;
@row16("101 ........... 01", "CJ", "JAL x0 - -")
export const C_J: u8 = 15;
@row16("110 ... ... ..... 01", "CB", "BEQ - rs1' x0")
export const C_BEQZ: u8 = 16;
@row16("111 ... ... ..... 01", "CB", "BNE - rs1' x0")
export const C_BNEZ: u8 = 17;

@row16("000 0 ..... ..... 10", "CI_SHIFT", "SLLI rd rd -")
export const C_SLLI: u8 = 18;
@row16("010 . ..... ..... 10", "CI_LWSP", "LW rd x2 -", "rd")
export const C_LWSP: u8 = 19;
@row16("1000 ..... 00000 10", "CR", "JALR x0 rd -", "rd")
export const C_JR: u8 = 20;
@row16("1000 ..... ..... 10", "CR", "ADD rd x0 rs2", "rs2")
export const C_MV: u8 = 21;
@row16("1001 00000 00000 10", "CR", "EBREAK - - -")
export const C_EBREAK: u8 = 22;
@row16("1001 ..... 00000 10", "CR", "JALR x1 rd -")
export const C_JALR: u8 = 23;
@row16("1001 ..... ..... 10", "CR", "ADD rd rd rs2")
export const C_ADD: u8 = 24;
@row16("110 ...... ..... 10", "CSS", "SW - x2 rs2")
export const C_SWSP: u8 = 25;
