// What goes in and out of a connection; see connections.h. Nothing here waits on a socket, which
// does not block: a part of a request stays in `in`, and what the client does not take in `out`.
// While much of that waits, nothing of this client is executed or read.
#include "connections.h"

#include "commands.h"

#define OUTPUT_HIGH (64u << 10) // from here on a client has to take replies first
// What the reply of a command that changes something fits in, unless it tells what it takes out of
// a key: such a command asks reply_failed() before it does.
#define REPLY_ROOM 512u

struct connection connections[CONNECTIONS_MAX] = {
  [0 ... CONNECTIONS_MAX - 1] = {.input = -1},
};

static uint32_t count_of(const struct buffer *buffer) {
  return buffer->end - buffer->begin;
}

struct connection *open_connection(int input, int output) {
  for (struct connection *at = connections; at < connections + CONNECTIONS_MAX; at++) {
    if (at->input >= 0) continue;
    *at = (struct connection){.input = input, .output = output, .heard_ns = now_ns()};
    server_figures.connections++;
    server_figures.clients++;
    return at;
  }
  return 0;
}

void close_connection(struct connection *connection) {
  buffer_release(&connection->in);
  buffer_release(&connection->out);
  close(connection->input);
  connection->input = -1;
  server_figures.clients--;
}

int wants_input(const struct connection *connection) {
  return !connection->is_ending && count_of(&connection->out) < OUTPUT_HIGH;
}

// Whether the error only says that nothing can be done now.
static int is_for_now(int error) {
  return error == -EAGAIN || error == -EINTR;
}

// Says why nothing more is taken from this client.
static void refuse(struct connection *connection, const char *why) {
  reply_begin(&connection->out);
  reply_error("ERR Protocol error: %s", why);
  buffer_release(&connection->in);
  connection->is_ending = 1;
}

// One read. 0: the connection is of no use any more.
static int take_input(struct connection *connection) {
  struct buffer *in = &connection->in;
  if (!buffer_reserve(in, PAGE_BYTES / 2)) {
    refuse(connection, "no memory for so large a request");
    return 1;
  }
  int got = read(connection->input, in->bytes + in->end, in->room - in->end);
  if (got < 0) return is_for_now(got);
  if (got == 0) connection->is_ending = 1;
  in->end += (uint32_t)got;
  return 1;
}

// One request, whose reply is whole or, when there is no memory for it, an error.
static int execute_one(struct connection *connection, const struct request *request) {
  struct buffer *out = &connection->out;
  if (!buffer_reserve(out, REPLY_ROOM)) return 0;
  uint32_t before = count_of(out);
  reply_begin(out);
  execute_request(request);
  if (reply_failed()) {
    out->end = out->begin + before;
    reply_begin(out);
    reply_error(OUT_OF_MEMORY);
  }
  return !reply_failed();
}

enum { NO_MEMORY, ALL_EXECUTED, HELD_BACK };

// Executes what is there, as long as replies do not pile up.
static int execute_input(struct connection *connection) {
  static struct request request;
  const char *fault;
  while (count_of(&connection->out) < OUTPUT_HIGH) {
    int taken = read_request(buffer_content(&connection->in), &request, &fault);
    if (taken == 0) return ALL_EXECUTED;
    if (taken < 0) {
      refuse(connection, fault);
      return ALL_EXECUTED;
    }
    if (request.count > 0 && !execute_one(connection, &request)) return NO_MEMORY;
    buffer_drop(&connection->in, (uint32_t)taken);
    if (!server_figures.client_quits) continue;
    server_figures.client_quits = 0;
    connection->is_ending = 1;
    buffer_release(&connection->in);
  }
  return HELD_BACK;
}

// 0: the client takes nothing any more.
static int give_output(struct connection *connection) {
  struct buffer *out = &connection->out;
  while (count_of(out) > 0) {
    int given = write(connection->output, out->bytes + out->begin, count_of(out));
    if (given == -EINTR) continue;
    if (given < 0) return is_for_now(given);
    buffer_drop(out, (uint32_t)given);
  }
  return 1;
}

void serve(struct connection *connection, int is_readable) {
  int executed = ALL_EXECUTED, is_open = !is_readable || take_input(connection);
  connection->heard_ns = now_ns();
  do {
    executed = is_open ? execute_input(connection) : NO_MEMORY;
    is_open = executed != NO_MEMORY && give_output(connection);
  } while (is_open && executed == HELD_BACK && count_of(&connection->out) < OUTPUT_HIGH);
  int is_over = connection->is_ending && count_of(&connection->out) == 0;
  if (!is_open || is_over) close_connection(connection);
}
