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
