// The commands: what each does with its words, and what it replies.
#ifndef COMMANDS_H
#define COMMANDS_H
#include "protocol.h"

void execute_request(const struct request *request);

// One function for each command, with the words that the client sent; words[0] is its name.
typedef void command_function(const struct request *request);
command_function run_set, run_get, run_incr, run_decr, run_incrby, run_append, run_strlen, run_mset,
  run_mget; // values.c
command_function run_del, run_exists, run_expire, run_ttl, run_pttl, run_persist, run_keys,
  run_type, run_dbsize, run_flush; // keys.c
command_function run_lpush, run_rpush, run_lpop, run_rpop, run_llen, run_lrange; // lists.c
command_function run_sadd, run_srem, run_spop, run_scard, run_sismember, run_smembers; // sets.c
command_function run_hset, run_hget, run_hdel, run_hlen, run_hgetall; // hashes.c
command_function run_zadd, run_zpopmin, run_zcard, run_zscore, run_zrange; // sorted.c
command_function run_ping, run_echo, run_select, run_info, run_command, run_config, run_client,
  run_quit; // server.c

#define OUT_OF_MEMORY "OOM command not allowed when used memory > 'maxmemory'."
#define NOT_AN_INTEGER "ERR value is not an integer or out of range"
#define SYNTAX_ERROR "ERR syntax error"

// Times that a client gives, from now on: 1 and the time at which it is over, or 0.
int deadline_after(int64_t count, int64_t unit_ns, int64_t *deadline_ns);
#define NS_PER_MS 1000000ll
#define NS_PER_SECOND 1000000000ll

// What the connections tell INFO, and QUIT tells the connection.
struct server_figures {
  uint32_t port, clients, clients_max, connections, commands;
  int64_t begun_ns;
  int client_quits;
};
extern struct server_figures server_figures;
#endif
