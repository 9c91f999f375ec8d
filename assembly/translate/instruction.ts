// Written from the rows in assembly/isa/ by scripts/isa-tables.mjs. Do not edit. The meaning of an
// instruction, by the backend that writes WebAssembly.
import {
  ADD,
  ADDI,
  AND,
  ANDI,
  AUIPC,
  BEQ,
  BGE,
  BGEU,
  BLT,
  BLTU,
  BNE,
  FENCE,
  JAL,
  JALR,
  LB,
  LBU,
  LH,
  LHU,
  LUI,
  LW,
  OR,
  ORI,
  SB,
  SH,
  SLL,
  SLLI,
  SLT,
  SLTI,
  SLTIU,
  SLTU,
  SRA,
  SRAI,
  SRL,
  SRLI,
  SUB,
  SW,
  XOR,
  XORI,
} from "../isa/i";
import {
  DIV,
  DIVU,
  MUL,
  MULH,
  MULHSU,
  MULHU,
  REM,
  REMU,
} from "../isa/m";
import {
  AMOADD_W,
  AMOAND_W,
  AMOMAXU_W,
  AMOMAX_W,
  AMOMINU_W,
  AMOMIN_W,
  AMOOR_W,
  AMOSWAP_W,
  AMOXOR_W,
} from "../isa/a";
import {
  CSRRC,
  CSRRCI,
  CSRRS,
  CSRRSI,
  CSRRW,
  CSRRWI,
} from "../isa/zicsr";
import { Emit } from "../isa/emit";
import { Op } from "../isa/op";

function emitIB(e: Emit, i: usize, what: u32): void {
  switch (what) {
    case Op.BEQ:
    case Op.C_BEQ:
    case Op.C_BEQ_NEAR:
    case Op.C_BEQ_BACK:
    case Op.BEQ_NEAR:
    case Op.BEQ_BACK:
      BEQ(e, i);
      break;
    case Op.BNE:
    case Op.C_BNE:
    case Op.C_BNE_NEAR:
    case Op.C_BNE_BACK:
    case Op.BNE_NEAR:
    case Op.BNE_BACK:
      BNE(e, i);
      break;
    case Op.BLT:
    case Op.BLT_NEAR:
    case Op.BLT_BACK:
      BLT(e, i);
      break;
    case Op.BGE:
    case Op.BGE_NEAR:
    case Op.BGE_BACK:
      BGE(e, i);
      break;
    case Op.BLTU:
    case Op.BLTU_NEAR:
    case Op.BLTU_BACK:
      BLTU(e, i);
      break;
    case Op.BGEU:
    case Op.BGEU_NEAR:
    case Op.BGEU_BACK:
      BGEU(e, i);
      break;
  }
}

function emitIU(e: Emit, i: usize, what: u32): void {
  switch (what) {
    case Op.LUI:
    case Op.C_LUI:
      LUI(e, i);
      break;
    case Op.AUIPC:
      AUIPC(e, i);
      break;
  }
}

function emitIJ(e: Emit, i: usize, what: u32): void {
  switch (what) {
    case Op.JAL:
      JAL(e, i);
      break;
  }
}

function emitII(e: Emit, i: usize, what: u32): void {
  switch (what) {
    case Op.JALR:
      JALR(e, i);
      break;
    case Op.LB:
      LB(e, i);
      break;
    case Op.LH:
      LH(e, i);
      break;
    case Op.LW:
    case Op.C_LW:
      LW(e, i);
      break;
    case Op.LBU:
      LBU(e, i);
      break;
    case Op.LHU:
      LHU(e, i);
      break;
    case Op.ADDI:
    case Op.C_ADDI:
      ADDI(e, i);
      break;
    case Op.SLTI:
      SLTI(e, i);
      break;
    case Op.SLTIU:
      SLTIU(e, i);
      break;
    case Op.XORI:
      XORI(e, i);
      break;
    case Op.ORI:
      ORI(e, i);
      break;
    case Op.ANDI:
    case Op.C_ANDI:
      ANDI(e, i);
      break;
  }
}

function emitIS(e: Emit, i: usize, what: u32): void {
  switch (what) {
    case Op.SB:
      SB(e, i);
      break;
    case Op.SH:
      SH(e, i);
      break;
    case Op.SW:
    case Op.C_SW:
      SW(e, i);
      break;
  }
}

function emitISHIFT(e: Emit, i: usize, what: u32): void {
  switch (what) {
    case Op.SLLI:
    case Op.C_SLLI:
      SLLI(e, i);
      break;
    case Op.SRLI:
    case Op.C_SRLI:
      SRLI(e, i);
      break;
    case Op.SRAI:
    case Op.C_SRAI:
      SRAI(e, i);
      break;
  }
}

function emitIR(e: Emit, i: usize, what: u32): void {
  switch (what) {
    case Op.ADD:
    case Op.C_ADD:
      ADD(e, i);
      break;
    case Op.SUB:
    case Op.C_SUB:
      SUB(e, i);
      break;
    case Op.SLL:
      SLL(e, i);
      break;
    case Op.SLT:
      SLT(e, i);
      break;
    case Op.SLTU:
      SLTU(e, i);
      break;
    case Op.XOR:
    case Op.C_XOR:
      XOR(e, i);
      break;
    case Op.SRL:
      SRL(e, i);
      break;
    case Op.SRA:
      SRA(e, i);
      break;
    case Op.OR:
    case Op.C_OR:
      OR(e, i);
      break;
    case Op.AND:
    case Op.C_AND:
      AND(e, i);
      break;
  }
}

function emitINONE(e: Emit, i: usize, what: u32): void {
  switch (what) {
    case Op.FENCE:
      FENCE(e);
      break;
  }
}

function emitMR(e: Emit, i: usize, what: u32): void {
  switch (what) {
    case Op.MUL:
      MUL(e, i);
      break;
    case Op.MULH:
      MULH(e, i);
      break;
    case Op.MULHSU:
      MULHSU(e, i);
      break;
    case Op.MULHU:
      MULHU(e, i);
      break;
    case Op.DIV:
      DIV(e, i);
      break;
    case Op.DIVU:
      DIVU(e, i);
      break;
    case Op.REM:
      REM(e, i);
      break;
    case Op.REMU:
      REMU(e, i);
      break;
  }
}

function emitAR(e: Emit, i: usize, what: u32): void {
  switch (what) {
    case Op.AMOSWAP_W:
      AMOSWAP_W(e, i);
      break;
    case Op.AMOADD_W:
      AMOADD_W(e, i);
      break;
    case Op.AMOXOR_W:
      AMOXOR_W(e, i);
      break;
    case Op.AMOAND_W:
      AMOAND_W(e, i);
      break;
    case Op.AMOOR_W:
      AMOOR_W(e, i);
      break;
    case Op.AMOMIN_W:
      AMOMIN_W(e, i);
      break;
    case Op.AMOMAX_W:
      AMOMAX_W(e, i);
      break;
    case Op.AMOMINU_W:
      AMOMINU_W(e, i);
      break;
    case Op.AMOMAXU_W:
      AMOMAXU_W(e, i);
      break;
  }
}

function emitZICSRCSR(e: Emit, i: usize, what: u32): void {
  switch (what) {
    case Op.CSRRW:
      CSRRW(e, i);
      break;
    case Op.CSRRWI:
      CSRRWI(e, i);
      break;
    case Op.CSRRS:
      CSRRS(e, i);
      break;
    case Op.CSRRSI:
      CSRRSI(e, i);
      break;
    case Op.CSRRC:
      CSRRC(e, i);
      break;
    case Op.CSRRCI:
      CSRRCI(e, i);
      break;
  }
}

/** Writes the instruction at entry `i`, whose op is `what`. */
export function emitInstruction(e: Emit, i: usize, what: u32): void {
  switch (what) {
    case Op.BEQ:
    case Op.C_BEQ:
    case Op.C_BEQ_NEAR:
    case Op.C_BEQ_BACK:
    case Op.BEQ_NEAR:
    case Op.BEQ_BACK:
    case Op.BNE:
    case Op.C_BNE:
    case Op.C_BNE_NEAR:
    case Op.C_BNE_BACK:
    case Op.BNE_NEAR:
    case Op.BNE_BACK:
    case Op.BLT:
    case Op.BLT_NEAR:
    case Op.BLT_BACK:
    case Op.BGE:
    case Op.BGE_NEAR:
    case Op.BGE_BACK:
    case Op.BLTU:
    case Op.BLTU_NEAR:
    case Op.BLTU_BACK:
    case Op.BGEU:
    case Op.BGEU_NEAR:
    case Op.BGEU_BACK:
      emitIB(e, i, what);
      break;
    case Op.LUI:
    case Op.C_LUI:
    case Op.AUIPC:
      emitIU(e, i, what);
      break;
    case Op.JAL:
      emitIJ(e, i, what);
      break;
    case Op.JALR:
    case Op.LB:
    case Op.LH:
    case Op.LW:
    case Op.C_LW:
    case Op.LBU:
    case Op.LHU:
    case Op.ADDI:
    case Op.C_ADDI:
    case Op.SLTI:
    case Op.SLTIU:
    case Op.XORI:
    case Op.ORI:
    case Op.ANDI:
    case Op.C_ANDI:
      emitII(e, i, what);
      break;
    case Op.SB:
    case Op.SH:
    case Op.SW:
    case Op.C_SW:
      emitIS(e, i, what);
      break;
    case Op.SLLI:
    case Op.C_SLLI:
    case Op.SRLI:
    case Op.C_SRLI:
    case Op.SRAI:
    case Op.C_SRAI:
      emitISHIFT(e, i, what);
      break;
    case Op.ADD:
    case Op.C_ADD:
    case Op.SUB:
    case Op.C_SUB:
    case Op.SLL:
    case Op.SLT:
    case Op.SLTU:
    case Op.XOR:
    case Op.C_XOR:
    case Op.SRL:
    case Op.SRA:
    case Op.OR:
    case Op.C_OR:
    case Op.AND:
    case Op.C_AND:
      emitIR(e, i, what);
      break;
    case Op.FENCE:
      emitINONE(e, i, what);
      break;
    case Op.MUL:
    case Op.MULH:
    case Op.MULHSU:
    case Op.MULHU:
    case Op.DIV:
    case Op.DIVU:
    case Op.REM:
    case Op.REMU:
      emitMR(e, i, what);
      break;
    case Op.AMOSWAP_W:
    case Op.AMOADD_W:
    case Op.AMOXOR_W:
    case Op.AMOAND_W:
    case Op.AMOOR_W:
    case Op.AMOMIN_W:
    case Op.AMOMAX_W:
    case Op.AMOMINU_W:
    case Op.AMOMAXU_W:
      emitAR(e, i, what);
      break;
    case Op.CSRRW:
    case Op.CSRRWI:
    case Op.CSRRS:
    case Op.CSRRSI:
    case Op.CSRRC:
    case Op.CSRRCI:
      emitZICSRCSR(e, i, what);
      break;
    case Op.JAL_NEAR:
      e.jumpNear(i);
      break;
  }
}
