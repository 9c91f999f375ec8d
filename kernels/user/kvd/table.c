// The table; see table.h.
#include "table.h"

#include "pattern.h"

#define BUCKETS_MIN 64u

struct table_figures table_figures;
struct budget table_budget;
static struct entry **buckets;
static uint32_t bucket_count; // a power of 2
static uint32_t swept; // chains so far, around and around

static uint32_t hash_of(struct span key) { // FNV-1a, and a mix for the low bits
  uint32_t hash = 2166136261u;
  for (uint32_t i = 0; i < key.count; i++) hash = (hash ^ (uint8_t)key.at[i]) * 16777619u;
  return mix32(hash);
}

// Of a key and its value. Values are aligned, so their whole words go in as words.
static uint32_t checksum_of(const struct entry *entry) {
  uint32_t sum = entry->hash ^ entry->value.count, words = entry->value.count / 4;
  const uint32_t *word = (const uint32_t *)entry->value.at;
  for (uint32_t i = 0; i < words; i++) sum = (sum ^ word[i]) * 16777619u + (sum >> 15);
  for (uint32_t i = words * 4; i < entry->value.count; i++)
    sum = (sum ^ (uint8_t)entry->value.at[i]) * 16777619u;
  return mix32(sum);
}

static uint32_t entry_bytes(uint32_t key_count) {
  return (uint32_t)sizeof(struct entry) + key_count;
}

static struct entry **make_buckets(uint32_t count) {
  uint32_t bytes = count * (uint32_t)sizeof *buckets;
  struct entry **made = budget_take(&table_budget, bytes);
  return made ? memset(made, 0, bytes) : 0;
}

static void return_buckets(void) {
  budget_return(&table_budget, buckets, bucket_count * (uint32_t)sizeof *buckets);
}

int table_begin(uint32_t limit) {
  table_budget.limit = limit;
  buckets = make_buckets(bucket_count = BUCKETS_MIN);
  return buckets != 0;
}

// Twice as many buckets. Without memory for them chains are longer, and nothing else is wrong.
static void grow(void) {
  uint32_t count = bucket_count * 2;
  struct entry **larger = make_buckets(count), *next;
  if (!larger) return;
  for (uint32_t i = 0; i < bucket_count; i++)
    for (struct entry *entry = buckets[i]; entry; entry = next) {
      struct entry **bucket = &larger[entry->hash & (count - 1)];
      next = entry->next;
      entry->next = *bucket;
      *bucket = entry;
    }
  return_buckets();
  buckets = larger;
  bucket_count = count;
}

static int is_over(const struct entry *entry) {
  return entry->expires_ns && entry->expires_ns <= now_ns();
}

// Where the key's entry hangs in its chain, or would.
static struct entry **link_of(struct span key, uint32_t hash) {
  struct entry **link = &buckets[hash & (bucket_count - 1)];
  while (*link && ((*link)->hash != hash || !spans_equal(key_of(*link), key)))
    link = &(*link)->next;
  return link;
}

// Takes an entry out of its chain. What it holds is read once more, for the checksum.
static void remove_at(struct entry **link) {
  struct entry *entry = *link;
  *link = entry->next;
  table_figures.keys--;
  table_figures.expiring -= entry->expires_ns != 0;
  table_figures.checksum -= checksum_of(entry);
  budget_return(&table_budget, entry->value.at, entry->value.count);
  budget_return(&table_budget, entry, entry_bytes(entry->key_count));
}

struct entry *table_find(struct span key) {
  struct entry **link = link_of(key, hash_of(key));
  if (!*link || !is_over(*link)) return *link;
  table_figures.expired++;
  remove_at(link);
  return 0;
}

static struct entry *make_entry(struct span key) {
  struct entry *entry = budget_take(&table_budget, entry_bytes(key.count));
  if (!entry) return 0;
  *entry = (struct entry){.hash = hash_of(key), .key_count = key.count};
  memcpy(entry->key, key.at, key.count);
  if (table_figures.keys >= bucket_count) grow();
  struct entry **bucket = &buckets[entry->hash & (bucket_count - 1)];
  entry->next = *bucket;
  *bucket = entry;
  table_figures.keys++;
  table_figures.checksum += checksum_of(entry);
  return entry;
}

// The entry's value becomes `head` and behind it `tail`, either of which may be the old one.
static int change_value(struct entry *entry, struct span head, struct span tail) {
  uint32_t count = head.count + tail.count;
  char *value = budget_take(&table_budget, count);
  if (!value) return 0;
  memcpy(value, head.at, head.count);
  memcpy(value + head.count, tail.at, tail.count);
  table_figures.checksum -= checksum_of(entry);
  budget_return(&table_budget, entry->value.at, entry->value.count);
  entry->value = (struct span){value, count};
  table_figures.checksum += checksum_of(entry);
  return 1;
}

struct entry *table_put(struct span key, struct span value) {
  struct entry *known = table_find(key), *entry = known ? known : make_entry(key);
  if (!entry || change_value(entry, value, (struct span){0, 0})) return entry;
  if (!known) table_remove(entry);
  return 0;
}

int table_append(struct entry *entry, struct span more) {
  return change_value(entry, entry->value, more);
}

void table_expire_at(struct entry *entry, int64_t time_ns) {
  table_figures.expiring += (time_ns != 0) - (entry->expires_ns != 0);
  entry->expires_ns = time_ns;
}

void table_remove(struct entry *entry) {
  remove_at(link_of(key_of(entry), entry->hash));
}

void table_clear(void) {
  for (uint32_t i = 0; i < bucket_count; i++)
    while (buckets[i]) remove_at(&buckets[i]);
  if (bucket_count == BUCKETS_MIN) return;
  struct entry **fewer = make_buckets(BUCKETS_MIN);
  if (!fewer) return;
  return_buckets();
  buckets = fewer;
  bucket_count = BUCKETS_MIN;
}

void table_sweep(uint32_t chains) {
  if (table_figures.expiring == 0) return;
  if (chains > bucket_count) chains = bucket_count;
  int64_t now = now_ns();
  for (; chains > 0; chains--, swept++) {
    struct entry **link = &buckets[swept & (bucket_count - 1)];
    while (*link) {
      int64_t expires_ns = (*link)->expires_ns;
      if (expires_ns == 0 || expires_ns > now) {
        link = &(*link)->next;
        continue;
      }
      table_figures.expired++;
      remove_at(link);
    }
  }
}

void table_each(void (*visit)(struct entry *entry, void *context), void *context) {
  for (uint32_t i = 0; i < bucket_count; i++)
    for (struct entry *entry = buckets[i]; entry; entry = entry->next)
      visit(entry, context);
}

// Counts everything afresh, and compares.
const char *table_fault(void) {
  struct table_figures seen = {.expired = table_figures.expired};
  uint32_t used = budget_cost(bucket_count * (uint32_t)sizeof *buckets);
  for (uint32_t i = 0; i < bucket_count; i++)
    for (struct entry *entry = buckets[i]; entry; entry = entry->next) {
      if (hash_of(key_of(entry)) != entry->hash) return "a key has another's hash";
      if (*link_of(key_of(entry), entry->hash) != entry) return "a key is not found by its hash";
      seen.keys++;
      seen.expiring += entry->expires_ns != 0;
      seen.checksum += checksum_of(entry);
      used += budget_cost(entry_bytes(entry->key_count));
      if (entry->value.at) used += budget_cost(entry->value.count);
    }
  if (seen.keys != table_figures.keys) return "the count of keys";
  if (seen.expiring != table_figures.expiring) return "the count of keys that expire";
  if (used != table_budget.used) return "the sum of bytes";
  return seen.checksum == table_figures.checksum ? 0 : "the checksum of all values";
}
