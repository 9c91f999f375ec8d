// Time as programs give it: conversions, and the deadlines of calls that are issued again.
#ifndef LARBOARD_TIME_H
#define LARBOARD_TIME_H
#include "abi/syscall.h"
#include "larboard/thread.h"

#define TICKS_PER_MICROSECOND (TIMEBASE_HZ / 1000000)

// The deadline in ticks that a user's timespec64 gives (`address` 0: *deadline stays), or the one
// that the thread's interrupted call had. 0, -EFAULT or -EINVAL.
s32 time_deadline(struct thread *t, u32 restart, u32 address, bool absolute, u64 *deadline);
void time_keep_deadline(struct thread *t, u32 restart, u64 deadline);
struct timespec64 time_of_ticks(u64 ticks);
#endif
