// Waiting for a word of user memory to change: see futex.c.
#ifndef STARBOARD_FUTEX_H
#define STARBOARD_FUTEX_H
#include "kernel.h"

s32 futex_wait(u32 word, u32 value, u64 deadline); // 0, -EAGAIN, -ETIMEDOUT, -ERESTART_UNHANDLED
s32 futex_wake(u32 word, u32 count);               // how many, or an error
#endif
