// Futexes: waiting for a change of a word in user memory, and waking those that wait.
#ifndef LARBOARD_FUTEX_H
#define LARBOARD_FUTEX_H
#include "larboard/process.h"

s32 futex_wait(struct process *p, u32 address, u32 value, u32 timeout); // timeout: user address
s32 futex_wake(struct process *p, u32 address, u32 most);               // how many, or an error

// A freeze takes waiters off their words. Until they are back, or do something else, whoever wakes
// has to wait, so that a relief loses no wake. process_lock.
void futex_expect(struct thread *t);         // thawed, and perhaps before such a call
void futex_expect_no_more(struct thread *t);
bool futex_await_expected(void);             // without the lock; false: disturbed
#endif
