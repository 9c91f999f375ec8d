# What is measured: each operation takes a0 address, a1 count, a2 warm-up passes, a3 another number,
# a4 its place among the harts that do it, a5 a scratch line; does a2 + 1 passes, and returns the
# cycles of the last, from one read of the cycle CSR to the next. A pass uses registers only, so
# its cost is that of the instructions written here. (bench/timing/expected.mjs counts them.)
  .text
.macro operation name
  .globl \name
  .balign 64
\name:
1:
  mv t0, a0
  mv t1, a1
  rdcycle t6
.endm
.macro finished
  rdcycle t5
  addi a2, a2, -1
  bgez a2, 1b
  sub a0, t5, t6
  ret
.endm
.macro sequence name, times, text:vararg
  operation \name
  .rept \times
  \text
  .endr
  finished
.endm

# a1 x (16 dependent loads, addi, bnez)
operation op_chase
2:
  .rept 16
  lw t0, 0(t0)
  .endr
  addi t1, t1, -1
  bnez t1, 2b
  finished

# a1 x (access, add, addi, bnez); a3 bytes apart
.macro walk_over name, text:vararg
operation \name
2:
  \text
  add t0, t0, a3
  addi t1, t1, -1
  bnez t1, 2b
  finished
.endm
walk_over op_loads, lw t2, 0(t0)
walk_over op_stores, sw t1, 0(t0)
walk_over op_atomics, amoadd.w t2, t1, (t0)

# Jumps through a chain of code at a0, which comes back by `jr t2`.
operation op_code_chase
  la t2, 2f
  jr t0
2:
  finished

# Loads from a1 pages, which fill the D-TLB, then stores to them: (sw, add, addi, bnez). The first
# stores, to the scratch line, are for the instruction cache.
  .globl op_dirty
  .balign 64
op_dirty:
  mv t3, a3
  mv t0, a5
  li t1, 2
  li a3, 0
  jal t2, 3f
  mv a3, t3
  mv t0, a0
  mv t1, a1
1:
  lw t4, 0(t0)
  add t0, t0, a3
  addi t1, t1, -1
  bnez t1, 1b
  mv t0, a0
  mv t1, a1
  jal t2, 3f
  sub a0, t5, t6
  ret
3:
  rdcycle t6
4:
  sw t1, 0(t0)
  add t0, t0, a3
  addi t1, t1, -1
  bnez t1, 4b
  rdcycle t5
  jr t2

# Classes of instructions, one behind the other.
sequence op_plain, 64, addi t2, t2, 1
sequence op_multiply, 64, mul t2, t2, t1
sequence op_divide, 64, divu t2, t2, t1
sequence op_branch_taken, 64, beq zero, zero, . + 4
sequence op_branch_not_taken, 64, bne zero, zero, . + 4
sequence op_jump, 64, jal zero, . + 4
sequence op_csr, 64, csrr t2, mscratch
sequence op_fence, 64, fence
sequence op_fence_i, 64, fence.i
sequence op_sfence, 64, sfence.vma
sequence op_load, 64, lw t2, 0(t0)
sequence op_store, 64, sw t2, 0(t0)
sequence op_atomic, 64, amoadd.w t2, t1, (t0)
sequence op_reserve, 64, lr.w t2, (t0)
sequence op_conditional, 64, sc.w t3, t2, (t0)
operation op_reserve_conditional
  .rept 32
  lr.w t2, (t0)
  sc.w t3, t2, (t0)
  .endr
  finished

# 64 x (ecall; csrr, addi, csrw, mret)
  .globl op_trap
  .balign 64
op_trap:
  la t3, 2f
  csrrw t4, mtvec, t3
1:
  rdcycle t6
  .rept 64
  ecall
  .endr
  rdcycle t5
  addi a2, a2, -1
  bgez a2, 1b
  csrw mtvec, t4
  sub a0, t5, t6
  ret
  .balign 64
2:
  csrr t2, mepc
  addi t2, t2, 4
  csrw mepc, t2
  mret

# Two harts: place 0 stores an odd number and waits for the next even one, place 1 the other way
# round. a1 rounds; (sw, then lw, bne until it comes, addi, bne).
  .globl op_ping_pong
  .balign 64
op_ping_pong:
  li t1, 1
  slli a1, a1, 1
  rdcycle t6
  bnez a4, 2f
1:
  sw t1, 0(a0)
  addi t1, t1, 1
2:
  lw t2, 0(a0)
  bne t2, t1, 2b
  addi t1, t1, 1
  bltu t1, a1, 1b
  beqz a4, 3f
  sw t1, 0(a0)
3:
  rdcycle t5
  sub a0, t5, t6
  ret

# a1 x (lw, addi, sw, addi, bnez) on one word that nobody else touches; its line may be shared.
operation op_increment
2:
  lw t2, 0(t0)
  addi t2, t2, 1
  sw t2, 0(t0)
  addi t1, t1, -1
  bnez t1, 2b
  finished

# a1 x (amoadd, addi, bnez) on one word that all touch.
operation op_fetch_add
  li t2, 1
2:
  amoadd.w zero, t2, (t0)
  addi t1, t1, -1
  bnez t1, 2b
  finished

# A hart that goes round a loop: others may run in between.
.macro pause register, turns
  li \register, \turns
9:
  addi \register, \register, -1
  bnez \register, 9b
.endm

# a1 acquisitions of a test-and-set lock at a0, which guards the word at a3: test, then set. There
# is a pause inside, without which no hart would ever find the lock held.
operation op_test_and_set
  li t3, 1
2:
  lw t2, 0(t0)
  bnez t2, 2b
  amoswap.w t2, t3, (t0)
  bnez t2, 2b
  lw t2, 0(a3)
  pause t4, 4
  addi t2, t2, 1
  sw t2, 0(a3)
  fence rw, w
  sw zero, 0(t0)
  addi t1, t1, -1
  bnez t1, 2b
  finished

# The same with a ticket lock: the next ticket at a0, who is served a line further.
operation op_ticket
  li t3, 1
2:
  amoadd.w t4, t3, (t0)
3:
  lw t2, 64(t0)
  bne t2, t4, 3b
  lw t2, 0(a3)
  pause t5, 4
  addi t2, t2, 1
  sw t2, 0(a3)
  fence rw, w
  addi t4, t4, 1
  sw t4, 64(t0)
  addi t1, t1, -1
  bnez t1, 2b
  finished

# a1 round trips of an interrupt by msip between two harts; the other's word is at a0. They wait in
# wfi, which mie alone ends, or poll mip.
.macro interrupts name, text:vararg
  .globl \name
  .balign 64
\name:
  li t3, 8
  csrw mie, t3
  li t1, 1
  csrr t4, mhartid
  slli t4, t4, 2
  li t2, 0x02000000
  add t4, t4, t2
  rdcycle t6
  bnez a4, 2f
1:
  sw t1, 0(a0)
2:
  \text
  csrr t2, mip
  and t2, t2, t3
  beqz t2, 2b
  sw zero, 0(t4)
  beqz a4, 3f
  sw t1, 0(a0)
  addi a1, a1, -1
  bnez a1, 2b
  j 4f
3:
  addi a1, a1, -1
  bnez a1, 1b
4:
  rdcycle t5
  csrw mie, zero
  sub a0, t5, t6
  ret
.endm
interrupts op_interrupt_wait, wfi
interrupts op_interrupt_poll, nop

# a1 shootdowns: a pause, msip to each of the a3 harts from hart 1 up, then wait until the word at
# a0 says that all have acknowledged.
operation op_shootdown
  li t2, 0
  beqz t1, 5f
2:
  pause t4, 1000
  li t3, 0x02000004
  mv t4, a3
  li a6, 1
3:
  sw a6, 0(t3)
  addi t3, t3, 4
  addi t4, t4, -1
  bnez t4, 3b
  add t2, t2, a3
4:
  lw t4, 0(t0)
  bne t4, t2, 4b
  addi t1, t1, -1
  bnez t1, 2b
5:
  finished

# a1 passes over 16 pages at a0, a3 bytes apart: the victim of shootdowns.
operation op_victim
2:
  mv t0, a0
  li t2, 16
3:
  lw t3, 0(t0)
  add t0, t0, a3
  addi t2, t2, -1
  bnez t2, 3b
  addi t1, t1, -1
  bnez t1, 2b
  finished
