# Start of the micro-benchmarks. Every hart gets a stack, one PMP entry for all memory and a trap
# vector, and calls main(hart). Behind the first jump stand the addresses that the host asks for.
# The trap vector knows two things: a call back from S-mode, which ends supervisor_call, and an
# interrupt by CLINT msip, which is a request for a TLB shootdown.
  .section .text.start
  .globl _start
_start:
  j begin
  .word op_chase
  .word op_code_chase
  .word op_stores
begin:
  csrr a0, mhartid
  la sp, stacks
  addi t0, a0, 1
  slli t1, t0, 12
  add sp, sp, t1
  la t1, shootdown_save      # 64 bytes a hart
  slli t2, a0, 6
  add t1, t1, t2
  csrw mscratch, t1
  li t2, 0x02000000          # word 1: own msip
  slli t3, a0, 2
  add t2, t2, t3
  sw t2, 4(t1)
  li t0, -1
  csrw pmpaddr0, t0
  li t0, 0x1f
  csrw pmpcfg0, t0
  li t0, 7                   # S-mode may read cycle
  csrw mcounteren, t0
  la t0, trap_vector
  csrw mtvec, t0
  call main
park:
  wfi
  j park

# u32 supervisor_call(function, satp, const u32 arguments[6]): the function in S-mode, translated.
  .text
  .globl supervisor_call
supervisor_call:
  addi sp, sp, -16
  sw ra, 12(sp)
  csrw satp, a1
  csrw mepc, a0
  li t0, 0x1800
  csrc mstatus, t0
  li t0, 0x800
  csrs mstatus, t0
  la ra, 1f
  mv t0, a2
  lw a0, 0(t0)
  lw a1, 4(t0)
  lw a2, 8(t0)
  lw a3, 12(t0)
  lw a4, 16(t0)
  lw a5, 20(t0)
  mret
1:
  ecall                      # still in S-mode; sp is as it was

  .balign 64
trap_vector:
  csrrw t0, mscratch, t0
  sw t1, 0(t0)
  csrr t1, mcause
  bgez t1, returned
  sfence.vma                 # a shootdown
  sw t2, 12(t0)
  lw t1, 4(t0)
  sw zero, 0(t1)             # own msip
  lw t1, 8(t0)
  li t2, 1
  amoadd.w zero, t2, (t1)    # acknowledge
  lw t2, 12(t0)
  lw t1, 0(t0)
  csrrw t0, mscratch, t0
  mret
returned:
  lw t1, 0(t0)
  csrrw t0, mscratch, t0
  csrw satp, zero
  lw ra, 12(sp)
  addi sp, sp, 16
  ret

  .bss
  .globl shootdown_save
  .balign 4096
shootdown_save: .space 2048
  .balign 4096
stacks: .space 131072
