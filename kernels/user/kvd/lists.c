// Commands about lists. Each works at one end or the other, so the two commands of a pair are one
// function with a side. What is taken out is told first: a reply that has no room leaves the list
// as it was.
#include "containers.h"

static void push(const struct request *request, int side) {
  struct store_need need = {0};
  for (uint32_t i = 2; i < request->count; i++) list_note(&need, request->words[i].count);
  struct entry *entry = open_of_kind(request->words[1], LIST, &need);
  if (!entry) return;
  for (uint32_t i = 2; i < request->count; i++) {
    if (list_push(&entry->list, side, request->words[i])) continue;
    while (i-- > 2) list_drop(&entry->list, side);
    refuse_for_memory(entry);
    return;
  }
  reply_integer(entry->list.count);
}

void run_lpush(const struct request *request) {
  push(request, FRONT);
}

void run_rpush(const struct request *request) {
  push(request, BACK);
}

static void reply_elements(const struct list *list, int side, uint32_t skipped, uint32_t count) {
  struct list_walk walk = list_begin(list, side, skipped);
  for (; count > 0; count--) reply_bulk(list_next(&walk));
}

static void pop(const struct request *request, int side, const char *name) {
  struct entry *entry;
  uint32_t count;
  int has_count = request->count > 2;
  if (!read_count(request, name, &count)) return;
  if (!find_of_kind(request->words[1], LIST, &entry)) return;
  if (!entry) {
    if (has_count) reply_null_array();
    else reply_null();
    return;
  }
  if (count > entry->list.count) count = entry->list.count;
  if (has_count) reply_array(count);
  reply_elements(&entry->list, side, 0, count);
  if (reply_failed()) return;
  for (; count > 0; count--) list_drop(&entry->list, side);
  close_entry(entry);
}

void run_lpop(const struct request *request) {
  pop(request, FRONT, "lpop");
}

void run_rpop(const struct request *request) {
  pop(request, BACK, "rpop");
}

void run_llen(const struct request *request) {
  reply_count(request->words[1], LIST);
}

void run_lrange(const struct request *request) {
  struct range range;
  struct entry *entry;
  if (!read_range(request, &range) || !find_of_kind(request->words[1], LIST, &entry)) return;
  uint32_t count = entry ? clip_range(&range, entry->list.count) : 0;
  reply_array(count);
  if (count > 0) reply_elements(&entry->list, FRONT, (uint32_t)range.first, count);
}
