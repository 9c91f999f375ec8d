// pipeline [SEED]: the watch over pipes. A generator sends numbered records through one pipe, a
// transformer hashes each into a second pipe, and this process checks numbers, values and the
// running sum. The last record carries the total, so bytes lost at either end show. Both pipes fill
// up and run empty all the time, so that readers and writers block in turn.
#include "watch.h"

#define BATCH 64
#define LAST 0xffffffffu

struct record {
  uint32_t number, value, sum, is_last;
};

// Writes one batch, or breaks the invariant.
static void send(int fd, const struct record *records, uint32_t count) {
  int error = write_all(fd, records, count * sizeof *records);
  if (error < 0) watch_broken("write: %s", error_text(error));
}

// Reads up to one batch; returns the number of whole records.
static uint32_t receive(int fd, struct record *records) {
  int got = read(fd, records, BATCH * sizeof *records);
  if (got > 0 && got % sizeof *records)
    got += read_all(fd, (char *)records + got, sizeof *records - got % sizeof *records);
  if (got < 0) watch_broken("read: %s", error_text(got));
  if (got % sizeof *records) watch_broken("the pipe ended within a record");
  return (uint32_t)got / sizeof *records;
}

// First process: records until the watch stands down.
static void generate(int out) {
  struct record batch[BATCH];
  uint32_t number = 0, sum = 0;
  int goes_on = 1;
  while (goes_on) {
    goes_on = watch_goes_on();
    for (uint32_t i = 0; i < BATCH; i++, number++) {
      uint32_t value = mix32(watch_seed ^ number);
      sum += value;
      batch[i] = (struct record){number, value, sum, !goes_on && i == BATCH - 1 ? LAST : 0};
    }
    send(out, batch, BATCH);
  }
  exit(0);
}

// Second process: hashes each value.
static void transform(int in, int out) {
  struct record batch[BATCH];
  uint32_t count;
  while ((count = receive(in, batch)) > 0) {
    for (uint32_t i = 0; i < count; i++) batch[i].value = mix32(batch[i].value);
    send(out, batch, count);
  }
  exit(0);
}

// Third process: checks. Returns the number of records.
static uint32_t check(int in) {
  static struct record batch[BATCH];
  uint32_t count, expected = 0, sum = 0, ended = 0;
  while ((count = receive(in, batch)) > 0) {
    for (uint32_t i = 0; i < count; i++, expected++) {
      const struct record *record = &batch[i];
      uint32_t value = mix32(watch_seed ^ expected);
      sum += value;
      if (ended) watch_broken("record %u after the last", (unsigned)record->number);
      if (record->number != expected)
        watch_broken("record %u where %u is due", (unsigned)record->number, (unsigned)expected);
      if (record->value != mix32(value) || record->sum != sum)
        watch_broken("record %u has a wrong value or sum", (unsigned)expected);
      ended = record->is_last == LAST;
    }
    watch_rounds = expected / BATCH;
  }
  if (!ended) watch_broken("the pipe ended before the last record");
  return expected;
}

int main(int argc, char **argv) {
  int first[2], second[2];
  watch_begin("pipeline", argc, argv);
  if (make_pipe(first) < 0 || make_pipe(second) < 0) watch_broken("no pipe");
  int generator = watch_fork();
  if (generator == 0) {
    close(first[0]);
    close(second[0]);
    close(second[1]);
    generate(first[1]);
  }
  close(first[1]);
  int transformer = watch_fork();
  if (transformer == 0) {
    close(second[0]);
    transform(first[0], second[1]);
  }
  close(first[0]);
  close(second[1]);
  uint32_t records = check(second[0]);
  watch_await(generator, 0, "generator");
  watch_await(transformer, 0, "transformer");
  watch_kept("records=%u", (unsigned)records);
}
