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

void process_mark_frozen(const struct process *p) {
  u32 at = 0;
  if (p->threads == 0) return;
  for (struct thread *t; (t = thread_next(p, &at)) != NULL;) {
    if (t->state != FROZEN) return;
  }
  desk_mark(MARK_PROCESS_FROZEN, (u32)p->pid);
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

// Interval timers stood still; this CPU looks after them from here on.
void process_thaw_all(void) {
  lock(&process_lock);
  process_freezing = false;
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    struct process *p = &processes[i];
    u32 at = 0;
    if (p->state != PROCESS_ALIVE) continue;
    bool marked = false;
    for (struct thread *t; (t = thread_next(p, &at)) != NULL;) {
      if (t->state != FROZEN) continue;
      if (!marked) desk_mark(MARK_PROCESS_THAWED, (u32)p->pid);
      marked = true;
      futex_expect(t);
      thread_ready(t);
    }
  }
  itimer_adopt(~0u, this_cpu()->hart);
  scheduler_set_timer();
  unlock(&process_lock);
}
