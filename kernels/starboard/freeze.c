// The freeze: every process comes to its user/kernel boundary and stops there. Those that wait for
// their turn at the boundary stop where they are; running ones are interrupted; sleeping ones are
// woken so that their calls unwind. Uninterruptible waits, which are short, complete first.
#include "freeze.h"

#include "process.h"
#include "scheduler.h"

bool process_freezing;
static struct wait_queue all_frozen = {{&all_frozen.waiting, &all_frozen.waiting}};

// What the log desk learns of a process that is going to move.
static void mark_frozen(struct process *p) {
  desk_text(MARK_PROCESS_NAME, (u32)p->pid, p->name);
  desk_value(MARK_PROCESS_FRAMES, (u32)p->pid, p->vm.frames);
  desk_value(MARK_PROCESS_DESCRIPTORS, (u32)p->pid, p->descriptors.used);
  desk_mark(MARK_PROCESS_FROZEN, (u32)p->pid);
}

static bool is_complete(void) {
  return process_table.frozen >= process_table.count - process_table.zombies;
}

void process_freeze_check(void) {
  if (process_freezing && is_complete()) wake_all(&all_frozen);
}

void process_freeze_here(struct process *p) {
  lock(&process_table.lock);
  mark_frozen(p);
  process_table.frozen++;
  process_freeze_check();
  unlock(&process_table.lock);
  scheduler_freeze_current();
}

void freeze_all(void) {
  lock(&process_table.lock);
  __atomic_store_n(&process_freezing, true, __ATOMIC_SEQ_CST);
  LIST_FOR_EACH(p, &process_table.all, struct process, in_table) {
    if (p->zombie) continue;
    if (!scheduler_freeze_ready(p)) {
      scheduler_interrupt(p);
      continue;
    }
    process_table.frozen++;
    mark_frozen(p);
  }
  while (!is_complete()) wait_on_firmly(&all_frozen, &process_table.lock);
  LIST_FOR_EACH(p, &process_table.all, struct process, in_table) {
    while (__atomic_load_n(&p->on_cpu, __ATOMIC_ACQUIRE)) {
      // the last few instructions before it is off its CPU
    }
  }
  unlock(&process_table.lock);
}

void thaw_all(void) {
  lock(&process_table.lock);
  __atomic_store_n(&process_freezing, false, __ATOMIC_SEQ_CST);
  process_table.frozen = 0;
  LIST_FOR_EACH(p, &process_table.all, struct process, in_table) {
    if (p->zombie) continue;
    desk_mark(MARK_PROCESS_THAWED, (u32)p->pid);
    scheduler_start(p);
  }
  unlock(&process_table.lock);
}
