// Signals: sending, masks, and handlers' frames. Nothing is queued: a signal is pending or not, for
// a thread or for a process. All under process_lock.
#ifndef LARBOARD_SIGNAL_H
#define LARBOARD_SIGNAL_H
#include "larboard/process.h"

#define SIGNALS_UNBLOCKABLE (signal_bit(SIGKILL) | signal_bit(SIGSTOP))

static inline u64 signal_bit(u32 signal) { return 1ull << (signal - 1); }
static inline bool signal_is_offered(u32 signal) {
  return signal <= NSIG && (signal < SIGSTOP || signal > SIGTTOU); // 0 too: only a look
}

// To one thread, or to the process when `t` is NULL.
void signal_send(struct process *p, struct thread *t, u32 signal);
// SIGPIPE to the calling thread; without the lock.
void signal_send_broken_pipe(struct process *p);
// Whether one is pending that t does not block.
bool signal_is_waiting(const struct thread *t);
// What t did itself: a handler runs for it, or its process ends.
void signal_fault(struct thread *t, const struct fault *fault);
// Takes one pending signal and acts on it: a handler's frame, or the end. False: there is none.
bool signal_deliver(struct thread *t);
// Drops pending ones that the process ignores now; after a change of its action.
void signal_drop_ignored(struct process *p, u32 signal);
void signal_reset_handlers(struct process *p); // for exec

void signal_set_mask(struct thread *t, u64 mask);
// Puts a mask in force until the call's end, which restores the old one at the boundary.
void signal_borrow_mask(struct thread *t, u64 mask);
void signal_return_mask(struct thread *t);
#endif
