// The connections: what each has sent and is not executed yet, and what it is still to be told.
#ifndef CONNECTIONS_H
#define CONNECTIONS_H
#include "buffer.h"

#define CONNECTIONS_MAX 128

struct connection {
  int input, output; // descriptors, one and the same for a socket; below 0: there is no connection
  struct buffer in, out;
  int is_ending; // nothing more is read: it closes when all is executed and told
  int64_t heard_ns; // when it was last ready for anything
};
extern struct connection connections[CONNECTIONS_MAX];

struct connection *open_connection(int input, int output); // 0: there are too many
void close_connection(struct connection *connection);
// Reads what is there, executes it, and writes what can be written: after this the connection may
// be closed.
void serve(struct connection *connection, int is_readable);
int wants_input(const struct connection *connection); // whether it should be read
#endif
