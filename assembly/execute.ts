// The interpreter: runs one hart from event to event until its slice is spent. An event is a taken
// backward branch, a jump, a page crossing, a trap, a system instruction or an access to a device;
// only there are budget and interrupts looked at.
//
// In the loop `ip` is the decoded entry, and `left` the value of `ip` at which the budget ends:
// straight-line code counts by itself, and a transfer from entry a to b adds b - a - 8 to `left`.
// So cycle = sliceEnd - ((left - ip) >> 3), exact at every instruction.
import { MTIP, raiseLine } from "./device/lines";
import { decodedPage, decodeLine } from "./decode";
import { Hart } from "./hart";
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
import { machine, NO_FRAME } from "./layout";
import { fetchEntryOf, fetchFrame, fillFetch } from "./mmu";
import { step } from "./step";
import { interruptToTake, pendingInterrupts, takeTrap } from "./trap";
import { NO_TRAP } from "./hart";

const PC_DELTA: usize = offsetof<Hart>("pcDelta");
const FETCH_TLB: usize = offsetof<Hart>("fetchTlb");
/** Cycles after which the loop is left, so that the host's compiler can put in better code. */
const CHUNK_CYCLES: u64 = 1 << 20;
const ENABLED_TIMER: u32 = 1 << 7;

/** Runs the hart to the first event at or after hart.sliceTarget, or until something stops it. */
export function execute(hart: Hart): void {
  const h = changetype<usize>(hart);
  const chunkEnd = hart.cycle + CHUNK_CYCLES;
  while (!atEvent(hart, chunkEnd)) {
    const ip = enter(hart);
    if (ip == 0) continue;
    const cycles = <u32>(hart.sliceEnd - hart.cycle);
    loop(h, ip, ip + (cycles << 3));
  }
}

/** At an event: the timer, the end of the slice, waiting, interrupts. True: leave the slice. */
function atEvent(hart: Hart, chunkEnd: u64): bool {
  if (hart.cycle >= hart.deadline) raiseLine(hart.id, MTIP);
  if (hart.waiting != 0 && !wakes(hart)) return true;
  const m = machine();
  const end = min(hart.sliceTarget, chunkEnd);
  if (hart.cycle >= end || (m.leave | m.touchedAny) != 0) return true;
  const cause = interruptToTake(hart);
  if (cause != 0) takeTrap(hart, cause, 0);
  hart.sliceEnd = hart.deadline > hart.cycle ? min(hart.deadline, end) : end;
  if (hart.sliceEnd <= hart.cycle) hart.sliceEnd = hart.cycle + 1;
  return false;
}

/** A waiting hart goes on at a pending interrupt, or jumps to its timer when that is in reach. */
function wakes(hart: Hart): bool {
  if ((pendingInterrupts(hart) & hart.enabled) == 0) {
    if ((hart.enabled & ENABLED_TIMER) == 0 || hart.deadline >= hart.sliceTarget) return false;
    jumpClock(hart, hart.deadline);
    raiseLine(hart.id, MTIP);
  }
  hart.waiting = 0;
  return true;
}

/** Moves a waiting hart's clock forward to `cycle`; no instruction retires in between. */
export function jumpClock(hart: Hart, cycle: u64): void {
  if (cycle <= hart.cycle) return;
  hart.skew += cycle - hart.cycle;
  hart.cycle = cycle;
}

/** The decoded entry at hart.pc; 0 when the fetch trapped, or the page must go step by step. */
function enter(hart: Hart): usize {
  const pc = hart.pc;
  const entry = fetchEntryOf(hart.fetchTlb, pc);
  let page: usize = load<u32>(entry, 4);
  if (load<u32>(entry) != (pc & 0xfffff003)) {
    hart.trapCause = NO_TRAP;
    const frame = fetchFrame(hart, pc);
    if (frame == NO_FRAME) {
      takeTrap(hart, hart.trapCause, hart.trapValue);
      return 0;
    }
    page = decodedPage(frame);
    if (hart.event == 0) {
      stepAlone(hart, page + ((pc & 0xffc) << 1));
      return 0;
    }
    fillFetch(hart, pc, page);
  }
  hart.pcDelta = (pc & 0xfffff000) - (<u32>page >> 1);
  return page + ((pc & 0xffc) << 1);
}

/** One instruction, from a page whose every fetch has to be checked. */
function stepAlone(hart: Hart, ip: usize): void {
  if (op(ip) == Op.UNDECODED) decodeLine(ip);
  if (!step(changetype<usize>(hart), ip)) return;
  hart.pc = hart.pc + 4;
  hart.cycle += 1;
}

/** Settles pc and clock when the loop is left before the instruction at `ip`. */
function leave(h: usize, ip: usize, left: usize): void {
  const hart = changetype<Hart>(h);
  hart.pc = hart.pcDelta + (<u32>ip >> 1);
  hart.cycle = hart.sliceEnd - <u64>(<i64>(<i32>(left - ip) >> 3));
}

/** The entry at virtual address `target`, when the fetch TLB has its page; else 0. */
function farEntry(h: usize, target: u32): usize {
  const entry = fetchEntryOf(load<u32>(h, FETCH_TLB), target);
  if (load<u32>(entry) != (target & 0xfffff003)) return 0;
  const page = load<u32>(entry, 4);
  store<u32>(h, (target & 0xfffff000) - (page >> 1), PC_DELTA);
  return page + ((target & 0xffc) << 1);
}

function farTarget(h: usize, ip: usize): usize {
  return farEntry(h, load<u32>(h, PC_DELTA) + (<u32>ip >> 1) + imm(ip));
}

function nextPage(h: usize, ip: usize): usize {
  return farEntry(h, load<u32>(h, PC_DELTA) + (<u32>ip >> 1));
}

function loop(h: usize, ip: usize, left: usize): void {
  let next: usize = 0;
  while (true) {
    switch (op(ip)) {
      case Op.BEQ:
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          next = farTarget(h, ip);
          if (!next) break;
          left += next - ip - 8;
          ip = next;
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 8;
        continue;
      case Op.BEQ_NEAR:
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 8;
          ip += imm(ip);
          continue;
        }
        ip += 8;
        continue;
      case Op.BEQ_BACK:
        if (BEQ(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 8;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 8;
        continue;
      case Op.BNE:
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          next = farTarget(h, ip);
          if (!next) break;
          left += next - ip - 8;
          ip = next;
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 8;
        continue;
      case Op.BNE_NEAR:
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 8;
          ip += imm(ip);
          continue;
        }
        ip += 8;
        continue;
      case Op.BNE_BACK:
        if (BNE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 8;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 8;
        continue;
      case Op.BLT:
        if (BLT(changetype<Interpret<Quick>>(h), ip)) {
          next = farTarget(h, ip);
          if (!next) break;
          left += next - ip - 8;
          ip = next;
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 8;
        continue;
      case Op.BLT_NEAR:
        if (BLT(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 8;
          ip += imm(ip);
          continue;
        }
        ip += 8;
        continue;
      case Op.BLT_BACK:
        if (BLT(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 8;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 8;
        continue;
      case Op.BGE:
        if (BGE(changetype<Interpret<Quick>>(h), ip)) {
          next = farTarget(h, ip);
          if (!next) break;
          left += next - ip - 8;
          ip = next;
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 8;
        continue;
      case Op.BGE_NEAR:
        if (BGE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 8;
          ip += imm(ip);
          continue;
        }
        ip += 8;
        continue;
      case Op.BGE_BACK:
        if (BGE(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 8;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 8;
        continue;
      case Op.BLTU:
        if (BLTU(changetype<Interpret<Quick>>(h), ip)) {
          next = farTarget(h, ip);
          if (!next) break;
          left += next - ip - 8;
          ip = next;
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 8;
        continue;
      case Op.BLTU_NEAR:
        if (BLTU(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 8;
          ip += imm(ip);
          continue;
        }
        ip += 8;
        continue;
      case Op.BLTU_BACK:
        if (BLTU(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 8;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 8;
        continue;
      case Op.BGEU:
        if (BGEU(changetype<Interpret<Quick>>(h), ip)) {
          next = farTarget(h, ip);
          if (!next) break;
          left += next - ip - 8;
          ip = next;
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 8;
        continue;
      case Op.BGEU_NEAR:
        if (BGEU(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 8;
          ip += imm(ip);
          continue;
        }
        ip += 8;
        continue;
      case Op.BGEU_BACK:
        if (BGEU(changetype<Interpret<Quick>>(h), ip)) {
          left += imm(ip) - 8;
          ip += imm(ip);
          if (<isize>ip < <isize>left) continue;
          leave(h, ip, left);
          return;
        }
        ip += 8;
        continue;
      case Op.JAL:
        next = JAL(changetype<Interpret<Quick>>(h), ip);
        if (!next) break;
        left += next - ip - 8;
        ip = next;
        if (<isize>ip < <isize>left) continue;
        leave(h, ip, left);
        return;
      case Op.JALR:
        next = JALR(changetype<Interpret<Quick>>(h), ip);
        if (!next) break;
        left += next - ip - 8;
        ip = next;
        if (<isize>ip < <isize>left) continue;
        leave(h, ip, left);
        return;
      case Op.JAL_NEAR:
        next = changetype<Interpret<Quick>>(h).jumpNear(ip);
        left += next - ip - 8;
        ip = next;
        if (<isize>ip < <isize>left) continue;
        leave(h, ip, left);
        return;
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
      case Op.UNDECODED:
        decodeLine(ip);
        continue;
      case Op.LUI:
        LUI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.AUIPC:
        AUIPC(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.LB:
        if (!LB(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 8;
        continue;
      case Op.LH:
        if (!LH(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 8;
        continue;
      case Op.LW:
        if (!LW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 8;
        continue;
      case Op.LBU:
        if (!LBU(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 8;
        continue;
      case Op.LHU:
        if (!LHU(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 8;
        continue;
      case Op.SB:
        if (!SB(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 8;
        continue;
      case Op.SH:
        if (!SH(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 8;
        continue;
      case Op.SW:
        if (!SW(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 8;
        continue;
      case Op.ADDI:
        ADDI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.SLTI:
        SLTI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.SLTIU:
        SLTIU(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.XORI:
        XORI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.ORI:
        ORI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.ANDI:
        ANDI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.SLLI:
        SLLI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.SRLI:
        SRLI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.SRAI:
        SRAI(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.ADD:
        ADD(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.SUB:
        SUB(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.SLL:
        SLL(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.SLT:
        SLT(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.SLTU:
        SLTU(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.XOR:
        XOR(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.SRL:
        SRL(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.SRA:
        SRA(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.OR:
        OR(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.AND:
        AND(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.FENCE:
        FENCE(changetype<Interpret<Quick>>(h));
        ip += 8;
        continue;
      case Op.MUL:
        MUL(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.MULH:
        MULH(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.MULHSU:
        MULHSU(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.MULHU:
        MULHU(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.DIV:
        DIV(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.DIVU:
        DIVU(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.REM:
        REM(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.REMU:
        REMU(changetype<Interpret<Quick>>(h), ip);
        ip += 8;
        continue;
      case Op.AMOSWAP_W:
        if (!AMOSWAP_W(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 8;
        continue;
      case Op.AMOADD_W:
        if (!AMOADD_W(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 8;
        continue;
      case Op.AMOXOR_W:
        if (!AMOXOR_W(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 8;
        continue;
      case Op.AMOAND_W:
        if (!AMOAND_W(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 8;
        continue;
      case Op.AMOOR_W:
        if (!AMOOR_W(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 8;
        continue;
      case Op.AMOMIN_W:
        if (!AMOMIN_W(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 8;
        continue;
      case Op.AMOMAX_W:
        if (!AMOMAX_W(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 8;
        continue;
      case Op.AMOMINU_W:
        if (!AMOMINU_W(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 8;
        continue;
      case Op.AMOMAXU_W:
        if (!AMOMAXU_W(changetype<Interpret<Quick>>(h), ip)) break;
        ip += 8;
        continue;
    }
    // What the quick way could not do: one instruction the exact way.
    leave(h, ip, left);
    if (!step(h, ip)) return;
    ip += 8;
  }
}
