// The frame allocator: a bitmap of free frames, a reference count a frame, and the ledger.
// ZONE_NORMAL is frames [0, normal), ZONE_HIGHMEM the rest. Addresses are physical; 0 is "none".
#ifndef LARBOARD_FRAME_H
#define LARBOARD_FRAME_H
#include "shared/types.h"

enum zone { ZONE_NORMAL, ZONE_HIGHMEM }; // HIGHMEM: any frame, HIGHMEM's first

struct frame_table {
  u32 frames, normal; // of RAM; of ZONE_NORMAL
  u32 node;           // who we are in the ledger
  u8 *ledger;         // owner by frame
  u16 *references;    // by frame: mappings, cache, kernel use
  u32 *bitmap;        // bit set: free, and ours
  u32 free_normal, free_high;
};
extern struct frame_table frame_table;

// Before the allocator runs: memory straight after the image. Page-aligned, zeroed.
void *early_take(u32 bytes);
void early_begin(u32 physical, u32 limit);
u32 early_end(void); // physical end of what early_take gave
extern void (*early_fail)(void); // if set, called when there is too little; does not return

// Makes the table (by early_take). `ledger` NULL: a new one is made, all frames ours.
void frame_begin(u32 frames, u32 normal, u32 node, u8 *ledger);
void frame_free_range(u32 first, u32 end); // frame numbers: hands them to the allocator
// Frames that hold the image and early memory count as referenced once.
void frame_reserve_range(u32 start, u32 end);

u32 frame_take(enum zone zone);       // contents undefined
u32 frame_take_zeroed(enum zone zone);
u32 frame_take_run(u32 count, u32 *largest); // ZONE_NORMAL, contiguous
void frame_hold(u32 physical);
void frame_release(u32 physical);     // free when nobody holds it
u32 frame_references(u32 physical);
void frame_adopt(u32 physical);       // from another node: ours now, one reference more
void frame_give(u32 physical, u32 count, u32 node); // ledger only
u32 frame_take_over(u32 node, u32 *doubly); // see relief_take_over_frames
u32 frames_used(void);
u32 frames_free(void);
u32 frames_free_to_programs(void);    // without what of ZONE_NORMAL is kept for the kernel

// Reaches a frame for a moment: linear map, or this CPU's window 0 or 1. Not across a sleep.
void kmap_begin(void);
void *kmap(u32 window, u32 physical);
// Copies to and from physical memory of either zone.
void physical_read(u32 physical, void *to, u32 n);
#endif
