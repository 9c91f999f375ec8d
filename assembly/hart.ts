// One hart: a block of fixed stride (an odd number of cache lines, so that the blocks of 512 harts
// do not collide in the host's cache). Fields are ordered by heat: registers, what the
// interpreter's loop touches, what traps touch, CSRs, then the software TLBs.
//
//   0    x0..x31          128  sink for writes to x0
//   136  pc, clocks, TLB pointers, CSRs ... ARCHITECTURE_END, superpages
//   HART_BUDGET: what translated code and those who run it tell each other
//   HART_TLB: per context (M, S, S with SUM, U): 256 loads, 256 stores, 64 fetches of 8 bytes
//   HART_TIMING: in the build with the timing model, its state (timing/state.ts)
//   HART_PARALLEL: in the parallel build, what only that needs (parallel/state.ts)
import { HARTS_MAX } from "./abi";
import { machine, PARALLEL, TIMING } from "./layout";

export const MODE_USER: u32 = 0;
export const MODE_SUPERVISOR: u32 = 1;
export const MODE_MACHINE: u32 = 3;

export const NO_TRAP: u32 = 0xffffffff;

@unmanaged
export class Hart {
  private x00: u64; private x02: u64; private x04: u64; private x06: u64;
  private x08: u64; private x10: u64; private x12: u64; private x14: u64;
  private x16: u64; private x18: u64; private x20: u64; private x22: u64;
  private x24: u64; private x26: u64; private x28: u64; private x30: u64;
  sink: u32;
  // Not architectural: derived, or meaningful only within one instruction.
  pcDelta: u32; // pc of an entry = pcDelta + (entry >> 1)
  loadTlb: u32;
  storeTlb: u32;
  fetchTlb: u32;
  nextPc: u32;
  trapCause: u32;
  trapValue: u32;
  event: u32; // the instruction under way is an event: leave the loop after it
  filled: u32; // bit a context: its TLBs hold entries
  sliceEnd: u64; // the loop leaves at the first event at or after this
  sliceTarget: u64; // the schedule's end of the slice
  // Architectural state, hashed from here on.
  pc: u32;
  mode: u32;
  cycle: u64;
  skew: u64; // cycles that retired no instruction: instret = cycle - skew
  deadline: u64; // mtimecmp in cycles
  pending: u32; // mip: lines set by devices
  pendingSoft: u32; // mip: bits set by software
  enabled: u32; // mie
  waiting: u32;
  reservation: u32; // 1 + the reserved line of memory, or 0
  status: u32; // mstatus
  delegatedTraps: u32;
  delegatedInterrupts: u32;
  mtvec: u32;
  mepc: u32;
  mcause: u32;
  mtval: u32;
  mscratch: u32;
  stvec: u32;
  sepc: u32;
  scause: u32;
  stval: u32;
  sscratch: u32;
  satp: u32;
  mcounteren: u32;
  scounteren: u32;
  mtimecmpLow: u32;
  mtimecmpHigh: u32;
  msip: u32;
  cycleBias: u64; // mcycle = cycle + cycleBias
  instretBias: u64;
  deskValue: u32;
  node: u32; // at the firewall; 0: not held back
  menvcfg: u32;
  senvcfg: u32;
  private spare: u32;
  pmpActive: u32; // 1 + the last entry that is not OFF
  pmpcfg: u64;
  private pmpcfgHigh: u64;
  pmpaddr: u64; // sixteen words from here
  private a02: u64; private a04: u64; private a06: u64; private a08: u64;
  private a10: u64; private a12: u64; private a14: u64;
  private architectureEnd: u64;
  id: u32;
  superpages: u64; // 1024 bits: 4 MiB regions some TLB entry of which came from a superpage
}

/** What translated code and those who run it tell each other; it means nothing between slices. */
@unmanaged
export class HartBudget {
  fullEnd: u64; // where the slice ends, when sliceEnd is an earlier moment to look around
  left: u32; // what a call of the core, or the region, leaves of the budget
}

export const ARCHITECTURE_START: usize = offsetof<Hart>("pc");
export const ARCHITECTURE_END: usize = offsetof<Hart>("architectureEnd");
export const PMPCFG: usize = offsetof<Hart>("pmpcfg");
export const PMPADDR: usize = offsetof<Hart>("pmpaddr");
export const SUPERPAGES: u32 = offsetof<Hart>("superpages");

export const HART_BUDGET: u32 = SUPERPAGES + 128;

export const TLB_LOAD_BYTES: u32 = 2048;
export const TLB_FETCH_BYTES: u32 = 512;
export const TLB_STORE: u32 = TLB_LOAD_BYTES;
export const TLB_FETCH: u32 = 2 * TLB_LOAD_BYTES;
export const TLB_CONTEXT_BYTES: u32 = 2 * TLB_LOAD_BYTES + TLB_FETCH_BYTES;
export const HART_TLB: u32 = 704;
export const HART_TIMING: u32 = HART_TLB + 4 * TLB_CONTEXT_BYTES; // 19136
export const HART_PARALLEL: u32 = HART_TIMING;
export const HART_STRIDE: u32 = TIMING ? 64 * 443 : PARALLEL ? 64 * 301 : 64 * 299;

@inline
export function hartAt(id: u32): Hart {
  return changetype<Hart>(machine().hartsBase + id * HART_STRIDE);
}

@inline
export function budgetOf(hart: Hart): HartBudget {
  return changetype<HartBudget>(changetype<usize>(hart) + HART_BUDGET);
}

/** Puts a hart into its state after reset (Privileged ISA 1.12, 3.4). */
export function resetHart(id: u32, pc: u32): void {
  const place = changetype<usize>(hartAt(id));
  memory.fill(place, 0, HART_STRIDE);
  memory.fill(place + HART_TLB, 0xff, TLB_CONTEXT_BYTES * 4);
  const hart = hartAt(id);
  hart.id = id;
  hart.pc = pc;
  hart.mode = MODE_MACHINE;
  hart.deadline = u64.MAX_VALUE;
  hart.mtimecmpLow = 0xffffffff;
  hart.mtimecmpHigh = 0xffffffff;
  hart.trapCause = NO_TRAP;
  assert(id < HARTS_MAX);
}

/** The same for a hart that has run: its clock and its count of instructions go on. */
export function restartHart(hart: Hart, pc: u32): void {
  const id = hart.id;
  const cycle = hart.cycle;
  const skew = hart.skew;
  memory.fill(changetype<usize>(hart), 0, ARCHITECTURE_END);
  hart.pc = pc;
  hart.mode = MODE_MACHINE;
  hart.cycle = cycle;
  hart.skew = skew;
  hart.deadline = u64.MAX_VALUE;
  hart.mtimecmpLow = 0xffffffff;
  hart.mtimecmpHigh = 0xffffffff;
  hart.trapCause = NO_TRAP;
  hart.id = id;
}
