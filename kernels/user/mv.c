// mv OLD... NEW: renames a file or directory, or moves several into the directory NEW.
#include "user.h"

static int is_directory(const char *path) {
  struct statx status;
  return status_of(path, &status) == 0 && (status.mode & S_IFMT) == S_IFDIR;
}

// The last part of a path.
static const char *name_of(const char *path) {
  const char *name = path;
  for (const char *at = path; *at; at++)
    if (*at == '/' && at[1]) name = at + 1;
  return name;
}

int main(int argc, char **argv) {
  char path[256];
  if (argc < 3) {
    print_to(STDERR, "usage: mv OLD... NEW\n");
    return 1;
  }
  const char *target = argv[argc - 1];
  int into = is_directory(target);
  if (argc > 3 && !into) fail("mv", target, ENOTDIR);
  for (int i = 1; i < argc - 1; i++) {
    int used = format(path, sizeof path, into ? "%s/%s" : "%s", target, name_of(argv[i]));
    int error = used < (int)sizeof path ? rename_file(argv[i], path) : -ENAMETOOLONG;
    if (error < 0) fail("mv", argv[i], error);
  }
  return 0;
}
