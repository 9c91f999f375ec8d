// Fair scheduling by virtual deadlines, a binary heap on each CPU. A thread that runs gains
// virtual time; its virtual deadline is one slice after the virtual time at which its slice began,
// and the earliest deadline runs next. Who sleeps loses no more than a slice against the others.
// Work spreads by pulling: a CPU that is idle, or has much less to do than another, takes from it.
//
// All state of a thread is changed under the run lock of its CPU. That lock is held over the
// context switch and released on the other side, so no one else sees a half-switched process.
#include "scheduler.h"

#include "interrupt.h"
#include "shared/sbi.h"

#define SLICE (TIMEBASE_HZ / 250)
#define KERNEL_WEIGHT 8 // a kernel thread's time counts for so much less: the relief does not wait
                        // for every process's slice between two pieces of its work
#define TURN_LEAST (SLICE / 16) // charged for a turn that ends in sleep: many threads that often do
                                // a little do not keep the others from running
#define IMBALANCE 2 // pull from a busy CPU that has this many more to run

static bool ready_before(const struct heap_node *a, const struct heap_node *b) {
  return container_of(a, struct thread, ready)->virtual_deadline <
         container_of(b, struct thread, ready)->virtual_deadline;
}
static bool timer_before(const struct heap_node *a, const struct heap_node *b) {
  return container_of(a, struct thread, timer)->deadline <
         container_of(b, struct thread, timer)->deadline;
}

void scheduler_begin(struct cpu *cpu) {
  cpu->run.ready.before = ready_before;
  cpu->run.timers.before = timer_before;
}

// Locks the CPU that t belongs to, which may change until it is locked.
static struct cpu *lock_home(struct thread *t) {
  for (;;) {
    struct cpu *cpu = __atomic_load_n(&t->cpu, __ATOMIC_ACQUIRE);
    lock(&cpu->run.lock);
    if (cpu == t->cpu) return cpu;
    unlock(&cpu->run.lock);
  }
}

// --- Virtual time. All with run.lock held.

static u64 earlier_by_slice(u64 virtual_time) {
  return virtual_time > SLICE ? virtual_time - SLICE : 0;
}

// Charges what the current thread has run since the last charge, and at least so much.
static void charge(struct cpu *cpu, u64 least) {
  struct thread *t = cpu->run.current;
  u64 now = time_ticks();
  u64 ran = MAX(now - cpu->run.started, least);
  t->virtual_time += t->tid ? ran : ran / KERNEL_WEIGHT;
  cpu->run.started = now;
  if (t->virtual_time >= t->virtual_deadline) t->virtual_deadline = t->virtual_time + SLICE;
}

// One that comes back from sleep has at most a slice of advantage, and at least none to make up. A
// kernel thread has it in any case: processes stand still until it has done what it is woken for,
// however long it ran before.
static void catch_up(struct cpu *cpu, struct thread *t) {
  u64 least = earlier_by_slice(cpu->run.virtual_time);
  if (t->process && t->virtual_time >= least) return;
  t->virtual_time = least;
  t->virtual_deadline = least + SLICE;
}

// From one CPU's virtual time to another's, keeping the distance.
static void translate(struct thread *t, u64 from, u64 to) {
  s64 ahead = (s64)(t->virtual_time - from);
  u64 slice = t->virtual_deadline - t->virtual_time;
  t->virtual_time = ahead < 0 && (u64)-ahead > to ? 0 : to + (u64)ahead;
  t->virtual_deadline = t->virtual_time + slice;
}

// --- Queues. run.lock of `cpu` held.

static void enqueue(struct cpu *cpu, struct thread *t) {
  t->state = STATE_RUNNABLE;
  t->queued = true;
  binary_heap_add(&cpu->run.ready, &t->ready);
}

static void dequeue(struct cpu *cpu, struct thread *t) {
  binary_heap_remove(&cpu->run.ready, &t->ready);
  t->queued = false;
}

// Tells a CPU that t, now in its queue, may be what it should run.
static void notify(struct cpu *cpu, struct thread *t) {
  struct thread *current = cpu->run.current;
  if (current && t->virtual_deadline >= current->virtual_deadline) return;
  cpu->reschedule = true;
  if (cpu != this_cpu() && (current || cpu->run.waiting)) cpu_interrupt(cpu);
}

// Puts t, runnable and in no queue, on a CPU that is open. The lock of its CPU, `home`, is held on
// entry, and released. t->cpu changes under the old CPU's lock, before the new one's is taken.
static void place(struct cpu *home, struct thread *t) {
  for (;;) {
    struct cpu *cpu = cpu_choose(home);
    if (cpu != home) {
      u64 virtual_time = home->run.virtual_time;
      __atomic_store_n(&t->cpu, cpu, __ATOMIC_RELEASE);
      unlock(&home->run.lock);
      lock(&cpu->run.lock);
      translate(t, virtual_time, cpu->run.virtual_time);
      home = cpu;
    }
    if (cpu->run.open && !cpu->run.closing) break;
  }
  catch_up(home, t);
  enqueue(home, t);
  notify(home, t);
  unlock(&home->run.lock);
}

// --- Switching

void scheduler_switched(void) {
  struct cpu *cpu = this_cpu();
  struct thread *previous = cpu->run.previous;
  bool dead = previous && previous->state == STATE_DEAD;
  cpu->run.previous = NULL;
  if (previous) __atomic_store_n(&previous->on_cpu, false, __ATOMIC_RELEASE);
  unlock(&cpu->run.lock);
  if (dead) thread_unmake(previous); // it is in no table any more
}

static void enter_address_space(struct thread *t) {
  vm_activate(t && t->process ? t->process->vm : NULL);
}

// To the thread of the earliest deadline, or to idle. run.lock held, the current thread's new
// state set; released on return, which is when this thread is switched to again.
static void switch_away(struct cpu *cpu) {
  struct thread *previous = cpu->run.current, *next = NULL;
  struct heap_node *first = cpu->run.ready.root;
  cpu->reschedule = false;
  cpu->timer_dirty = true;
  if (first && !cpu->run.closing) {
    next = container_of(first, struct thread, ready);
    dequeue(cpu, next);
    next->state = STATE_RUNNING;
    cpu->run.virtual_time = MAX(cpu->run.virtual_time, next->virtual_time);
  }
  cpu->run.started = time_ticks();
  cpu->run.current = next;
  if (next == previous) {
    unlock(&cpu->run.lock);
    return;
  }
  if (previous && *(u32 *)frame_linear(previous->stack) != STACK_GUARD) {
    panic("thread %d has overrun its kernel stack", previous->tid);
  }
  if (next) next->on_cpu = true;
  cpu->run.previous = previous;
  enter_address_space(next);
  context_switch(previous ? &previous->context : &cpu->idle, next ? &next->context : &cpu->idle);
  scheduler_switched();
}

static u32 load_of(const struct cpu *cpu) {
  return cpu->run.ready.count + (cpu->run.current != NULL);
}

// Takes one thread from the busiest CPU, if it has `least` more to do than this one. Never the
// only one of a CPU: that CPU is about to run it, and two idle ones would take it from each other
// for ever.
static bool pull(struct cpu *cpu, u32 least) {
  struct cpu *busiest = NULL;
  for (u32 i = 0; i < harts; i++) {
    if (!cpus[i] || cpus[i] == cpu) continue;
    if (!busiest || load_of(cpus[i]) > load_of(busiest)) busiest = cpus[i];
  }
  if (!busiest || load_of(busiest) < MAX(2, load_of(cpu) + least)) return false;
  lock(&busiest->run.lock);
  struct heap_node *last = load_of(busiest) < 2 ? NULL : binary_heap_last(&busiest->run.ready);
  struct thread *t = last ? container_of(last, struct thread, ready) : NULL;
  u64 virtual_time = busiest->run.virtual_time;
  if (t) {
    dequeue(busiest, t);
    __atomic_store_n(&t->cpu, cpu, __ATOMIC_RELEASE);
  }
  unlock(&busiest->run.lock);
  if (!t) return false;
  lock(&cpu->run.lock);
  translate(t, virtual_time, cpu->run.virtual_time);
  enqueue(cpu, t);
  unlock(&cpu->run.lock);
  return true;
}

void scheduler_yield(void) {
  interrupts_poll();
  struct cpu *cpu = this_cpu();
  if (!cpu->run.closing) pull(cpu, IMBALANCE);
  lock(&cpu->run.lock);
  struct thread *t = cpu->run.current;
  charge(cpu, 0);
  enqueue(cpu, t);
  switch_away(cpu);
}

void scheduler_start(struct thread *t) {
  struct cpu *home = lock_home(t);
  t->state = STATE_RUNNABLE;
  place(home, t);
}

// --- Sleeping and waking

bool scheduler_sleep(enum sleep sleep, u64 deadline) {
  struct cpu *cpu = this_cpu();
  struct thread *t = cpu->run.current;
  lock(&cpu->run.lock);
  if (t->woken || thread_has_to_stop(t, sleep)) {
    bool woken = t->woken;
    unlock(&cpu->run.lock);
    return woken;
  }
  charge(cpu, TURN_LEAST);
  t->state = STATE_SLEEPING;
  t->sleep = sleep;
  if (deadline != NO_DEADLINE) {
    t->deadline = deadline;
    t->timed = true;
    binary_heap_add(&cpu->run.timers, &t->timer);
  }
  switch_away(cpu);
  return t->woken;
}

// Ends a sleep. run.lock of `home` held on entry, released on return.
static void wake_locked(struct cpu *home, struct thread *t) {
  if (t->timed) {
    binary_heap_remove(&home->run.timers, &t->timer);
    t->timed = false;
  }
  t->state = STATE_RUNNABLE;
  place(home, t);
}

void scheduler_wake(struct thread *t) {
  struct cpu *home = lock_home(t);
  t->woken = true;
  if (t->state == STATE_SLEEPING) wake_locked(home, t);
  else unlock(&home->run.lock);
}

void scheduler_interrupt(struct thread *t) {
  struct cpu *home = lock_home(t);
  if (t->state == STATE_SLEEPING && thread_has_to_stop(t, t->sleep)) {
    wake_locked(home, t);
    return;
  }
  bool elsewhere = t->state == STATE_RUNNING && home != this_cpu();
  if (elsewhere) home->reschedule = true;
  unlock(&home->run.lock);
  if (elsewhere) cpu_interrupt(home);
}

void scheduler_freeze_current(void) {
  struct cpu *cpu = this_cpu();
  lock(&cpu->run.lock);
  charge(cpu, 0);
  cpu->run.current->state = STATE_FROZEN;
  switch_away(cpu);
}

bool scheduler_freeze_ready(struct thread *t) {
  struct cpu *home = lock_home(t);
  bool found = t->state == STATE_RUNNABLE && t->queued && t->at_boundary;
  if (found) {
    dequeue(home, t);
    t->state = STATE_FROZEN;
  }
  unlock(&home->run.lock);
  return found;
}

void scheduler_exit(void) {
  struct cpu *cpu = this_cpu();
  lock(&cpu->run.lock);
  cpu->run.current->state = STATE_DEAD;
  switch_away(cpu);
  panic("a dead thread runs");
}

// --- Time

// Wakes a CPU that has nothing to do, so that it pulls.
static void call_idle_cpu(struct cpu *self) {
  for (u32 n = 1; n < harts; n++) {
    struct cpu *cpu = cpus[(self->number + n) % harts];
    if (!cpu || !cpu->run.open || !cpu->run.waiting) continue;
    cpu_interrupt(cpu);
    return;
  }
}

void scheduler_timer(void) {
  struct cpu *cpu = this_cpu();
  cpu->timer_dirty = true;
  cpu->timer_programmed = 0; // it has fired: program it even if the next time is the same
  for (;;) {
    lock(&cpu->run.lock);
    struct heap_node *first = cpu->run.timers.root;
    struct thread *t = first ? container_of(first, struct thread, timer) : NULL;
    if (!t || t->deadline > time_ticks()) break;
    t->woken = true;
    wake_locked(cpu, t);
  }
  struct thread *current = cpu->run.current;
  bool expired = current && time_ticks() - cpu->run.started >= SLICE;
  if (expired) cpu->reschedule = true;
  bool crowded = expired && cpu->run.ready.root;
  unlock(&cpu->run.lock);
  if (crowded) call_idle_cpu(cpu);
  scheduler_arm(cpu);
}

void scheduler_arm(struct cpu *cpu) {
  if (!cpu->timer_dirty) return;
  cpu->timer_dirty = false;
  lock(&cpu->run.lock);
  u64 next = cpu->run.current ? cpu->run.started + SLICE : NO_DEADLINE;
  struct heap_node *first = cpu->run.timers.root;
  if (first) next = MIN(next, container_of(first, struct thread, timer)->deadline);
  unlock(&cpu->run.lock);
  if (next == cpu->timer_programmed && next > time_ticks()) return;
  cpu->timer_programmed = next;
  sbi_set_timer(next);
}

// --- Idle

// A closing CPU gives its runnable threads to others, and its sleepers to one of them.
static void give_away(struct cpu *cpu) {
  lock(&cpu->run.lock);
  while (cpu->run.ready.root) {
    struct thread *t = container_of(cpu->run.ready.root, struct thread, ready);
    dequeue(cpu, t);
    place(cpu, t);
    lock(&cpu->run.lock);
  }
  struct cpu *heir = NULL;
  for (u32 i = 0; i < harts && !heir; i++) {
    if (cpus[i] && cpus[i] != cpu && cpus[i]->run.open) heir = cpus[i];
  }
  lock(&heir->run.lock); // two at once: only one CPU closes at a time
  while (cpu->run.timers.root) {
    struct thread *t = container_of(cpu->run.timers.root, struct thread, timer);
    binary_heap_remove(&cpu->run.timers, &t->timer);
    binary_heap_add(&heir->run.timers, &t->timer);
    __atomic_store_n(&t->cpu, heir, __ATOMIC_RELEASE);
  }
  heir->timer_dirty = true;
  unlock(&heir->run.lock);
  unlock(&cpu->run.lock);
  cpu_interrupt(heir); // so that it looks at its timers
}

__attribute__((noreturn)) static void close_cpu(struct cpu *cpu) {
  cpu_close(cpu);
  give_away(cpu);
  interrupts_close_cpu(cpu->number);
  cpu_stop();
}

// Waits for an interrupt, unless there is something to run.
static void wait(struct cpu *cpu) {
  lock(&cpu->run.lock);
  bool empty = !cpu->run.ready.root && !cpu->run.closing;
  cpu->run.waiting = empty;
  unlock(&cpu->run.lock);
  if (!empty) return;
  scheduler_arm(cpu);
  wait_for_interrupt();
  cpu->run.waiting = false;
}

void scheduler_idle(void) {
  struct cpu *cpu = this_cpu(); // this stack never moves
  for (;;) {
    interrupts_poll();
    if (__atomic_load_n(&cpus_stop, __ATOMIC_ACQUIRE)) cpu_stop();
    if (cpu->run.closing) close_cpu(cpu);
    lock(&cpu->run.lock);
    if (cpu->run.ready.root) {
      switch_away(cpu);
      continue;
    }
    unlock(&cpu->run.lock);
    if (!pull(cpu, 1)) wait(cpu);
  }
}
