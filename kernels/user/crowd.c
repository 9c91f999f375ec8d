// crowd PROCESSES FILES [SEED]: the watch over many: so many children that mostly sleep, and so
// many open files in the parent, each at a position of its own; what a change of kernels costs can
// so be measured against processes and descriptors. It says by a file when all are there;
// `crowd -w` waits for that.
#include "watch.h"

#define PROCESSES_MOST 100
#define FILES_MOST 140
#define PAUSE_NS 100000000ll
#define WAIT_NS 5000000ll
#define THERE "/run/crowd-is-there"
#define BOOK "/tmp/crowd-book"
#define CODE 7

static int children[PROCESSES_MOST], files[FILES_MOST];
static uint32_t processes_wanted, files_wanted;

static int await_there(void) {
  struct statx status;
  while (status_of(THERE, &status) != 0) sleep_ns(WAIT_NS);
  return 0;
}

static uint8_t byte_at(uint32_t position) {
  return (uint8_t)mix32(watch_seed ^ position);
}

static void write_book(void) {
  uint8_t bytes[2 * FILES_MOST];
  for (uint32_t i = 0; i < sizeof bytes; i++) bytes[i] = byte_at(i);
  int book = watch_must(open(BOOK, O_CREAT | O_WRONLY | O_TRUNC), BOOK);
  watch_must(write_all(book, bytes, sizeof bytes), BOOK);
  close(book);
}

// Child `number`: sleeps on, and ends with the others.
__attribute__((noreturn)) static void live(uint32_t number) {
  uint32_t own = mix32(number);
  while (watch_goes_on()) {
    if (own != mix32(number)) watch_broken("child %u is another", (unsigned)number);
    sleep_ns(PAUSE_NS);
  }
  exit(CODE);
}

static void begin(void) {
  write_book();
  for (uint32_t i = 0; i < processes_wanted; i++) {
    children[i] = watch_fork();
    if (children[i] == 0) live(i);
  }
  for (uint32_t i = 0; i < files_wanted; i++) {
    files[i] = watch_must(open(BOOK, O_RDONLY), BOOK);
    watch_must(seek(files[i], i, SEEK_SET), "seek");
  }
  close(watch_must(open(THERE, O_CREAT | O_WRONLY), THERE));
}

// Each file is where it was left, one byte further each time until the end of its stretch.
static void read_one(uint32_t i) {
  uint8_t byte;
  if (watch_must(read(files[i], &byte, 1), "read") != 1) watch_broken("file %u ends", (unsigned)i);
  if (byte != byte_at(i)) watch_broken("file %u reads %02x", (unsigned)i, byte);
  watch_must(seek(files[i], i, SEEK_SET), "seek");
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "-w") == 0) return await_there();
  if (argc < 3 || !parse_number(argv[1], &processes_wanted) ||
      !parse_number(argv[2], &files_wanted) || processes_wanted > PROCESSES_MOST ||
      files_wanted > FILES_MOST) {
    print_to(STDERR, "usage: crowd PROCESSES FILES [SEED] | -w\n");
    return 1;
  }
  watch_begin("crowd", argc - 2, argv + 2);
  begin();
  while (watch_goes_on()) {
    if (files_wanted) read_one(watch_rounds % files_wanted);
    sleep_ns(PAUSE_NS);
  }
  for (uint32_t i = 0; i < files_wanted; i++) read_one(i);
  for (uint32_t i = 0; i < processes_wanted; i++) watch_await(children[i], CODE, "child");
  watch_kept("processes=%u files=%u", (unsigned)processes_wanted, (unsigned)files_wanted);
}
