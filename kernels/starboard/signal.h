// Signals: see signal.c (sending, masks, actions) and signal_frame.c (handlers).
#ifndef STARBOARD_SIGNAL_H
#define STARBOARD_SIGNAL_H
#include "kernel.h"

struct process;
struct thread;

static inline u64 signal_bit(u32 signal) { return (u64)1 << (signal - 1); }
#define UNBLOCKABLE (signal_bit(SIGKILL) | signal_bit(SIGSTOP))

// With table.lock held. `by_kernel`: no process sent it.
void signal_process(struct process *p, u32 signal, bool by_kernel);
void signal_thread(struct thread *t, u32 signal, bool by_kernel);
void signal_group(s32 group, u32 signal, bool by_kernel);
void signal_set_mask(struct thread *t, u64 mask);
void signal_set_action(struct process *p, u32 signal, const struct sigaction *action);
void signal_reset_handlers(struct process *p); // exec
void signal_retarget(struct process *p); // a thread that could take p's signals does not any more
bool signal_is_ignored(const struct process *p, u32 signal);

bool signal_is_due(const struct thread *t); // pending and not blocked; without the lock
void signal_self(u32 signal);               // of the kernel, to this thread; takes the lock
s32 signal_send(s32 pid, u32 signal);       // kill
s32 signal_send_thread(s32 pid, s32 tid, u32 signal); // pid 0: any

// signal_frame.c, for this thread at its boundary.
// Takes due signals: ends the process, or enters a handler. False: there was none.
bool signal_deliver(struct thread *t);
// An exception of the program: a handler gets its address, else it ends the process.
void signal_fault(struct thread *t, u32 signal, u32 code, u32 address);
// Ends this process at its boundary; in a freeze it does not, and the program comes here again.
void signal_end_process(u32 signal);
void signal_lend_mask(struct thread *t, u64 mask); // until the boundary, or a handler's end
void signal_return_mask(struct thread *t);
s32 signal_return(struct thread *t);               // rt_sigreturn
#endif
