// Frames of memory: who holds which. A struct frame for each frame of RAM; free ones in buddy
// blocks of 2^order frames by zone. A frame in use has a reference count: each mapping, each page
// cache entry and each kernel user is one reference.
#ifndef STARBOARD_FRAME_H
#define STARBOARD_FRAME_H
#include "kernel.h"

#define NO_FRAME 0xffffffffu
#define ORDER_MAX 10 // blocks of 4 MiB

enum zone { ZONE_NORMAL, ZONE_HIGHMEM, ZONES };
enum frame_kind {
  FRAME_FOREIGN, // another node's, the firmware's, or no RAM of ours
  FRAME_FREE,    // head of a free block
  FRAME_FREE_TAIL,
  FRAME_USED, // head of an allocated block
  FRAME_USED_TAIL,
  FRAME_FIXED, // image and tables from boot: never freed by this kernel
};
struct frame { // guarded by frames_lock; references by atomic operations
  u32 next, previous; // FREE: the block's neighbours in its list; in a relief, inherit.c
  u32 references;     // USED
  u8 kind, order;
  u16 is_heap; // a block the heap gave out whole
};
extern struct frame *frame_table;
extern u32 ram_frames, normal_frames;
extern u8 *ledger; // one byte a frame: its owner
extern u8 own_node;

// `table` has a cleared entry for each of `count` frames; the first `normal` are ZONE_NORMAL.
void frames_begin(struct frame *table, u32 count, u32 normal);
void frames_fix(u32 first, u32 count);  // in use for ever
void frames_add(u32 first, u32 count);  // FOREIGN or FIXED frames become free

// 2^order frames with one reference, or NO_FRAME. Contents are whatever they were.
u32 frame_allocate(enum zone zone, u32 order);
// A frame for user memory or file pages: HIGHMEM first, and NORMAL down to a reserve.
u32 frame_allocate_user(void);
u32 frame_allocate_zeroed(void);        // one of ZONE_NORMAL, cleared
u32 frame_allocate_user_zeroed(void);
void frame_get(u32 frame);
void frame_put(u32 frame);              // frees the block with its last reference
u32 frame_references(u32 frame);
u32 frames_free(enum zone zone);
u32 frames_free_to_programs(void);      // without NORMAL's reserve
u32 frames_total(enum zone zone);
u32 frames_fixed(void);

// A contiguous range of ZONE_NORMAL of any length; each frame then is a block of its own.
u32 frames_take_range(u32 count, u32 *largest);
// Import: a frame that the off-going kernel owned becomes ours with one more reference.
void frame_adopt(u32 frame);
// Frames whose ledger byte is `node` become ours and free. See relief_take_over_frames.
u32 frames_take_over(u32 node, u32 *doubly);

// Windows to frames wherever they are. At most two at a time on a CPU, closed in reverse order.
void *kmap(u32 frame);
void kunmap(void *window);
void frame_clear(u32 frame);
void frame_copy(u32 to, u32 from);

// The kernel heap: cleared memory in ZONE_NORMAL, or NULL.
void *heap_allocate(size_t bytes);
void heap_free(void *memory);
u32 heap_block_bytes(size_t bytes); // what one allocation takes, with its share of the slab
void heap_audit(void (*claim)(u32 frame));

static inline void *frame_linear(u32 frame) { return linear(frame_physical(frame)); }
static inline u32 frame_of_linear(const void *p) { return frame_of_physical(physical_of(p)); }
#endif
