// Budgets and buffers; see buffer.h.
#include "buffer.h"

#define ROOM_MIN 4096u
#define ROOM_KEPT (4 * ROOM_MIN) // by an empty buffer
#define BLOCK_UNIT 16u // of the heap, whose header is one, too

struct budget buffer_budget;
// Who sends much leaves these to the others.
static struct budget first_pages = {.limit = UINT32_MAX};

uint32_t budget_cost(uint32_t bytes) {
  return (bytes + BLOCK_UNIT + BLOCK_UNIT - 1) & -BLOCK_UNIT;
}

void *budget_take(struct budget *budget, uint32_t bytes) {
  uint32_t cost = budget_cost(bytes);
  if (cost > budget->limit - budget->used) return 0;
  void *memory = allocate(bytes);
  if (memory) budget->used += cost;
  return memory;
}

void budget_return(struct budget *budget, void *memory, uint32_t bytes) {
  if (!memory) return;
  budget->used -= budget_cost(bytes);
  release(memory);
}

static struct budget *budget_of(uint32_t room) {
  return room > ROOM_MIN ? &buffer_budget : &first_pages;
}

int buffer_reserve(struct buffer *buffer, uint32_t bytes) {
  uint32_t count = buffer->end - buffer->begin, room = buffer->room ? buffer->room : ROOM_MIN;
  if (bytes <= buffer->room - buffer->end) return 1;
  while (room - count < bytes) room *= 2;
  char *content = buffer->bytes + buffer->begin;
  if (room == buffer->room) {
    memmove(buffer->bytes, content, count);
  } else {
    char *larger = budget_take(budget_of(room), room);
    if (!larger) return 0;
    memcpy(larger, content, count);
    budget_return(budget_of(buffer->room), buffer->bytes, buffer->room);
    buffer->bytes = larger;
    buffer->room = room;
  }
  buffer->begin = 0;
  buffer->end = count;
  return 1;
}

int buffer_add(struct buffer *buffer, const void *bytes, uint32_t count) {
  if (!buffer_reserve(buffer, count)) return 0;
  memcpy(buffer->bytes + buffer->end, bytes, count);
  buffer->end += count;
  return 1;
}

void buffer_drop(struct buffer *buffer, uint32_t count) {
  buffer->begin += count;
  if (buffer->begin < buffer->end) return;
  buffer->begin = buffer->end = 0;
  if (buffer->room > ROOM_KEPT) buffer_release(buffer);
}

void buffer_release(struct buffer *buffer) {
  budget_return(budget_of(buffer->room), buffer->bytes, buffer->room);
  *buffer = (struct buffer){0};
}
