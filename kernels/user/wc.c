// wc [FILE...]: counts lines, words and bytes.
#include "text.h"

static void count(int fd, const char *name) {
  static char buffer[PAGE_BYTES];
  uint32_t lines = 0, words = 0, bytes = 0;
  int got, in_word = 0;
  while ((got = read(fd, buffer, sizeof buffer)) > 0) {
    bytes += (uint32_t)got;
    for (int i = 0; i < got; i++) {
      int is_blank = buffer[i] == ' ' || (buffer[i] >= '\t' && buffer[i] <= '\r');
      lines += buffer[i] == '\n';
      words += !is_blank && !in_word;
      in_word = !is_blank;
    }
  }
  if (got < 0) fail("wc", name, got);
  printf("%7u %7u %7u%s%s\n", (unsigned)lines, (unsigned)words, (unsigned)bytes,
         fd == STDIN ? "" : " ", fd == STDIN ? "" : name);
}

int main(int argc, char **argv) {
  each_input("wc", argv + (argc > 0), count);
  return 0;
}
