// Ghosts, in the on-coming kernel while groups move: a process that has not come yet has one here,
// with its number, family, directory and descriptors. Each of its threads has a kernel thread that
// carries out the calls in its mailbox.
#ifndef RELIEF_GHOST_H
#define RELIEF_GHOST_H
#include "abi/handover.h"
#include "shared/relief/forward.h"
#include "shared/types.h"

// Whether there is a call to carry out.
bool ghost_is_asked(u32 mailbox);
// Whether the call under way is to end early, as if its process were frozen.
bool ghost_is_cut_short(u32 mailbox);
// Carries out the call in the mailbox, from the ghost's own thread.
void ghost_serve(u32 mailbox);
// Asks that its process comes soon.
void ghost_want(u32 mailbox);
void ghost_begin(const struct log_page *log);
void ghost_end(void);
void ghost_doorbell(void); // on any CPU: wakes ghosts that are asked, or to be cut short

// --- Hooks: each kernel's own.

// The call as the calling ghost's. RESULT: done; else it is to be issued again, by `restart`.
enum forward_end relief_serve(u32 number, const u32 *arguments, struct restart *restart,
                              s32 *result);
bool relief_ghosts_have_begun(void); // each of them, to wait for calls
void relief_wake_ghost(u32 mailbox); // out of its wait for calls, or of one that is cut short
#endif
