// The kernel heap. Small blocks come from slabs: one frame cut into equal blocks of a class, with
// a header at its start; a slab whose last block is freed gives its frame back. Larger ones are
// buddy blocks of their own, told from small ones by their page-aligned address.
#include "frame.h"
#include "list.h"

struct slab { // at the start of its frame
  struct list link; // in its class: `open` or `full`
  u16 class, used;
  void *free; // chain through the free blocks
};
struct class {
  u16 bytes;
  struct list open, full;
};

static struct spinlock heap_lock;
static struct class classes[] = { // heap_lock; as many blocks to a frame as fit
    {.bytes = 32},  {.bytes = 64},  {.bytes = 96},  {.bytes = 128},
    {.bytes = 192}, {.bytes = 272}, {.bytes = 400}, {.bytes = 512},
    {.bytes = 672}, {.bytes = 1016}, {.bytes = 1352}, {.bytes = 2040}};
static bool ready;

static void begin(void) {
  for (u32 i = 0; i < ARRAY_LENGTH(classes); i++) {
    list_init(&classes[i].open);
    list_init(&classes[i].full);
  }
  ready = true;
}

static struct class *class_for(size_t bytes) {
  for (u32 i = 0; i < ARRAY_LENGTH(classes); i++) {
    if (bytes <= classes[i].bytes) return &classes[i];
  }
  return NULL;
}

static u32 order_for(size_t bytes) {
  u32 order = 0;
  while ((size_t)PAGE_SIZE << order < bytes) order++;
  return order;
}

static struct slab *slab_make(struct class *c) {
  u32 frame = frame_allocate(ZONE_NORMAL, 0);
  if (frame == NO_FRAME) return NULL;
  struct slab *s = frame_linear(frame);
  s->class = (u16)(c - classes);
  s->used = 0;
  s->free = NULL;
  for (u32 at = sizeof *s; at + c->bytes <= PAGE_SIZE; at += c->bytes) {
    void **block = (void **)((u8 *)s + at);
    *block = s->free;
    s->free = block;
  }
  list_add_last(&c->open, &s->link);
  return s;
}

static void *large_allocate(size_t bytes) {
  u32 order = order_for(bytes), frame = frame_allocate(ZONE_NORMAL, order);
  if (frame == NO_FRAME) return NULL;
  frame_table[frame].is_heap = 1;
  return memset(frame_linear(frame), 0, (size_t)PAGE_SIZE << order);
}

void *heap_allocate(size_t bytes) {
  struct class *c = class_for(bytes);
  if (!c) return large_allocate(bytes);
  lock(&heap_lock);
  if (!ready) begin();
  struct slab *s = list_is_empty(&c->open) ? slab_make(c) : LIST_FIRST(&c->open, struct slab, link);
  void **block = s ? s->free : NULL;
  if (block) {
    s->free = *block;
    s->used++;
    if (!s->free) {
      list_remove(&s->link);
      list_add_last(&c->full, &s->link);
    }
  }
  unlock(&heap_lock);
  return block ? memset(block, 0, c->bytes) : NULL;
}

static void small_free(void *memory) {
  struct slab *s = (struct slab *)((u32)memory & ~(PAGE_SIZE - 1u));
  struct class *c = &classes[s->class];
  lock(&heap_lock);
  *(void **)memory = s->free;
  s->free = memory;
  s->used--;
  list_remove(&s->link);
  if (s->used) list_add_last(&c->open, &s->link);
  else frame_put(frame_of_linear(s));
  unlock(&heap_lock);
}

void heap_free(void *memory) {
  if (!memory) return;
  if ((u32)memory % PAGE_SIZE) {
    small_free(memory);
    return;
  }
  u32 frame = frame_of_linear(memory);
  frame_table[frame].is_heap = 0;
  frame_put(frame);
}

u32 heap_block_bytes(size_t bytes) {
  struct class *c = class_for(bytes);
  if (!c) return PAGE_SIZE << order_for(bytes);
  u32 blocks = (PAGE_SIZE - sizeof(struct slab)) / c->bytes;
  return (PAGE_SIZE + blocks - 1) / blocks;
}

void heap_audit(void (*claim)(u32 frame)) {
  for (u32 i = 0; i < normal_frames; i++) {
    if (frame_table[i].is_heap) claim(i);
  }
  for (u32 i = 0; i < ARRAY_LENGTH(classes); i++) {
    if (!ready) return;
    LIST_FOR_EACH(s, &classes[i].open, struct slab, link) claim(frame_of_linear(s));
    LIST_FOR_EACH(s, &classes[i].full, struct slab, link) claim(frame_of_linear(s));
  }
}
