// grep TEXT [FILE...]: the lines that contain TEXT, as it stands. Exits 1 when there is none.
#include "text.h"

static const char *wanted;
static int found, has_several;

static void search(int fd, const char *name) {
  static char line[PAGE_BYTES];
  struct line_reader reader = {.fd = fd};
  int length;
  while ((length = next_line(&reader, line, sizeof line)) >= 0) {
    if (!strstr(line, wanted)) continue;
    found = 1;
    if (has_several) printf("%s:%s\n", name, line);
    else printf("%s\n", line);
  }
  if (length != END_OF_TEXT) fail("grep", name, length);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    print_to(STDERR, "usage: grep TEXT [FILE...]\n");
    return 2;
  }
  wanted = argv[1];
  has_several = argc > 3;
  each_input("grep", argv + 2, search);
  return !found;
}
