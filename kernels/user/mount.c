// mount DEVICE DIRECTORY TYPE: a file system on a disk, from now on at a directory.
#include "user.h"

int main(int argc, char **argv) {
  if (argc != 4) {
    print_to(STDERR, "usage: mount DEVICE DIRECTORY TYPE\n");
    return 1;
  }
  int error = mount(argv[1], argv[2], argv[3]);
  if (error < 0) fail("mount", argv[1], error);
  return 0;
}
