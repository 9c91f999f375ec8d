// cat [FILE...]: copies files, or its input, to its output.
#include "user.h"

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
  if (argc < 2) copy(STDIN, "standard input");
  for (int i = 1; i < argc; i++) {
    int fd = open(argv[i], O_RDONLY);
    if (fd < 0) fail("cat", argv[i], fd);
    copy(fd, argv[i]);
    close(fd);
  }
  return 0;
}
