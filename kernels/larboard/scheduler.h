// Running, sleeping and waking: what scheduler.c offers to the rest of larboard.
#ifndef LARBOARD_SCHEDULER_H
#define LARBOARD_SCHEDULER_H
#include "shared/spinlock.h"
#include "shared/types.h"

struct cpu;
struct process;

void scheduler_run(void) __attribute__((noreturn)); // on each CPU's own stack
void process_ready(struct process *p);   // process_lock held: runnable, queued on some CPU
void process_switch(void);               // process_lock held: state is set; into the scheduler
void process_yield(void);
void scheduler_tick(void);               // timer interrupt: expired sleepers, end of the slice
void scheduler_set_timer(void);
struct cpu *scheduler_choose(u32 preferred_hart);

// Sleeps until wake(channel), releasing `l` meanwhile. False: ended early, by a signal or a freeze.
bool sleep_on(const void *channel, struct spinlock *l);
// The same with a deadline in ticks; look at the time to know which it was.
bool sleep_until(const void *channel, struct spinlock *l, u64 deadline);
void sleep_firmly(const void *channel, struct spinlock *l); // not ended early
void wake(const void *channel);
void wake_locked(const void *channel);   // process_lock held
#endif
