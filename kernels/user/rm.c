// rm FILE...: removes files, and directories that are empty.
#include "user.h"

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    int error = remove_file(argv[i]);
    if (error == -EISDIR || error == -EPERM) error = remove_directory(argv[i]);
    if (error < 0) fail("rm", argv[i], error);
  }
  return 0;
}
