// System calls on processes and time.
#include "larboard/system_call.h"
#include "abi/syscall.h"
#include "larboard/exec.h"
#include "larboard/process.h"
#include "shared/string.h"

s32 call_exit(struct process *p, const u32 *a) {
  (void)p;
  process_exit(CLD_EXITED, a[0] & 0xff);
}

s32 call_clone(struct process *p, const u32 *a) {
  (void)p;
  return a[0] == SIGCHLD ? process_fork() : -EINVAL;
}

s32 call_execve(struct process *p, const u32 *a) {
  s32 error = exec_user(p, a[0], a[1], a[2]);
  return error ? error : SYSTEM_CALL_ENTERED;
}

s32 call_waitid(struct process *p, const u32 *a) {
  (void)p;
  return process_wait((s32)a[0], (s32)a[1], a[3], a[2]);
}

s32 call_kill(struct process *p, const u32 *a) {
  (void)p;
  return process_kill((s32)a[0], a[1]);
}

s32 call_getpid(struct process *p, const u32 *a) {
  (void)a;
  return p->pid;
}

s32 call_getppid(struct process *p, const u32 *a) {
  (void)a;
  return p->parent_pid;
}

s32 call_yield(struct process *p, const u32 *a) {
  (void)p, (void)a;
  process_yield();
  return 0;
}

static char state_letter(const struct process *p) {
  return p->state == ZOMBIE ? 'Z' : p->state == SLEEPING ? 'S' : 'R';
}

// Fills `info` from the slot; false when the slot has no user process.
static bool describe_process(u32 slot, struct process_info *info) {
  struct process *p = &processes[slot];
  lock(&process_lock);
  bool ok = p->pid > 0 && p->state != UNUSED && p->state != EMBRYO;
  if (ok) {
    memset(info, 0, sizeof *info);
    info->pid = p->pid;
    info->parent_pid = p->parent_pid;
    info->state = state_letter(p);
    info->cpu = (u8)p->hart;
    info->user_ticks = p->user_ticks;
    memcpy(info->name, p->name, sizeof info->name);
    for (u32 d = 0; d < DESCRIPTORS_MAX; d++) info->descriptors += p->descriptors[d].file != NULL;
    // only a process that stands still has tables that can be walked from here
    if (p->state == SLEEPING || p == this_process()) info->frames = space_frames(&p->space);
  }
  unlock(&process_lock);
  return ok;
}

s32 call_processes(struct process *p, const u32 *a) {
  u32 n = 0;
  for (u32 slot = 0; slot < PROCESSES_MAX && n < a[1]; slot++) {
    struct process_info info;
    if (!describe_process(slot, &info)) continue;
    if (!copy_to_user(&p->space, a[0] + n * sizeof info, &info, sizeof info)) return -EFAULT;
    n++;
  }
  return (s32)n;
}

// --- Time.

s32 call_clock_gettime(struct process *p, const u32 *a) {
  if (a[0] > CLOCK_MONOTONIC) return -EINVAL;
  u64 ticks = time_ticks();
  struct timespec64 t = {(s64)(ticks / TIMEBASE_HZ),
                         (s64)(ticks % TIMEBASE_HZ) * (1000000000 / TIMEBASE_HZ)};
  return copy_to_user(&p->space, a[1], &t, sizeof t) ? 0 : -EFAULT;
}

// Where a sleep ends, in ticks: rounded up, and as far as it goes when it overflows.
static u64 deadline_of(const struct timespec64 *t, bool absolute) {
  if (t->seconds > 1000000000) return ~0ull - 1;
  u64 ticks = (u64)t->seconds * TIMEBASE_HZ +
              ((u64)t->nanoseconds * (TIMEBASE_HZ / 1000000) + 999) / 1000;
  return absolute ? ticks : time_ticks() + ticks;
}

s32 call_nanosleep(struct process *p, const u32 *a) {
  static struct spinlock sleep_lock; // nobody wakes these sleepers: only to satisfy sleep_until
  struct timespec64 t;
  if (a[0] > CLOCK_MONOTONIC || (a[1] & ~(u32)TIMER_ABSTIME)) return -EINVAL;
  if (!copy_from_user(&p->space, &t, a[2], sizeof t)) return -EFAULT;
  if (t.seconds < 0 || t.nanoseconds < 0 || t.nanoseconds >= 1000000000) return -EINVAL;
  u64 deadline = p->restart == RESTART_SLEEP ? p->restart_deadline : deadline_of(&t, a[1]);
  p->restart = RESTART_NONE;
  lock(&sleep_lock);
  bool slept = true;
  while (slept && time_ticks() < deadline) slept = sleep_until(p, &sleep_lock, deadline);
  unlock(&sleep_lock);
  if (slept) return 0;
  p->restart = RESTART_SLEEP;
  p->restart_deadline = deadline;
  return -ERESTART;
}
