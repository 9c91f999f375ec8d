// Running, sleeping and waking: what scheduler.c offers to the rest of larboard.
#ifndef LARBOARD_SCHEDULER_H
#define LARBOARD_SCHEDULER_H
#include "shared/spinlock.h"
#include "shared/types.h"

struct cpu;
struct thread;

void scheduler_run(void) __attribute__((noreturn)); // on each CPU's own stack
void thread_ready(struct thread *t);    // process_lock held: runnable, queued on some CPU
void thread_switch(void);               // process_lock held: state is set; into the scheduler
void thread_yield(void);
void scheduler_tick(void);               // timer interrupt: expired sleepers, end of the slice
void scheduler_set_timer(void);
struct cpu *scheduler_choose(u32 preferred_hart);

// Sleeps until wake(channel), releasing `l` meanwhile. False: ended early, by a signal or a freeze.
bool sleep_on(const void *channel, struct spinlock *l);
// The same with a deadline in ticks; look at the time to know which it was.
bool sleep_until(const void *channel, struct spinlock *l, u64 deadline);
bool sleep_killably(const void *channel, struct spinlock *l); // ... by a freeze or its end only
void sleep_firmly(const void *channel, struct spinlock *l);   // not ended early
void wake(const void *channel);
void wake_locked(const void *channel);   // process_lock held
#endif
