// stat PATH...: what the kernel knows of a file: kind, permissions, size, links and number.
#include "user.h"

static const char *kind_of(uint32_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR: return "directory";
    case S_IFCHR: return "character device";
    case S_IFBLK: return "block device";
    case S_IFIFO: return "pipe";
    default: return "file";
  }
}

static void show(const char *path) {
  struct statx status;
  int error = status_of(path, &status);
  if (error < 0) fail("stat", path, error);
  uint32_t mode = status.mode, kind = mode & S_IFMT;
  printf("%s: %s, mode %u%u%u, %llu bytes, links %u, inode %llu", path, kind_of(mode),
         (unsigned)(mode >> 6 & 7), (unsigned)(mode >> 3 & 7), (unsigned)(mode & 7),
         (unsigned long long)status.size, (unsigned)status.nlink, (unsigned long long)status.ino);
  if (kind == S_IFCHR || kind == S_IFBLK)
    printf(", device %u:%u", (unsigned)status.rdev_major, (unsigned)status.rdev_minor);
  printf("\n");
}

int main(int argc, char **argv) {
  if (argc < 2) {
    print_to(STDERR, "usage: stat PATH...\n");
    return 1;
  }
  for (int i = 1; i < argc; i++) show(argv[i]);
  return 0;
}
