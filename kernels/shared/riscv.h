// The hart's registers and fences, and the bits of Sv32 page tables.
// Source: RISC-V Privileged ISA 1.12, chapters 4.1 (supervisor CSRs) and 4.3 (Sv32).
#ifndef SHARED_RISCV_H
#define SHARED_RISCV_H

#define SSTATUS_SIE 0x2
#define SSTATUS_SPIE 0x20
#define SSTATUS_SPP 0x100

#define SIE_SOFTWARE 0x2
#define SIE_TIMER 0x20
#define SIE_EXTERNAL 0x200

#define SATP_SV32 0x80000000

#define PTE_V 0x01
#define PTE_R 0x02
#define PTE_W 0x04
#define PTE_X 0x08
#define PTE_U 0x10
#define PTE_G 0x20
#define PTE_A 0x40
#define PTE_D 0x80
#define PTE_COW 0x100 // software bit, fixed by the handover contract: copy on write

#define CAUSE_INTERRUPT 0x80000000
#define CAUSE_S_SOFTWARE (CAUSE_INTERRUPT | 1)
#define CAUSE_S_TIMER (CAUSE_INTERRUPT | 5)
#define CAUSE_S_EXTERNAL (CAUSE_INTERRUPT | 9)
#define CAUSE_FETCH_MISALIGNED 0
#define CAUSE_FETCH_ACCESS 1
#define CAUSE_ILLEGAL 2
#define CAUSE_BREAKPOINT 3
#define CAUSE_LOAD_MISALIGNED 4
#define CAUSE_LOAD_ACCESS 5
#define CAUSE_STORE_MISALIGNED 6
#define CAUSE_STORE_ACCESS 7
#define CAUSE_USER_ECALL 8
#define CAUSE_FETCH_PAGE 12
#define CAUSE_LOAD_PAGE 13
#define CAUSE_STORE_PAGE 15

#ifndef __ASSEMBLER__
#include "shared/types.h"

#define csr_read(name) \
  ({ u32 v_; __asm__ volatile("csrr %0, " #name : "=r"(v_) : : "memory"); v_; })
#define csr_write(name, value) \
  __asm__ volatile("csrw " #name ", %0" : : "r"((u32)(value)) : "memory")
#define csr_set(name, bits) __asm__ volatile("csrs " #name ", %0" : : "r"((u32)(bits)) : "memory")
#define csr_clear(name, bits) __asm__ volatile("csrc " #name ", %0" : : "r"((u32)(bits)) : "memory")

typedef u32 pte_t;

static inline pte_t pte_of(u32 physical, u32 bits) { return (physical >> 12 << 10) | bits; }
static inline u32 pte_physical(pte_t pte) { return pte >> 10 << 12; }
static inline bool pte_is_leaf(pte_t pte) { return (pte & (PTE_R | PTE_W | PTE_X)) != 0; }

static inline void wait_for_interrupt(void) { __asm__ volatile("wfi" : : : "memory"); }
static inline void sfence_all(void) { __asm__ volatile("sfence.vma" : : : "memory"); }
static inline void sfence_page(u32 address) {
  __asm__ volatile("sfence.vma %0" : : "r"(address) : "memory");
}

// Time in ticks of the timebase (TIMEBASE_HZ), the same on all harts. Reads the two halves of
// the `time` CSR until the upper half holds still (Unprivileged ISA, Zicntr).
static inline u64 time_ticks(void) {
  u32 high, low;
  do {
    high = csr_read(timeh);
    low = csr_read(time);
  } while (csr_read(timeh) != high);
  return (u64)high << 32 | low;
}

static inline void store_release(u32 *word, u32 value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
static inline u32 load_acquire(const u32 *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
#endif
#endif
