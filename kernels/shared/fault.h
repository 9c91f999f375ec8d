// The signal that ends a program for an exception of its own (Linux, arch/riscv/kernel/traps.c).
#ifndef SHARED_FAULT_H
#define SHARED_FAULT_H
#include "abi/syscall.h"
#include "shared/riscv.h"

static inline u32 signal_of_cause(u32 cause) {
  switch (cause) {
    case CAUSE_ILLEGAL: return SIGILL;
    case CAUSE_BREAKPOINT: return SIGTRAP;
    case CAUSE_FETCH_MISALIGNED:
    case CAUSE_LOAD_MISALIGNED:
    case CAUSE_STORE_MISALIGNED: return SIGBUS;
    default: return SIGSEGV;
  }
}
#endif
