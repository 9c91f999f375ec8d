// head [-N] [FILE...]: the first N lines, 10 unless told otherwise.
#include "text.h"

static uint32_t wanted = 10;

static void show(int fd, const char *name) {
  static char line[PAGE_BYTES];
  struct line_reader reader = {.fd = fd};
  for (uint32_t i = 0; i < wanted; i++) {
    int length = next_line(&reader, line, sizeof line);
    if (length == END_OF_TEXT) return;
    if (length < 0) fail("head", name, length);
    printf("%s\n", line);
  }
}

int main(int argc, char **argv) {
  char **names = argv + (argc > 0);
  if (argc > 1 && argv[1][0] == '-') {
    if (!parse_number(argv[1] + 1, &wanted)) fail("head", argv[1], EINVAL);
    names++;
  }
  each_input("head", names, show);
  return 0;
}
