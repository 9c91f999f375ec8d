// int clone_thread(flags, stack, parent_tid, tls, child_tid); see thread.h. The arguments are where
// the call wants them already. In the new thread sp is `stack`: its function, and the argument.
#include "abi/syscall.h"

.section .text, "ax"
.globl clone_thread
clone_thread:
  li a7, SYS_CLONE
  ecall
  beqz a0, 1f
  ret
1:
  lw t0, 0(sp)
  lw a0, 4(sp)
  li ra, 0
  jalr t0
  li a7, SYS_EXIT
  ecall
