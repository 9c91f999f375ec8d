// ballast KIB [SEED]: the watch over memory. It fills so many KiB with a pattern of the seed, says
// so by a file, and checks a page of it each round; what a relief costs can so be measured against
// memory. `ballast -w` waits for that file.
#include "watch.h"

#define PAGE_WORDS (PAGE_BYTES / 4)
#define PAUSE_NS 5000000ll
#define FILLED "/run/ballast-is-filled"

static uint32_t *words;

static uint32_t word_of(uint32_t index) {
  return mix32(watch_seed ^ mix32(index));
}

static void check_page(uint32_t page) {
  for (uint32_t i = page * PAGE_WORDS; i < (page + 1) * PAGE_WORDS; i++)
    if (words[i] != word_of(i))
      watch_broken("word %u is %08x", (unsigned)i, (unsigned)words[i]);
}

static int await_filled(void) {
  struct statx status;
  while (status_of(FILLED, &status) != 0) sleep_ns(PAUSE_NS);
  return 0;
}

int main(int argc, char **argv) {
  uint32_t kib, page = 0;
  if (argc == 2 && strcmp(argv[1], "-w") == 0) return await_filled();
  if (argc < 2 || !parse_number(argv[1], &kib) || kib < 4 || kib > 2u << 20) {
    print_to(STDERR, "usage: ballast KIB [SEED] | -w\n");
    return 1;
  }
  uint32_t pages = kib / 4;
  watch_begin("ballast", argc - 1, argv + 1);
  words = map_memory(pages * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                     0);
  if (!words) fail("ballast", argv[1], -ENOMEM);
  for (uint32_t i = 0; i < pages * PAGE_WORDS; i++) words[i] = word_of(i);
  close(watch_must(open(FILLED, O_CREAT | O_WRONLY), FILLED));
  for (; watch_goes_on(); page = (page + 1) % pages) {
    check_page(page);
    sleep_ns(PAUSE_NS);
  }
  for (page = 0; page < pages; page++) check_page(page);
  watch_kept("pages=%u", (unsigned)pages);
}
