// Freezing: every process to its user/kernel boundary, and none of them runnable. Running ones are
// interrupted; sleeping ones are woken early, so that their system calls unwind to be issued again.
#include "larboard/frame.h"
#include "larboard/process.h"
#include "shared/desk.h"

bool process_freezing;

// Whether p still has to come to its boundary. Kernel threads and the caller do not.
static bool is_moving(const struct process *p) {
  if (p == this_process() || p->pid == 0) return false;
  return p->state == EMBRYO || p->state == RUNNABLE || p->state == RUNNING || p->state == SLEEPING;
}

static void nudge(struct process *p) {
  if (p->state == SLEEPING && p->interruptible) {
    p->woken_early = true;
    process_ready(p);
  } else if (p->state == RUNNING) {
    cpu_interrupt(p->hart);
  }
}

void process_freeze_all(void) {
  lock(&process_lock);
  process_freezing = true;
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    if (is_moving(&processes[i])) nudge(&processes[i]);
  }
  for (;;) {
    bool moving = false;
    for (u32 i = 0; i < PROCESSES_MAX && !moving; i++) moving = is_moving(&processes[i]);
    if (!moving) break;
    sleep_firmly(&process_freezing, &process_lock);
  }
  unlock(&process_lock);
}

void process_thaw_all(void) {
  lock(&process_lock);
  process_freezing = false;
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    if (processes[i].state != FROZEN) continue;
    desk_mark(MARK_PROCESS_THAWED, (u32)processes[i].pid);
    process_ready(&processes[i]);
  }
  unlock(&process_lock);
}
