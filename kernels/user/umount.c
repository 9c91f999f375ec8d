// umount DIRECTORY: takes a file system that nobody uses away again.
#include "user.h"

int main(int argc, char **argv) {
  if (argc != 2) {
    print_to(STDERR, "usage: umount DIRECTORY\n");
    return 1;
  }
  int error = unmount(argv[1]);
  if (error < 0) fail("umount", argv[1], error);
  return 0;
}
