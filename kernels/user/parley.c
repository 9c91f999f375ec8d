// parley [SEED]: the watch over connections inside the machine. A child serves, one connection
// after the other: it reads a request to its end, checks each byte, and answers. The parent keeps
// two under way: while one is served, the other waits to be accepted. Each side shuts its own half,
// so connections are half closed for a while, and whatever is lost, doubled or mixed up shows.
#include "socket.h"
#include "watch.h"

#define LONG_MAX 9000u  // bytes of a request or answer, more than any buffer holds
#define SHORT_MAX 3000u // of one that is sent before anybody reads it
#define PAUSE_NS 2000000ll
#define LAST 0xffffffffu // number of the request that ends the server

enum side { REQUEST, ANSWER };
struct head {
  uint32_t number, bytes; // of data behind it
};

static uint8_t data[LONG_MAX];

static uint32_t length_of(uint32_t number, enum side side, uint32_t most) {
  return 1 + mix32(watch_seed ^ (number * 2 + side)) % most;
}

static void fill(uint32_t number, enum side side, uint32_t bytes) {
  uint32_t base = mix32(watch_seed + number * 2 + side);
  for (uint32_t i = 0; i < bytes; i++) data[i] = (uint8_t)(mix32(base + i / 32) + i);
}

static void put(int fd, uint32_t number, enum side side, uint32_t bytes) {
  struct head head = {number, bytes};
  fill(number, side, bytes);
  watch_must(write_all(fd, &head, sizeof head), "write");
  watch_must(write_all(fd, data, bytes), "write");
  watch_must(shut_down(fd, SHUT_WR), "shutdown");
}

// Reads exactly so much; how much there was before the end.
static uint32_t take(int fd, void *to, uint32_t bytes) {
  uint32_t done = 0;
  while (done < bytes) {
    int got = watch_must(read(fd, (char *)to + done, bytes - done), "read");
    if (got == 0) break;
    done += (uint32_t)got;
  }
  return done;
}

// One message and the end behind it; its number, which is `expected` if that is not LAST.
static uint32_t get(int fd, enum side side, uint32_t expected) {
  static uint8_t got[LONG_MAX];
  struct head head;
  uint8_t more;
  if (take(fd, &head, sizeof head) != sizeof head || head.bytes > LONG_MAX)
    watch_broken("no message %u", (unsigned)expected);
  if (expected != LAST && head.number != expected)
    watch_broken("message %u, where %u is due", (unsigned)head.number, (unsigned)expected);
  uint32_t bytes = take(fd, got, head.bytes);
  fill(head.number, side, head.bytes);
  if (bytes != head.bytes || memcmp(got, data, bytes) != 0)
    watch_broken("message %u is damaged", (unsigned)head.number);
  if (take(fd, &more, 1)) watch_broken("message %u does not end", (unsigned)head.number);
  return head.number;
}

// The child: serves until it is told that a request was the last.
static void serve(int listener) {
  for (uint32_t number = 0; number != LAST;) {
    int fd = watch_must(accept_from(listener, 0, 0), "accept");
    number = get(fd, REQUEST, LAST);
    put(fd, number, ANSWER, length_of(number, ANSWER, LONG_MAX));
    close(fd);
  }
  exit(0);
}

// A connection with a request on it.
static int ask(uint32_t port, uint32_t number, uint32_t most) {
  int fd = watch_must(connect_to(VMADDR_CID_LOCAL, port), "connect");
  put(fd, number, REQUEST, length_of(number, REQUEST, most));
  return fd;
}

static void hear(int fd, uint32_t number) {
  get(fd, ANSWER, number);
  close(fd);
}

int main(int argc, char **argv) {
  struct sockaddr_vm address;
  uint32_t number = 0;
  watch_begin("parley", argc, argv);
  int listener = watch_must(listen_on(VMADDR_PORT_ANY, 2, 0), "listen");
  watch_must(own_address(listener, &address), "getsockname");
  int pid = watch_fork();
  if (pid == 0) serve(listener);
  while (watch_goes_on()) {
    int first = ask(address.port, number, LONG_MAX);
    int second = ask(address.port, number + 1, SHORT_MAX);
    sleep_ns(PAUSE_NS);
    hear(first, number);
    hear(second, number + 1);
    number += 2;
  }
  hear(ask(address.port, LAST, SHORT_MAX), LAST);
  watch_await(pid, 0, "server");
  watch_kept("messages=%u", (unsigned)number);
}
