// The freeze: every thread comes to its user/kernel boundary and stops there. Those that wait for
// their turn at the boundary stop where they are; running ones are interrupted; sleeping ones are
// woken so that their calls unwind. Uninterruptible waits, which are short, complete first; and
// threads that are to end do so, for no process begins to end while a freeze is under way.
#include "freeze.h"

#include "futex.h"
#include "gate.h"
#include "process.h"
#include "scheduler.h"

bool process_freezing;
static struct wait_queue all_frozen = {{&all_frozen.waiting, &all_frozen.waiting}};

// What the log desk learns of a process that is going to move, with its last thread's freeze.
static void mark_if_frozen(struct process *p) {
  if (!p->thread_count || p->frozen_threads != p->thread_count) return;
  desk_text(MARK_PROCESS_NAME, (u32)p->pid, p->name);
  desk_value(MARK_PROCESS_FRAMES, (u32)p->pid, p->vm->frames);
  desk_value(MARK_PROCESS_DESCRIPTORS, (u32)p->pid, p->descriptors.used);
  desk_mark(MARK_PROCESS_FROZEN, (u32)p->pid);
}

static bool is_complete(void) { return process_table.frozen >= process_table.threads; }

void freeze_check(struct process *p) {
  bool groups = gate_state() != GATE_OPEN;
  if (!process_freezing && !groups) return;
  if (p) mark_if_frozen(p);
  if (groups || is_complete()) wake_all(&all_frozen);
}

void freeze_wait(void) { wait_on_firmly(&all_frozen, &process_table.lock); }

static void count(struct thread *t) {
  t->stands = true;
  t->process->frozen_threads++;
  process_table.frozen++;
  futex_expect_no_more(t);
  mark_if_frozen(t->process);
}

void freeze_imported(struct thread *t) {
  t->stands = true;
  t->process->frozen_threads++;
  process_table.frozen++;
}

void freeze_here(struct thread *t) {
  lock(&process_table.lock);
  bool still = thread_has_to_stand(t);
  if (still) {
    t->interrupted = 0;
    count(t);
    freeze_check(NULL);
  }
  unlock(&process_table.lock);
  if (still) scheduler_freeze_current();
}

static void await_off_cpu(const struct process *p) {
  LIST_FOR_EACH(t, &p->threads, struct thread, in_process) {
    while (t->stands && __atomic_load_n(&t->on_cpu, __ATOMIC_ACQUIRE)) {
      // the last few instructions before it is off its CPU
    }
  }
}

static void freeze_thread(struct thread *t) {
  if (!thread_has_to_die(t) && scheduler_freeze_ready(t)) count(t);
  else scheduler_interrupt(t);
}

void freeze_all(void) {
  lock(&process_table.lock);
  __atomic_store_n(&process_freezing, true, __ATOMIC_SEQ_CST);
  FOR_EACH_PROCESS(p) {
    LIST_FOR_EACH(t, &p->threads, struct thread, in_process) freeze_thread(t);
  }
  while (!is_complete()) freeze_wait();
  FOR_EACH_PROCESS(p) await_off_cpu(p);
  unlock(&process_table.lock);
}

void freeze_process(struct process *p) {
  __atomic_store_n(&p->freezing, true, __ATOMIC_SEQ_CST);
  LIST_FOR_EACH(t, &p->threads, struct thread, in_process) {
    if (!t->stands) freeze_thread(t);
  }
}

void freeze_await(struct process *p) {
  while (p->frozen_threads != p->thread_count) freeze_wait();
  await_off_cpu(p);
}

void thaw_expect(struct process *p) {
  LIST_FOR_EACH(t, &p->threads, struct thread, in_process) {
    if (t->stands && !t->is_ghost) futex_expect(t);
  }
}

void thaw_process(struct process *p) {
  bool unseen = p->apart && gate_state() == GATE_OPEN; // a ghost: its process is not here
  __atomic_store_n(&p->freezing, false, __ATOMIC_SEQ_CST);
  process_table.frozen -= p->frozen_threads;
  if (p->frozen_threads && !unseen) desk_mark(MARK_PROCESS_THAWED, (u32)p->pid);
  p->frozen_threads = 0;
  await_off_cpu(p);
  LIST_FOR_EACH(t, &p->threads, struct thread, in_process) {
    if (!t->stands) continue;
    t->stands = t->held = false;
    scheduler_start(t);
  }
}

void thaw_all(void) {
  lock(&process_table.lock);
  FOR_EACH_PROCESS(p) thaw_expect(p);
  FOR_EACH_PROCESS(p) {
    if (!p->zombie) thaw_process(p);
  }
  __atomic_store_n(&process_freezing, false, __ATOMIC_SEQ_CST);
  itimers_thaw();
  unlock(&process_table.lock);
}
