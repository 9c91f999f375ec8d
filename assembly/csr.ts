// Control and status registers (Privileged ISA 1.12, chapters 2-4; Zicntr). `readCsr` gives the
// value, or NO_CSR when the number names none; `writeCsr` applies the WARL rules. Access rights by
// mode, read-only numbers, counter enables and TVM are judged in `csrAllowed`.
import { timeOf } from "./device/clint";
import { Hart, MODE_MACHINE, MODE_SUPERVISOR, MODE_USER } from "./hart";
import { selectContext, STATUS_MPRV, STATUS_MXR, STATUS_SUM } from "./mmu";
import { pmpAddress, pmpConfig, storePmpAddress, storePmpConfig } from "./pmp";
import { TIMING } from "./layout";
import { enterBucket, retiredBy } from "./timing/account";
import { hpmEvent, hpmValue, putHpmEvent, putHpmValue } from "./timing/hpm";
import { timed } from "./timing/state";
import { forgetTranslations } from "./timing/translation";
import { flushContexts } from "./tlb";
import {
  pendingInterrupts,
  STATUS_MIE,
  STATUS_MPIE,
  STATUS_MPP,
  STATUS_SIE,
  STATUS_SPIE,
  STATUS_SPP,
  STATUS_TSR,
  STATUS_TVM,
  STATUS_TW,
} from "./trap";

export const CSR_WRITE: u32 = 0;
export const CSR_SET: u32 = 1;
export const CSR_CLEAR: u32 = 2;
export const NO_CSR: i64 = -1;

const MISA: u32 = 0x40141105; // RV32, A C I M S U
const SSTATUS: u32 = STATUS_SIE | STATUS_SPIE | STATUS_SPP | STATUS_SUM | STATUS_MXR;
const MSTATUS: u32 =
  SSTATUS | STATUS_MIE | STATUS_MPIE | STATUS_MPRV | STATUS_TVM | STATUS_TW | STATUS_TSR;
const INTERRUPTS: u32 = 0xaaa;
const SUPERVISOR_INTERRUPTS: u32 = 0x222;
const DELEGABLE_TRAPS: u32 = 0xb3ff; // all but ecall from M (11) and what is reserved
const FIOM: u32 = 1; // fences order devices with memory; ours order everything anyway
const SATP: u32 = 0x803fffff | 0x7fc00000;
const ALL: u32 = 0xffffffff;
/** Bits of mstatus that say what a trap, its return or an interrupt does, and nothing before. */
const STATUS_AT_TRAPS: u32 =
  STATUS_SIE | STATUS_MIE | STATUS_SPIE | STATUS_MPIE | STATUS_SPP;

/**
 * Where the hart keeps a CSR that is a word and no more, so that an access has no other effect:
 * scratch, epc, cause and tval of S and M. 0: it is another one.
 */
export function wordOf(number: u32): u32 {
  if ((number & 0xdfc) != 0x140) return 0;
  const first = (number & 0x200) != 0 ? offsetof<Hart>("mepc") : offsetof<Hart>("sepc");
  return <u32>first + (((number + 3) & 3) << 2); // there: epc, cause, tval, scratch
}

/** The bits of such a word that a write changes. */
export function writableBits(number: u32): u32 {
  return (number & 3) == 1 ? ~1 : ALL; // an epc is even (IALIGN 16)
}

/** The bits of mstatus that CSR `number` shows: all as mstatus, some as sstatus, else none. */
export function statusView(number: u32): u32 {
  return number == 0x100 ? SSTATUS : number == 0x300 ? ALL : 0;
}

/** Those that may be set or cleared through it with no effect before the next trap or event. */
export function quietBits(number: u32): u32 {
  return statusView(number) & STATUS_AT_TRAPS;
}

/** May the present mode access CSR `number`, and write it if `writes`? */
export function csrAllowed(hart: Hart, number: u32, writes: bool): bool {
  if (hart.mode < ((number >> 8) & 3)) return false;
  if (writes && number >> 10 == 3) return false;
  if (number == 0x180 && hart.mode == MODE_SUPERVISOR && (hart.status & STATUS_TVM) != 0) {
    return false;
  }
  if ((number & 0xf60) == 0xc00 && hart.mode != MODE_MACHINE) {
    const bit = (<u32>1) << (number & 31);
    if ((hart.mcounteren & bit) == 0) return false;
    if (hart.mode == MODE_USER && (hart.scounteren & bit) == 0) return false;
  }
  return true;
}

function counter(hart: Hart, number: u32): i64 {
  const high = (number & 0x80) != 0;
  let value: u64 = 0;
  const which = number & 31;
  if (which == 0) value = hart.cycle + hart.cycleBias;
  else if (which == 1) value = timeOf(hart);
  else if (which == 2) value = retiredBy(hart) + hart.instretBias;
  else if (TIMING) value = hpmValue(hart, which - 3);
  return high ? value >> 32 : value & 0xffffffff;
}

export function readCsr(hart: Hart, number: u32): i64 {
  const word = wordOf(number);
  if (word != 0) return load<u32>(changetype<usize>(hart) + word);
  if ((number & 0xf60) == 0xc00) return counter(hart, number); // cycle .. hpmcounter31h
  if ((number & 0xf60) == 0xb00) return (number & 31) == 1 ? NO_CSR : counter(hart, number);
  if (number >= 0x3b0 && number < 0x3c0) return pmpAddress(hart, number - 0x3b0);
  if (number >= 0x3a0 && number < 0x3a4) return readPmpConfig(hart, number - 0x3a0);
  if (number >= 0x323 && number < 0x340) return TIMING ? hpmEvent(hart, number - 0x323) : 0;
  return number < 0x200 ? readSupervisor(hart, number) : readMachine(hart, number);
}

function readPmpConfig(hart: Hart, index: u32): i64 {
  let value: u32 = 0;
  for (let byte: u32 = 0; byte < 4; byte++) {
    value |= pmpConfig(hart, (index << 2) + byte) << (byte << 3);
  }
  return value;
}

function readSupervisor(hart: Hart, number: u32): i64 {
  switch (number) {
    case 0x100:
      return hart.status & statusView(number);
    case 0x104:
      return hart.enabled & hart.delegatedInterrupts;
    case 0x105:
      return hart.stvec;
    case 0x106:
      return hart.scounteren;
    case 0x10a:
      return hart.senvcfg;
    case 0x144:
      return pendingInterrupts(hart) & hart.delegatedInterrupts;
    case 0x180:
      return hart.satp;
  }
  return NO_CSR;
}

function readMachine(hart: Hart, number: u32): i64 {
  switch (number) {
    case 0x300:
      return hart.status;
    case 0x301:
      return MISA;
    case 0x302:
      return hart.delegatedTraps;
    case 0x303:
      return hart.delegatedInterrupts;
    case 0x304:
      return hart.enabled;
    case 0x305:
      return hart.mtvec;
    case 0x306:
      return hart.mcounteren;
    case 0x30a:
      return hart.menvcfg;
    case 0x310:
    case 0x31a:
      return 0; // mstatush, menvcfgh
    case 0x320:
      return 0; // mcountinhibit: counters cannot be inhibited
    case 0x344:
      return pendingInterrupts(hart);
    case 0xf11:
    case 0xf12:
    case 0xf13:
    case 0xf15:
      return 0;
    case 0xf14:
      return hart.id;
  }
  return NO_CSR;
}

/** The value a set or clear starts from: SEIP of mip without the PLIC's line (3.1.9). */
export function readForUpdate(hart: Hart, number: u32): u32 {
  if (number == 0x344) return hart.pendingSoft;
  if (number == 0x144) return hart.pendingSoft & hart.delegatedInterrupts;
  return <u32>readCsr(hart, number);
}

export function writeCsr(hart: Hart, number: u32, value: u32): void {
  const word = wordOf(number);
  if (word != 0) store<u32>(changetype<usize>(hart) + word, value & writableBits(number));
  else if (number >= 0x3b0 && number < 0x3c0) {
    storePmpAddress(hart, number - 0x3b0, value);
    flushContexts(hart, 15);
  } else if (number >= 0x3a0 && number < 0x3a4) {
    storePmpConfig(hart, number - 0x3a0, value);
    flushContexts(hart, 15);
  } else if ((number & 0xf60) == 0xb00) writeCounter(hart, number, value);
  else if (TIMING && number >= 0x323 && number < 0x340) putHpmEvent(hart, number - 0x323, value);
  else if (number < 0x200) writeSupervisor(hart, number, value);
  else writeMachine(hart, number, value);
}

/** 64 bits with one half of them replaced. */
function joined(now: u64, value: u32, high: bool): u64 {
  if (high) return ((<u64>value) << 32) | (now & 0xffffffff);
  return (now & 0xffffffff00000000) | value;
}

/** mcycle and minstret: the next instruction reads what was written. */
function writeCounter(hart: Hart, number: u32, value: u32): void {
  const which = number & 31;
  const high = (number & 0x80) != 0;
  if (TIMING && which >= 3) {
    const index = which - 3;
    putHpmValue(hart, index, joined(hpmValue(hart, index), value, high));
  }
  if (which != 0 && which != 2) return;
  const clock = which == 0 ? hart.cycle : retiredBy(hart);
  const bias = which == 0 ? hart.cycleBias : hart.instretBias;
  const next = joined(clock + bias, value, high);
  if (which == 0) hart.cycleBias = next - clock - 1;
  else hart.instretBias = next - clock - 1;
}

function writeStatus(hart: Hart, value: u32, mask: u32): void {
  const before = hart.status;
  let next = (before & ~mask) | (value & mask);
  if ((mask & STATUS_MPRV) != 0) {
    const previous = (value >> 11) & 3;
    if (previous != 2) next = (next & ~STATUS_MPP) | (previous << 11);
  }
  hart.status = next;
  if (((before ^ next) & STATUS_MXR) != 0) flushContexts(hart, 14);
  selectContext(hart);
}

function writeSupervisor(hart: Hart, number: u32, value: u32): void {
  switch (number) {
    case 0x100:
      writeStatus(hart, value, SSTATUS);
      break;
    case 0x104: {
      const mask = hart.delegatedInterrupts & SUPERVISOR_INTERRUPTS;
      hart.enabled = (hart.enabled & ~mask) | (value & mask);
      break;
    }
    case 0x105:
      if ((value & 2) == 0) hart.stvec = value; // reserved modes change nothing
      break;
    case 0x106:
      hart.scounteren = value;
      break;
    case 0x10a:
      hart.senvcfg = value & FIOM;
      break;
    case 0x144: {
      const mask = hart.delegatedInterrupts & 2;
      hart.pendingSoft = (hart.pendingSoft & ~mask) | (value & mask);
      break;
    }
    case 0x180:
      if (hart.satp != (value & SATP)) {
        hart.satp = value & SATP;
        flushContexts(hart, 14);
        if (TIMING && timed()) {
          forgetTranslations(hart);
          enterBucket(hart);
        }
      }
      break;
  }
}

function writeMachine(hart: Hart, number: u32, value: u32): void {
  switch (number) {
    case 0x300:
      writeStatus(hart, value, MSTATUS);
      break;
    case 0x302:
      hart.delegatedTraps = value & DELEGABLE_TRAPS;
      break;
    case 0x303:
      hart.delegatedInterrupts = value & SUPERVISOR_INTERRUPTS;
      break;
    case 0x304:
      hart.enabled = value & INTERRUPTS;
      break;
    case 0x305:
      if ((value & 2) == 0) hart.mtvec = value;
      break;
    case 0x306:
      hart.mcounteren = value;
      break;
    case 0x30a:
      hart.menvcfg = value & FIOM;
      break;
    case 0x344:
      hart.pendingSoft = value & SUPERVISOR_INTERRUPTS;
      break;
  }
}
