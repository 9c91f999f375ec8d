// usertests [NAME...] | --until-stand-down NAME...: asks the kernel questions, one function each,
// in the manner of xv6. A test fails by exiting with a status other than 0, or by dying; each runs
// in a process of its own, so the next one starts clean. Also runs under Linux (qemu-riscv32),
// whose answers are the measure; what only Quarterdeck can answer is skipped there.
#include "test.h"

int on_linux;
char *self_path;
char big[3 * PAGE_BYTES];

void expect_line(int holds, const char *text, const char *file, int line) {
  if (holds) return;
  print_to(STDERR, "  %s:%d: not so: %s\n", file, line, text);
  exit(1);
}

void expect_same(int got, int wanted, const char *text, const char *file, int line) {
  if (got == wanted) return;
  print_to(STDERR, "  %s:%d: %s is %d, not %d\n", file, line, text, got, wanted);
  exit(1);
}

int status_of_child(int pid) {
  int status = -1;
  expect_equal(wait_child(P_PID, pid, &status, 0), pid);
  return status;
}

int in_child(void (*function)(void)) {
  int pid = fork();
  expect(pid >= 0);
  if (pid == 0) {
    function();
    exit(0);
  }
  return status_of_child(pid);
}

int make_file(const char *path, const char *text) {
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC);
  expect(fd >= 0);
  expect_equal(write_all(fd, text, strlen(text)), 0);
  return fd;
}

int kexec_runs(void) {
  static struct process_info table[256];
  int count = syscall(SYS_PROCESSES, table, 256);
  for (int i = 0; i < count; i++)
    if (strcmp(table[i].name, "kexec") == 0) return 1;
  return 0;
}

char *page_before_hole(void) {
  char *pages = map_memory(2 * PAGE_BYTES, READ_WRITE, ANONYMOUS, -1, 0);
  expect(pages != 0);
  expect_equal(unmap_memory(pages + PAGE_BYTES, PAGE_BYTES), 0);
  return pages;
}

volatile int caught, last_caught;

void count_signal(int signal) {
  caught++;
  last_caught = signal;
}

int signal_after_ns(int64_t delay_ns, int signal) {
  int parent = process_id(), pid = fork();
  expect(pid >= 0);
  if (pid == 0) {
    sleep_ns(delay_ns);
    exit(send_signal(parent, signal) == 0 ? 0 : 1);
  }
  return pid;
}

// Removes what a test left in a directory, and the directory.
static void clean(const char *directory) {
  static char buffer[2048] __attribute__((aligned(8)));
  char path[128];
  int fd = open(directory, O_RDONLY | O_DIRECTORY), got;
  if (fd < 0) return;
  while ((got = syscall(SYS_GETDENTS64, fd, buffer, sizeof buffer)) > 0)
    for (int at = 0; at < got;) {
      struct linux_dirent64 *entry = (struct linux_dirent64 *)(buffer + at);
      at += entry->length;
      if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0) continue;
      format(path, sizeof path, "%s/%s", directory, entry->name);
      if (remove_file(path) < 0) clean(path);
    }
  close(fd);
  remove_directory(directory);
}

static const struct {
  const char *name;
  void (*function)(void);
} tests[] = {
#define ENTRY(name) {#name, name},
  CLAIMS(ENTRY)
};

// Runs one test in a child and a fresh directory. Returns whether it passed.
static int run_test(const char *name, void (*function)(void)) {
  clean(DIRECTORY);
  make_directory(DIRECTORY);
  int pid = fork(), status = -1;
  if (pid == 0) {
    expect_equal(change_directory(DIRECTORY), 0);
    function();
    exit(0);
  }
  if (pid < 0) status = pid;
  else wait_child(P_PID, pid, &status, 0);
  if (status == 0) printf("usertests: %s: passed\n", name);
  else printf("usertests: %s: FAILED (status %d)\n", name, status);
  return status == 0;
}

// What a test leaves behind goes, so that it can be asked again in the same process.
static void start_clean(const char *directory) {
  for (int fd = STDERR + 1; fd < 64; fd++) close(fd);
  for (int signal = 1; signal <= NSIG; signal++) set_handler(signal, SIG_DFL, 0);
  change_mask(SIG_SETMASK, 0, 0);
  caught = last_caught = 0;
  clean(directory);
  expect_equal(make_directory(directory), 0);
  expect_equal(change_directory(directory), 0);
}

// Asks again and again, in this one process, until the watch stands down: if a relief moves groups,
// much of it is asked of a kernel that the process has not moved to yet. For tests that can be
// repeated.
static int until_stand_down(int count, char **names) {
  struct statx status;
  char directory[64];
  int rounds = 0;
  format(directory, sizeof directory, "/tmp/%s", names[0]);
  for (; status_of("/run/stand-down", &status) != 0; rounds++)
    for (int i = 0; i < count; i++)
      for (unsigned j = 0; j < sizeof tests / sizeof *tests; j++) {
        if (strcmp(tests[j].name, names[i]) != 0) continue;
        start_clean(directory);
        tests[j].function();
      }
  printf("usertests: %s: %d rounds passed\n", names[0], rounds);
  return 0;
}

static int is_wanted(const char *name, int argc, char **argv) {
  for (int i = 1; i < argc; i++)
    if (strcmp(argv[i], name) == 0) return 1;
  return argc < 2;
}

int main(int argc, char **argv) {
  int passed = 0, failed = 0;
  self_path = argv[0][0] == '/' ? argv[0] : "/bin/usertests";
  if (argc > 1 && strcmp(argv[1], "--exec") == 0) return after_exec(argc, argv);
  if (argc > 1 && strcmp(argv[1], "--signals") == 0) return after_exec_signals();
  if (argc > 2 && strcmp(argv[1], "--alone") == 0) return after_exec_alone(argv[2]);
  if (argc > 2 && strcmp(argv[1], "--nap") == 0) return after_exec_nap(argv[2]);
  if (argc > 2 && strcmp(argv[1], "--until-stand-down") == 0)
    return until_stand_down(argc - 2, argv + 2);
  on_linux = syscall(SYS_PROCESSES, big, 0) == -ENOSYS;
  for (unsigned i = 0; i < sizeof tests / sizeof *tests; i++) {
    if (!is_wanted(tests[i].name, argc, argv)) continue;
    if (run_test(tests[i].name, tests[i].function)) passed++;
    else failed++;
  }
  clean(DIRECTORY);
  printf("usertests: %d passed, %d failed\n", passed, failed);
  return failed > 0;
}
