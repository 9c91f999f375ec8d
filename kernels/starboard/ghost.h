// Ghosts: stand-ins for processes that come later, while a relief to this kernel moves groups. See
// ghost.c.
#ifndef STARBOARD_GHOST_H
#define STARBOARD_GHOST_H
#include "abi/handover.h"
#include "process.h"
#include "shared/relief/ghost.h"

u32 ghost_threads(const struct log_page *log, s32 pid);
// What ghost_make takes of the heap, and frames of ZONE_NORMAL.
void ghost_cost(const struct log_page *log, s32 pid, u32 *bytes, u32 *frames);
void ghost_make(struct process *p, const struct log_page *log);
bool ghost_is_idle(const struct process *p); // no call is being carried out in its name
void ghost_unmake(struct process *p);        // its process takes its place. It is idle.
// --- With table.lock held.
void ghost_signal(struct process *p, struct thread *t, u32 signal); // kept until it comes: soon
void ghost_lose(struct process *p); // it does not come: it ends as if killed
#endif
