// Futexes: waiting for a change of a word in user memory, and waking those that wait.
#ifndef LARBOARD_FUTEX_H
#define LARBOARD_FUTEX_H
#include "larboard/process.h"

s32 futex_wait(struct process *p, u32 address, u32 value, u32 timeout); // timeout: user address
s32 futex_wake(struct process *p, u32 address, u32 most);               // how many, or an error
#endif
