// The heap: a first-fit list of free blocks in address order, over the break. Neighbours merge when
// a block is released. Blocks are multiples of 16 bytes, headed by their size.
#include "user.h"

#define UNIT 16u
#define GROW_BYTES (4 * PAGE_BYTES)

struct block {
  size_t bytes; // with this header
  struct block *next; // only while free
  uint32_t pad[2];
};
_Static_assert(sizeof(struct block) == UNIT, "a header keeps blocks aligned");

static struct block *free_blocks;
static char *break_end;

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

void *allocate(size_t bytes) {
  if (bytes > 0x40000000u) return 0;
  bytes = (bytes + UNIT + UNIT - 1) & -UNIT;
  struct block *block = take(bytes);
  if (!block) {
    size_t more = bytes > GROW_BYTES ? (bytes + PAGE_BYTES - 1) & -PAGE_BYTES : GROW_BYTES;
    block = grow_break((int32_t)more);
    if (!block) return 0;
    block->bytes = more;
    insert(block);
    block = take(bytes);
  }
  return block + 1;
}

void release(void *memory) {
  if (memory) insert((struct block *)memory - 1);
}
