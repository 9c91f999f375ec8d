// How memory comes over in a relief: enum memory_mode. Frames to copy into are reserved before the
// commit; during the import frames are adopted or copied, and address spaces adopted or built anew;
// and until the relief is over it is known which frame of ours stands for which of theirs.
#ifndef STARBOARD_INHERIT_H
#define STARBOARD_INHERIT_H
#include "abi/handover.h"
#include "frame.h"
#include "vm.h"

// Whether the off-going kernel may give this frame: it owns it, and it lies below `limit`.
bool frame_is_offered(const struct log_page *log, u32 physical, u32 limit);

// --- Before the commit; false without memory, or where a frame is not offered.
bool inherit_begin(const struct log_page *log); // the frames given become free ones of ours
bool inherit_reserve(u32 physical, enum zone zone); // if this frame is going to be copied
// The same for all that a process maps; adds the tables that inherit_space will take.
bool inherit_reserve_space(u32 root_physical, u32 *tables);
// When a group was refused after all: what is reserved, and not copied into, is free again.
void inherit_unreserve(void);

// --- The import, which cannot fail. What comes to us, and with a reference: a frame of pages,
// pipes or other rings, and an address space without its regions.
u32 inherit_frame(u32 physical);
struct vm *inherit_space(u32 root_physical); // NULL without heap

// The physical address of a frame as the off-going kernel wrote it; without a relief its own.
u32 inherit_original(u32 frame);
u32 inherit_current(u32 physical); // the frame that stands for theirs, which was inherited
void inherit_end(void);
#endif
