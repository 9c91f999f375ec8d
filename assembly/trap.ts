// Traps (Privileged ISA 1.12, 3.1.6-3.1.9, 3.3.2, 4.1): entry with delegation and vectoring,
// return, and the choice among pending interrupts.
import { observeReturn, observeTrap } from "./debug";
import { Hart, MODE_MACHINE, MODE_SUPERVISOR, MODE_USER } from "./hart";
import { machine, PARALLEL, TIMING } from "./layout";
import { selectContext, STATUS_MPRV } from "./mmu";
import { AGAIN } from "./parallel/world";
import { charge, count } from "./timing/account";
import { COUNTER_CYCLES_TRAP, COUNTER_EXCEPTIONS, COUNTER_INTERRUPTS } from "./timing/counters";
import { parameter, PARAMETER_TRAP_ENTRY } from "./timing/parameters";
import { HART_TRAPS, timed, timingOf } from "./timing/state";

export const CAUSE_FETCH_MISALIGNED: u32 = 0;
export const CAUSE_ILLEGAL: u32 = 2;
export const CAUSE_BREAKPOINT: u32 = 3;
export const CAUSE_ECALL_USER: u32 = 8;
export const INTERRUPT: u32 = 0x80000000;

export const STATUS_SIE: u32 = 1 << 1;
export const STATUS_MIE: u32 = 1 << 3;
export const STATUS_SPIE: u32 = 1 << 5;
export const STATUS_MPIE: u32 = 1 << 7;
export const STATUS_SPP: u32 = 1 << 8;
export const STATUS_MPP: u32 = 3 << 11;
export const STATUS_TVM: u32 = 1 << 20;
export const STATUS_TW: u32 = 1 << 21;
export const STATUS_TSR: u32 = 1 << 22;

@inline
export function pendingInterrupts(hart: Hart): u32 {
  return hart.pending | hart.pendingSoft;
}

/**
 * Enters the handler of `cause` with `value` as tval. The pc is that of the trapping or interrupted
 * instruction. A trap takes one cycle and retires nothing, so that no guest can hold the clock.
 */
export function takeTrap(hart: Hart, cause: u32, value: u32): void {
  if (PARALLEL && cause == AGAIN) return; // nothing has happened: the instruction comes again
  const interrupt = (cause & INTERRUPT) != 0;
  const delegated = interrupt ? hart.delegatedInterrupts : hart.delegatedTraps;
  const inside = hart.mode != MODE_MACHINE && ((delegated >> (cause & 31)) & 1) != 0;
  if (machine().observeTraps != 0) {
    observeTrap(hart, cause, value, inside ? MODE_SUPERVISOR : MODE_MACHINE);
  }
  if (TIMING && timed()) chargeTrap(hart, cause);
  else {
    hart.cycle += 1;
    hart.skew += 1;
  }
  hart.reservation = 0;
  const status = hart.status;
  if (inside) {
    hart.scause = cause;
    hart.sepc = hart.pc;
    hart.stval = value;
    const previous: u32 = hart.mode == MODE_SUPERVISOR ? STATUS_SPP : 0;
    const enabled: u32 = (status & STATUS_SIE) != 0 ? STATUS_SPIE : 0;
    hart.status = (status & ~(STATUS_SIE | STATUS_SPIE | STATUS_SPP)) | previous | enabled;
    hart.mode = MODE_SUPERVISOR;
    hart.pc = vector(hart.stvec, cause);
  } else {
    hart.mcause = cause;
    hart.mepc = hart.pc;
    hart.mtval = value;
    const enabled: u32 = (status & STATUS_MIE) != 0 ? STATUS_MPIE : 0;
    const kept = status & ~(STATUS_MIE | STATUS_MPIE | STATUS_MPP);
    hart.status = kept | (hart.mode << 11) | enabled;
    hart.mode = MODE_MACHINE;
    hart.pc = vector(hart.mtvec, cause);
  }
  selectContext(hart);
}

/** A trap of the timing model: its cycles, and one more of its cause. */
function chargeTrap(hart: Hart, cause: u32): void {
  const interrupt = (cause & INTERRUPT) != 0;
  timingOf(hart).spentFrom = 0; // what was fetched does not come
  charge(hart, COUNTER_CYCLES_TRAP, parameter(PARAMETER_TRAP_ENTRY));
  count(hart, interrupt ? COUNTER_INTERRUPTS : COUNTER_EXCEPTIONS);
  const index = (interrupt ? 16 : 0) + (cause & 15);
  const place = changetype<usize>(hart) + HART_TRAPS + (index << 3);
  store<u64>(place, load<u64>(place) + 1);
}

function vector(tvec: u32, cause: u32): u32 {
  const base = tvec & ~3;
  if ((tvec & 1) != 0 && (cause & INTERRUPT) != 0) return base + (cause << 2);
  return base;
}

/** The cause of the interrupt to take now, or 0: MEI, MSI, MTI, SEI, SSI, STI in this order. */
export function interruptToTake(hart: Hart): u32 {
  const ready = pendingInterrupts(hart) & hart.enabled;
  if (ready == 0) return 0;
  const machineOpen =
    hart.mode != MODE_MACHINE || (hart.status & STATUS_MIE) != 0 ? ~hart.delegatedInterrupts : 0;
  const supervisorOpen =
    hart.mode == MODE_USER ||
    (hart.mode == MODE_SUPERVISOR && (hart.status & STATUS_SIE) != 0)
      ? hart.delegatedInterrupts
      : 0;
  let open = ready & machineOpen;
  if (open == 0) open = ready & supervisorOpen;
  if (open == 0) return 0;
  if ((open & (1 << 11)) != 0) return INTERRUPT | 11;
  if ((open & (1 << 3)) != 0) return INTERRUPT | 3;
  if ((open & (1 << 7)) != 0) return INTERRUPT | 7;
  if ((open & (1 << 9)) != 0) return INTERRUPT | 9;
  if ((open & (1 << 1)) != 0) return INTERRUPT | 1;
  return INTERRUPT | 5;
}

/** MRET (3.3.2). */
export function returnFromMachine(hart: Hart): void {
  const status = hart.status;
  const mode = (status >> 11) & 3;
  const enabled: u32 = (status & STATUS_MPIE) != 0 ? STATUS_MIE : 0;
  let next = (status & ~(STATUS_MIE | STATUS_MPP)) | STATUS_MPIE | enabled;
  if (mode != MODE_MACHINE) next &= ~STATUS_MPRV;
  hart.status = next;
  hart.mode = mode;
  hart.nextPc = hart.mepc;
  if (machine().observeTraps != 0) observeReturn(hart, MODE_MACHINE);
  selectContext(hart);
}

/** SRET (3.3.2). */
export function returnFromSupervisor(hart: Hart): void {
  const from = hart.mode;
  const status = hart.status;
  const enabled: u32 = (status & STATUS_SPIE) != 0 ? STATUS_SIE : 0;
  hart.mode = (status & STATUS_SPP) != 0 ? MODE_SUPERVISOR : MODE_USER;
  hart.status = (status & ~(STATUS_SIE | STATUS_SPP | STATUS_MPRV)) | STATUS_SPIE | enabled;
  hart.nextPc = hart.sepc;
  if (machine().observeTraps != 0) observeReturn(hart, from);
  selectContext(hart);
}
