// One instruction by the exact way: the meaning with the backend that does everything, then the
// trap or the retirement. The interpreter's loop comes here for what it cannot answer from the
// TLBs, for system instructions, and (on pages without one PMP verdict) for every instruction.
import { firstOp, join } from "./decode";
import { PARALLEL, TIMING } from "./layout";
import { endInstruction } from "./parallel/world";
import { timingOf } from "./timing/state";
import { takeTrap, CAUSE_ILLEGAL } from "./trap";
import { Hart, NO_TRAP } from "./hart";
import { imm } from "./isa/entry";
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
  EBREAK,
  ECALL,
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
} from "./isa/i";
import {
  DIV,
  DIVU,
  MUL,
  MULH,
  MULHSU,
  MULHU,
  REM,
  REMU,
} from "./isa/m";
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
  LR_W,
  SC_W,
} from "./isa/a";
import {
  CSRRC,
  CSRRCI,
  CSRRS,
  CSRRSI,
  CSRRW,
  CSRRWI,
  FENCE_I,
} from "./isa/zicsr";
import {
  MRET,
  SFENCE_VMA,
  SRET,
  WFI,
} from "./isa/privileged";
import { Exact, Interpret } from "./isa/interpret";
import { Op } from "./isa/op";

/**
 * Executes the decoded instruction `ip`, at hart.pc and hart.cycle. True: it retired, goes on at
 * nextPc within the page or at its end, and the caller counts it. False: it was an event; pc and
 * clocks are settled.
 */
export function step(h: usize, ip: usize): bool {
  const hart = changetype<Hart>(h);
  const what = firstOp(ip);
  if (TIMING) timingOf(hart).stalled = 0;
  hart.trapCause = NO_TRAP;
  if (what == Op.CROSS) return stepAcross(h, ip);
  hart.event = 0;
  hart.nextPc = hart.pc + lengthOf(what);
  perform(h, ip, what);
  if (PARALLEL) endInstruction(hart);
  return hart.trapCause == NO_TRAP && hart.event == 0 ? true : settle(hart);
}

/** An instruction that begins on one page and ends on the next: always an event. */
function stepAcross(h: usize, ip: usize): bool {
  const hart = changetype<Hart>(h);
  const joined = join(hart, ip);
  if (joined != 0) {
    hart.nextPc = hart.pc + 4;
    perform(h, joined, firstOp(joined));
    if (PARALLEL) endInstruction(hart);
  }
  return settle(hart);
}

/** The end of an event: the trap, or the retirement. */
function settle(hart: Hart): bool {
  if (hart.trapCause != NO_TRAP) takeTrap(hart, hart.trapCause, hart.trapValue);
  else {
    hart.pc = hart.nextPc;
    hart.cycle += 1;
  }
  return false;
}

/** Bytes of an instruction that is no jump, by its op. */
@inline
function lengthOf(what: u32): u32 {
  return what - Op.FIRST_COMPRESSED <= Op.LAST_COMPRESSED - Op.FIRST_COMPRESSED ? 2 : 4;
}

function perform(h: usize, ip: usize, what: u32): void {
  switch (what) {
    case Op.BEQ:
    case Op.C_BEQ:
    case Op.BEQ_NEAR:
    case Op.C_BEQ_NEAR:
    case Op.BEQ_BACK:
    case Op.C_BEQ_BACK:
      BEQ(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.BNE:
    case Op.C_BNE:
    case Op.BNE_NEAR:
    case Op.C_BNE_NEAR:
    case Op.BNE_BACK:
    case Op.C_BNE_BACK:
      BNE(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.BLT:
    case Op.BLT_NEAR:
    case Op.BLT_BACK:
      BLT(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.BGE:
    case Op.BGE_NEAR:
    case Op.BGE_BACK:
      BGE(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.BLTU:
    case Op.BLTU_NEAR:
    case Op.BLTU_BACK:
      BLTU(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.BGEU:
    case Op.BGEU_NEAR:
    case Op.BGEU_BACK:
      BGEU(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.LUI:
    case Op.C_LUI:
      LUI(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.AUIPC:
      AUIPC(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.JAL:
      JAL(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.JALR:
      JALR(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.LB:
      LB(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.LH:
      LH(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.LW:
    case Op.C_LW:
      LW(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.LBU:
      LBU(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.LHU:
      LHU(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.SB:
      SB(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.SH:
      SH(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.SW:
    case Op.C_SW:
      SW(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.ADDI:
    case Op.C_ADDI:
      ADDI(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.SLTI:
      SLTI(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.SLTIU:
      SLTIU(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.XORI:
      XORI(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.ORI:
      ORI(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.ANDI:
    case Op.C_ANDI:
      ANDI(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.SLLI:
    case Op.C_SLLI:
      SLLI(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.SRLI:
    case Op.C_SRLI:
      SRLI(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.SRAI:
    case Op.C_SRAI:
      SRAI(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.ADD:
    case Op.C_ADD:
      ADD(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.SUB:
    case Op.C_SUB:
      SUB(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.SLL:
      SLL(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.SLT:
      SLT(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.SLTU:
      SLTU(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.XOR:
    case Op.C_XOR:
      XOR(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.SRL:
      SRL(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.SRA:
      SRA(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.OR:
    case Op.C_OR:
      OR(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.AND:
    case Op.C_AND:
      AND(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.FENCE:
      FENCE(changetype<Interpret<Exact>>(h));
      break;
    case Op.ECALL:
      ECALL(changetype<Interpret<Exact>>(h));
      break;
    case Op.EBREAK:
      EBREAK(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.MUL:
      MUL(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.MULH:
      MULH(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.MULHSU:
      MULHSU(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.MULHU:
      MULHU(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.DIV:
      DIV(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.DIVU:
      DIVU(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.REM:
      REM(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.REMU:
      REMU(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.LR_W:
      LR_W(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.SC_W:
      SC_W(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.AMOSWAP_W:
      AMOSWAP_W(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.AMOADD_W:
      AMOADD_W(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.AMOXOR_W:
      AMOXOR_W(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.AMOAND_W:
      AMOAND_W(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.AMOOR_W:
      AMOOR_W(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.AMOMIN_W:
      AMOMIN_W(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.AMOMAX_W:
      AMOMAX_W(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.AMOMINU_W:
      AMOMINU_W(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.AMOMAXU_W:
      AMOMAXU_W(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.FENCE_I:
      FENCE_I(changetype<Interpret<Exact>>(h));
      break;
    case Op.CSRRW:
      CSRRW(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.CSRRWI:
      CSRRWI(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.CSRRS:
      CSRRS(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.CSRRSI:
      CSRRSI(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.CSRRC:
      CSRRC(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.CSRRCI:
      CSRRCI(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.SRET:
      SRET(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.MRET:
      MRET(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.WFI:
      WFI(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.SFENCE_VMA:
      SFENCE_VMA(changetype<Interpret<Exact>>(h), ip);
      break;
    case Op.JAL_NEAR:
      changetype<Interpret<Exact>>(h).jumpNear(ip);
      break;
    default:
      changetype<Hart>(h).trapCause = CAUSE_ILLEGAL;
      changetype<Hart>(h).trapValue = imm(ip);
  }
}
