// Clocks and sleep. CLOCK_MONOTONIC is the timebase, which goes on through a relief; CLOCK_REALTIME
// is the RTC's date. An interrupted sleep keeps its deadline in ticks (RESTART_SLEEP).
#include "clock.h"
#include "scheduler.h"
#include "system_call.h"

#define NS_PER_SECOND 1000000000
#define NS_PER_TICK (NS_PER_SECOND / TIMEBASE_HZ)
#define SECONDS_MAX ((s64)1 << 33) // a deadline beyond is as good as never

static struct spinlock rtc_lock; // a read of the low half latches the high one
static bool rtc;

void clock_begin(bool has_rtc) { rtc = has_rtc; }

// Nanoseconds since 1970 (goldfish RTC: TIME_LOW at 0, TIME_HIGH at 4).
static u64 realtime_ns(void) {
  if (!rtc) return time_ticks() * NS_PER_TICK;
  volatile u32 *registers = (volatile u32 *)(DEVICE_LOW + RTC_BASE);
  lock(&rtc_lock);
  u32 low = registers[0], high = registers[1];
  unlock(&rtc_lock);
  return (u64)high << 32 | low;
}

static bool clock_exists(u32 clock) { return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC; }

static u64 now_ns(u32 clock) {
  return clock == CLOCK_REALTIME ? realtime_ns() : time_ticks() * NS_PER_TICK;
}

s32 call_clock_gettime64(const u32 *a) {
  if (!clock_exists(a[0])) return -EINVAL;
  u64 ns = now_ns(a[0]);
  struct timespec64 time = {(s64)(ns / NS_PER_SECOND), (s64)(ns % NS_PER_SECOND)};
  return copy_to_user(a[1], &time, sizeof time);
}

// The deadline in ticks that the arguments ask for.
static s32 deadline_of(const u32 *a, u64 *deadline) {
  struct timespec64 t;
  if (!clock_exists(a[0])) return -EINVAL;
  s32 error = copy_from_user(&t, a[2], sizeof t);
  if (error) return error;
  if (t.seconds < 0 || t.nanoseconds < 0 || t.nanoseconds >= NS_PER_SECOND) return -EINVAL;
  u64 ns = (u64)MIN(t.seconds, SECONDS_MAX) * NS_PER_SECOND + (u64)t.nanoseconds;
  if (a[1] & TIMER_ABSTIME) {
    u64 now = now_ns(a[0]);
    ns = ns > now ? ns - now : 0;
    if (a[0] == CLOCK_MONOTONIC) {
      *deadline = (ns + now + NS_PER_TICK - 1) / NS_PER_TICK;
      return 0;
    }
  }
  *deadline = time_ticks() + (ns + NS_PER_TICK - 1) / NS_PER_TICK;
  return 0;
}

void sleep_tell_rest(const u32 *a, u64 deadline) {
  if (!a[3] || (a[1] & TIMER_ABSTIME)) return;
  u64 now = time_ticks(), ns = deadline > now ? (deadline - now) * NS_PER_TICK : 0;
  struct timespec64 rest = {(s64)(ns / NS_PER_SECOND), (s64)(ns % NS_PER_SECOND)};
  copy_to_user(a[3], &rest, sizeof rest);
}

s32 call_clock_nanosleep(const u32 *a) {
  struct thread *t = this_thread();
  u64 deadline = t->restart_deadline;
  s32 error = t->restart == RESTART_SLEEP ? 0 : deadline_of(a, &deadline);
  if (error) return error;
  while (time_ticks() < deadline) {
    t->woken = false;
    scheduler_sleep(SLEEP_INTERRUPTIBLE, deadline);
    if (thread_has_to_stop(t, SLEEP_INTERRUPTIBLE) && time_ticks() < deadline) {
      t->restart = RESTART_SLEEP;
      t->restart_deadline = deadline;
      return -ERESTART_UNHANDLED;
    }
  }
  return 0;
}

// --- Timeouts of other calls, which keep their deadline in the same way (RESTART_TIMEOUT)

s32 timeout_from_user(u32 user, u64 *deadline) {
  const struct thread *t = this_thread();
  const u32 relative[3] = {CLOCK_MONOTONIC, 0, user};
  *deadline = NO_DEADLINE;
  if (!user) return 0;
  if (t->restart != RESTART_TIMEOUT) return deadline_of(relative, deadline);
  *deadline = t->restart_deadline;
  return 0;
}

s32 timeout_result(struct thread *t, s32 result, u64 deadline) {
  if (result == -ERESTART_UNHANDLED && deadline != NO_DEADLINE) {
    t->restart = RESTART_TIMEOUT;
    t->restart_deadline = deadline;
  }
  return result;
}
