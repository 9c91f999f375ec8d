// The interval timer of a process, ITIMER_REAL: SIGALRM at a deadline, and again after each
// interval. A CPU's timer looks after it. It stands still while processes are frozen, so that the
// books are written of one moment.
#include "larboard/process.h"
#include "larboard/signal.h"
#include "larboard/time.h"
#include "shared/string.h"

u32 itimers_armed;

u64 itimer_next(u32 hart) {
  u64 earliest = ~0ull;
  for (u32 i = 0; i < PROCESSES_MAX && !process_freezing; i++) {
    const struct process *p = &processes[i];
    if (p->timer_at && !p->freezing && p->timer_hart == hart) earliest = MIN(earliest, p->timer_at);
  }
  return earliest;
}

void itimer_expire(u32 hart, u64 now) {
  for (u32 i = 0; i < PROCESSES_MAX && !process_freezing; i++) {
    struct process *p = &processes[i];
    if (!p->timer_at || p->freezing || p->timer_hart != hart || p->timer_at > now) continue;
    u64 missed = p->timer_interval ? (now - p->timer_at) / p->timer_interval : 0;
    if (p->timer_interval) p->timer_at += (missed + 1) * p->timer_interval;
    else p->timer_at = 0, itimers_armed--;
    signal_send(p, NULL, SIGALRM);
  }
}

void itimer_adopt(u32 from, u32 to) {
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    if (from == ~0u || processes[i].timer_hart == from) processes[i].timer_hart = to;
  }
}

static struct timeval timeval_of(u64 ticks) {
  u64 microseconds = (ticks + TICKS_PER_MICROSECOND - 1) / TICKS_PER_MICROSECOND;
  return (struct timeval){(s32)(microseconds / 1000000), (s32)(microseconds % 1000000)};
}

static bool is_sound(const struct timeval *t) {
  return t->seconds >= 0 && t->microseconds >= 0 && t->microseconds < 1000000;
}

static u64 ticks_of(const struct timeval *t) {
  return (u64)(u32)t->seconds * TIMEBASE_HZ + (u32)t->microseconds * TICKS_PER_MICROSECOND;
}

// process_lock held. One that is due and not yet seen to has the least that is not nothing.
static void describe(const struct process *p, struct itimerval *value) {
  u64 now = time_ticks(), left = p->timer_at > now ? p->timer_at - now : 1;
  memset(value, 0, sizeof *value);
  if (!p->timer_at) return;
  value->value = timeval_of(left);
  value->interval = timeval_of(p->timer_interval);
}

// process_lock held. 0 ticks: off.
static void arm(struct process *p, u64 ticks, u64 interval) {
  itimers_armed -= p->timer_at != 0;
  p->timer_at = ticks ? time_ticks() + ticks : 0;
  p->timer_interval = ticks ? interval : 0;
  p->timer_hart = this_cpu()->hart;
  itimers_armed += p->timer_at != 0;
  scheduler_set_timer();
}

s32 itimer_set(u32 new_address, u32 old_address) {
  struct process *p = this_process();
  struct itimerval fresh, old;
  memset(&fresh, 0, sizeof fresh);
  if (new_address && !copy_from_user(&p->space, &fresh, new_address, sizeof fresh)) return -EFAULT;
  if (!is_sound(&fresh.value) || !is_sound(&fresh.interval)) return -EINVAL;
  lock(&process_lock);
  describe(p, &old);
  arm(p, ticks_of(&fresh.value), ticks_of(&fresh.interval));
  unlock(&process_lock);
  if (old_address && !copy_to_user(&p->space, old_address, &old, sizeof old)) return -EFAULT;
  return 0;
}

s32 itimer_get(u32 address) {
  struct process *p = this_process();
  struct itimerval value;
  lock(&process_lock);
  describe(p, &value);
  unlock(&process_lock);
  return copy_to_user(&p->space, address, &value, sizeof value) ? 0 : -EFAULT;
}
