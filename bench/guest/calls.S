# The gate of calls.c: a trap from U-mode saves all 31 registers and sepc in a frame on the kernel's
# stack, has `dispatch` carry the call out, and goes back behind it.
  .macro each_register what
  .irp n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25
  \what x\n, 4*\n(sp)
  .endr
  .irp n, 26, 27, 28, 29, 30, 31
  \what x\n, 4*\n(sp)
  .endr
  .endm
  .text
  .balign 4
  .globl trap_entry
trap_entry:
  csrrw sp, sscratch, sp   # sscratch holds the frame
  each_register sw
  csrr t0, sscratch
  csrr t1, sepc
  addi t1, t1, 4           # behind the ecall
  sw t0, 8(sp)
  sw t1, 0(sp)
  csrw sscratch, sp
  mv a0, sp
  call dispatch
  lw t1, 0(sp)
  csrw sepc, t1
  each_register lw
  lw sp, 8(sp)
  sret
  .globl enter_user        # a0: where, a1: its stack
enter_user:
  la t0, trap_entry
  csrw stvec, t0
  addi sp, sp, -128
  csrw sscratch, sp
  li t0, 0x100             # SPP: U-mode
  csrc sstatus, t0
  csrw sepc, a0
  mv sp, a1
  sret
