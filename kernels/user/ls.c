// ls [PATH...]: lists directories, one name a line: type, size and name.
#include "user.h"

static char type_letter(uint32_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR: return 'd';
    case S_IFCHR: return 'c';
    case S_IFBLK: return 'b';
    case S_IFIFO: return 'p';
    default: return '-';
  }
}

// One line; the name is shown, the path is where to look.
static void show(const char *path, const char *name) {
  struct statx status;
  int error = status_of(path, &status);
  if (error < 0) fail("ls", path, error);
  printf("%c %9llu %s\n", type_letter(status.mode), (unsigned long long)status.size, name);
}

static void list(const char *directory, int fd) {
  uint64_t buffer[128];
  char path[256];
  int got;
  while ((got = syscall(SYS_GETDENTS64, fd, buffer, sizeof buffer)) > 0) {
    for (int at = 0; at < got;) {
      struct linux_dirent64 *entry = (struct linux_dirent64 *)((char *)buffer + at);
      at += entry->length;
      if (entry->name[0] == '.') continue;
      format(path, sizeof path, "%s/%s", directory, entry->name);
      show(path, entry->name);
    }
  }
  if (got < 0) fail("ls", directory, got);
}

int main(int argc, char **argv) {
  static char *here[] = {"ls", "."};
  if (argc < 2) argv = here, argc = 2;
  for (int i = 1; i < argc; i++) {
    int fd = open(argv[i], O_RDONLY | O_DIRECTORY);
    if (fd == -ENOTDIR) {
      show(argv[i], argv[i]);
      continue;
    }
    if (fd < 0) fail("ls", argv[i], fd);
    list(argv[i], fd);
    close(fd);
  }
  return 0;
}
