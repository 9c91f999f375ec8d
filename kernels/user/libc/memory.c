// Mappings, and the heap: a first-fit list of free blocks in address order, over the break.
// Neighbours merge when a block is released. Blocks are multiples of 16 bytes, headed by their
// size.
#include "thread.h"

#define UNIT 16u
#define GROW_BYTES (4 * PAGE_BYTES)

struct block {
  size_t bytes; // with this header
  struct block *next; // only while free
  uint32_t pad[2];
};
_Static_assert(sizeof(struct block) == UNIT, "a header keeps blocks aligned");

static struct mutex heap_mutex; // guards the list, and the break as long as only the heap moves it
static struct block *free_blocks;
static char *break_end;

void *map_memory(size_t bytes, int protection, int flags, int fd, uint32_t file_page) {
  uint32_t at = (uint32_t)syscall(SYS_MMAP2, 0, bytes, protection, flags, fd, file_page);
  return at > -PAGE_BYTES ? 0 : (void *)at;
}

int unmap_memory(void *memory, size_t bytes) {
  return syscall(SYS_MUNMAP, memory, bytes);
}

int protect_memory(void *memory, size_t bytes, int protection) {
  return syscall(SYS_MPROTECT, memory, bytes, protection);
}

void *grow_break(int32_t bytes) {
  if (!break_end) break_end = (char *)syscall(SYS_BRK, 0);
  char *old = break_end, *wanted = old + bytes;
  char *now = (char *)syscall(SYS_BRK, wanted);
  if (now != wanted) return 0;
  break_end = now;
  return old;
}

// Puts a block into the list, and merges it with those it touches.
static void insert(struct block *block) {
  struct block *before = 0, *after = free_blocks;
  while (after && after < block) {
    before = after;
    after = after->next;
  }
  block->next = after;
  if (before) before->next = block;
  else free_blocks = block;
  if (after && (char *)block + block->bytes == (char *)after) {
    block->bytes += after->bytes;
    block->next = after->next;
  }
  if (before && (char *)before + before->bytes == (char *)block) {
    before->bytes += block->bytes;
    before->next = block->next;
  }
}

// Takes the first block that fits, and gives back what is left of it.
static struct block *take(size_t bytes) {
  for (struct block **link = &free_blocks; *link; link = &(*link)->next) {
    struct block *block = *link;
    if (block->bytes < bytes) continue;
    if (block->bytes - bytes < 2 * UNIT) {
      *link = block->next;
      return block;
    }
    block->bytes -= bytes;
    block = (struct block *)((char *)block + block->bytes);
    block->bytes = bytes;
    return block;
  }
  return 0;
}

// A block of this size, its header included; the heap grows when there is none.
static struct block *take_or_grow(size_t bytes) {
  struct block *block = take(bytes);
  if (block) return block;
  size_t more = bytes > GROW_BYTES ? (bytes + PAGE_BYTES - 1) & -PAGE_BYTES : GROW_BYTES;
  block = grow_break((int32_t)more);
  if (!block) return 0;
  block->bytes = more;
  insert(block);
  return take(bytes);
}

void *allocate(size_t bytes) {
  if (bytes > 0x40000000u) return 0;
  mutex_lock(&heap_mutex);
  struct block *block = take_or_grow((bytes + UNIT + UNIT - 1) & -UNIT);
  mutex_unlock(&heap_mutex);
  return block ? block + 1 : 0;
}

void release(void *memory) {
  if (!memory) return;
  mutex_lock(&heap_mutex);
  insert((struct block *)memory - 1);
  mutex_unlock(&heap_mutex);
}
