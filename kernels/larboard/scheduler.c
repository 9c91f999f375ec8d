// The scheduler: a first-in first-out list of runnable threads on each CPU, one slice each. A
// thread is queued where it ran last unless another open CPU has a shorter list.
//
// The switch protocol: whoever leaves the CPU holds process_lock, and whoever arrives releases it,
// so a thread is never seen runnable before its registers are saved, and one that has ended gives
// its stack back only when it has left it.
#include "larboard/gate.h"
#include "larboard/process.h"
#include "larboard/signal.h"
#include "shared/desk.h"
#include "shared/relief/relief.h"
#include "shared/sbi.h"

#define SLICE_TICKS (TIMEBASE_HZ / 250) // 4 ms
#define NEVER (~0ull)

// --- Run queues.

static void enqueue(struct cpu *cpu, struct thread *t, bool first) {
  lock(&cpu->lock);
  t->next = first ? cpu->head : NULL;
  if (first || !cpu->head) {
    cpu->head = t;
    if (!cpu->tail) cpu->tail = t;
  } else {
    cpu->tail->next = t;
    cpu->tail = t;
  }
  cpu->queued++;
  t->hart = cpu->hart;
  unlock(&cpu->lock);
}

static struct thread *dequeue(struct cpu *cpu) {
  lock(&cpu->lock);
  struct thread *t = cpu->head;
  if (t) {
    cpu->head = t->next;
    if (!cpu->head) cpu->tail = NULL;
    cpu->queued--;
  }
  unlock(&cpu->lock);
  return t;
}

static u32 load_of(const struct cpu *cpu) { return cpu->queued + (cpu->current != NULL); }

struct cpu *scheduler_choose(u32 preferred) {
  struct cpu *best = cpus[preferred] && cpus[preferred]->open ? cpus[preferred] : NULL;
  for (u32 hart = 0; hart < harts; hart++) {
    struct cpu *cpu = cpus[hart];
    if (cpu && cpu->open && (!best || load_of(cpu) < load_of(best))) best = cpu;
  }
  return best ? best : this_cpu();
}

// A kernel thread that wakes goes first, and ends the slice of the thread that runs there: a
// relief that waits for its turn would hold a halted CPU idle.
void thread_ready(struct thread *t) {
  bool awaited = t->process && thread_has_to_unwind(t); // others stand still for that
  bool urgent = awaited || (!t->process && t->state == SLEEPING);
  t->state = RUNNABLE;
  t->channel = NULL;
  t->wake_at = NEVER;
  struct cpu *cpu = scheduler_choose(t->hart);
  enqueue(cpu, t, urgent);
  if (urgent) cpu->preempt = 1;
  if (cpu != this_cpu()) cpu_interrupt(cpu->hart);
}

// --- Time.

// The earliest deadline of the sleepers that this CPU's timer ends.
static u64 next_deadline(u32 hart) {
  u64 earliest = NEVER;
  for (u32 i = 0; i < threads_end; i++) {
    struct thread *t = &threads[i];
    if (t->state == SLEEPING && t->timer_hart == hart) earliest = MIN(earliest, t->wake_at);
  }
  return itimers_armed ? MIN(earliest, itimer_next(hart)) : earliest;
}

void scheduler_set_timer(void) {
  struct cpu *cpu = this_cpu();
  u64 at = next_deadline(cpu->hart);
  if (cpu->current && cpu->current->process) at = MIN(at, cpu->slice_end);
  if (at == cpu->timer_at) return;
  cpu->timer_at = at;
  sbi_set_timer(at);
}

static void wake_expired(void) {
  u64 now = time_ticks();
  u32 hart = this_cpu()->hart;
  for (u32 i = 0; i < threads_end; i++) {
    struct thread *t = &threads[i];
    if (t->state == SLEEPING && t->timer_hart == hart && t->wake_at <= now) thread_ready(t);
  }
  if (itimers_armed) itimer_expire(hart, now);
}

void scheduler_tick(void) {
  struct cpu *cpu = this_cpu();
  cpu->timer_at = 0; // the timer has fired: set it anew in any case
  lock(&process_lock);
  wake_expired();
  if (cpu->current && time_ticks() >= cpu->slice_end && cpu->queued) {
    thread_ready(cpu->current);
    thread_switch();
  } else if (cpu->current && time_ticks() >= cpu->slice_end) {
    cpu->slice_end = time_ticks() + SLICE_TICKS;
  }
  scheduler_set_timer();
  unlock(&process_lock);
}

// --- Switching.

void thread_switch(void) {
  struct thread *t = this_thread();
  struct cpu *cpu = this_cpu();
  if (!lock_is_held(&process_lock)) panic("a switch without process_lock");
  context_switch(&t->context, &cpu->scheduler);
}

// Serves the interrupts that wait because SIE is off. No lock held.
static void poll_interrupts(void) {
  u32 pending = csr_read(sip) & csr_read(sie);
  if (pending & SIE_SOFTWARE) trap_interrupt(CAUSE_S_SOFTWARE);
  if (pending & SIE_EXTERNAL) trap_interrupt(CAUSE_S_EXTERNAL);
  if (pending & SIE_TIMER) trap_interrupt(CAUSE_S_TIMER);
}

// Sleepers may be due while a kernel thread works and nobody is in user mode to be interrupted.
void thread_yield(void) {
  poll_interrupts();
  lock(&process_lock);
  thread_ready(this_thread());
  thread_switch();
  unlock(&process_lock);
}

static void run(struct thread *t) {
  struct cpu *cpu = this_cpu();
  cpu->current = t;
  cpu->preempt = 0;
  t->state = RUNNING;
  t->hart = cpu->hart;
  cpu->slice_end = time_ticks() + SLICE_TICKS;
  scheduler_set_timer();
  if (t->process && t->process->space.root) space_activate(&t->process->space);
  context_switch(&cpu->scheduler, &t->context);
  if (cpu->space) space_activate(NULL);
  cpu->current = NULL;
  if (t->state == ENDED) thread_discard(t);
}

// Hands this CPU's threads and timers to the others, and stops the hart. process_lock held.
static void leave(void) {
  struct cpu *cpu = this_cpu();
  cpu->open = 0;
  desk_mark(MARK_CPU_CLOSED, cpu->hart);
  for (struct thread *t; (t = dequeue(cpu)) != NULL;) thread_ready(t);
  struct cpu *heir = scheduler_choose(cpu->hart);
  for (u32 i = 0; i < threads_end; i++) {
    if (threads[i].timer_hart == cpu->hart) threads[i].timer_hart = heir->hart;
  }
  itimer_adopt(cpu->hart, heir->hart);
  cpu_enable_devices(cpu->hart, false);
  cpu->stop = 0;
  unlock(&process_lock);
  if (heir != cpu) cpu_interrupt(heir->hart);
  csr_write(sie, 0);
  sbi_set_timer(NEVER);
  sbi_hart_stop();
  panic("hart %u did not stop", cpu->hart);
}

// Nothing to run: waits for any interrupt, which wfi lets through with SIE off.
static void idle(void) {
  scheduler_set_timer();
  unlock(&process_lock);
  wait_for_interrupt();
  poll_interrupts();
  lock(&process_lock);
}

void scheduler_run(void) {
  struct cpu *cpu = this_cpu();
  cpu->timer_at = 0;
  csr_write(sie, SIE_SOFTWARE | SIE_TIMER | SIE_EXTERNAL);
  lock(&process_lock);
  for (;;) {
    if (cpu->stop) leave();
    struct thread *t = dequeue(cpu);
    if (t) run(t);
    else idle();
  }
}

// --- Sleeping. `l` is released once the thread is on its channel, so no wake is missed.

// Whether there already is what would end such a sleep early.
static bool is_disturbed(const struct thread *t, enum sleep_kind kind) {
  if (kind == SLEEP_FIRM || !t->process) return false;
  if (thread_has_to_unwind(t) || thread_must_end(t)) return true;
  return kind == SLEEP_INTERRUPTIBLE && signal_is_waiting(t);
}

static bool sleep(const void *channel, struct spinlock *l, u64 deadline, enum sleep_kind kind) {
  struct thread *t = this_thread();
  if (l != &process_lock) {
    lock(&process_lock);
    unlock(l);
  }
  bool early = is_disturbed(t, kind);
  if (!early) {
    t->state = SLEEPING;
    t->channel = channel;
    t->sleep_kind = kind;
    t->woken_early = false;
    t->wake_at = deadline;
    t->timer_hart = this_cpu()->hart;
    thread_switch();
    early = t->woken_early;
  }
  if (l != &process_lock) {
    unlock(&process_lock);
    lock(l);
  }
  return !early;
}

bool sleep_on(const void *channel, struct spinlock *l) {
  return sleep(channel, l, NEVER, SLEEP_INTERRUPTIBLE);
}
bool sleep_until(const void *channel, struct spinlock *l, u64 deadline) {
  return sleep(channel, l, deadline, SLEEP_INTERRUPTIBLE);
}
bool sleep_killably(const void *channel, struct spinlock *l) {
  return sleep(channel, l, NEVER, SLEEP_KILLABLE);
}
void sleep_firmly(const void *channel, struct spinlock *l) {
  sleep(channel, l, NEVER, SLEEP_FIRM);
}

void thread_nudge(struct thread *t, enum sleep_kind least) {
  if (t->state == SLEEPING && t->sleep_kind >= least) {
    t->woken_early = true;
    thread_ready(t);
  } else if (t->state == FROZEN && thread_must_end(t)) {
    thread_ready(t); // while others still move: what ends is not handed over
  } else if (t->state == RUNNING && t != this_thread()) {
    cpu_interrupt(t->hart);
  }
}

void wake_locked(const void *channel) {
  for (u32 i = 0; i < threads_end; i++) {
    struct thread *t = &threads[i];
    if (t->state == SLEEPING && t->channel == channel) thread_ready(t);
  }
}

void wake(const void *channel) {
  lock(&process_lock);
  wake_locked(channel);
  unlock(&process_lock);
}
