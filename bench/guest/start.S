# Benchmark start: M-mode sets one PMP entry for all, builds a Sv32 root of 4 MiB superpages that
# map everything at its own address, and drops to S-mode with paging on. Hart 0 only.
  .section .text.start
  .globl _start
_start:
  csrr t0, mhartid
  bnez t0, park
  la sp, stack_top
  li t0, -1
  csrw pmpaddr0, t0
  li t0, 0x1f
  csrw pmpcfg0, t0
  la t0, root          # 1. every superpage: V R W X A D
  li t1, 0xcf
  li t2, 1024
1: sw t1, 0(t0)
  addi t0, t0, 4
  li t3, 0x100000
  add t1, t1, t3
  addi t2, t2, -1
  bnez t2, 1b
  la t0, root          # 2. paging on
  srli t0, t0, 12
  li t1, 0x80000000
  or t0, t0, t1
  csrw satp, t0
  sfence.vma
  li t0, 0x800         # 3. S-mode
  csrw mstatus, t0
  la t0, main_s
  csrw mepc, t0
  mret
main_s:
  call main
  li t0, 0x100000
  li t1, 0x5555
  sw t1, 0(t0)
park:
  wfi
  j park
  .bss
  .balign 4096
root: .space 4096
stack: .space 16384
stack_top:
