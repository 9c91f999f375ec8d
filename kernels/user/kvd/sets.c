// Commands about sets: members without a value under one key, told in the order of their hashes.
// Which member SPOP takes is as good as chance, but the same each time that the same is asked of a
// kvd that has just begun.
#include "containers.h"
#include "pattern.h"

static uint32_t chances; // so many were taken

void run_sadd(const struct request *request) {
  struct store_need need = {0};
  uint32_t count = 0;
  for (uint32_t i = 2; i < request->count; i++) members_note(&need, request->words[i].count);
  struct entry *entry = open_of_kind(request->words[1], SET, &need);
  if (!entry) return;
  for (uint32_t i = 2; i < request->count; i++) {
    if (members_find(entry->members, request->words[i])) continue;
    if (members_put(entry->members, request->words[i], span_of("")) < 0) {
      refuse_for_memory(entry);
      return;
    }
    count++;
  }
  reply_integer(count);
}

void run_srem(const struct request *request) {
  remove_named(request, SET);
}

// Goes around, from one member to the next, and from the last to the first.
static struct member *next_around(const struct members *members, const struct member *member) {
  struct member *next = members_next(members, member);
  return next ? next : members_next(members, 0);
}

// So many that stand next to each other, where their hashes put them. They are told first: a reply
// that has no room leaves the set as it was.
static void pop_members(struct members *members, uint32_t count) {
  struct member *first = members_any(members, mix32(chances++)), *at = first, *next;
  for (uint32_t i = 0; i < count; i++, at = next_around(members, at)) reply_bulk(name_of(at));
  if (reply_failed()) return;
  for (at = first; count > 0; count--, at = next) {
    next = next_around(members, at);
    members_take_out(members, at);
  }
  members_shrink(members);
}

void run_spop(const struct request *request) {
  struct entry *entry;
  uint32_t count;
  int has_count = request->count > 2;
  if (!read_count(request, "spop", &count)) return;
  if (!find_of_kind(request->words[1], SET, &entry)) return;
  if (!entry) {
    if (has_count) reply_array(0);
    else reply_null();
    return;
  }
  if (count > entry->members->count) count = entry->members->count;
  if (has_count) reply_array(count);
  pop_members(entry->members, count);
  close_entry(entry);
}

void run_scard(const struct request *request) {
  reply_count(request->words[1], SET);
}

void run_sismember(const struct request *request) {
  struct entry *entry;
  if (!find_of_kind(request->words[1], SET, &entry)) return;
  reply_integer(entry && members_find(entry->members, request->words[2]));
}

void run_smembers(const struct request *request) {
  struct entry *entry;
  if (!find_of_kind(request->words[1], SET, &entry)) return;
  reply_array(entry ? table_count(entry) : 0);
  for (struct member *at = 0; entry && (at = members_next(entry->members, at));)
    reply_bulk(name_of(at));
}
