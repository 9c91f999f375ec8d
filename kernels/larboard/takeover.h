// How a relief takes over memory: enum memory_mode. Before the commit, frames to copy into are
// reserved; during the import frames are adopted or copied; and until the receipt is written it is
// known which frame of ours stands for which of theirs.
#ifndef LARBOARD_TAKEOVER_H
#define LARBOARD_TAKEOVER_H
#include "abi/handover.h"
#include "larboard/frame.h"
#include "shared/types.h"

// Whether the off-going kernel may give this frame: it owns it, below `limit`.
bool is_offered(const struct log_page *log, u32 physical, u32 limit);

// --- Before the commit; each false when there is no room, or a frame is not offered.
bool takeover_begin(const struct log_page *log); // the frames given are the allocator's
bool takeover_reserve(u32 physical, enum zone zone); // room for its copy, if there will be one
// The same for all that a process maps; adds the page tables that takeover_space will take.
bool takeover_reserve_space(u32 root, u32 *tables);
// When a group was refused after all: what is reserved, and not copied into, is free again.
void takeover_unreserve(void);

// --- Import: cannot fail. What to use from now on instead, with a reference more.
u32 takeover_frame(u32 physical);
u32 takeover_space(u32 root, u32 *pages); // a root table and all below it; counts the pages

// The frame that stands for theirs now, after its import.
u32 takeover_current(u32 physical);
// The address as the off-going kernel wrote it; without a relief, the same.
u32 takeover_original(u32 physical);
void takeover_end(void); // gives back what only the above needs
#endif
