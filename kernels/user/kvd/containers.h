// What commands about one kind of value share: the key has to be of that kind, a key is made for
// what is first put into it, and goes with what is last taken out.
#ifndef CONTAINERS_H
#define CONTAINERS_H
#include "commands.h"

int key_fits(struct span key); // 1, or 0 after the error's reply
// The entry of a key, or 0 if there is no such key: 1; or 0 after the error's reply, if the key is
// of another kind.
int find_of_kind(struct span key, enum kind kind, struct entry **entry);
// The entry of a key, made if there is none, if what is noted has room: 0 after the error's reply.
struct entry *open_of_kind(struct span key, enum kind kind, struct store_need *need);
// After elements were put in or taken out.
void close_entry(struct entry *entry);
// What is put in one by one has no room after all. What went in before stays.
void refuse_for_memory(struct entry *entry);

// The rest of a command that tells how many there are.
void reply_count(struct span key, enum kind kind);
// The rest of a command that removes the members that it names, from a set or a hash.
void remove_named(const struct request *request, enum kind kind);
// The optional third word, of commands that take elements out: 1; or 0 after the error's reply.
int read_count(const struct request *request, const char *name, uint32_t *count);
// The third and fourth word, a first and a last index, which below 0 count from the end.
struct range {
  int64_t first, last;
};
int read_range(const struct request *request, struct range *range); // 0 after the error's reply
uint32_t clip_range(struct range *range, uint32_t size); // how many of so many are in it
#endif
