// Entry of the test payload, in S-mode: hart 0 comes from the firmware with a0 = hart id and
// a1 = device tree; other harts come from hart_start with a1 = the function to run. No paging: the
// code is position-independent, and runs where it stands.
.section .text.start, "ax"
.globl _start
_start:
  csrw sie, zero
  lla sp, payload_stacks
  addi t0, a0, 1
  slli t0, t0, 12
  add sp, sp, t0
  lla t0, payload_trap
  csrw stvec, t0
  bnez a0, 1f
  tail payload_main
1:
  jr a1

.globl payload_start
payload_start:
  j _start

// A trap in S-mode counts itself, keeps scause, and skips the instruction (4 bytes each here).
.text
.balign 4
payload_trap:
  csrw sscratch, t0
  lla t0, payload_cause
  sw t1, 4(t0)
  csrr t1, scause
  sw t1, 0(t0)
  csrr t1, sepc
  addi t1, t1, 4
  csrw sepc, t1
  lw t1, 4(t0)
  csrr t0, sscratch
  sret

.bss
.balign 16
payload_stacks:
  .space 8 << 12
