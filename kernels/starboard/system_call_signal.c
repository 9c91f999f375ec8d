// System calls on signals, futexes and the interval timer.
#include "futex.h"
#include "scheduler.h"
#include "system_call.h"

#define TICKS_PER_MICROSECOND (TIMEBASE_HZ / 1000000)
#define MICROSECONDS 1000000

s32 call_kill(const u32 *a) { return signal_send((s32)a[0], a[1]); }
s32 call_tkill(const u32 *a) { return signal_send_thread(0, (s32)a[0], a[1]); }
s32 call_tgkill(const u32 *a) {
  return (s32)a[0] > 0 ? signal_send_thread((s32)a[0], (s32)a[1], a[2]) : -EINVAL;
}

s32 call_rt_sigreturn(const u32 *a) {
  (void)a;
  return signal_return(this_thread());
}

s32 mask_from_user(u32 user, u32 bytes, u64 *mask) {
  u32 words[2];
  if (bytes != sizeof words) return -EINVAL;
  s32 error = copy_from_user(words, user, sizeof words);
  *mask = error ? 0 : words_u64(words) & ~UNBLOCKABLE;
  return error;
}

static s32 mask_to_user(u32 user, u64 mask) {
  u32 words[2];
  u64_words(words, mask);
  return copy_to_user(user, words, sizeof words);
}

s32 call_rt_sigaction(const u32 *a) {
  struct process *p = this_process();
  struct sigaction action, old;
  if (a[3] != sizeof action.mask || a[0] == 0 || a[0] > NSIG) return -EINVAL;
  if (a[1] && (a[0] == SIGKILL || a[0] == SIGSTOP)) return -EINVAL;
  s32 error = a[1] ? copy_from_user(&action, a[1], sizeof action) : 0;
  if (error) return error;
  lock(&process_table.lock);
  old = p->actions[a[0] - 1];
  if (a[1]) {
    u64_words(action.mask, words_u64(action.mask) & ~UNBLOCKABLE);
    signal_set_action(p, a[0], &action);
  }
  unlock(&process_table.lock);
  return a[2] ? copy_to_user(a[2], &old, sizeof old) : 0;
}

s32 call_rt_sigprocmask(const u32 *a) {
  struct thread *t = this_thread();
  u64 change = 0, old = t->mask;
  if (a[3] != sizeof change) return -EINVAL;
  s32 error = a[1] ? mask_from_user(a[1], a[3], &change) : 0;
  if (error) return error;
  if (a[1] && a[0] > SIG_SETMASK) return -EINVAL;
  if (a[1]) {
    u64 mask = a[0] == SIG_BLOCK ? old | change : a[0] == SIG_UNBLOCK ? old & ~change : change;
    lock(&process_table.lock);
    signal_set_mask(t, mask);
    unlock(&process_table.lock);
  }
  return a[2] ? mask_to_user(a[2], old) : 0;
}

s32 call_rt_sigpending(const u32 *a) {
  struct thread *t = this_thread();
  if (a[1] != sizeof t->mask) return -EINVAL;
  lock(&process_table.lock);
  u64 pending = (t->pending | t->process->pending) & t->mask;
  unlock(&process_table.lock);
  return mask_to_user(a[0], pending);
}

s32 call_rt_sigsuspend(const u32 *a) {
  struct thread *t = this_thread();
  u64 mask;
  s32 error = mask_from_user(a[0], a[1], &mask);
  if (error) return error;
  signal_lend_mask(t, mask);
  t->woken = false;
  scheduler_sleep(SLEEP_INTERRUPTIBLE, NO_DEADLINE);
  return -ERESTART_UNHANDLED;
}

// --- Futexes

s32 call_futex(const u32 *a) {
  struct thread *t = this_thread();
  u64 deadline = NO_DEADLINE;
  u32 operation = a[1] & ~(u32)FUTEX_PRIVATE_FLAG;
  if (operation != FUTEX_WAKE && operation != FUTEX_WAIT) return -ENOSYS;
  if (operation == FUTEX_WAKE) {
    s32 stopped = futex_await_expected();
    return stopped ? stopped : futex_wake(a[0], a[2]);
  }
  s32 error = timeout_from_user(a[3], &deadline);
  if (error) {
    futex_expect_no_more(t);
    return error;
  }
  s32 result = futex_wait(a[0], a[2], deadline);
  // signal(7): only a wait without a timeout is made again after a handler (SA_RESTART).
  if (result == -ERESTART_UNHANDLED && deadline == NO_DEADLINE) return -ERESTART_CALL;
  return timeout_result(t, result, deadline);
}

// --- The interval timer

static bool is_sound(const struct timeval *t) {
  return t->seconds >= 0 && t->microseconds >= 0 && t->microseconds < MICROSECONDS;
}

static u64 ticks_of(const struct timeval *t) {
  return ((u64)t->seconds * MICROSECONDS + (u32)t->microseconds) * TICKS_PER_MICROSECOND;
}

static struct timeval timeval_of(u64 ticks) {
  u64 us = (ticks + TICKS_PER_MICROSECOND - 1) / TICKS_PER_MICROSECOND;
  return (struct timeval){(s32)(us / MICROSECONDS), (s32)(us % MICROSECONDS)};
}

// table.lock held.
static struct itimerval current_timer(const struct process *p) {
  const struct itimer *i = &p->itimer;
  u64 now = time_ticks();
  u64 rest = !i->armed ? 0 : i->deadline > now ? i->deadline - now : 1;
  return (struct itimerval){timeval_of(i->interval), timeval_of(rest)};
}

s32 call_getitimer(const u32 *a) {
  if (a[0] != ITIMER_REAL) return -EINVAL;
  lock(&process_table.lock);
  struct itimerval value = current_timer(this_process());
  unlock(&process_table.lock);
  return copy_to_user(a[1], &value, sizeof value);
}

s32 call_setitimer(const u32 *a) {
  struct itimerval value = {{0, 0}, {0, 0}};
  if (a[0] != ITIMER_REAL) return -EINVAL;
  s32 error = a[1] ? copy_from_user(&value, a[1], sizeof value) : 0;
  if (error) return error;
  if (!is_sound(&value.interval) || !is_sound(&value.value)) return -EINVAL;
  u64 delay = ticks_of(&value.value);
  lock(&process_table.lock);
  struct itimerval old = current_timer(this_process());
  itimer_set(this_process(), delay ? time_ticks() + delay : 0, ticks_of(&value.interval));
  unlock(&process_table.lock);
  return a[2] ? copy_to_user(a[2], &old, sizeof old) : 0;
}
