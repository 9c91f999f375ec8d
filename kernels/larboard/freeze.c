// Freezing: every thread to its user/kernel boundary, and none of them runnable. Running ones are
// interrupted; sleeping ones are woken early, so that their system calls unwind to be issued again.
#include "larboard/futex.h"
#include "larboard/process.h"
#include "shared/desk.h"

bool process_freezing;

// Whether t still has to come to its boundary. Kernel threads and the caller do not.
static bool is_moving(const struct thread *t) {
  if (t == this_thread() || !t->process) return false;
  return t->state != THREAD_UNUSED && t->state != FROZEN;
}

bool process_is_frozen(const struct process *p) {
  u32 at = 0;
  for (struct thread *t; (t = thread_next(p, &at)) != NULL;) {
    if (t->state != FROZEN) return false;
  }
  return p->threads != 0;
}

void process_mark_frozen(const struct process *p) {
  if (process_is_frozen(p)) desk_mark(MARK_PROCESS_FROZEN, (u32)p->pid);
}

void process_freeze_all(void) {
  lock(&process_lock);
  process_freezing = true;
  for (u32 i = 0; i < threads_end; i++) {
    if (is_moving(&threads[i])) thread_nudge(&threads[i], SLEEP_KILLABLE);
  }
  for (;;) {
    bool moving = false;
    for (u32 i = 0; i < threads_end && !moving; i++) moving = is_moving(&threads[i]);
    if (!moving) break;
    sleep_firmly(&process_freezing, &process_lock);
  }
  unlock(&process_lock);
}

// Makes the threads of a process that stand go on. process_lock.
static void thaw(struct process *p) {
  u32 at = 0;
  bool marked = p->apart && process_freezing; // a ghost, which nobody has missed
  p->freezing = false;
  for (struct thread *t; (t = thread_next(p, &at)) != NULL;) {
    if (t->state != FROZEN) continue;
    if (!marked) desk_mark(MARK_PROCESS_THAWED, (u32)p->pid);
    marked = true;
    t->held = false;
    if (!t->is_ghost) futex_expect(t);
    thread_ready(t);
  }
}

void process_thaw(struct process *p) {
  p->timer_hart = this_cpu()->hart;
  thaw(p);
  scheduler_set_timer();
}

// Interval timers stood still; this CPU looks after them from here on.
void process_thaw_all(void) {
  lock(&process_lock);
  FOR_EACH_ALIVE(p) thaw(p);
  process_freezing = false;
  itimer_adopt(~0u, this_cpu()->hart);
  scheduler_set_timer();
  unlock(&process_lock);
}
