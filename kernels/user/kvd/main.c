// kvd [PORT | -] [KIB]: a server of keys and values, in the protocol of Redis, on a socket port
// (6379), or on its own input and output; it keeps at the most so many KiB (16384). One process
// serves all clients. It is also a program of the watch: told to stand down it takes no further
// connection, answers until all are closed or silent, and checks its table.
#include "commands.h"
#include "connections.h"
#include "signals.h"
#include "socket.h"
#include "watch.h"

#define PORT 6379
#define LIMIT_KIB 16384
#define BUFFERS_BYTES (8u << 20)
#define TICK_NS (20 * NS_PER_MS)
#define SILENCE_NS (100 * NS_PER_MS)
#define CHAINS_SWEPT 1024 // at each tick

static int listener = -1;
static int accepts; // until the next tick, unless descriptors or memory ran out

// Whoever comes as one too many is told so.
static void take_connections(void) {
  static const char full[] = "-ERR max number of clients reached\r\n";
  int fd;
  while ((fd = accept_from(listener, 0, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    if (open_connection(fd, fd)) continue;
    send(fd, full, sizeof full - 1, MSG_NOSIGNAL);
    close(fd);
  }
  accepts = fd == -EAGAIN || fd == -EINTR || fd == -ECONNRESET;
}

// What to wait for: the listener first, then each connection there is, which `whose` names.
static uint32_t list_descriptors(struct pollfd *fds, struct connection **whose) {
  uint32_t count = 0;
  fds[count++] = (struct pollfd){accepts ? listener : -1, POLLIN, 0};
  for (struct connection *at = connections; at < connections + CONNECTIONS_MAX; at++) {
    if (at->input < 0) continue;
    int events = (wants_input(at) ? POLLIN : 0) | (at->out.begin < at->out.end ? POLLOUT : 0);
    whose[count] = at;
    fds[count++] = (struct pollfd){at->input, (int16_t)events, 0};
  }
  return count;
}

// Waits until something is to do, but not for longer than this, and does it.
static void serve_all(int64_t timeout_ns) {
  static struct pollfd fds[1 + CONNECTIONS_MAX];
  static struct connection *whose[1 + CONNECTIONS_MAX];
  uint32_t count = list_descriptors(fds, whose);
  int ready = poll(fds, count, timeout_ns > 0 ? timeout_ns : 0);
  if (ready < 0 && ready != -EINTR) watch_must(ready, "poll");
  if (ready <= 0) return;
  for (uint32_t i = 1; i < count; i++) {
    if (fds[i].revents & (POLLIN | POLLOUT)) serve(whose[i], fds[i].revents & POLLIN);
    else if (fds[i].revents) close_connection(whose[i]);
  }
  if (fds[0].revents) take_connections();
}

static void close_silent(int64_t now) {
  for (struct connection *at = connections; at < connections + CONNECTIONS_MAX; at++) {
    if (at->input < 0 || now - at->heard_ns < SILENCE_NS) continue;
    shut_down(at->input, SHUT_RDWR);
    close_connection(at);
  }
}

static void check_table(void) {
  const char *fault = table_fault();
  if (fault) watch_broken("%s does not hold", fault);
}

static void serve_port(void) {
  int64_t tick_ns = now_ns();
  int is_on_watch = 1;
  listener = listen_on(server_figures.port, SOCKETS_BACKLOG_MAX, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (listener < 0) fail("kvd", "socket", listener);
  accepts = 1;
  while (is_on_watch || server_figures.clients > 0) {
    serve_all(tick_ns - now_ns());
    int64_t now = now_ns();
    if (now < tick_ns) continue;
    tick_ns = now + TICK_NS;
    table_sweep(CHAINS_SWEPT);
    if (is_on_watch) {
      accepts = is_on_watch = watch_goes_on();
      if (is_on_watch) continue;
      watch_say("kvd stands down\n");
      close(listener);
    }
    serve_all(0); // who has sent something meanwhile is not silent
    close_silent(now);
  }
}

// One connection, until its end.
static void serve_standard_input(void) {
  struct connection *connection = open_connection(STDIN, STDOUT);
  while (connection->input >= 0) serve(connection, 1);
}

int main(int argc, char **argv) {
  int is_alone = argc > 1 && strcmp(argv[1], "-") == 0;
  uint32_t port = PORT, limit_kib = LIMIT_KIB;
  if ((argc > 1 && !is_alone && !parse_number(argv[1], &port)) || argc > 3 ||
      (argc > 2 && (!parse_number(argv[2], &limit_kib) || limit_kib > 1u << 20))) {
    print_to(STDERR, "usage: kvd [PORT | -] [KIB]\n");
    return 1;
  }
  server_figures = (struct server_figures){
    .port = is_alone ? 0 : port, .clients_max = CONNECTIONS_MAX, .begun_ns = now_ns()};
  buffer_budget.limit = BUFFERS_BYTES;
  store_budget.limit = limit_kib << 10;
  if (!table_begin()) fail("kvd", "table", -ENOMEM);
  set_handler(SIGPIPE, (void (*)(int))SIG_IGN, 0); // a client that has gone is only an error
  watch_begin("kvd", 0, argv);
  if (is_alone) serve_standard_input();
  else serve_port();
  check_table();
  if (is_alone) return 0;
  watch_kept("commands=%u keys=%u expired=%u", (unsigned)server_figures.commands,
             (unsigned)table_figures.keys, (unsigned)table_figures.expired);
}
