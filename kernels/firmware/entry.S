// The firmware's assembly: reset, the trap entry, and the way down to S-mode.
// While a hart runs in S or U, its mscratch holds the top of its own M-mode stack; while it runs
// in M, mscratch is 0, so a trap taken in M-mode shows itself. s-registers are left to C.
// a0 = hart id, a1 = device tree and a2 = see boot.c at reset; sp = M-mode stack from then on.
#include "abi/machine.h"
#include "firmware/firmware.h"

#define MIE_MSIE 8
#define MIP_MSIP 8
#define MSTATUS_MPRV 0x20000

.section .text.start, "ax"
.globl _start
_start:
  // 1. No interrupts, and any trap is a panic until C has set up the rest.
  csrw mie, zero
  csrw mscratch, zero
  la t0, trap_entry
  csrw mtvec, t0
  // 2. This hart's stack: stacks + (hart + 1) * STACK_BYTES.
  csrr a0, mhartid
  li t0, HARTS_MAX
  bgeu a0, t0, no_room
  la sp, stacks
  addi t0, a0, 1
  slli t0, t0, STACK_SHIFT
  add sp, sp, t0
  bnez a0, other_hart
  // 3. The boot hart clears .bss and goes on in C.
  la t0, _bss_start
  la t1, _bss_end
1:
  bgeu t0, t1, 2f
  sw zero, 0(t0)
  addi t0, t0, 4
  j 1b
2:
  tail boot_main

  // 4. The others touch no memory until somebody has mail for them: by then .bss is cleared.
other_hart:
  csrwi mie, MIE_MSIE
3:
  wfi
  csrr t0, mip
  andi t0, t0, MIP_MSIP
  beqz t0, 3b
  tail hart_wait_stopped

no_room:
  wfi
  j no_room

// Trap from S or U: registers that C may change go to the stack, then trap_handle(frame).
.text
.balign 4
trap_entry:
  csrrw sp, mscratch, sp
  beqz sp, trap_in_machine
  addi sp, sp, -FRAME_BYTES
  sw ra, 0(sp)
  sw t0, 4(sp)
  csrrw t0, mscratch, zero
  sw t0, 64(sp) // S-mode's sp
  sw t1, 8(sp)
  sw t2, 12(sp)
  sw a0, FRAME_A0(sp)
  sw a1, 20(sp)
  sw a2, 24(sp)
  sw a3, 28(sp)
  sw a4, 32(sp)
  sw a5, 36(sp)
  sw a6, 40(sp)
  sw a7, 44(sp)
  sw t3, 48(sp)
  sw t4, 52(sp)
  sw t5, 56(sp)
  sw t6, 60(sp)
  mv a0, sp
  call trap_handle
  addi t0, sp, FRAME_BYTES
  csrw mscratch, t0
  lw ra, 0(sp)
  lw t0, 4(sp)
  lw t1, 8(sp)
  lw t2, 12(sp)
  lw a0, FRAME_A0(sp)
  lw a1, 20(sp)
  lw a2, 24(sp)
  lw a3, 28(sp)
  lw a4, 32(sp)
  lw a5, 36(sp)
  lw a6, 40(sp)
  lw a7, 44(sp)
  lw t3, 48(sp)
  lw t4, 52(sp)
  lw t5, 56(sp)
  lw t6, 60(sp)
  lw sp, 64(sp)
  mret

// A trap in M-mode is the firmware's own fault. mscratch holds the sp it had; use it to report.
trap_in_machine:
  csrrw sp, mscratch, zero
  tail trap_panic

// load_as_caller(a0 = address, a1 = place for the word): MPRV makes the load what the interrupted
// mode would do (Privileged ISA 1.12, 3.1.6.3). A trap of it comes back to 1: below, and has
// changed mstatus, mepc, mcause and mtval; the first two are put back, the others nobody needs.
.globl load_as_caller
load_as_caller:
  csrr t0, mepc
  csrr t1, mstatus
  la t2, 1f
  csrrw t2, mtvec, t2
  li t3, MSTATUS_MPRV
  csrs mstatus, t3
  lw t4, 0(a0)
  csrc mstatus, t3
  csrw mtvec, t2
  sw t4, 0(a1)
  li a0, 0
  ret
.balign 4
1:
  csrw mstatus, t1
  csrw mepc, t0
  csrw mtvec, t2
  li a0, 1
  ret

// enter_supervisor(a0, a1, stack_top): to S-mode at mepc, with these two arguments and no others.
.globl enter_supervisor
enter_supervisor:
  csrw mscratch, a2
  li ra, 0
  li sp, 0
  li gp, 0
  li tp, 0
  li a2, 0
  mret

.section .stacks, "aw", @nobits
.balign 16
.globl stacks
stacks:
  .space HARTS_MAX << STACK_SHIFT
