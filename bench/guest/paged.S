# Start of the guests with 4 KiB pages: M-mode sets one PMP entry for all, leaves calls from U-mode
# to S-mode, has paged.c build the tables, and drops to S-mode with paging on. What main returns
# ends the run, as does a trap that nobody expects. Hart 0 only.
  .section .text.start
  .globl _start
_start:
  csrr t0, mhartid
  bnez t0, park
  la sp, stack_top
  la t0, broken
  csrw mtvec, t0
  li t0, -1
  csrw pmpaddr0, t0
  li t0, 0x1f
  csrw pmpcfg0, t0
  li t0, 0x100          # ecall from U-mode
  csrw medeleg, t0
  call build_tables     # gives satp
  csrw satp, a0
  sfence.vma
  li t0, 0x800          # S-mode
  csrw mstatus, t0
  la t0, main_s
  csrw mepc, t0
  mret
main_s:
  call main
  .globl end_run
end_run:                # a0: 0, or what is wrong
  li t0, 0x100000
  li t1, 0x5555
  beqz a0, 1f
  slli a0, a0, 16
  li t1, 0x3333
  or t1, t1, a0
1: sw t1, 0(t0)
park:
  wfi
  j park
  .balign 4
broken:
  li a0, 0xff
  j end_run
  .bss
  .balign 16
stack: .space 16384
  .globl stack_top
stack_top:
