// The instruction formats: where each keeps its immediate and its registers, in the manual's own
// notation (Unprivileged ISA 20191213, 2.2 and 2.3). `scripts/isa-tables.mjs` reads the decorators
// and derives from them the decoder's field table, the disassembler and the tests' encoder; the
// compiler ignores them. Register fields stand where every format has them: rd at bit 7,
// rs1 at 15, rs2 at 20.

@format("funct7 rs2 rs1 funct3 rd opcode")
export const R: u8 = 0;
@format("imm[11:0] rs1 funct3 rd opcode")
export const I: u8 = 1;
@format("imm[11:5] rs2 rs1 funct3 imm[4:0] opcode")
export const S: u8 = 2;
@format("imm[12|10:5] rs2 rs1 funct3 imm[4:1|11] opcode")
export const B: u8 = 3;
@format("imm[31:12] rd opcode")
export const U: u8 = 4;
@format("imm[20|10:1|11|19:12] rd opcode")
export const J: u8 = 5;
@format("funct7 uimm[4:0] rs1 funct3 rd opcode")
export const SHIFT: u8 = 6;
@format("uimm[11:0] rs1 funct3 rd opcode")
export const CSR: u8 = 7;
@format("nothing")
export const NONE: u8 = 8;

// The compressed ones (16.2). A field with a mark names one of x8 to x15 by three bits. "rd" stands
// also for the "rd/rs1" of the manual. CI, CB have several immediates, each a format here.

@format("funct4 rd rs2 op")
export const CR: u8 = 9;
@format("funct3 imm[5] rd imm[4:0] op")
export const CI: u8 = 10;
@format("funct3 uimm[5] rd uimm[4:0] op")
export const CI_SHIFT: u8 = 11;
@format("funct3 imm[17] rd imm[16:12] op")
export const CI_LUI: u8 = 12;
@format("funct3 imm[9] rd imm[4|6|8:7|5] op")
export const CI_SP: u8 = 13;
@format("funct3 uimm[5] rd uimm[4:2|7:6] op")
export const CI_LWSP: u8 = 14;
@format("funct3 uimm[5:2|7:6] rs2 op")
export const CSS: u8 = 15;
@format("funct3 uimm[5:4|9:6|2|3] rd' op")
export const CIW: u8 = 16;
@format("funct3 uimm[5:3] rs1' uimm[2|6] rd' op")
export const CL: u8 = 17;
@format("funct3 uimm[5:3] rs1' uimm[2|6] rs2' op")
export const CS: u8 = 18;
@format("funct6 rd' funct2 rs2' op")
export const CA: u8 = 19;
@format("funct3 imm[8|4:3] rs1' imm[7:6|2:1|5] op")
export const CB: u8 = 20;
@format("funct3 uimm[5] funct2 rd' uimm[4:0] op")
export const CB_SHIFT: u8 = 21;
@format("funct3 imm[5] funct2 rd' imm[4:0] op")
export const CB_IMM: u8 = 22;
@format("funct3 imm[11|4|9:8|10|6|7|3:1|5] op")
export const CJ: u8 = 23;
