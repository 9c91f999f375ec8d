// A list of spans that grows and shrinks at both ends, packed in chunks of about a KiB: what stands
// in the middle never moves, and a walk from either end to the other reads memory in order. Short
// elements need two bytes beside their own.
#ifndef LIST_H
#define LIST_H
#include "store.h"

enum { FRONT, BACK }; // the ends, and the directions towards them

struct list {
  struct chunk *ends[2];
  uint32_t count;
};

int list_push(struct list *list, int side, struct span element); // 1, or 0: no memory
void list_drop(struct list *list, int side); // the element at that end; there is one
void list_release(struct list *list); // all of it
void list_note(struct store_need *need, uint32_t bytes); // for each element to be pushed

// Goes through elements from an end to the other one; it must not go further than there.
struct list_walk {
  struct chunk *chunk;
  uint32_t at;
  int side;
};
struct list_walk list_begin(const struct list *list, int side, uint32_t skipped);
struct span list_next(struct list_walk *walk);
const char *list_survey(const struct list *list, struct survey *survey); // what is wrong, or 0
#endif
