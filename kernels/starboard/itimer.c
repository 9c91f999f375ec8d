// Interval timers, in a heap by deadline. A kernel thread sleeps until the first is due and sends
// its signal; whoever changes which is the first wakes it. During a freeze no timer fires: those
// of processes that move are due in the new kernel.
#include "itimer.h"

#include "process.h"
#include "scheduler.h"

static bool is_before(const struct heap_node *a, const struct heap_node *b) {
  return container_of(a, struct itimer, node)->deadline <
         container_of(b, struct itimer, node)->deadline;
}

static struct binary_heap itimers = {.before = is_before}; // process_table.lock
static struct thread *waiter;

struct thread *itimers_thread(void) { return waiter; }

static struct itimer *first_itimer(void) {
  return itimers.root ? container_of(itimers.root, struct itimer, node) : NULL;
}

static void insert(struct itimer *i, u64 deadline) {
  i->deadline = deadline;
  i->armed = true;
  binary_heap_add(&itimers, &i->node);
}

static void withdraw(struct itimer *i) {
  binary_heap_remove(&itimers, &i->node);
  i->armed = false;
}

void itimer_set(struct process *p, u64 deadline, u64 interval) {
  struct itimer *i = &p->itimer;
  itimer_resume(p);
  if (i->armed) withdraw(i);
  i->interval = deadline ? interval : 0;
  if (!deadline) return;
  insert(i, deadline);
  if (waiter && first_itimer() == i) scheduler_wake(waiter);
}

static void fire(struct itimer *i, u64 now) {
  withdraw(i);
  signal_process(container_of(i, struct process, itimer), SIGALRM, true);
  if (i->interval) insert(i, now + i->interval - (now - i->deadline) % i->interval);
}

static void wait_for_timers(void) {
  for (;;) {
    waiter->woken = false; // before looking, so that a change after it counts
    lock(&process_table.lock);
    struct itimer *i = process_freezing ? NULL : first_itimer();
    for (u64 now; i && i->deadline <= (now = time_ticks()); i = first_itimer()) fire(i, now);
    u64 next = i ? i->deadline : NO_DEADLINE;
    unlock(&process_table.lock);
    scheduler_sleep(SLEEP_FIRM, next);
  }
}

void itimer_pause(struct process *p) {
  struct itimer *i = &p->itimer;
  if (!i->armed || i->paused) return;
  binary_heap_remove(&itimers, &i->node);
  i->paused = true;
}

void itimer_resume(struct process *p) {
  struct itimer *i = &p->itimer;
  if (!i->paused) return;
  i->paused = false;
  binary_heap_add(&itimers, &i->node);
  if (waiter && first_itimer() == i) scheduler_wake(waiter);
}

void itimers_thaw(void) {
  if (waiter) scheduler_wake(waiter);
}

void itimers_begin(void) {
  waiter = thread_make_in_kernel(wait_for_timers);
  if (waiter) scheduler_start(waiter);
  else print("no memory for the thread of timers");
}
