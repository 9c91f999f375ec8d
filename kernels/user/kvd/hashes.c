// Commands about hashes: fields and their values under one key. A field is a member with a value;
// another value is put in the old one's place. Fields are told in the order of their hashes, which
// changes as they come and go.
#include "containers.h"

void run_hset(const struct request *request) {
  struct store_need need = {0};
  uint32_t count = 0;
  if (request->count % 2 != 0) {
    reply_error("ERR wrong number of arguments for 'hset' command");
    return;
  }
  for (uint32_t i = 2; i < request->count; i += 2)
    members_note(&need, request->words[i].count + request->words[i + 1].count);
  struct entry *entry = open_of_kind(request->words[1], HASH, &need);
  if (!entry) return;
  for (uint32_t i = 2; i < request->count; i += 2) {
    int put = members_put(entry->members, request->words[i], request->words[i + 1]);
    if (put < 0) {
      refuse_for_memory(entry);
      return;
    }
    count += (uint32_t)put;
  }
  reply_integer(count);
}

void run_hget(const struct request *request) {
  struct entry *entry;
  if (!find_of_kind(request->words[1], HASH, &entry)) return;
  struct member *field = entry ? members_find(entry->members, request->words[2]) : 0;
  if (field) reply_bulk(value_of(field));
  else reply_null();
}

void run_hdel(const struct request *request) {
  remove_named(request, HASH);
}

void run_hlen(const struct request *request) {
  reply_count(request->words[1], HASH);
}

void run_hgetall(const struct request *request) {
  struct entry *entry;
  if (!find_of_kind(request->words[1], HASH, &entry)) return;
  reply_array(entry ? 2 * table_count(entry) : 0);
  for (struct member *at = 0; entry && (at = members_next(entry->members, at));) {
    reply_bulk(name_of(at));
    reply_bulk(value_of(at));
  }
}
