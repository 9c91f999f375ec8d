// System calls on time: the clock, sleeping, and the interval timer.
#include "larboard/process.h"
#include "larboard/system_call.h"
#include "larboard/time.h"

s32 call_clock_gettime(struct process *p, const u32 *a) {
  if (a[0] > CLOCK_MONOTONIC) return -EINVAL;
  struct timespec64 now = time_of_ticks(time_ticks());
  return copy_to_user(&p->space, a[1], &now, sizeof now) ? 0 : -EFAULT;
}

s32 call_nanosleep(struct process *p, const u32 *a) {
  static struct spinlock sleep_lock; // nobody wakes these sleepers: only to satisfy sleep_until
  struct thread *t = this_thread();
  u64 deadline;
  (void)p;
  if (a[0] > CLOCK_MONOTONIC || (a[1] & ~(u32)TIMER_ABSTIME)) return -EINVAL;
  if (!a[2]) return -EFAULT;
  s32 error = time_deadline(t, RESTART_SLEEP, a[2], a[1], &deadline);
  if (error) return error;
  lock(&sleep_lock);
  bool slept = true;
  while (slept && time_ticks() < deadline) slept = sleep_until(t, &sleep_lock, deadline);
  unlock(&sleep_lock);
  if (slept || time_ticks() >= deadline) return 0;
  time_keep_deadline(t, RESTART_SLEEP, deadline);
  return -ERESTART_UNHANDLED;
}

s32 call_setitimer(struct process *p, const u32 *a) {
  (void)p;
  return a[0] == ITIMER_REAL ? itimer_set(a[1], a[2]) : -EINVAL;
}

s32 call_getitimer(struct process *p, const u32 *a) {
  (void)p;
  return a[0] == ITIMER_REAL ? itimer_get(a[1]) : -EINVAL;
}
