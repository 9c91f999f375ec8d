// The table; see table.h.
#include "table.h"

#include "pattern.h"
#include "ranks.h"

#define BUCKETS_MIN 64u

struct table_figures table_figures;
static struct entry **buckets;
static uint32_t bucket_count; // a power of 2, from 2 up
static uint32_t swept; // chains so far, around and around

// Buckets go by the upper bits of hashes, and chains by hashes and then keys. So who goes through
// the table meets the keys in an order that they alone decide, and not when which one came.
static struct entry **bucket_of(struct entry **all, uint32_t count, uint32_t hash) {
  return &all[hash >> (1 + __builtin_clz(count))];
}

static int is_before(const struct entry *entry, struct span key, uint32_t hash) {
  if (entry->hash != hash) return entry->hash < hash;
  uint32_t both = entry->key_count < key.count ? entry->key_count : key.count;
  int order = memcmp(entry->key, key.at, both);
  return order != 0 ? order < 0 : entry->key_count < key.count;
}

// Of a key and its text; what other kinds hold has sums of its own. Texts are aligned, so their
// whole words go in as words.
static uint32_t checksum_of(const struct entry *entry) {
  if (entry->kind != TEXT) return mix32(entry->hash + entry->kind);
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
  struct entry **made = store_take(bytes);
  return made ? memset(made, 0, bytes) : 0;
}

static void return_buckets(void) {
  store_return(buckets, bucket_count * (uint32_t)sizeof *buckets);
}

int table_begin(void) {
  buckets = make_buckets(bucket_count = BUCKETS_MIN);
  return buckets != 0;
}

// Twice as many buckets. Without memory for them chains are longer, and nothing else is wrong.
static void grow(void) {
  uint32_t count = bucket_count * 2;
  struct entry **larger = make_buckets(count), **link = 0, *next;
  if (!larger) return;
  for (uint32_t i = 0; i < bucket_count; i++)
    for (struct entry *entry = buckets[i]; entry; entry = next) {
      struct entry **bucket = bucket_of(larger, count, entry->hash);
      next = entry->next;
      if (!*bucket) link = bucket;
      *link = entry;
      entry->next = 0;
      link = &entry->next;
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
  struct entry **link = bucket_of(buckets, bucket_count, hash);
  while (*link && ((*link)->hash != hash || !spans_equal(key_of(*link), key)))
    link = &(*link)->next;
  return link;
}

// Where a key that there is not belongs in its chain.
static struct entry **place_of(struct span key, uint32_t hash) {
  struct entry **link = bucket_of(buckets, bucket_count, hash);
  while (*link && is_before(*link, key, hash)) link = &(*link)->next;
  return link;
}

static void release_value(struct entry *entry) {
  if (entry->kind == TEXT) store_return(entry->value.at, entry->value.count);
  else if (entry->kind == LIST) list_release(&entry->list);
  else if (entry->members) members_release(entry->members);
}

// Takes an entry out of its chain. What it holds is read once more, for the checksum.
static void remove_at(struct entry **link) {
  struct entry *entry = *link;
  *link = entry->next;
  table_figures.keys--;
  table_figures.expiring -= entry->expires_ns != 0;
  store_checksum -= checksum_of(entry);
  release_value(entry);
  store_return(entry, entry_bytes(entry->key_count));
}

struct entry *table_find(struct span key) {
  struct entry **link = link_of(key, hash_of(key));
  if (!*link || !is_over(*link)) return *link;
  table_figures.expired++;
  remove_at(link);
  return 0;
}

static struct entry *make_entry(struct span key, enum kind kind) {
  struct entry *entry = store_take(entry_bytes(key.count));
  if (!entry) return 0;
  *entry = (struct entry){.hash = hash_of(key), .kind = kind & 0xff,
                          .key_count = key.count & 0xffffff};
  memcpy(entry->key, key.at, key.count);
  if (table_figures.keys >= bucket_count) grow();
  struct entry **link = place_of(key, entry->hash);
  entry->next = *link;
  *link = entry;
  table_figures.keys++;
  store_checksum += checksum_of(entry);
  return entry;
}

struct entry *table_make(struct span key, enum kind kind) {
  struct entry *entry = make_entry(key, kind);
  if (!entry || kind == LIST) return entry;
  entry->members = members_make(kind == SORTED ? RANK_SUMMED : UINT32_MAX);
  if (entry->members) return entry;
  table_remove(entry);
  return 0;
}

uint32_t table_count(const struct entry *entry) {
  return entry->kind == LIST ? entry->list.count : entry->members->count;
}

// The entry becomes a text, of `head` and behind it `tail`, either of which may be the old one.
static int change_value(struct entry *entry, struct span head, struct span tail) {
  uint32_t count = head.count + tail.count;
  char *value = store_take(count);
  if (!value) return 0;
  memcpy(value, head.at, head.count);
  memcpy(value + head.count, tail.at, tail.count);
  store_checksum -= checksum_of(entry);
  release_value(entry);
  entry->kind = TEXT;
  entry->value = (struct span){value, count};
  store_checksum += checksum_of(entry);
  return 1;
}

struct entry *table_put(struct span key, struct span value) {
  struct entry *known = table_find(key), *entry = known ? known : make_entry(key, TEXT);
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

// What is wrong with an entry's value, or 0.
static const char *survey_value(const struct entry *entry, struct survey *survey) {
  if (entry->kind == LIST) return list_survey(&entry->list, survey);
  if (entry->kind != TEXT) {
    const char *fault = members_survey(entry->members, survey);
    return fault || entry->kind != SORTED ? fault : ranks_fault(entry->members);
  }
  if (entry->value.at) survey->held += store_cost(entry->value.count);
  return 0;
}

// Counts everything afresh, and compares.
const char *table_fault(void) {
  struct table_figures seen = {0};
  struct survey survey = {.held = store_cost(bucket_count * (uint32_t)sizeof *buckets)};
  for (uint32_t i = 0; i < bucket_count; i++)
    for (struct entry *entry = buckets[i]; entry; entry = entry->next) {
      if (hash_of(key_of(entry)) != entry->hash) return "a key has another's hash";
      if (*link_of(key_of(entry), entry->hash) != entry) return "a key is not found by its hash";
      struct entry *next = entry->next;
      if (next && !is_before(entry, key_of(next), next->hash)) return "the order of keys";
      seen.keys++;
      seen.expiring += entry->expires_ns != 0;
      survey.checksum += checksum_of(entry);
      survey.held += store_cost(entry_bytes(entry->key_count));
      const char *fault = survey_value(entry, &survey);
      if (fault) return fault;
    }
  if (seen.keys != table_figures.keys) return "the count of keys";
  if (seen.expiring != table_figures.expiring) return "the count of keys that expire";
  if (survey.held != store_held) return "the sum of bytes";
  return survey.checksum == store_checksum ? 0 : "the checksum of all values";
}
