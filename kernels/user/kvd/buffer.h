// Memory within limits, and buffers that grow in it: bytes come in at the end and leave in front.
#ifndef BUFFER_H
#define BUFFER_H
#include "span.h"

struct budget {
  uint32_t used, limit; // bytes, with what the heap itself needs for a block
};
void *budget_take(struct budget *budget, uint32_t bytes); // 0: beyond the limit, or no memory
void budget_return(struct budget *budget, void *memory, uint32_t bytes);
uint32_t budget_cost(uint32_t bytes); // what a block of so many bytes counts

struct buffer {
  char *bytes;
  uint32_t begin, end, room; // what is in it stands from begin to end
};
extern struct budget buffer_budget; // of all buffers' memory but the first page of each

static inline struct span buffer_content(const struct buffer *buffer) {
  return (struct span){buffer->bytes + buffer->begin, buffer->end - buffer->begin};
}
// Makes room at the end: 1, or 0 if there is none.
int buffer_reserve(struct buffer *buffer, uint32_t bytes);
int buffer_add(struct buffer *buffer, const void *bytes, uint32_t count); // 1, or 0
void buffer_drop(struct buffer *buffer, uint32_t count); // in front
void buffer_release(struct buffer *buffer);
#endif
