# Benchmark start for any number of harts: M-mode sets one PMP entry for all; hart 0 builds a Sv32
# root of 4 MiB superpages that map everything at its own address, the others wait for it; each
# drops to S-mode with paging on and a stack of its own. The last one to finish ends the run.
  .section .text.start
  .globl _start
_start:
  csrr s0, mhartid
  li t0, -1
  csrw pmpaddr0, t0
  li t0, 0x1f
  csrw pmpcfg0, t0
  la t4, root_is_built
  bnez s0, 2f
  la t0, root          # 1. every superpage: V R W X A D
  li t1, 0xcf
  li t2, 1024
1: sw t1, 0(t0)
  addi t0, t0, 4
  li t3, 0x100000
  add t1, t1, t3
  addi t2, t2, -1
  bnez t2, 1b
  li t0, 1
  fence rw, w
  sw t0, 0(t4)
2: lw t0, 0(t4)
  beqz t0, 2b
  fence r, rw
  la t0, root          # 2. paging on
  srli t0, t0, 12
  li t1, 0x80000000
  or t0, t0, t1
  csrw satp, t0
  sfence.vma
  la sp, stacks        # 3. a stack of 1 KiB
  addi t0, s0, 1
  slli t0, t0, 10
  add sp, sp, t0
  li t0, 0x800         # 4. S-mode
  csrw mstatus, t0
  la t0, main_s
  csrw mepc, t0
  mret
main_s:
  mv a0, s0
  call main
  la t0, finished      # 5. the last one ends the run
  li t1, 1
  amoadd.w t1, t1, (t0)
  li t0, HARTS - 1
  bne t1, t0, park
  li t0, 0x100000
  li t1, 0x5555
  sw t1, 0(t0)
park:
  wfi
  j park
  .bss
  .balign 4096
root: .space 4096
stacks: .space HARTS * 1024
  .balign 64
root_is_built: .space 64
finished: .space 64
