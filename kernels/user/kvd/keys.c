// Commands about keys: which there are, and how long they last.
#include "commands.h"

#define DEADLINE_MAX_NS (INT64_MAX / 2)

int deadline_after(int64_t count, int64_t unit_ns, int64_t *deadline_ns) {
  int64_t duration_ns;
  if (__builtin_mul_overflow(count, unit_ns, &duration_ns) || duration_ns > DEADLINE_MAX_NS ||
      duration_ns < -DEADLINE_MAX_NS)
    return 0;
  *deadline_ns = now_ns() + duration_ns;
  return 1;
}

void run_del(const struct request *request) {
  uint32_t count = 0;
  for (uint32_t i = 1; i < request->count; i++) {
    struct entry *entry = table_find(request->words[i]);
    if (!entry) continue;
    table_remove(entry);
    count++;
  }
  reply_integer(count);
}

void run_exists(const struct request *request) {
  uint32_t count = 0;
  for (uint32_t i = 1; i < request->count; i++) count += table_find(request->words[i]) != 0;
  reply_integer(count);
}

void run_expire(const struct request *request) {
  int64_t seconds, deadline_ns;
  struct entry *entry;
  if (!span_to_integer(request->words[2], &seconds)) reply_error(NOT_AN_INTEGER);
  else if (!deadline_after(seconds, NS_PER_SECOND, &deadline_ns))
    reply_error("ERR invalid expire time in 'expire' command");
  else if (!(entry = table_find(request->words[1]))) reply_integer(0);
  else {
    if (seconds > 0) table_expire_at(entry, deadline_ns);
    else table_remove(entry);
    reply_integer(1);
  }
}

void run_type(const struct request *request) {
  static const char *const names[] = {"string", "list", "set", "hash", "zset"};
  struct entry *entry = table_find(request->words[1]);
  reply_status(entry ? names[entry->kind] : "none");
}

// What is left, rounded to whole units; -1: for ever, -2: there is no such key.
static void reply_time_left(struct span key, int64_t unit_ns) {
  struct entry *entry = table_find(key);
  if (!entry) reply_integer(-2);
  else if (!entry->expires_ns) reply_integer(-1);
  else reply_integer((entry->expires_ns - now_ns() + unit_ns / 2) / unit_ns);
}

void run_ttl(const struct request *request) {
  reply_time_left(request->words[1], NS_PER_SECOND);
}

void run_pttl(const struct request *request) {
  reply_time_left(request->words[1], NS_PER_MS);
}

void run_persist(const struct request *request) {
  struct entry *entry = table_find(request->words[1]);
  int expires = entry && entry->expires_ns;
  if (expires) table_expire_at(entry, 0);
  reply_integer(expires);
}

// The keys that match a pattern, which are first counted and then told.
struct selection {
  struct span pattern;
  uint32_t count;
};

static void count_key(struct entry *entry, void *context) {
  struct selection *selection = context;
  selection->count += (uint32_t)span_matches(key_of(entry), selection->pattern);
}

static void tell_key(struct entry *entry, void *context) {
  struct selection *selection = context;
  if (span_matches(key_of(entry), selection->pattern)) reply_bulk(key_of(entry));
}

void run_keys(const struct request *request) {
  struct selection selection = {.pattern = request->words[1]};
  table_sweep(UINT32_MAX); // so that what is told is what was counted
  table_each(count_key, &selection);
  reply_array(selection.count);
  table_each(tell_key, &selection);
}

void run_dbsize(const struct request *request) {
  (void)request;
  reply_integer(table_figures.keys);
}

void run_flush(const struct request *request) {
  for (uint32_t i = 1; i < request->count; i++)
    if (!span_is(request->words[i], "sync") && !span_is(request->words[i], "async")) {
      reply_error(SYNTAX_ERROR);
      return;
    }
  table_clear();
  reply_status("OK");
}
