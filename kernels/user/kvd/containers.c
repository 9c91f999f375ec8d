// What commands about one kind of value share; see containers.h. Each of these functions replies
// with an error itself when a command cannot go on, so that the command only has to return; and
// words that are numbers are read here, where all commands agree on what is wrong with them.
#include "containers.h"

int key_fits(struct span key) {
  if (key.count <= KEY_BYTES_MAX) return 1;
  reply_error("ERR key exceeds maximum allowed size");
  return 0;
}

int find_of_kind(struct span key, enum kind kind, struct entry **entry) {
  *entry = table_find(key);
  if (!*entry || (*entry)->kind == kind) return 1;
  reply_error("WRONGTYPE Operation against a key holding the wrong kind of value");
  return 0;
}

struct entry *open_of_kind(struct span key, enum kind kind, struct store_need *need) {
  struct entry *entry;
  if (!key_fits(key) || !find_of_kind(key, kind, &entry)) return 0;
  if (!entry) store_note(need, (uint32_t)sizeof *entry + key.count);
  int has_room = store_has(need);
  if (has_room && !entry) entry = table_make(key, kind);
  if (has_room && entry) return entry;
  reply_error(OUT_OF_MEMORY);
  return 0;
}

void close_entry(struct entry *entry) {
  if (table_count(entry) == 0) table_remove(entry);
}

void refuse_for_memory(struct entry *entry) {
  close_entry(entry);
  reply_error(OUT_OF_MEMORY);
}

void reply_count(struct span key, enum kind kind) {
  struct entry *entry;
  if (find_of_kind(key, kind, &entry)) reply_integer(entry ? table_count(entry) : 0);
}

void remove_named(const struct request *request, enum kind kind) {
  struct entry *entry;
  uint32_t count = 0;
  if (!find_of_kind(request->words[1], kind, &entry)) return;
  for (uint32_t i = 2; entry && i < request->count; i++) {
    struct member *member = members_find(entry->members, request->words[i]);
    if (!member) continue;
    members_remove(entry->members, member);
    count++;
  }
  if (entry) close_entry(entry);
  reply_integer(count);
}

int read_count(const struct request *request, const char *name, uint32_t *count) {
  int64_t number = 1;
  if (request->count > 3)
    return reply_error("ERR wrong number of arguments for '%s' command", name), 0;
  if (request->count == 3 && (!span_to_integer(request->words[2], &number) || number < 0))
    return reply_error("ERR value is out of range, must be positive"), 0;
  *count = number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
  return 1;
}

int read_range(const struct request *request, struct range *range) {
  if (span_to_integer(request->words[2], &range->first) &&
      span_to_integer(request->words[3], &range->last))
    return 1;
  reply_error(NOT_AN_INTEGER);
  return 0;
}

uint32_t clip_range(struct range *range, uint32_t size) {
  if (range->first < 0) range->first += size;
  if (range->last < 0) range->last += size;
  if (range->first < 0) range->first = 0;
  if (range->last >= size) range->last = (int64_t)size - 1;
  return range->first > range->last ? 0 : (uint32_t)(range->last - range->first + 1);
}
