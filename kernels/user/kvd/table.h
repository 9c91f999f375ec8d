// The table of keys: a hash table with chains, with times at which keys end. A key's value is of
// one of several kinds.
#ifndef TABLE_H
#define TABLE_H
#include "list.h"
#include "members.h"

#define KEY_BYTES_MAX (64u << 10)
#define VALUE_BYTES_MAX (1u << 20)

enum kind { TEXT, LIST, SET, HASH, SORTED };

struct entry {
  struct entry *next;
  uint32_t hash;
  int64_t expires_ns; // of CLOCK_MONOTONIC; 0: never
  union {
    struct span value; // TEXT
    struct list list;
    struct members *members; // of the other kinds
  };
  uint32_t kind : 8, key_count : 24;
  char key[];
};

struct table_figures {
  uint32_t keys, expiring; // of which so many have a time at which they end
  uint32_t expired; // since the beginning
};
extern struct table_figures table_figures;

static inline struct span key_of(struct entry *entry) {
  return (struct span){entry->key, entry->key_count};
}

int table_begin(void); // 1, or 0: no memory
struct entry *table_find(struct span key); // 0: there is none, or its time is over
// Gives a key a text, and makes the key if there is none. 0: no memory, and nothing is changed.
struct entry *table_put(struct span key, struct span value);
struct entry *table_make(struct span key, enum kind kind); // an empty one, of a key there is not
uint32_t table_count(const struct entry *entry); // of elements or members
int table_append(struct entry *entry, struct span more); // to its text: 1, or 0
void table_expire_at(struct entry *entry, int64_t time_ns); // 0: never
void table_remove(struct entry *entry);
void table_clear(void);
// Looks through the next so many chains, at the most all, for keys whose time is over.
void table_sweep(uint32_t chains);
// Calls `visit` for each key, also for one whose time is over; it must change nothing.
void table_each(void (*visit)(struct entry *entry, void *context), void *context);
const char *table_fault(void); // what does not hold, or 0
#endif
