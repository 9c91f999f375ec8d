// mapper [SEED]: the watch over shared mappings of files. A child stores into a file that it has
// mapped; the parent finds the same by read and in its own memory, and writes in turn what the
// child must find in its. Halfway the file loses its name; soon after that, a new one begins.
#include "watch.h"

#define PAGES 3
#define FILE_BYTES (PAGES * PAGE_BYTES)
#define WORDS_ROUND 64 // that each side changes in each page
#define ROUNDS_FILE 16
#define PAUSE_NS 3000000ll

static char path[64];
static uint32_t *map;
static int file, orders[2], answers[2]; // the file, and pipes to the child and back

static uint32_t word_of(uint32_t round, uint32_t page, uint32_t index) {
  return mix32(watch_seed ^ (round * PAGES + page) * PAGE_BYTES ^ index);
}

// The first word of those that a side changes in a page: they move on from round to round.
static uint32_t first_of(uint32_t side, uint32_t round) {
  return (round * 2 + side) * WORDS_ROUND % (PAGE_BYTES / 4);
}

static void check(const uint32_t *words, uint32_t round, uint32_t page, const char *how) {
  for (uint32_t i = 0; i < WORDS_ROUND; i++)
    if (words[i] != word_of(round, page, i))
      watch_broken("word %u of page %u is %08x by %s", (unsigned)i, (unsigned)page,
                   (unsigned)words[i], how);
}

// The child: for each order it stores, and after the parent's own writes it checks those.
static void store_and_check(void) {
  uint32_t round;
  close(orders[1]);
  close(answers[0]);
  while (read_all(orders[0], &round, sizeof round) == sizeof round) {
    for (uint32_t page = 0; page < PAGES; page++) {
      uint32_t *words = map + page * (PAGE_BYTES / 4) + first_of(0, round);
      for (uint32_t i = 0; i < WORDS_ROUND; i++) words[i] = word_of(round, page, i);
    }
    watch_must(write_all(answers[1], &round, sizeof round), "answer");
    if (read_all(orders[0], &round, sizeof round) != sizeof round) break;
    for (uint32_t page = 0; page < PAGES; page++)
      check(map + page * (PAGE_BYTES / 4) + first_of(1, round), round, page, "the child's mapping");
    watch_must(write_all(answers[1], &round, sizeof round), "answer");
  }
  exit(0);
}

// Lets the child do its next part, and waits for it.
static void order(uint32_t round) {
  uint32_t answer = 0;
  watch_must(write_all(orders[1], &round, sizeof round), "order");
  int got = read_all(answers[0], &answer, sizeof answer);
  if (got != sizeof answer || answer != round) watch_broken("the child does not answer: %d", got);
}

static void run_round(uint32_t round) {
  uint32_t words[WORDS_ROUND];
  order(round);
  for (uint32_t page = 0; page < PAGES; page++) {
    uint32_t at = first_of(0, round);
    watch_must(read_at(file, words, sizeof words, page * PAGE_BYTES + at * 4), "pread");
    check(words, round, page, "read");
    check(map + page * (PAGE_BYTES / 4) + at, round, page, "mapping");
    for (uint32_t i = 0; i < WORDS_ROUND; i++) words[i] = word_of(round, page, i);
    at = first_of(1, round);
    watch_must(write_at(file, words, sizeof words, page * PAGE_BYTES + at * 4), "pwrite");
  }
  order(round);
}

// A new file, mapped before the fork, so that the child has the mapping too. Its pid.
static int begin_file(void) {
  watch_must(file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC), "open");
  watch_must(truncate_to(file, FILE_BYTES), "truncate");
  map = map_memory(FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (!map) watch_broken("no mapping");
  watch_must(make_pipe(orders), "pipe");
  watch_must(make_pipe(answers), "pipe");
  int pid = watch_fork();
  if (pid == 0) store_and_check();
  close(orders[0]);
  close(answers[1]);
  return pid;
}

static void end_file(int pid) {
  struct statx status;
  close(orders[1]);
  close(answers[0]);
  watch_await(pid, 0, "child");
  watch_must(status_of_fd(file, &status), "statx");
  if (status.size != FILE_BYTES) watch_broken("the file has %u bytes", (unsigned)status.size);
  watch_must(unmap_memory(map, FILE_BYTES), "unmap");
  close(file);
}

int main(int argc, char **argv) {
  uint32_t files = 0, round = 0;
  int pid = 0;
  watch_begin("mapper", argc, argv);
  format(path, sizeof path, "/tmp/mapper.%d", process_id());
  for (; watch_goes_on(); round++) {
    if (round % ROUNDS_FILE == 0) {
      if (files++) end_file(pid);
      pid = begin_file();
    }
    if (round % ROUNDS_FILE == ROUNDS_FILE / 2) watch_must(remove_file(path), "unlink");
    run_round(round);
    sleep_ns(PAUSE_NS);
  }
  if (files) end_file(pid);
  remove_file(path); // it may have lost its name already
  watch_kept("files=%u", (unsigned)files);
}
