// Commands about the connection and the server, and those that clients ask before all others.
#include "commands.h"

struct server_figures server_figures;

void run_ping(const struct request *request) {
  if (request->count > 2) reply_error("ERR wrong number of arguments for 'ping' command");
  else if (request->count == 2) reply_bulk(request->words[1]);
  else reply_status("PONG");
}

void run_echo(const struct request *request) {
  reply_bulk(request->words[1]);
}

void run_select(const struct request *request) {
  int64_t number;
  if (!span_to_integer(request->words[1], &number)) reply_error(NOT_AN_INTEGER);
  else if (number != 0) reply_error("ERR DB index is out of range");
  else reply_status("OK");
}

// Always all sections, whichever were asked for.
void run_info(const struct request *request) {
  const struct server_figures *figures = &server_figures;
  char text[640];
  (void)request;
  int64_t up_ns = now_ns() - figures->begun_ns;
  format(text, sizeof text,
         "# Server\r\nserver_name:kvd\r\nport:%u\r\nuptime_in_seconds:%lld\r\n\r\n"
         "# Clients\r\nconnected_clients:%u\r\nmaxclients:%u\r\n\r\n"
         "# Memory\r\nused_memory:%u\r\nmaxmemory:%u\r\nused_by_buffers:%u\r\n\r\n"
         "# Stats\r\ntotal_connections_received:%u\r\ntotal_commands_processed:%u\r\n"
         "expired_keys:%u\r\n\r\n"
         "# Keyspace\r\ndb0:keys=%u,expires=%u\r\n",
         (unsigned)figures->port, (long long)(up_ns / NS_PER_SECOND), (unsigned)figures->clients,
         (unsigned)figures->clients_max, (unsigned)store_budget.used,
         (unsigned)store_budget.limit, (unsigned)buffer_budget.used,
         (unsigned)figures->connections, (unsigned)figures->commands,
         (unsigned)table_figures.expired, (unsigned)table_figures.keys,
         (unsigned)table_figures.expiring);
  reply_bulk(span_of(text));
}

// Clients that ask what commands there are can do without knowing.
void run_command(const struct request *request) {
  (void)request;
  reply_array(0);
}

// Nothing can be configured; what is asked for exists, and is empty.
void run_config(const struct request *request) {
  struct span what = request->words[1];
  if (!span_is(what, "get")) {
    int shown = what.count < 64 ? (int)what.count : 64;
    reply_error("ERR unknown subcommand '%.*s'", shown, what.at);
  } else if (request->count < 3) {
    reply_error("ERR wrong number of arguments for 'config|get' command");
  } else {
    reply_array(2 * (request->count - 2));
    for (uint32_t i = 2; i < request->count; i++) {
      reply_bulk(request->words[i]);
      reply_bulk(span_of(""));
    }
  }
}

void run_client(const struct request *request) {
  (void)request;
  reply_status("OK");
}

void run_quit(const struct request *request) {
  (void)request;
  reply_status("OK");
  server_figures.client_quits = 1;
}
