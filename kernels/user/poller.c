// poller [SEED]: the watch over ppoll. A child writes numbered records into one of three pipes, at
// times drawn from the seed. The parent waits for all three at once, with a timeout that must never
// be over early, and checks that what is said to be ready is, and that no record is lost.
#include "watch.h"

#define PIPES 3
#define TIMEOUT_NS 2000000ll
#define PAUSE_MIN_NS 500000u
#define PAUSE_SPREAD_NS 4000000u

struct record {
  uint32_t number, value; // counted in each pipe
};

static uint32_t value_of(uint32_t pipe, uint32_t number) {
  return mix32(watch_seed ^ (number * PIPES + pipe));
}

// The child: records until the watch stands down. Its status says how many, modulo 128.
static void send(const int *outputs) {
  uint32_t sent[PIPES] = {0};
  while (watch_goes_on()) {
    uint32_t draw = mix32(watch_seed + watch_rounds), pipe = draw % PIPES;
    sleep_ns(PAUSE_MIN_NS + draw / PIPES % PAUSE_SPREAD_NS);
    struct record record = {sent[pipe], value_of(pipe, sent[pipe])};
    sent[pipe]++;
    watch_must(write_all(outputs[pipe], &record, sizeof record), "write");
  }
  exit((int)((watch_rounds - 1) & 127));
}

// Takes one record from a pipe that is said to be ready; 0 at its end.
static int receive(int fd, uint32_t pipe, uint32_t expected) {
  struct record record;
  int got = watch_must(read(fd, &record, sizeof record), "read");
  if (got == 0) return 0;
  if (got != sizeof record) watch_broken("a record of %d bytes", got);
  if (record.number != expected || record.value != value_of(pipe, expected))
    watch_broken("record %u of pipe %u, where %u is due", (unsigned)record.number, (unsigned)pipe,
                 (unsigned)expected);
  return 1;
}

// One poll, which must not end early.
static int wait_for_records(struct pollfd *fds) {
  int64_t begun = now_ns();
  int ready = watch_must(poll(fds, PIPES, TIMEOUT_NS), "poll"), counted = 0;
  int64_t lasted = now_ns() - begun;
  if (ready == 0 && lasted < TIMEOUT_NS)
    watch_broken("a timeout after %lld ns", (long long)lasted);
  for (uint32_t i = 0; i < PIPES; i++) counted += fds[i].revents != 0;
  if (counted != ready) watch_broken("%d are ready, %d is said", counted, ready);
  return ready;
}

int main(int argc, char **argv) {
  struct pollfd fds[PIPES];
  int outputs[PIPES];
  uint32_t received[PIPES] = {0}, records = 0, timeouts = 0, open_pipes = PIPES;
  watch_begin("poller", argc, argv);
  for (uint32_t i = 0; i < PIPES; i++) {
    int ends[2];
    watch_must(make_pipe(ends), "pipe");
    fds[i] = (struct pollfd){ends[0], POLLIN, 0};
    outputs[i] = ends[1];
  }
  int pid = watch_fork();
  if (pid == 0) send(outputs);
  for (uint32_t i = 0; i < PIPES; i++) close(outputs[i]);
  for (; open_pipes > 0; watch_rounds++) {
    timeouts += wait_for_records(fds) == 0;
    for (uint32_t i = 0; i < PIPES; i++) {
      if (!fds[i].revents) continue;
      if (fds[i].revents & ~(POLLIN | POLLHUP)) watch_broken("event %x", fds[i].revents);
      if (receive(fds[i].fd, i, received[i])) {
        received[i]++;
        records++;
        continue;
      }
      if (!(fds[i].revents & POLLHUP)) watch_broken("pipe %u has ended unsaid", (unsigned)i);
      fds[i].fd = -1; // passed over from now on
      open_pipes--;
    }
  }
  watch_await(pid, (int)(records & 127), "sender");
  watch_kept("records=%u timeouts=%u", (unsigned)records, (unsigned)timeouts);
}
