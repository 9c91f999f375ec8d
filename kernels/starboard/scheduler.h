// The scheduler: see scheduler.c.
#ifndef STARBOARD_SCHEDULER_H
#define STARBOARD_SCHEDULER_H
#include "process.h"

void scheduler_begin(struct cpu *cpu);
__attribute__((noreturn)) void scheduler_idle(void); // a CPU's life, on its own stack
void scheduler_yield(void);     // others first, if any; takes pending interrupts
void scheduler_start(struct thread *t);   // a new or thawed one becomes runnable
bool scheduler_sleep(enum sleep sleep, u64 deadline); // until woken; false: interrupted
void scheduler_wake(struct thread *t);
void scheduler_interrupt(struct thread *t); // ends a sleep if it has to stop
void scheduler_freeze_current(void);       // returns when thawed
bool scheduler_freeze_ready(struct thread *t); // one that waits at its boundary; false: is not
__attribute__((noreturn)) void scheduler_exit(void);
void scheduler_timer(void);     // a timer interrupt on this CPU
void scheduler_arm(struct cpu *cpu); // programs this CPU's timer for what comes next
void scheduler_switched(void);  // first thing on a new thread's stack
#define NO_DEADLINE (~0ull)
#endif
