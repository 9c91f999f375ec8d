// Ghosts: processes that have not come yet, while a relief to this kernel moves groups. A ghost is
// a process with number, family, directory and descriptors, and a small space of its own in which
// its threads' mailboxes are; its threads are kernel code that carries out what is in them.
#ifndef LARBOARD_GHOST_H
#define LARBOARD_GHOST_H
#include "abi/handover.h"
#include "larboard/process.h"

u32 ghost_frames(const struct log_page *log, s32 pid); // that making it takes, of ZONE_NORMAL
u32 ghost_threads(const struct log_page *log, s32 pid);
void ghost_make(struct process *p, const struct log_page *log); // the space and the threads
bool ghost_is_idle(const struct process *p); // no call is under way
void ghost_unmake(struct process *p); // its process is here: what ghost_make made goes
void ghost_lose(struct process *p); // process_lock: it will not come; its end is as if killed
bool ghost_call_is_cut_short(const struct thread *t);
// process_lock. A signal for a process that is not here: kept until it comes, which is soon.
void ghost_signal(struct process *p, struct thread *t, u32 signal);
#endif
