// Members in order: by their scores, and those of the same score by their names' bytes. The value
// of such a member is its rank. A score is a number of thousandths, so integers of up to 15 digits
// and three decimals are exact.
#ifndef RANKS_H
#define RANKS_H
#include "members.h"

struct rank {
  int64_t score;
  struct member *left, *right; // in the tree
  uint32_t size; // of the tree below it, with itself
};
#define RANK_SUMMED ((uint32_t)sizeof(int64_t)) // the score; links change all the time

static inline struct rank *rank_of(struct member *member) {
  return (struct rank *)member->bytes;
}

// Gives a name a score: 1, or 0 if there was a member of that name; -1: no memory.
int ranks_put(struct members *members, struct span name, int64_t score);
void ranks_remove(struct members *members, struct member *member);
struct member *ranks_at(const struct members *members, uint32_t index); // 0: the lowest
const char *ranks_fault(const struct members *members); // what is wrong with the tree, or 0
#endif
