// Waiting for a word of user memory to change: see futex.c.
#ifndef STARBOARD_FUTEX_H
#define STARBOARD_FUTEX_H
#include "kernel.h"

struct thread;

s32 futex_wait(u32 word, u32 value, u64 deadline); // 0, -EAGAIN, -ETIMEDOUT, -ERESTART_UNHANDLED
s32 futex_wake(u32 word, u32 count);               // how many, or an error

// A freeze takes waiters out of their buckets. From its end until they are back, or have something
// else to do, whoever wakes has to wait: a relief loses no wake.
void futex_expect(struct thread *t);      // thawed: at its boundary, and perhaps before such a call
void futex_expect_no_more(struct thread *t);
s32 futex_await_expected(void);           // 0, or -ERESTART_CALL
#endif
