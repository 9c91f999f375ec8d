// touch FILE...: creates files that do not exist.
#include "user.h"

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    int fd = open(argv[i], O_WRONLY | O_CREAT);
    if (fd < 0) fail("touch", argv[i], fd);
    close(fd);
  }
  return 0;
}
