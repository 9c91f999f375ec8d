// Time as programs give it: see time.h.
#include "larboard/time.h"

#include "larboard/process.h"

#define NS_PER_SECOND 1000000000

// Rounded up, and as far as it goes when it overflows.
static u64 ticks_of(const struct timespec64 *t, bool absolute) {
  if (t->seconds > 1000000000) return ~0ull - 1;
  u64 ticks = (u64)t->seconds * TIMEBASE_HZ +
              ((u64)t->nanoseconds * TICKS_PER_MICROSECOND + 999) / 1000;
  return absolute ? ticks : time_ticks() + ticks;
}

s32 time_deadline(struct thread *t, u32 restart, u32 address, bool absolute, u64 *deadline) {
  struct timespec64 time;
  bool again = t->restart == restart;
  t->restart = RESTART_NONE;
  if (!address) return 0;
  if (!copy_from_user(&t->process->space, &time, address, sizeof time)) return -EFAULT;
  if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds >= NS_PER_SECOND) return -EINVAL;
  *deadline = again ? t->restart_deadline : ticks_of(&time, absolute);
  return 0;
}

void time_keep_deadline(struct thread *t, u32 restart, u64 deadline) {
  t->restart = restart;
  t->restart_deadline = deadline;
}

struct timespec64 time_of_ticks(u64 ticks) {
  return (struct timespec64){(s64)(ticks / TIMEBASE_HZ),
                             (s64)(ticks % TIMEBASE_HZ) * (NS_PER_SECOND / TIMEBASE_HZ)};
}
