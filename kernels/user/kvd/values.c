// Commands about texts, the plainest of values.
#include "containers.h"

// Stores, and refuses what is too long or has no room: 0 after the error's reply.
static struct entry *put(struct span key, struct span value) {
  if (!key_fits(key)) return 0;
  struct entry *entry = table_put(key, value);
  if (!entry) reply_error(OUT_OF_MEMORY);
  return entry;
}

struct set_options {
  int only_new, only_known;
  int64_t expires_ns; // 0: never
};

// EX SECONDS or PX MILLISECONDS, and NX or XX: 1, or 0 after the error's reply.
static int read_options(const struct request *request, struct set_options *options) {
  for (uint32_t i = 3; i < request->count; i++) {
    struct span word = request->words[i];
    int seconds = span_is(word, "ex"), has_time = seconds || span_is(word, "px");
    int64_t count;
    if (span_is(word, "nx")) options->only_new = 1;
    else if (span_is(word, "xx")) options->only_known = 1;
    else if (!has_time || options->expires_ns || ++i == request->count)
      return reply_error(SYNTAX_ERROR), 0;
    else if (!span_to_integer(request->words[i], &count)) return reply_error(NOT_AN_INTEGER), 0;
    else if (count <= 0 || !deadline_after(count, seconds ? NS_PER_SECOND : NS_PER_MS,
                                           &options->expires_ns))
      return reply_error("ERR invalid expire time in 'set' command"), 0;
  }
  if (options->only_new && options->only_known) return reply_error(SYNTAX_ERROR), 0;
  return 1;
}

void run_set(const struct request *request) {
  struct set_options options = {0};
  if (!read_options(request, &options)) return;
  if (options.only_new || options.only_known) {
    int is_known = table_find(request->words[1]) != 0;
    if (is_known ? options.only_new : options.only_known) {
      reply_null();
      return;
    }
  }
  struct entry *entry = put(request->words[1], request->words[2]);
  if (!entry) return;
  table_expire_at(entry, options.expires_ns);
  reply_status("OK");
}

static void reply_value(struct entry *entry) {
  if (entry) reply_bulk(entry->value);
  else reply_null();
}

void run_get(const struct request *request) {
  struct entry *entry;
  if (find_of_kind(request->words[1], TEXT, &entry)) reply_value(entry);
}

void run_mget(const struct request *request) {
  reply_array(request->count - 1);
  for (uint32_t i = 1; i < request->count; i++) {
    struct entry *entry = table_find(request->words[i]);
    reply_value(entry && entry->kind == TEXT ? entry : 0);
  }
}

// All of them or none, but for a computer that has no more memory than the table already uses.
void run_mset(const struct request *request) {
  struct store_need need = {0};
  if (request->count % 2 == 0) {
    reply_error("ERR wrong number of arguments for 'mset' command");
    return;
  }
  for (uint32_t i = 1; i < request->count; i += 2) {
    store_note(&need, (uint32_t)sizeof(struct entry) + request->words[i].count);
    store_note(&need, request->words[i + 1].count);
  }
  if (!store_has(&need)) {
    reply_error(OUT_OF_MEMORY);
    return;
  }
  for (uint32_t i = 1; i < request->count; i += 2) {
    struct entry *entry = put(request->words[i], request->words[i + 1]);
    if (!entry) return;
    table_expire_at(entry, 0);
  }
  reply_status("OK");
}

static void add_to(struct span key, int64_t difference) {
  char digits[24];
  struct entry *entry;
  int64_t number = 0;
  if (!find_of_kind(key, TEXT, &entry)) return;
  if (entry && !span_to_integer(entry->value, &number)) reply_error(NOT_AN_INTEGER);
  else if (__builtin_add_overflow(number, difference, &number))
    reply_error("ERR increment or decrement would overflow");
  else {
    format(digits, sizeof digits, "%lld", (long long)number);
    if (put(key, span_of(digits))) reply_integer(number);
  }
}

void run_incr(const struct request *request) {
  add_to(request->words[1], 1);
}

void run_decr(const struct request *request) {
  add_to(request->words[1], -1);
}

void run_incrby(const struct request *request) {
  int64_t difference;
  if (!span_to_integer(request->words[2], &difference)) reply_error(NOT_AN_INTEGER);
  else add_to(request->words[1], difference);
}

void run_append(const struct request *request) {
  struct span more = request->words[2];
  struct entry *entry;
  if (!find_of_kind(request->words[1], TEXT, &entry)) return;
  if (!entry) {
    entry = put(request->words[1], more);
  } else if (entry->value.count + more.count > VALUE_BYTES_MAX) {
    reply_error("ERR string exceeds maximum allowed size");
    return;
  } else if (!table_append(entry, more)) {
    reply_error(OUT_OF_MEMORY);
    return;
  }
  if (entry) reply_integer(entry->value.count);
}

void run_strlen(const struct request *request) {
  struct entry *entry;
  if (find_of_kind(request->words[1], TEXT, &entry)) reply_integer(entry ? entry->value.count : 0);
}
