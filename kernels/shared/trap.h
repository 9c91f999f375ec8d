// The trap frame that trap.S builds, and what it calls. One frame lies at the top of a process's
// kernel stack (its user registers); further ones are pushed when the kernel itself faults.
//
//   kernel stack top -> +------------------+
//                       | struct cpu *     |  TRAP_FRAME_CPU: where tp is loaded from
//                       | tval cause status|
//                       | x31 .. x1, pc    |  <- struct trap_frame
//                       +------------------+
#ifndef SHARED_TRAP_H
#define SHARED_TRAP_H

#define TRAP_FRAME_SIZE 144
#define TRAP_FRAME_STATUS 128
#define TRAP_FRAME_CAUSE 132
#define TRAP_FRAME_TVAL 136
#define TRAP_FRAME_CPU 140

#ifndef __ASSEMBLER__
#include "shared/types.h"

struct trap_frame {
  u32 x[32]; // x[0] holds the pc
  u32 status, cause, tval;
  void *cpu;
};
_Static_assert(sizeof(struct trap_frame) == TRAP_FRAME_SIZE, "trap.S knows the size");
_Static_assert(offsetof(struct trap_frame, status) == TRAP_FRAME_STATUS, "trap.S");
_Static_assert(offsetof(struct trap_frame, cpu) == TRAP_FRAME_CPU, "trap.S");

enum { REG_PC = 0, REG_RA = 1, REG_SP = 2, REG_TP = 4, REG_A0 = 10, REG_A1 = 11, REG_A7 = 17 };

// Called by trap.S with interrupts off; each kernel's own.
void trap_from_user(struct trap_frame *frame);   // may switch away; returns to user mode
void trap_from_kernel(struct trap_frame *frame); // a fault or a stray interrupt in kernel mode

// In trap.S: enters user mode with the registers of `frame`, which must lie at the top of the
// current kernel stack. `cpu` becomes tp at the next trap. Does not return.
__attribute__((noreturn)) void return_to_user(struct trap_frame *frame, void *cpu);
void trap_vector(void);
#endif
#endif
