// Which commands there are, and how many words each takes.
#include "commands.h"

#define SHOWN_BYTES 128 // of what a client sent, in an error

static const struct command {
  const char *name;
  command_function *run;
  int words; // its name included; below 0: at least so many
} commands[] = {
  {"ping", run_ping, -1},     {"echo", run_echo, 2},       {"set", run_set, -3},
  {"get", run_get, 2},        {"incr", run_incr, 2},       {"decr", run_decr, 2},
  {"incrby", run_incrby, 3},  {"del", run_del, -2},        {"exists", run_exists, -2},
  {"expire", run_expire, 3},  {"ttl", run_ttl, 2},         {"pttl", run_pttl, 2},
  {"persist", run_persist, 2}, {"keys", run_keys, 2},      {"mset", run_mset, -3},
  {"mget", run_mget, -2},     {"append", run_append, 3},   {"strlen", run_strlen, 2},
  {"dbsize", run_dbsize, 1},  {"flushall", run_flush, -1}, {"flushdb", run_flush, -1},
  {"select", run_select, 2},  {"info", run_info, -1},      {"command", run_command, -1},
  {"config", run_config, -2}, {"client", run_client, -2},  {"quit", run_quit, -1},
  {"type", run_type, 2},      {"lpush", run_lpush, -3},    {"rpush", run_rpush, -3},
  {"lpop", run_lpop, -2},     {"rpop", run_rpop, -2},      {"llen", run_llen, 2},
  {"lrange", run_lrange, 4},  {"sadd", run_sadd, -3},      {"srem", run_srem, -3},
  {"spop", run_spop, -2},     {"scard", run_scard, 2},     {"sismember", run_sismember, 3},
  {"smembers", run_smembers, 2}, {"hset", run_hset, -4},   {"hget", run_hget, 3},
  {"hdel", run_hdel, -3},     {"hlen", run_hlen, 2},       {"hgetall", run_hgetall, 2},
  {"zadd", run_zadd, -4},     {"zpopmin", run_zpopmin, -2}, {"zcard", run_zcard, 2},
  {"zscore", run_zscore, 3},  {"zrange", run_zrange, -4},
};

static const struct command *find(struct span name) {
  for (unsigned i = 0; i < sizeof commands / sizeof *commands; i++)
    if (span_is(name, commands[i].name)) return &commands[i];
  return 0;
}

static int shown(struct span span) {
  return (int)(span.count < SHOWN_BYTES ? span.count : SHOWN_BYTES);
}

// In Redis's words, by which clients that try newer commands know an older server.
static void refuse_unknown(const struct request *request) {
  char text[SHOWN_BYTES + 8] = "";
  int used = 0;
  for (uint32_t i = 1; i < request->count && used < SHOWN_BYTES; i++) {
    struct span word = request->words[i];
    int room = SHOWN_BYTES - used, count = shown(word) < room ? shown(word) : room;
    used += format(text + used, sizeof text - (size_t)used, "'%.*s' ", count, word.at);
  }
  struct span name = request->words[0];
  reply_error("ERR unknown command '%.*s', with args beginning with: %s", shown(name), name.at,
              text);
}

void execute_request(const struct request *request) {
  const struct command *command = find(request->words[0]);
  uint32_t words = request->count;
  server_figures.commands++;
  if (!command) refuse_unknown(request);
  else if (command->words < 0 ? words < (uint32_t)-command->words
                              : words != (uint32_t)command->words)
    reply_error("ERR wrong number of arguments for '%s' command", command->name);
  else command->run(request);
}
