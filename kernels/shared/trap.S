# Trap entry and return, shared by both kernels.
#   sscratch  kernel stack top minus TRAP_FRAME_SIZE while in user mode; 0 while in the kernel
#   tp        struct cpu * of this hart while in the kernel; the user's own in user mode
#   sp        kernel stack
#include "shared/riscv.h"
#include "shared/trap.h"

.macro SAVE_REGISTERS            # all but x2 (sp), which the caller saves
  sw x1, 4(sp)
  sw x3, 12(sp)
  sw x4, 16(sp)
  sw x5, 20(sp)
  sw x6, 24(sp)
  sw x7, 28(sp)
  sw x8, 32(sp)
  sw x9, 36(sp)
  sw x10, 40(sp)
  sw x11, 44(sp)
  sw x12, 48(sp)
  sw x13, 52(sp)
  sw x14, 56(sp)
  sw x15, 60(sp)
  sw x16, 64(sp)
  sw x17, 68(sp)
  sw x18, 72(sp)
  sw x19, 76(sp)
  sw x20, 80(sp)
  sw x21, 84(sp)
  sw x22, 88(sp)
  sw x23, 92(sp)
  sw x24, 96(sp)
  sw x25, 100(sp)
  sw x26, 104(sp)
  sw x27, 108(sp)
  sw x28, 112(sp)
  sw x29, 116(sp)
  sw x30, 120(sp)
  sw x31, 124(sp)
  csrr t0, sepc
  sw t0, 0(sp)
  csrr t0, sstatus
  sw t0, TRAP_FRAME_STATUS(sp)
  csrr t0, scause
  sw t0, TRAP_FRAME_CAUSE(sp)
  csrr t0, stval
  sw t0, TRAP_FRAME_TVAL(sp)
.endm

.macro LOAD_REGISTERS            # all but x2 (sp); sepc and sstatus from the frame
  lw t0, 0(sp)
  csrw sepc, t0
  lw t0, TRAP_FRAME_STATUS(sp)
  csrw sstatus, t0
  lw x1, 4(sp)
  lw x3, 12(sp)
  lw x4, 16(sp)
  lw x5, 20(sp)
  lw x6, 24(sp)
  lw x7, 28(sp)
  lw x8, 32(sp)
  lw x9, 36(sp)
  lw x10, 40(sp)
  lw x11, 44(sp)
  lw x12, 48(sp)
  lw x13, 52(sp)
  lw x14, 56(sp)
  lw x15, 60(sp)
  lw x16, 64(sp)
  lw x17, 68(sp)
  lw x18, 72(sp)
  lw x19, 76(sp)
  lw x20, 80(sp)
  lw x21, 84(sp)
  lw x22, 88(sp)
  lw x23, 92(sp)
  lw x24, 96(sp)
  lw x25, 100(sp)
  lw x26, 104(sp)
  lw x27, 108(sp)
  lw x28, 112(sp)
  lw x29, 116(sp)
  lw x30, 120(sp)
  lw x31, 124(sp)
.endm

.section .text
.globl trap_vector
.balign 4
trap_vector:
  csrrw sp, sscratch, sp         # from user mode: sp = frame; from the kernel: sp = 0
  beqz sp, 1f

  SAVE_REGISTERS                 # user registers, to the top of the kernel stack
  csrrw t0, sscratch, zero       # the user's sp; sscratch = 0: now in the kernel
  sw t0, 8(sp)
  lw tp, TRAP_FRAME_CPU(sp)
  mv a0, sp
  mv s0, sp
  call trap_from_user
  mv a0, s0
  mv a1, tp
  j return_to_user

1:                               # a trap in the kernel: push a frame on the same stack
  csrrw sp, sscratch, sp         # sp back, sscratch = 0 again
  addi sp, sp, -TRAP_FRAME_SIZE
  SAVE_REGISTERS
  addi t0, sp, TRAP_FRAME_SIZE
  sw t0, 8(sp)
  mv a0, sp
  call trap_from_kernel
  LOAD_REGISTERS
  lw sp, 8(sp)
  sret

.globl return_to_user            # a0 = frame at the top of the kernel stack, a1 = struct cpu *
return_to_user:
  sw a1, TRAP_FRAME_CPU(a0)
  csrw sscratch, a0
  mv sp, a0
  LOAD_REGISTERS
  lw sp, 8(sp)
  sret

# void context_switch(struct context *from, struct context *to): callee-saved registers only.
#   struct context { u32 ra, sp, s[12]; }
.globl context_switch
context_switch:
  sw ra, 0(a0)
  sw sp, 4(a0)
  sw s0, 8(a0)
  sw s1, 12(a0)
  sw s2, 16(a0)
  sw s3, 20(a0)
  sw s4, 24(a0)
  sw s5, 28(a0)
  sw s6, 32(a0)
  sw s7, 36(a0)
  sw s8, 40(a0)
  sw s9, 44(a0)
  sw s10, 48(a0)
  sw s11, 52(a0)
  lw ra, 0(a1)
  lw sp, 4(a1)
  lw s0, 8(a1)
  lw s1, 12(a1)
  lw s2, 16(a1)
  lw s3, 20(a1)
  lw s4, 24(a1)
  lw s5, 28(a1)
  lw s6, 32(a1)
  lw s7, 36(a1)
  lw s8, 40(a1)
  lw s9, 44(a1)
  lw s10, 48(a1)
  lw s11, 52(a1)
  ret
