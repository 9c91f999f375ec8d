# First instructions of a kernel, on its first CPU (_start) and on every other (_start_secondary).
# Entered in S-mode with paging off, interrupts off, the image relocated for the linear map:
#   a0 = hart id
#   a1 = _start: physical address of the device tree (cold boot) or of the log page (relief)
#        _start_secondary: physical address of the hart's struct cpu_start
# Registers here: s0 = hart id, s1 = a1, s2 = LINEAR_OFFSET
#include "shared/riscv.h"
#include "shared/types.h"

.section .text.start, "ax"
.globl _start
_start:
  mv s0, a0
  mv s1, a1
  lla t0, kernel_root             # pc-relative: the physical address, paging being off
  # 1. linear map: entries 768..991, 4 MiB superpages from RAM_BASE, global, all rights
  li t1, RAM_BASE >> 2 | (PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D | PTE_G)
  li t2, 4 << 20 >> 2
  li t3, ZONE_NORMAL_MAX >> 22
  li t4, (KERNEL_VIRTUAL >> 22) * 4
  add t4, t4, t0
1:
  sw t1, 0(t4)
  add t1, t1, t2
  addi t4, t4, 4
  addi t3, t3, -1
  bnez t3, 1b
  # 2. devices: the peripherals, the low devices, and the PLIC's two superpages
  li t5, (DEVICE_PERIPHERALS >> 22) * 4
  add t4, t5, t0
  li t1, UART_BASE >> 2 | (PTE_V | PTE_R | PTE_W | PTE_A | PTE_D | PTE_G)
  sw t1, 0(t4)
  li t1, (PTE_V | PTE_R | PTE_W | PTE_A | PTE_D | PTE_G)
  sw t1, 4(t4)
  li t1, PLIC_BASE >> 2 | (PTE_V | PTE_R | PTE_W | PTE_A | PTE_D | PTE_G)
  sw t1, 8(t4)
  add t1, t1, t2
  sw t1, 12(t4)
  # 3. paging on, then C on the boot stack
  li s2, LINEAR_OFFSET
  lla sp, boot_stack_top
  add sp, sp, s2
  call enable_paging
  mv a0, s0
  mv a1, s1
  call kernel_main
2:
  wfi
  j 2b

.globl _start_secondary
_start_secondary:
  mv s0, a0
  lw s3, 4(a1)                   # struct cpu_start { stack_top, cpu }
  lw sp, 0(a1)
  li s2, LINEAR_OFFSET
  lla t0, kernel_root
  call enable_paging
  mv a0, s0
  mv a1, s3
  call kernel_secondary_main
3:
  wfi
  j 3b

# t0 = physical root. The store to satp makes the next fetch fault, and the fault goes on at the
# same place in the linear map: no identity mapping is ever made. Returns there.
enable_paging:
  add ra, ra, s2
  lla t1, 4f
  add t1, t1, s2
  csrw stvec, t1
  csrw sscratch, zero
  srli t0, t0, 12
  li t1, SATP_SV32
  or t0, t0, t1
  sfence.vma
  csrw satp, t0
.balign 4
4:
  ret

.section .bss
.balign 4096
.globl kernel_root
kernel_root:
  .space 4096
boot_stack:
  .space KERNEL_STACK_SIZE
boot_stack_top:
