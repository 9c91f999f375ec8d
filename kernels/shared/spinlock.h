// Spin locks. The kernels run with supervisor interrupts off (sstatus.SIE = 0) everywhere but in
// user mode, so taking a lock needs no interrupt masking. Each kernel writes its lock order down in
// its `kernel.h`. A lock remembers its holder: taking it twice, or releasing it from another CPU,
// stops the kernel instead of hanging it.
#ifndef SHARED_SPINLOCK_H
#define SHARED_SPINLOCK_H

#include "shared/print.h"
#include "shared/types.h"

struct spinlock {
  u32 holder; // 0 when free, else the holder's cpu number + 1
};

u32 cpu_number(void); // each kernel's own

static inline void lock(struct spinlock *l) {
  u32 self = cpu_number() + 1;
  if (__atomic_load_n(&l->holder, __ATOMIC_RELAXED) == self) panic("lock taken twice");
  u32 expected = 0;
  while (!__atomic_compare_exchange_n(&l->holder, &expected, self, false, __ATOMIC_ACQUIRE,
                                      __ATOMIC_RELAXED)) {
    while (__atomic_load_n(&l->holder, __ATOMIC_RELAXED) != 0) {
    }
    expected = 0;
  }
}

static inline void unlock(struct spinlock *l) {
  if (l->holder != cpu_number() + 1) panic("lock released by a stranger");
  __atomic_store_n(&l->holder, 0, __ATOMIC_RELEASE);
}

static inline bool lock_is_held(const struct spinlock *l) {
  return __atomic_load_n(&l->holder, __ATOMIC_RELAXED) == cpu_number() + 1;
}
#endif
