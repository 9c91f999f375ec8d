// The platform-level interrupt controller, register by register; no state of its own.
// Context 2 * hart + 1 is the hart's S-mode (QEMU virt). Source: RISC-V PLIC 1.0.0.
#ifndef SHARED_PLIC_H
#define SHARED_PLIC_H
#include "shared/types.h"

static inline volatile u32 *plic_word(u32 offset) { return (volatile u32 *)(DEVICE_PLIC + offset); }

static inline void plic_set_priority(u32 source, u32 priority) {
  *plic_word(4 * source) = priority;
}
// Lets `hart` take `source` in S-mode, or not. Callers serialise changes of one hart's word.
static inline void plic_enable(u32 hart, u32 source, bool on) {
  volatile u32 *word = plic_word(0x2000 + (2 * hart + 1) * 0x80 + source / 32 * 4);
  *word = on ? *word | 1u << source % 32 : *word & ~(1u << source % 32);
}
static inline void plic_set_threshold(u32 hart, u32 threshold) {
  *plic_word(0x200000 + (2 * hart + 1) * 0x1000) = threshold;
}
// The highest pending source for this hart, now claimed, or 0.
static inline u32 plic_claim(u32 hart) { return *plic_word(0x200004 + (2 * hart + 1) * 0x1000); }
static inline void plic_complete(u32 hart, u32 source) {
  *plic_word(0x200004 + (2 * hart + 1) * 0x1000) = source;
}
#endif
