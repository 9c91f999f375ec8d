// A collection of members, each with a name that it is found by and a value, which may be empty:
// what sets, hashes and sorted sets are made of.
#ifndef MEMBERS_H
#define MEMBERS_H
#include "store.h"

struct member {
  struct member *next;
  uint32_t hash, name_count, value_count;
  char bytes[]; // the value, which is aligned, and behind it the name
};

struct members {
  struct member **buckets;
  uint32_t bucket_count, count; // the first is a power of 2
  struct member *root; // of the tree in which ranks.h orders them
  uint32_t summed; // bytes of each value that the checksum covers, at the most
};

static inline struct span value_of(struct member *member) {
  return (struct span){member->bytes, member->value_count};
}
static inline struct span name_of(struct member *member) {
  return (struct span){member->bytes + member->value_count, member->name_count};
}

struct members *members_make(uint32_t summed); // 0: no memory
struct member *members_find(const struct members *members, struct span name);
// Gives a name a value: 1, or 0 if there was a member of that name; -1: no memory.
int members_put(struct members *members, struct span name, struct span value);
void members_remove(struct members *members, struct member *member);
// The same in two steps: the others stay in their order, until all that are to go have gone.
void members_take_out(struct members *members, struct member *member);
void members_shrink(struct members *members);
void members_release(struct members *members);
void members_note(struct store_need *need, uint32_t name_and_value);
// One after the other; 0 comes before the first, and after the last.
struct member *members_next(const struct members *members, const struct member *member);
struct member *members_any(const struct members *members, uint32_t chance); // there is one
uint32_t member_sum(const struct members *members, struct member *member); // for the checksum
const char *members_survey(const struct members *members, struct survey *survey);
#endif
