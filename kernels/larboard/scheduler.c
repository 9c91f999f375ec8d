// The scheduler: a first-in first-out list of runnable processes on each CPU, one slice each. A
// process is queued where it ran last unless another open CPU has a shorter list.
//
// The switch protocol: whoever leaves the CPU holds process_lock, and whoever arrives releases it,
// so a process is never seen runnable before its registers are saved.
#include "larboard/process.h"
#include "shared/desk.h"
#include "shared/relief/relief.h"
#include "shared/sbi.h"

#define SLICE_TICKS (TIMEBASE_HZ / 250) // 4 ms
#define NEVER (~0ull)

// --- Run queues.

static void enqueue(struct cpu *cpu, struct process *p, bool first) {
  lock(&cpu->lock);
  p->next = first ? cpu->head : NULL;
  if (first || !cpu->head) {
    cpu->head = p;
    if (!cpu->tail) cpu->tail = p;
  } else {
    cpu->tail->next = p;
    cpu->tail = p;
  }
  cpu->queued++;
  p->hart = cpu->hart;
  unlock(&cpu->lock);
}

static struct process *dequeue(struct cpu *cpu) {
  lock(&cpu->lock);
  struct process *p = cpu->head;
  if (p) {
    cpu->head = p->next;
    if (!cpu->head) cpu->tail = NULL;
    cpu->queued--;
  }
  unlock(&cpu->lock);
  return p;
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

// A kernel thread that wakes goes first, and ends the slice of the process that runs there: a
// relief that waits for its turn would hold a halted CPU idle.
void process_ready(struct process *p) {
  bool urgent = p->pid == 0 && p->state == SLEEPING;
  p->state = RUNNABLE;
  p->channel = NULL;
  p->wake_at = NEVER;
  struct cpu *cpu = scheduler_choose(p->hart);
  enqueue(cpu, p, urgent);
  if (urgent) cpu->preempt = 1;
  if (cpu != this_cpu()) cpu_interrupt(cpu->hart);
}

// --- Time.

// The earliest deadline of the sleepers that this CPU's timer ends.
static u64 next_deadline(u32 hart) {
  u64 earliest = NEVER;
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    struct process *p = &processes[i];
    if (p->state == SLEEPING && p->timer_hart == hart) earliest = MIN(earliest, p->wake_at);
  }
  return earliest;
}

void scheduler_set_timer(void) {
  struct cpu *cpu = this_cpu();
  u64 at = next_deadline(cpu->hart);
  if (cpu->current && cpu->current->pid) at = MIN(at, cpu->slice_end);
  if (at == cpu->timer_at) return;
  cpu->timer_at = at;
  sbi_set_timer(at);
}

static void wake_expired(void) {
  u64 now = time_ticks();
  u32 hart = this_cpu()->hart;
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    struct process *p = &processes[i];
    if (p->state == SLEEPING && p->timer_hart == hart && p->wake_at <= now) process_ready(p);
  }
}

void scheduler_tick(void) {
  struct cpu *cpu = this_cpu();
  cpu->timer_at = 0; // the timer has fired: set it anew in any case
  lock(&process_lock);
  wake_expired();
  if (cpu->current && time_ticks() >= cpu->slice_end && cpu->queued) {
    process_ready(cpu->current);
    process_switch();
  } else if (cpu->current && time_ticks() >= cpu->slice_end) {
    cpu->slice_end = time_ticks() + SLICE_TICKS;
  }
  scheduler_set_timer();
  unlock(&process_lock);
}

// --- Switching.

void process_switch(void) {
  struct process *p = this_process();
  struct cpu *cpu = this_cpu();
  if (!lock_is_held(&process_lock)) panic("a switch without process_lock");
  context_switch(&p->context, &cpu->scheduler);
}

void process_yield(void) {
  lock(&process_lock);
  process_ready(this_process());
  process_switch();
  unlock(&process_lock);
}

static void run(struct process *p) {
  struct cpu *cpu = this_cpu();
  cpu->current = p;
  cpu->preempt = 0;
  p->state = RUNNING;
  p->hart = cpu->hart;
  cpu->slice_end = time_ticks() + SLICE_TICKS;
  scheduler_set_timer();
  if (p->space.root) space_activate(&p->space);
  context_switch(&cpu->scheduler, &p->context);
  if (p->space.root || p->state == ZOMBIE) space_activate(NULL);
  cpu->current = NULL;
}

// Hands this CPU's processes and timers to the others, and stops the hart. process_lock held.
static void leave(void) {
  struct cpu *cpu = this_cpu();
  cpu->open = 0;
  desk_mark(MARK_CPU_CLOSED, cpu->hart);
  for (struct process *p; (p = dequeue(cpu)) != NULL;) process_ready(p);
  struct cpu *heir = scheduler_choose(cpu->hart);
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    if (processes[i].timer_hart == cpu->hart) processes[i].timer_hart = heir->hart;
  }
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
  u32 pending = csr_read(sip) & csr_read(sie);
  if (pending & SIE_SOFTWARE) trap_interrupt(CAUSE_S_SOFTWARE);
  if (pending & SIE_EXTERNAL) trap_interrupt(CAUSE_S_EXTERNAL);
  if (pending & SIE_TIMER) trap_interrupt(CAUSE_S_TIMER);
  lock(&process_lock);
}

void scheduler_run(void) {
  struct cpu *cpu = this_cpu();
  cpu->timer_at = 0;
  csr_write(sie, SIE_SOFTWARE | SIE_TIMER | SIE_EXTERNAL);
  lock(&process_lock);
  for (;;) {
    if (cpu->stop) leave();
    struct process *p = dequeue(cpu);
    if (p) run(p);
    else idle();
  }
}

// --- Sleeping. `l` is released once the process is on its channel, so no wake is missed.

static bool sleep(const void *channel, struct spinlock *l, u64 deadline, bool interruptible) {
  struct process *p = this_process();
  if (l != &process_lock) {
    lock(&process_lock);
    unlock(l);
  }
  bool early = interruptible && p->pid && (p->signals || process_freezing);
  if (!early) {
    p->state = SLEEPING;
    p->channel = channel;
    p->interruptible = interruptible;
    p->woken_early = false;
    p->wake_at = deadline;
    p->timer_hart = this_cpu()->hart;
    process_switch();
    early = p->woken_early;
  }
  if (l != &process_lock) {
    unlock(&process_lock);
    lock(l);
  }
  return !early;
}

bool sleep_on(const void *channel, struct spinlock *l) { return sleep(channel, l, NEVER, true); }
bool sleep_until(const void *channel, struct spinlock *l, u64 deadline) {
  return sleep(channel, l, deadline, true);
}
void sleep_firmly(const void *channel, struct spinlock *l) { sleep(channel, l, NEVER, false); }

void wake_locked(const void *channel) {
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    struct process *p = &processes[i];
    if (p->state == SLEEPING && p->channel == channel) process_ready(p);
  }
}

void wake(const void *channel) {
  lock(&process_lock);
  wake_locked(channel);
  unlock(&process_lock);
}
