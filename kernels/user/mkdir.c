// mkdir DIRECTORY...: makes directories.
#include "user.h"

int main(int argc, char **argv) {
  if (argc < 2) {
    print_to(STDERR, "usage: mkdir DIRECTORY...\n");
    return 1;
  }
  for (int i = 1; i < argc; i++) {
    int error = make_directory(argv[i]);
    if (error < 0) fail("mkdir", argv[i], error);
  }
  return 0;
}
