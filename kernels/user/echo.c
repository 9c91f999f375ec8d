// echo [-n] WORD...: writes its arguments, one space between two, and a newline unless -n. All of
// it in one write, as long as it fits, so that several echoes at once do not mix their lines.
#include "user.h"

static char line[1024];
static unsigned used;

static void put(char c) {
  if (used == sizeof line) {
    write_all(STDOUT, line, used);
    used = 0;
  }
  line[used++] = c;
}

int main(int argc, char **argv) {
  int first = argc > 1 && strcmp(argv[1], "-n") == 0 ? 2 : 1;
  for (int i = first; i < argc; i++) {
    for (const char *c = argv[i]; *c; c++) put(*c);
    if (i + 1 < argc) put(' ');
  }
  if (first == 1) put('\n');
  return write_all(STDOUT, line, used) != 0;
}
