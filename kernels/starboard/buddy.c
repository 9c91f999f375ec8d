// The buddy allocator. A free block of order k starts at a multiple of 2^k and is in the list of
// its zone and order; its buddy differs in bit k. Freeing joins buddies while both are free.
// Zones meet at a multiple of the largest block, so that no block spans two.
#include "abi/handover.h"
#include "frame.h"

#define USER_RESERVE 96 // frames of ZONE_NORMAL that user memory leaves to the kernel

static struct spinlock frames_lock;
struct frame *frame_table;
u32 ram_frames, normal_frames;
u8 *ledger;
u8 own_node;

static struct { // frames_lock
  u32 heads[ORDER_MAX + 1];
  u32 free, total;
} zones[ZONES];
static u32 fixed; // frames; since boot

static enum zone zone_of(u32 frame) { return frame < normal_frames ? ZONE_NORMAL : ZONE_HIGHMEM; }

void frames_begin(struct frame *table, u32 count, u32 normal) {
  frame_table = table;
  ram_frames = count;
  normal_frames = normal;
  for (u32 z = 0; z < ZONES; z++) {
    for (u32 order = 0; order <= ORDER_MAX; order++) zones[z].heads[order] = NO_FRAME;
  }
}

void frames_fix(u32 first, u32 count) {
  for (u32 i = first; i < first + count; i++) {
    if (frame_table[i].kind != FRAME_FOREIGN) panic("frame %u is fixed twice", i);
    frame_table[i].kind = FRAME_FIXED;
  }
  zones[zone_of(first)].total += count;
  fixed += count;
}

static void block_link(u32 frame, u32 order) {
  u32 *head = &zones[zone_of(frame)].heads[order];
  struct frame *f = &frame_table[frame];
  f->kind = FRAME_FREE;
  f->order = (u8)order;
  f->previous = NO_FRAME;
  f->next = *head;
  if (*head != NO_FRAME) frame_table[*head].previous = frame;
  *head = frame;
}

static void block_unlink(u32 frame) {
  struct frame *f = &frame_table[frame];
  if (f->previous == NO_FRAME) zones[zone_of(frame)].heads[f->order] = f->next;
  else frame_table[f->previous].next = f->next;
  if (f->next != NO_FRAME) frame_table[f->next].previous = f->previous;
}

static void block_kind(u32 frame, u32 count, enum frame_kind kind) {
  for (u32 i = 0; i < count; i++) frame_table[frame + i].kind = (u8)kind;
}

// Whether the buddy of a block can be joined to it.
static bool block_is_free(u32 frame, u32 order) {
  return frame + (1u << order) <= ram_frames && frame_table[frame].kind == FRAME_FREE &&
         frame_table[frame].order == order;
}

// Links a block, all of whose frames are marked FREE_TAIL, joined with what is free beside it.
static void block_join(u32 frame, u32 order) {
  zones[zone_of(frame)].free += 1u << order;
  for (; order < ORDER_MAX && block_is_free(frame ^ 1u << order, order); order++) {
    u32 buddy = frame ^ 1u << order;
    block_unlink(buddy);
    frame_table[buddy].kind = FRAME_FREE_TAIL;
    frame &= ~(1u << order);
  }
  block_link(frame, order);
}

// Frees a range, marked FREE_TAIL, in blocks as large as their alignment allows.
static void range_join(u32 first, u32 count) {
  while (count) {
    u32 order = first ? (u32)__builtin_ctz(first) : ORDER_MAX;
    order = MIN(order, (u32)ORDER_MAX);
    while (1u << order > count) order--;
    block_join(first, order);
    first += 1u << order;
    count -= 1u << order;
  }
}

void frames_add(u32 first, u32 count) {
  lock(&frames_lock);
  u32 low = first < normal_frames ? MIN(count, normal_frames - first) : 0, fresh[ZONES] = {0, 0};
  for (u32 i = first; i < first + count; i++) {
    u32 kind = frame_table[i].kind;
    if (kind == FRAME_FOREIGN) fresh[i >= first + low]++;
    else if (kind != FRAME_FIXED) panic("frame %u (kind %u) is freed twice", i, kind);
    frame_table[i].kind = FRAME_FREE_TAIL;
  }
  for (u32 z = 0; z < ZONES; z++) zones[z].total += fresh[z];
  range_join(first, low); // the zones are never joined
  range_join(first + low, count - low);
  unlock(&frames_lock);
}

static u32 allocate_locked(enum zone zone, u32 order) {
  u32 from = order;
  while (from <= ORDER_MAX && zones[zone].heads[from] == NO_FRAME) from++;
  if (from > ORDER_MAX) return NO_FRAME;
  u32 frame = zones[zone].heads[from];
  block_unlink(frame);
  while (from > order) {
    from--;
    block_link(frame + (1u << from), from);
  }
  zones[zone].free -= 1u << order;
  block_kind(frame, 1u << order, FRAME_USED_TAIL);
  frame_table[frame].kind = FRAME_USED;
  frame_table[frame].order = (u8)order;
  frame_table[frame].references = 1;
  return frame;
}

u32 frame_allocate(enum zone zone, u32 order) {
  lock(&frames_lock);
  u32 frame = allocate_locked(zone, order);
  unlock(&frames_lock);
  return frame;
}

u32 frame_allocate_user(void) {
  lock(&frames_lock);
  u32 frame = allocate_locked(ZONE_HIGHMEM, 0);
  if (frame == NO_FRAME && zones[ZONE_NORMAL].free > USER_RESERVE) {
    frame = allocate_locked(ZONE_NORMAL, 0);
  }
  unlock(&frames_lock);
  return frame;
}

void frame_get(u32 frame) {
  __atomic_add_fetch(&frame_table[frame].references, 1, __ATOMIC_RELAXED);
}

void frame_put(u32 frame) {
  struct frame *f = &frame_table[frame];
  if (f->kind != FRAME_USED || frame_references(frame) == 0) {
    panic("frame %u (kind %u) is put without a reference", frame, f->kind);
  }
  if (__atomic_sub_fetch(&f->references, 1, __ATOMIC_ACQ_REL) != 0) return;
  lock(&frames_lock);
  block_kind(frame, 1u << f->order, FRAME_FREE_TAIL);
  block_join(frame, f->order);
  unlock(&frames_lock);
}

u32 frame_references(u32 frame) {
  return __atomic_load_n(&frame_table[frame].references, __ATOMIC_ACQUIRE);
}

u32 frames_free(enum zone zone) { return zones[zone].free; }
u32 frames_free_to_programs(void) {
  u32 normal = zones[ZONE_NORMAL].free;
  return zones[ZONE_HIGHMEM].free + (normal > USER_RESERVE ? normal - USER_RESERVE : 0);
}
u32 frames_total(enum zone zone) { return zones[zone].total; }
u32 frames_fixed(void) { return fixed; }

// The first run of adjacent free blocks of ZONE_NORMAL with `count` frames, or the largest.
static u32 find_run(u32 count, u32 *largest) {
  u32 start = 0, length = 0;
  *largest = 0;
  for (u32 i = 0; i < normal_frames && i < ram_frames;) {
    if (frame_table[i].kind != FRAME_FREE) {
      length = 0;
      i++;
      continue;
    }
    if (length == 0) start = i;
    length += 1u << frame_table[i].order;
    i += 1u << frame_table[i].order;
    *largest = MAX(*largest, length);
    if (length >= count) return start;
  }
  return NO_FRAME;
}

u32 frames_take_range(u32 count, u32 *largest) {
  u32 found;
  lock(&frames_lock);
  u32 first = find_run(count, &found);
  if (largest) *largest = found;
  if (first != NO_FRAME && count) {
    u32 end = first;
    while (end < first + count) {
      block_unlink(end);
      end += 1u << frame_table[end].order;
    }
    zones[ZONE_NORMAL].free -= end - first;
    for (u32 i = first; i < first + count; i++) {
      frame_table[i].kind = FRAME_USED;
      frame_table[i].order = 0;
      frame_table[i].references = 1;
    }
    block_kind(first + count, end - first - count, FRAME_FREE_TAIL);
    range_join(first + count, end - first - count);
  }
  unlock(&frames_lock);
  return first;
}

void frame_adopt(u32 frame) {
  struct frame *f = &frame_table[frame];
  if (f->kind == FRAME_USED) {
    frame_get(frame);
    return;
  }
  if (f->kind != FRAME_FOREIGN) panic("frame %u (kind %u) is adopted", frame, f->kind);
  ledger[frame] = own_node;
  f->kind = FRAME_USED;
  f->order = 0;
  f->references = 1;
  zones[zone_of(frame)].total++;
}

u32 frames_take_over(u32 node, u32 *doubly) {
  u32 unowned = 0;
  for (u32 i = 0; i < ram_frames;) {
    u32 run = i;
    while (i < ram_frames && ledger[i] == node && frame_table[i].kind == FRAME_FOREIGN) i++;
    if (i > run) {
      memset(ledger + run, own_node, i - run);
      frames_add(run, i - run);
      continue;
    }
    if (ledger[i] == node) {
      ledger[i] = own_node;
      ++*doubly;
    }
    unowned += ledger[i] == OWNER_NONE;
    i++;
  }
  return unowned;
}
