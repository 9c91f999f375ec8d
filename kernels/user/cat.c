// cat [FILE...]: copies files, or its input, to its output.
#include "text.h"

static char buffer[PAGE_BYTES];

static void copy(int fd, const char *name) {
  int got;
  while ((got = read(fd, buffer, sizeof buffer)) > 0) {
    int error = write_all(STDOUT, buffer, (size_t)got);
    if (error < 0) fail("cat", "write", error);
  }
  if (got < 0) fail("cat", name, got);
}

int main(int argc, char **argv) {
  each_input("cat", argv + (argc > 0), copy);
  return 0;
}
