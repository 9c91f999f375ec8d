// Where a program begins. The kernel leaves argc at sp, argv behind it, then envp (as Linux does).
.section .text.start, "ax"
.globl _start
_start:
  li ra, 0
  lw a0, 0(sp)
  addi a1, sp, 4
  addi a2, a0, 1
  slli a2, a2, 2
  add a2, a1, a2
  andi sp, sp, -16
  call main
  call exit
