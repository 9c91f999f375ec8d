// Written from the rows in assembly/isa/ and scripts/isa-runs.mjs by scripts/isa-tables.mjs. Do not
// edit. The interpreter's loop: from an entry to the event at which the budget is spent.
//
// `ip` is the decoded entry, and `left` the value of `ip` at which the budget ends, where an
// instruction is 16: code without jumps counts by itself, a compressed instruction goes on 8 and
// takes 8 from `left`, and a transfer from entry a to b adds b - a - 16 to `left`.
// So cycle = sliceEnd - ((left - ip) >> 4), exact at every instruction, also inside a run.
import { decodeLine } from "./decode";
import { imm, op } from "./isa/entry";
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
} from "./isa/a";
import { Interpret, Quick } from "./isa/interpret";
import { Op } from "./isa/op";
import { step } from "./step";
import { entryBytesOf, farTarget, leave, nextPage } from "./transfer";
import { BY_STEP, leftOver, runRegions } from "./translate/run";

export function loop(h: usize, ip: usize, left: usize): void {
  let next: usize = 0;
  while (true) {
    switch (op(ip)) {
      case Op.UNDECODED:
        decodeLine(ip);
        continue;
      case Op.PAGE_END:
        next = nextPage(h, ip);
        if (!next) {
          leave(h, ip, left);
          return;
        }
        left += next - ip;
        ip = next;
        if (<isize>ip < <isize>left) continue;
        leave(h, ip, left);
        return;
      case Op.REGION:
        next = runRegions(h, ip, left);
        if (!next) return;
        ip = next & ~BY_STEP;
        left = leftOver(h);
        if ((next & BY_STEP) != 0) break;
        continue;
      case Op.BEQ:
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          next = farTarget(h, ip);
          if (!next) break;
          left += next - ip - 16;
          ip = next;
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.BNE:
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          next = farTarget(h, ip);
          if (!next) break;
          left += next - ip - 16;
          ip = next;
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.BLT:
        if (BLT(changetype<Interpret<Quick>>(h), ip)) {
          next = farTarget(h, ip);
          if (!next) break;
          left += next - ip - 16;
          ip = next;
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.BGE:
        if (BGE(changetype<Interpret<Quick>>(h), ip)) {
          next = farTarget(h, ip);
          if (!next) break;
          left += next - ip - 16;
          ip = next;
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.BLTU:
        if (BLTU(changetype<Interpret<Quick>>(h), ip)) {
          next = farTarget(h, ip);
          if (!next) break;
          left += next - ip - 16;
          ip = next;
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.BGEU:
        if (BGEU(changetype<Interpret<Quick>>(h), ip)) {
          next = farTarget(h, ip);
          if (!next) break;
          left += next - ip - 16;
          ip = next;
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.LUI:
        LUI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.AUIPC:
        AUIPC(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.JAL:
        next = JAL(changetype<Interpret<Quick>>(h), ip);
        if (!next) break;
        left += next - ip - 16;
        ip = next;
        if (<isize>ip < <isize>left) continue;
        leave(h, ip, left);
        return;
      case Op.JALR:
        next = JALR(changetype<Interpret<Quick>>(h), ip);
        if (!next) break;
        left += next - ip - 16;
        ip = next;
        if (<isize>ip < <isize>left) continue;
        leave(h, ip, left);
        return;
      case Op.LB:
        if (!LB(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.LH:
        if (!LH(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.LW:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.LBU:
        if (!LBU(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.LHU:
        if (!LHU(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.SB:
        if (!SB(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.SH:
        if (!SH(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.SW:
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.ADDI:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SLTI:
        SLTI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SLTIU:
        SLTIU(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.XORI:
        XORI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ORI:
        ORI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ANDI:
        ANDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SLLI:
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SRLI:
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SRAI:
        SRAI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADD:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SUB:
        SUB(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SLL:
        SLL(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SLT:
        SLT(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SLTU:
        SLTU(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.XOR:
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SRL:
        SRL(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SRA:
        SRA(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.OR:
        OR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.AND:
        AND(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.FENCE:
        FENCE(changetype<Interpret<Quick>>(h));
        ip += 16;
        continue;
      case Op.MUL:
        MUL(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.MULH:
        MULH(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.MULHSU:
        MULHSU(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.MULHU:
        MULHU(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.DIV:
        DIV(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.DIVU:
        DIVU(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.REM:
        REM(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.REMU:
        REMU(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.AMOSWAP_W:
        if (!AMOSWAP_W(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.AMOADD_W:
        if (!AMOADD_W(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.AMOXOR_W:
        if (!AMOXOR_W(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.AMOAND_W:
        if (!AMOAND_W(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.AMOOR_W:
        if (!AMOOR_W(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.AMOMIN_W:
        if (!AMOMIN_W(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.AMOMAX_W:
        if (!AMOMAX_W(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.AMOMINU_W:
        if (!AMOMINU_W(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.AMOMAXU_W:
        if (!AMOMAXU_W(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.C_ADDI:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        left -= 8;
        continue;
      case Op.C_LW:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 8;
        left -= 8;
        continue;
      case Op.C_SW:
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 8;
        left -= 8;
        continue;
      case Op.C_LUI:
        LUI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        left -= 8;
        continue;
      case Op.C_SRLI:
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        left -= 8;
        continue;
      case Op.C_SRAI:
        SRAI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        left -= 8;
        continue;
      case Op.C_ANDI:
        ANDI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        left -= 8;
        continue;
      case Op.C_SUB:
        SUB(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        left -= 8;
        continue;
      case Op.C_XOR:
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        left -= 8;
        continue;
      case Op.C_OR:
        OR(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        left -= 8;
        continue;
      case Op.C_AND:
        AND(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        left -= 8;
        continue;
      case Op.C_SLLI:
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        left -= 8;
        continue;
      case Op.C_ADD:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        left -= 8;
        continue;
      case Op.C_BEQ:
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          next = farTarget(h, ip);
          if (!next) break;
          left += next - ip - 16;
          ip = next;
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 8;
        left -= 8;
        continue;
      case Op.C_BNE:
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          next = farTarget(h, ip);
          if (!next) break;
          left += next - ip - 16;
          ip = next;
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 8;
        left -= 8;
        continue;
      case Op.C_BEQ_NEAR:
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          continue;
        }
        ip += 8;
        left -= 8;
        continue;
      case Op.C_BNE_NEAR:
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          continue;
        }
        ip += 8;
        left -= 8;
        continue;
      case Op.C_BEQ_BACK:
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 8;
        left -= 8;
        continue;
      case Op.C_BNE_BACK:
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 8;
        left -= 8;
        continue;
      case Op.BEQ_NEAR:
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          continue;
        }
        ip += 16;
        continue;
      case Op.BNE_NEAR:
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          continue;
        }
        ip += 16;
        continue;
      case Op.BLT_NEAR:
        if (BLT(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          continue;
        }
        ip += 16;
        continue;
      case Op.BGE_NEAR:
        if (BGE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          continue;
        }
        ip += 16;
        continue;
      case Op.BLTU_NEAR:
        if (BLTU(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          continue;
        }
        ip += 16;
        continue;
      case Op.BGEU_NEAR:
        if (BGEU(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          continue;
        }
        ip += 16;
        continue;
      case Op.BEQ_BACK:
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.BNE_BACK:
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.BLT_BACK:
        if (BLT(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.BGE_BACK:
        if (BGE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.BLTU_BACK:
        if (BLTU(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.BGEU_BACK:
        if (BGEU(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.JAL_NEAR:
        next = changetype<Interpret<Quick>>(h).jumpNear(ip);
        left += next - ip - 16;
        ip = next;
        if (<isize>ip < <isize>left) continue;
        leave(h, ip, left);
        return;
      case Op.ADD_C_ADD:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        left -= 8;
        continue;
      case Op.ADD_ADD:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADD_ADDI:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADD_AND:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        AND(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADD_BEQ_NEAR:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          continue;
        }
        ip += 16;
        continue;
      case Op.ADD_BNE_BACK:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.ADD_LBU:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!LBU(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.ADD_LW:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.ADD_SLLI:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADD_SRLI:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADD_SUB:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SUB(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.C_ADDI_BNE_BACK:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        left -= 8;
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.C_ADDI_C_ADDI:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        left -= 8;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        left -= 8;
        continue;
      case Op.C_XOR_C_ADD:
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        left -= 8;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        left -= 8;
        continue;
      case Op.ADDI_ADD:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADDI_ADDI:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADDI_ANDI:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ANDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADDI_AUIPC:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        AUIPC(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADDI_BEQ_BACK:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.ADDI_BEQ_NEAR:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          continue;
        }
        ip += 16;
        continue;
      case Op.ADDI_BGEU_NEAR:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BGEU(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          continue;
        }
        ip += 16;
        continue;
      case Op.ADDI_BLTU_BACK:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BLTU(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.ADDI_BLTU_NEAR:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BLTU(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          continue;
        }
        ip += 16;
        continue;
      case Op.ADDI_BLT_BACK:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BLT(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.ADDI_BNE_BACK:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.ADDI_JAL_NEAR:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        next = changetype<Interpret<Quick>>(h).jumpNear(ip);
        left += next - ip - 16;
        ip = next;
        if (<isize>ip < <isize>left) continue;
        leave(h, ip, left);
        return;
      case Op.ADDI_LUI:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        LUI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADDI_LW:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.ADDI_SLLI:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADDI_SUB:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SUB(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADDI_SW:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.ADDI_XOR:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.AND_ADD:
        AND(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.AND_ADDI:
        AND(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.AND_SRLI:
        AND(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ANDI_ADD:
        ANDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ANDI_BEQ_BACK:
        ANDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.ANDI_SLLI:
        ANDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.AUIPC_JALR:
        AUIPC(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        next = JALR(changetype<Interpret<Quick>>(h), ip);
        if (!next) break;
        left += next - ip - 16;
        ip = next;
        if (<isize>ip < <isize>left) continue;
        leave(h, ip, left);
        return;
      case Op.LBU_ADD:
        if (!LBU(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.LBU_ADDI:
        if (!LBU(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.LUI_ADDI:
        LUI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.LW_ADD:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.LW_ADDI:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.LW_ANDI:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ANDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.LW_BEQ_BACK:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.LW_BEQ_NEAR:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          continue;
        }
        ip += 16;
        continue;
      case Op.LW_BNE_BACK:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.LW_BNE_NEAR:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          continue;
        }
        ip += 16;
        continue;
      case Op.LW_LW:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.LW_SLLI:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.LW_SRLI:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.LW_SW:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.LW_XOR:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.MUL_SRLI:
        MUL(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.MULHU_ADD:
        MULHU(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.OR_ADDI:
        OR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.OR_AND:
        OR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        AND(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.OR_OR:
        OR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        OR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SB_ADDI:
        if (!SB(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SB_BEQ_BACK:
        if (!SB(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.SB_BNE_BACK:
        if (!SB(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.SLLI_ADD:
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SLLI_LUI:
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        LUI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SLLI_OR:
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        OR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SLLI_SRLI:
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SLTU_SLTU:
        SLTU(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SLTU(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SRAI_AND:
        SRAI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        AND(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SRLI_ADD:
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SRLI_ADDI:
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SRLI_LW:
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.SRLI_MUL:
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        MUL(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SRLI_SB:
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!SB(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.SRLI_XOR:
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SUB_SUB:
        SUB(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SUB(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SW_ADDI:
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SW_SW:
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.XOR_ADD:
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.XOR_BNE_BACK:
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.XOR_MUL:
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        MUL(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.XOR_SLLI:
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.XOR_SLTU:
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SLTU(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.XOR_SRLI:
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADD_ADD_SRLI:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADD_ADDI_SB:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!SB(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.ADD_ADDI_SW:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.ADD_LBU_BNE_BACK:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!LBU(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.ADD_LBU_LBU:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!LBU(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (!LBU(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.ADD_LW_ADDI:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADD_LW_ANDI:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ANDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADD_LW_BEQ_NEAR:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          continue;
        }
        ip += 16;
        continue;
      case Op.ADD_SLLI_ANDI:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ANDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.C_ADDI_C_ADDI_BLTU_BACK:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        left -= 8;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        left -= 8;
        if (BLTU(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.ADDI_ADD_BNE_BACK:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.ADDI_ADD_LW:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.ADDI_ADDI_ADDI:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADDI_ADDI_BEQ_BACK:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.ADDI_ADDI_BEQ_NEAR:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          continue;
        }
        ip += 16;
        continue;
      case Op.ADDI_ADDI_BLTU_BACK:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BLTU(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.ADDI_ANDI_SLLI:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ANDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADDI_AUIPC_JALR:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        AUIPC(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        next = JALR(changetype<Interpret<Quick>>(h), ip);
        if (!next) break;
        left += next - ip - 16;
        ip = next;
        if (<isize>ip < <isize>left) continue;
        leave(h, ip, left);
        return;
      case Op.ADDI_LUI_ADDI:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        LUI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADDI_LW_ADDI:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADDI_LW_LW:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.ADDI_SLLI_ADD:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADDI_SUB_BNE_BACK:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SUB(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.ADDI_SW_ADDI:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ADDI_SW_SW:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.ADDI_XOR_BNE_BACK:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.AND_ADD_LBU:
        AND(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!LBU(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.AND_SRLI_XOR:
        AND(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.ANDI_SLLI_ADD:
        ANDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.LBU_ADD_ADD:
        if (!LBU(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.LUI_ADDI_ADD:
        LUI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.LW_ADDI_ADDI:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.LW_ADDI_JALR:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        next = JALR(changetype<Interpret<Quick>>(h), ip);
        if (!next) break;
        left += next - ip - 16;
        ip = next;
        if (<isize>ip < <isize>left) continue;
        leave(h, ip, left);
        return;
      case Op.LW_ADDI_SW:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.LW_LW_ADD:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.LW_LW_LW:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.LW_SRLI_XOR:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.LW_SW_SW:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.LW_XOR_SRLI:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.MUL_SRLI_ADD:
        MUL(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.MUL_SRLI_XOR:
        MUL(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.MULHU_ADD_SUB:
        MULHU(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SUB(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.OR_ADDI_XOR:
        OR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SB_ADDI_ADDI:
        if (!SB(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SLLI_ADD_ADD:
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SLLI_ADD_ADDI:
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SLLI_ADD_LW:
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.SLLI_LUI_ADDI:
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        LUI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SLLI_SRLI_MUL:
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        MUL(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SRAI_AND_ADDI:
        SRAI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        AND(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SRLI_ADD_SRLI:
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SRLI_ADDI_BNE_BACK:
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.SRLI_LW_SLLI:
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SRLI_SB_BEQ_BACK:
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!SB(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.SRLI_SB_C_BEQ_BACK:
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (!SB(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 8;
        left -= 8;
        continue;
      case Op.SRLI_XOR_ADD:
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SRLI_XOR_ADDI:
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SRLI_XOR_MUL:
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        MUL(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SUB_SUB_BGE_BACK:
        SUB(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SUB(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BGE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.SW_ADDI_ADDI:
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SW_ADDI_BNE_BACK:
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 16;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 16;
        continue;
      case Op.SW_SW_ADDI:
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.SW_SW_SW:
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 16;
        continue;
      case Op.XOR_MUL_SRLI:
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        MUL(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.XOR_SLLI_OR:
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        OR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
      case Op.XOR_SRLI_XOR:
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 16;
        continue;
    }
    // What the quick way could not do: one instruction the exact way.
    leave(h, ip, left);
    if (!step(h, ip)) return;
    next = entryBytesOf(h);
    ip += next;
    left += next - 16;
  }
}
