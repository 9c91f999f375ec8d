// usertests [NAME...]: asks the kernel questions, one function each, in the manner of xv6. A test
// fails by exiting with a status other than 0, or by dying; each runs in a process of its own, so
// the next one starts clean. Also runs under Linux (qemu-riscv32), whose answers are the measure;
// what only Quarterdeck can answer is skipped there.
#include "pattern.h"
#include "user.h"

#define KERNEL_ADDRESS 0xc0400000u
#define DIRECTORY "/tmp/usertests"
#define MS 1000000ll
#define KILLED_BY(signal) (128 + (signal))

static int on_linux; // run by a user emulator: no Quarterdeck calls, and no limits worth reaching
static char *self_path;
static char big[3 * PAGE_BYTES];

// Ends the test with a line that says what was not so.
#define expect(condition) expect_line(condition, #condition, __LINE__)
static void expect_line(int holds, const char *text, int line) {
  if (holds) return;
  print_to(STDERR, "  line %d: not so: %s\n", line, text);
  exit(1);
}

// expect(got == wanted), and shows both.
#define expect_equal(got, wanted) expect_same((int)(got), (int)(wanted), #got, __LINE__)
static void expect_same(int got, int wanted, const char *text, int line) {
  if (got == wanted) return;
  print_to(STDERR, "  line %d: %s is %d, not %d\n", line, text, got, wanted);
  exit(1);
}

static int status_of_child(int pid) {
  int status = -1;
  expect_equal(wait_child(P_PID, pid, &status, 0), pid);
  return status;
}

// Runs a function in a child; returns its status.
static int in_child(void (*function)(void)) {
  int pid = fork();
  expect(pid >= 0);
  if (pid == 0) {
    function();
    exit(0);
  }
  return status_of_child(pid);
}

static int make_file(const char *path, const char *text) {
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC);
  expect(fd >= 0);
  expect_equal(write_all(fd, text, strlen(text)), 0);
  return fd;
}

// --- Bad pointers

// What if you pass ridiculous pointers to calls that read user memory?
static void copy_in(void) {
  static const uint32_t bad[] = {0, KERNEL_ADDRESS, 0x7ffff000, 0xbffff000, 0xfffff000, 0xffffffff};
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    char *pointer = (char *)bad[i];
    int fd = open("copy_in", O_CREAT | O_WRONLY), fds[2];
    expect(fd >= 0);
    expect_equal(write(fd, pointer, 8192), -EFAULT);
    expect_equal(make_pipe(fds), 0);
    expect_equal(write(fds[1], pointer, 8192), -EFAULT);
    expect_equal(open(pointer, O_RDONLY), -EFAULT);
    expect_equal(remove_file(pointer), -EFAULT);
    expect_equal(execute(pointer, 0), -EFAULT);
    close(fd);
    close(fds[0]);
    close(fds[1]);
  }
}

// What if you pass ridiculous pointers to calls that write user memory, or its own text?
static void copy_out(void) {
  uint32_t bad[] = {0, KERNEL_ADDRESS, 0xbffff000, 0xfffffffc, (uint32_t)&copy_out};
  close(make_file("copy_out", "some bytes"));
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    char *pointer = (char *)bad[i];
    int fd = open("copy_out", O_RDONLY), fds[2];
    expect_equal(read(fd, pointer, 8), -EFAULT);
    expect_equal(make_pipe(fds), 0);
    expect_equal(write(fds[1], "x", 1), 1);
    expect_equal(read(fds[0], pointer, 1), -EFAULT);
    expect_equal(syscall(SYS_PIPE2, pointer, 0), -EFAULT);
    expect_equal(syscall(SYS_STATX, AT_FDCWD, ".", 0, 0x7ff, pointer), -EFAULT);
    expect_equal(syscall(SYS_GETCWD, pointer, 64), -EFAULT);
    expect_equal(syscall(SYS_CLOCK_GETTIME64, CLOCK_MONOTONIC, pointer), -EFAULT);
    if (pointer) expect_equal(syscall(SYS_LLSEEK, fd, 0, 0, pointer, SEEK_SET), -EFAULT);
    close(fd);
    close(fds[0]);
    close(fds[1]);
  }
}

// What if a buffer starts well and ends in nothing?
static void buffer_across_end(void) {
  char *end = grow_break(PAGE_BYTES);
  expect(end != 0);
  end = (char *)(((uint32_t)end + PAGE_BYTES) & -PAGE_BYTES);
  syscall(SYS_BRK, end);
  int fd = open("across", O_CREAT | O_RDWR);
  int written = write(fd, end - 16, 64);
  expect(written == -EFAULT || written == 16);
  expect_equal(syscall(SYS_OPENAT, AT_FDCWD, (memset(end - 4, 'a', 4), end - 4), 0, 0), -EFAULT);
  close(fd);
}

// What if a path or an argument list has no end?
static void endless_strings(void) {
  memset(big, 'a', sizeof big);
  big[sizeof big - 1] = 0;
  expect_equal(open(big, O_RDONLY), -ENAMETOOLONG);
  char *arguments[] = {self_path, (char *)KERNEL_ADDRESS, 0};
  expect_equal(execute(self_path, arguments), -EFAULT);
  expect_equal(execute(self_path, (char *const *)KERNEL_ADDRESS), -EFAULT);
}

// What if the size is ridiculous?
static void huge_sizes(void) {
  int fd = open("huge", O_CREAT | O_RDWR);
  int result = write(fd, (void *)0x10000, 0x7fffffff);
  expect(result == -EFAULT || result > 0);
  result = read(fd, (void *)0x10000, 0xffffffff);
  expect(result <= 0);
  expect(syscall(SYS_MMAP2, 0, 0xfffff000, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) < 0);
  result = syscall(SYS_MMAP2, 0, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  expect_equal(result, -EINVAL);
  expect_equal(syscall(SYS_GETCWD, big, 1), -ERANGE);
  close(fd);
}

// --- Files

// Are numbers that are no descriptors refused, and descriptors that were closed?
static void bad_descriptors(void) {
  static const int bad[] = {-1, -100, 99, 1 << 20, 0x7fffffff, (int)0x80000000};
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    expect_equal(read(bad[i], big, 1), -EBADF);
    expect_equal(write(bad[i], big, 1), -EBADF);
    expect_equal(close(bad[i]), -EBADF);
    expect_equal(syscall(SYS_DUP, bad[i]), -EBADF);
    expect_equal(seek(bad[i], 0, SEEK_SET), -EBADF);
  }
  int fd = make_file("closed", "x");
  expect_equal(close(fd), 0);
  expect_equal(close(fd), -EBADF);
  expect_equal(write(fd, "x", 1), -EBADF);
}

// Does a read-only descriptor refuse a write, and the reverse?
static void access_modes(void) {
  close(make_file("modes", "abc"));
  int reader = open("modes", O_RDONLY), writer = open("modes", O_WRONLY);
  expect_equal(write(reader, "x", 1), -EBADF);
  expect_equal(read(writer, big, 1), -EBADF);
  int directory = open(".", O_RDONLY);
  expect(directory >= 0);
  expect_equal(read(directory, big, 16), -EISDIR);
  expect_equal(open(".", O_WRONLY), -EISDIR);
  expect_equal(open("modes", O_RDONLY | O_DIRECTORY), -ENOTDIR);
  expect_equal(open("modes/x", O_RDONLY), -ENOTDIR);
  expect_equal(open("nothing", O_RDONLY), -ENOENT);
  expect_equal(open("nothing/x", O_CREAT | O_WRONLY), -ENOENT);
  expect_equal(open("modes", O_CREAT | O_EXCL | O_WRONLY), -EEXIST);
  expect_equal(open("", O_RDONLY), -ENOENT);
}

// Does a file give back what was written, over many pages?
static void write_read_back(void) {
  int fd = open("back", O_CREAT | O_RDWR);
  for (uint32_t block = 0; block < 40; block++) {
    for (uint32_t i = 0; i < 1000; i++) big[i] = (char)(block * 7 + i);
    expect_equal(write(fd, big, 1000), 1000);
  }
  expect_equal(seek(fd, 0, SEEK_CUR), 40000);
  expect_equal(seek(fd, 0, SEEK_SET), 0);
  for (uint32_t block = 0; block < 40; block++) {
    expect_equal(read_all(fd, big, 1000), 1000);
    for (uint32_t i = 0; i < 1000; i++) expect_equal(big[i], (char)(block * 7 + i));
  }
  expect_equal(read(fd, big, 1), 0);
}

// Do seeks land where they should, and does a hole read as zeros?
static void seeks(void) {
  int fd = make_file("seeks", "0123456789"), fds[2];
  expect_equal(seek(fd, -3, SEEK_END), 7);
  expect_equal(read(fd, big, 10), 3);
  expect_equal(memcmp(big, "789", 3), 0);
  expect_equal(seek(fd, -20, SEEK_CUR), -EINVAL);
  expect_equal(seek(fd, 0, 17), -EINVAL);
  expect_equal(seek(fd, 5000, SEEK_SET), 5000);
  expect_equal(read(fd, big, 1), 0);
  expect_equal(write(fd, "x", 1), 1);
  expect_equal(seek(fd, 4990, SEEK_SET), 4990);
  expect_equal(read(fd, big, 100), 11);
  for (int i = 0; i < 10; i++) expect_equal(big[i], 0);
  expect_equal(big[10], 'x');
  expect_equal(make_pipe(fds), 0);
  expect_equal(seek(fds[0], 0, SEEK_SET), -ESPIPE);
}

// Does O_APPEND write at the end whatever the offset, and O_TRUNC empty the file?
static void append(void) {
  struct statx status;
  int fd = make_file("append", "0123456789"), end = open("append", O_WRONLY | O_APPEND);
  expect_equal(write(end, "ab", 2), 2);
  expect_equal(seek(end, 0, SEEK_SET), 0);
  expect_equal(write(end, "cd", 2), 2);
  expect_equal(status_of_fd(fd, &status), 0);
  expect_equal(status.size, 14);
  close(open("append", O_WRONLY | O_TRUNC));
  expect_equal(status_of("append", &status), 0);
  expect_equal(status.size, 0);
}

// Does truncation cut, and does what grows back read as zeros?
static void truncate(void) {
  int fd = make_file("truncate", "0123456789");
  expect_equal(truncate_to(fd, 4), 0);
  expect_equal(truncate_to(fd, 8), 0);
  expect_equal(seek(fd, 0, SEEK_SET), 0);
  expect_equal(read(fd, big, 100), 8);
  expect_equal(memcmp(big, "0123\0\0\0\0", 8), 0);
  expect_equal(truncate_to(fd, 0), 0);
  expect_equal(read(fd, big, 100), 0);
  expect_equal(truncate_to(open("truncate", O_RDONLY), 0), -EINVAL);
}

// Does a file without a name live on while it is open?
static void unlinked_file(void) {
  struct statx status;
  int fd = make_file("unlinked", "still here");
  expect_equal(remove_file("unlinked"), 0);
  expect_equal(status_of("unlinked", &status), -ENOENT);
  expect_equal(remove_file("unlinked"), -ENOENT);
  expect_equal(seek(fd, 0, SEEK_SET), 0);
  expect_equal(read(fd, big, 100), 10);
  int other = make_file("unlinked", "new");
  expect_equal(seek(fd, 0, SEEK_SET), 0);
  expect_equal(read(fd, big, 100), 10);
  close(other);
}

// Do directories nest, refuse removal while full, and give names relative to the working one?
static void directories(void) {
  expect_equal(make_directory("one"), 0);
  expect_equal(make_directory("one"), -EEXIST);
  expect_equal(make_directory("one/two"), 0);
  expect_equal(make_directory("none/two"), -ENOENT);
  expect_equal(change_directory("one/two"), 0);
  close(make_file("file", "x"));
  expect_equal(change_directory("file"), -ENOTDIR);
  expect_equal(syscall(SYS_GETCWD, big, 256), strlen(DIRECTORY "/one/two") + 1);
  expect_equal(strcmp(big, DIRECTORY "/one/two"), 0);
  expect_equal(change_directory("../.."), 0);
  expect_equal(remove_directory("one/two"), -ENOTEMPTY);
  expect_equal(remove_file("one/two/../two/./file"), 0);
  expect_equal(remove_directory("one/two"), 0);
  expect(remove_file("one") < 0);
  expect_equal(remove_directory("one"), 0);
  expect_equal(change_directory("one"), -ENOENT);
}

// Does getdents list each name once, over several small buffers?
static void list_names(void) {
  char name[16];
  uint64_t buffer[16];
  int seen[20] = {0}, got;
  expect_equal(make_directory("names"), 0);
  for (int i = 0; i < 20; i++) {
    format(name, sizeof name, "names/%02d", i);
    close(make_file(name, ""));
  }
  int fd = open("names", O_RDONLY | O_DIRECTORY);
  while ((got = syscall(SYS_GETDENTS64, fd, buffer, sizeof buffer)) > 0)
    for (int at = 0; at < got;) {
      struct linux_dirent64 *entry = (struct linux_dirent64 *)((char *)buffer + at);
      uint32_t number;
      if (parse_number(entry->name, &number) && number < 20) seen[number]++;
      at += entry->length;
    }
  expect_equal(got, 0);
  for (int i = 0; i < 20; i++) expect_equal(seen[i], 1);
  expect_equal(syscall(SYS_GETDENTS64, STDERR, buffer, sizeof buffer), -ENOTDIR);
}

// What if a process opens more files than it may?
static void exhaust_descriptors(void) {
  int last = 0, opened = 0;
  if (on_linux) return;
  while (opened < 5000 && (last = open("/dev/null", O_RDONLY)) >= 0) opened++;
  expect(opened > 8 && opened < 5000);
  expect(last == -EMFILE || last == -ENFILE);
  int fds[2];
  expect(make_pipe(fds) < 0);
  for (int fd = 3; fd < opened + 3; fd++) expect_equal(close(fd), 0);
  expect_equal(make_pipe(fds), 0);
}

// Do copies of a descriptor share its offset, also across fork?
static void shared_offset(void) {
  int fd = make_file("offset", "0123456789");
  int copy = syscall(SYS_DUP, fd);
  expect_equal(seek(fd, 2, SEEK_SET), 2);
  expect_equal(seek(copy, 0, SEEK_CUR), 2);
  int pid = fork();
  if (pid == 0) exit(read(copy, big, 3) == 3 ? 0 : 1);
  expect_equal(status_of_child(pid), 0);
  expect_equal(seek(fd, 0, SEEK_CUR), 5);
  expect_equal(duplicate_to(fd, 20), 20);
  expect_equal(close(fd), 0);
  expect_equal(read(20, big, 1), 1);
  expect_equal(big[0], '5');
  expect_equal(syscall(SYS_DUP3, 20, 20, 0), -EINVAL);
}

// Are null and zero what they should be?
static void devices(void) {
  int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR);
  expect(null >= 0 && zero >= 0);
  expect_equal(write(null, big, 100), 100);
  expect_equal(read(null, big, 100), 0);
  memset(big, 1, 100);
  expect_equal(read(zero, big, 100), 100);
  for (int i = 0; i < 100; i++) expect_equal(big[i], 0);
}

// --- Pipes

// Does a reader see the end only when the last writer is gone?
static void pipe_end(void) {
  int fds[2];
  expect_equal(make_pipe(fds), 0);
  int pid = fork();
  if (pid == 0) {
    close(fds[0]);
    sleep_ns(20 * MS);
    exit(write(fds[1], "late", 4) == 4 ? 0 : 1);
  }
  close(fds[1]);
  expect_equal(read(fds[0], big, 100), 4);
  expect_equal(read(fds[0], big, 100), 0);
  expect_equal(status_of_child(pid), 0);
  expect_equal(write(fds[0], "x", 1), -EBADF);
}

static void write_without_reader(void) {
  int fds[2];
  expect_equal(make_pipe(fds), 0);
  close(fds[0]);
  // A kernel may send SIGPIPE first; then nothing comes back.
  exit(write(fds[1], "x", 1) == -EPIPE ? 0 : 1);
}

// Is a write without a reader refused?
static void pipe_broken(void) {
  int status = in_child(write_without_reader);
  expect(status == 0 || status == KILLED_BY(SIGPIPE));
}

// Does a full pipe hold its writer, and give all bytes in order?
static void pipe_full(void) {
  int fds[2];
  uint32_t expected = 0;
  expect_equal(make_pipe(fds), 0);
  int pid = fork();
  if (pid == 0) {
    close(fds[0]);
    for (uint32_t block = 0; block < 60; block++) {
      for (uint32_t i = 0; i < 5000; i++) big[i] = (char)((block * 5000 + i) % 251);
      if (write(fds[1], big, 5000) != 5000) exit(1);
    }
    exit(0);
  }
  close(fds[1]);
  sleep_ns(20 * MS);
  for (int got, size = 1; (got = read(fds[0], big, (size_t)size)) > 0; size = size % 4000 + 37)
    for (int i = 0; i < got; i++, expected++)
      if ((uint8_t)big[i] != expected % 251) expect_equal((uint8_t)big[i], expected % 251);
  expect_equal(expected, 300000);
  expect_equal(status_of_child(pid), 0);
}

// --- Processes

// Do a child's exit codes come back, also by pid, also late, and only once?
static void wait_variants(void) {
  int status = -1, first = fork();
  if (first == 0) exit(77);
  int second = fork();
  if (second == 0) {
    sleep_ns(50 * MS);
    exit(300); // only the low 8 bits are kept
  }
  expect_equal(wait_child(P_PID, second, &status, WNOHANG), 0);
  expect_equal(wait_child(P_PID, second, &status, 0), second);
  expect_equal(status, 300 & 255);
  expect_equal(wait_child(P_ALL, 0, &status, 0), first);
  expect_equal(status, 77);
  expect_equal(wait_child(P_PID, first, &status, 0), -ECHILD);
  expect_equal(wait_child(P_ALL, 0, &status, 0), -ECHILD);
  expect_equal(wait_child(P_PID, 1, &status, 0), -ECHILD);
  expect_equal(syscall(SYS_WAITID, P_ALL, 0, 0, 0, 0), -EINVAL);
}

// Does a kill end a sleeper, a reader and a spinner, and are others out of reach?
static void kills(void) {
  for (int kind = 0; kind < 3; kind++) {
    int fds[2];
    expect_equal(make_pipe(fds), 0);
    int pid = fork();
    if (pid == 0) {
      if (kind == 0) sleep_ns(3600000 * MS);
      if (kind == 1) read(fds[0], big, 1);
      for (volatile int i = 0;; i++) {
      }
    }
    sleep_ns(10 * MS);
    expect_equal(send_signal(pid, 0), 0);
    expect_equal(send_signal(pid, kind ? SIGKILL : SIGTERM), 0);
    expect_equal(status_of_child(pid), KILLED_BY(kind ? SIGKILL : SIGTERM));
    expect_equal(send_signal(pid, SIGKILL), -ESRCH);
  }
  expect_equal(send_signal(process_id(), 999), -EINVAL);
  expect_equal(send_signal(0x3fffffff, SIGKILL), -ESRCH);
}

// Do 25 generations, each a child of the one before, all come back?
static void deep_fork(void) {
  for (int depth = 0; depth < 25; depth++) {
    int pid = fork();
    expect(pid >= 0);
    if (pid > 0) exit(status_of_child(pid) == 0 ? 0 : 1);
  }
}

// What if there are no processes left? Is the refusal clean, and can all be reaped?
static void fork_until_refused(void) {
  int count = 0, pid = 0, limit = on_linux ? 20 : 1000;
  while (count < limit && (pid = fork()) > 0) count++;
  if (pid == 0 && count < limit) exit(0);
  expect(count > 3);
  expect(count == limit || pid == -EAGAIN || pid == -ENOMEM);
  for (int i = 0; i < count; i++) expect(wait_child(P_ALL, 0, 0, 0) > 0);
  expect_equal(wait_child(P_ALL, 0, 0, 0), -ECHILD);
}

// Is a child whose parent is gone adopted?
static void orphan(void) {
  int fds[2], adopter = 0;
  expect_equal(make_pipe(fds), 0);
  int pid = fork();
  if (pid == 0) {
    int parent = process_id();
    if (fork() == 0) {
      while (parent_id() == parent) sleep_ns(MS);
      adopter = parent_id();
      write(fds[1], &adopter, sizeof adopter);
    }
    exit(0);
  }
  expect_equal(status_of_child(pid), 0);
  expect_equal(read_all(fds[0], &adopter, sizeof adopter), sizeof adopter);
  expect(on_linux || adopter == 1);
}

// Do stores after a fork stay on their own side, in data, heap, stack and mappings?
static void copy_on_write(void) {
  static uint32_t data = 1;
  uint32_t stack = 1;
  uint32_t *heap = allocate(8 * PAGE_BYTES);
  uint32_t *map = (uint32_t *)syscall(SYS_MMAP2, 0, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  expect(heap != 0);
  expect((uint32_t)map < 0xfffff000);
  for (int i = 0; i < 8; i++) heap[i * 1024] = 1;
  *map = 1;
  for (uint32_t round = 2; round < 6; round++) {
    int pid = fork();
    if (pid == 0) {
      *(volatile uint32_t *)&stack = round;
      data = *map = round;
      for (int i = 0; i < 8; i++) heap[i * 1024] = round;
      expect(data == round && *map == round && heap[7168] == round);
      exit(0);
    }
    expect_equal(status_of_child(pid), 0);
    expect(*(volatile uint32_t *)&stack == 1 && data == 1 && *map == 1);
    for (int i = 0; i < 8; i++) expect_equal(heap[i * 1024], 1);
  }
  // The kernel's own stores into a shared page must part it too.
  int fd = open("/dev/zero", O_RDONLY), pid = fork();
  if (pid == 0) exit(read(fd, map, 4) == 4 && *map == 0 ? 0 : 1);
  expect_equal(status_of_child(pid), 0);
  expect_equal(*map, 1);
}

// --- exec

// Does exec pass arguments, keep descriptors and the pid, and drop those closed on exec?
static void exec_arguments(void) {
  char word[16], kept[16], dropped[16];
  int pid = fork();
  if (pid == 0) {
    int keep = open("/dev/null", O_RDONLY), drop = open("/dev/null", O_RDONLY | O_CLOEXEC);
    format(word, sizeof word, "%d", process_id());
    format(kept, sizeof kept, "%d", keep);
    format(dropped, sizeof dropped, "%d", drop);
    char *arguments[] = {"usertests", "--exec", word, kept, dropped, "", "two words", 0};
    // Under an emulator the path is that of a program the host itself cannot run.
    exit(on_linux ? 0 : execute(self_path, arguments));
  }
  expect_equal(status_of_child(pid), 0);
}

// The other side of exec_arguments.
static int after_exec(int argc, char **argv) {
  uint32_t number;
  expect_equal(argc, 7);
  expect(parse_number(argv[2], &number) && (int)number == process_id());
  expect(parse_number(argv[3], &number) && read((int)number, big, 1) == 0);
  expect(parse_number(argv[4], &number) && read((int)number, big, 1) == -EBADF);
  expect(strcmp(argv[5], "") == 0 && strcmp(argv[6], "two words") == 0 && argv[7] == 0);
  return 0;
}

// Is what is no program refused, with the caller unharmed?
static void exec_refused(void) {
  char *arguments[] = {"x", 0};
  static const char broken[] = "\177ELF\1\1\1\0\0\0\0\0\0\0\0\0\2\0\363\0\1\0\0\0\0\0\1\0"
                               "\377\377\377\177\0\0\0\0\0\0\0\0\064\0\040\0\377\377";
  int fd = make_file("text", "this is no program\n");
  close(fd);
  fd = open("broken", O_CREAT | O_WRONLY);
  write(fd, broken, sizeof broken);
  close(fd);
  int error = execute("text", arguments);
  expect(error == -ENOEXEC || error == -EACCES);
  error = execute("broken", arguments);
  expect(error == -ENOEXEC || error == -EACCES || error == -EINVAL);
  expect_equal(execute("nothing", arguments), -ENOENT);
  expect(execute(".", arguments) < 0);
}

// --- Memory

static void load_null(void) {
  (void)*(volatile int *)0;
}
static void load_kernel(void) {
  (void)*(volatile int *)KERNEL_ADDRESS;
}
static void store_text(void) {
  *(volatile int *)&store_text = 0;
}
// Written by jump_to_data, so that the compiler cannot take them for constants beside the text.
static volatile uint32_t code_in_data[1];
static void jump_to_data(void) {
  code_in_data[0] = 0x00008067; // ret
  ((void (*)(void))(uint32_t)code_in_data)();
}
static void illegal_instruction(void) {
  __asm__ volatile(".word 0");
}
static void read_machine_register(void) {
  __asm__ volatile("csrr t0, sstatus" ::: "t0");
}

// Does a fault kill the child, with the right signal, and nobody else?
static void faults(void) {
  expect_equal(in_child(load_null), KILLED_BY(SIGSEGV));
  if (!on_linux) expect_equal(in_child(load_kernel), KILLED_BY(SIGSEGV));
  expect_equal(in_child(store_text), KILLED_BY(SIGSEGV));
  if (!on_linux) expect_equal(in_child(jump_to_data), KILLED_BY(SIGSEGV));
  expect_equal(in_child(illegal_instruction), KILLED_BY(SIGILL));
  expect_equal(in_child(read_machine_register), KILLED_BY(SIGILL));
}

static uint32_t use_stack(uint32_t depth) {
  volatile uint32_t frame[256];
  frame[0] = frame[255] = depth;
  return depth == 0 ? 0 : use_stack(depth - 1) + (frame[0] == depth && frame[255] == depth);
}

// Does the stack grow by itself to 200 KiB?
static void stack_growth(void) {
  expect_equal(use_stack(200), 200);
}

// Does the break move both ways, with fresh pages zero, and stop at reason?
static void break_moves(void) {
  char *start = grow_break(0), *old = grow_break(5 * PAGE_BYTES);
  expect(old == start);
  for (uint32_t i = 0; i < 5 * PAGE_BYTES; i++) expect_equal(old[i], 0);
  memset(old, 1, 5 * PAGE_BYTES);
  expect(grow_break(-(int)(5 * PAGE_BYTES)) != 0);
  old = grow_break(5 * PAGE_BYTES);
  expect(old == start);
  expect_equal(old[PAGE_BYTES], 0);
  uint32_t end = (uint32_t)grow_break(0);
  expect_equal(syscall(SYS_BRK, KERNEL_ADDRESS), end);
  expect_equal(syscall(SYS_BRK, 0x1000), end);
}

// Do mappings start zero, keep what is stored, and vanish when unmapped?
static void mappings(void) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS, both = PROT_READ | PROT_WRITE;
  char *map = (char *)syscall(SYS_MMAP2, 0, 4 * PAGE_BYTES, both, flags, -1, 0);
  expect((uint32_t)map < 0xfffff000 && ((uint32_t)map & 4095) == 0);
  for (uint32_t i = 0; i < 4 * PAGE_BYTES; i += 64) expect_equal(map[i], 0);
  memset(map, 7, 4 * PAGE_BYTES);
  expect_equal(syscall(SYS_MUNMAP, map + PAGE_BYTES, PAGE_BYTES), 0);
  expect(map[0] == 7 && map[2 * PAGE_BYTES] == 7);
  int fd = open("mapped", O_CREAT | O_RDWR);
  expect_equal(write(fd, map + PAGE_BYTES, 1), -EFAULT);
  expect_equal(syscall(SYS_MUNMAP, map + 1, PAGE_BYTES), -EINVAL);
  int pid = fork();
  if (pid == 0) exit(((volatile char *)map)[PAGE_BYTES]);
  expect_equal(status_of_child(pid), KILLED_BY(SIGSEGV));
}

// Does the library's heap keep blocks apart, and use again what was released?
static void heap(void) {
  static char *blocks[64];
  static size_t sizes[64];
  char *start = grow_break(0);
  for (uint32_t round = 0; round < 5000; round++) {
    uint32_t draw = mix32(round), slot = draw % 64;
    for (size_t i = 0; i < sizes[slot]; i++) expect_equal(blocks[slot][i], (char)slot);
    release(blocks[slot]);
    sizes[slot] = (draw >> 8) % 700;
    blocks[slot] = allocate(sizes[slot]);
    expect(blocks[slot] != 0 && ((uint32_t)blocks[slot] & 15) == 0);
    memset(blocks[slot], (int)slot, sizes[slot]);
  }
  // At most 64 * 700 bytes were in use at once; twice that allows for the gaps.
  expect((char *)grow_break(0) - start < 2 * 64 * 700);
  expect(allocate(0xfffffff0) == 0);
}

static void take_all_memory(void) {
  for (uint32_t size = 64 << 20; size >= PAGE_BYTES; size /= 2)
    for (;;) {
      char *memory = grow_break((int32_t)size);
      if (!memory) break;
      for (uint32_t i = 0; i < size; i += PAGE_BYTES) memory[i] = 1;
    }
}

// What if a process takes all memory? It may be refused or killed, but others go on.
static void out_of_memory(void) {
  struct sysinfo before, after;
  if (on_linux) return;
  expect_equal(syscall(SYS_SYSINFO, &before), 0);
  int status = in_child(take_all_memory);
  expect(status == 0 || status == KILLED_BY(SIGKILL) || status == KILLED_BY(SIGSEGV));
  expect_equal(syscall(SYS_SYSINFO, &after), 0);
  // All of it came back, but for a few frames that caches may keep.
  expect(after.freeram + after.freehigh + 64 >= before.freeram + before.freehigh);
}

// --- Time and the rest

// Does a sleep last at least as long as asked, and not much longer? Are nonsense times refused?
static void sleeps(void) {
  struct timespec64 bad = {0, 2000000000}, negative = {-1, 0};
  for (int64_t duration = MS; duration <= 32 * MS; duration *= 4) {
    int64_t begun = now_ns();
    expect_equal(sleep_ns(duration), 0);
    int64_t lasted = now_ns() - begun;
    expect(lasted >= duration && lasted < duration + 500 * MS);
  }
  int64_t begun = now_ns();
  expect_equal(sleep_until_ns(begun - MS), 0);
  expect_equal(sleep_until_ns(begun + 5 * MS), 0);
  expect(now_ns() >= begun + 5 * MS);
  expect_equal(syscall(SYS_CLOCK_NANOSLEEP_TIME64, CLOCK_MONOTONIC, 0, &bad, 0), -EINVAL);
  expect_equal(syscall(SYS_CLOCK_NANOSLEEP_TIME64, CLOCK_MONOTONIC, 0, &negative, 0), -EINVAL);
  expect_equal(syscall(SYS_CLOCK_NANOSLEEP_TIME64, CLOCK_MONOTONIC, 0, KERNEL_ADDRESS, 0), -EFAULT);
}

// Are calls and flags that do not exist refused?
static void unknown_calls(void) {
  expect_equal(syscall(9999), -ENOSYS);
  expect_equal(syscall(0xffffffff), -ENOSYS);
  int error = syscall(SYS_REBOOT, 1, 2, 3, 0);
  expect(error == -EINVAL || error == -EPERM);
  expect_equal(syscall(SYS_WAITID, 77, 0, 0, WEXITED, 0), -EINVAL);
  expect_equal(syscall(SYS_CLOCK_GETTIME64, 99, big), -EINVAL);
}

// Is the list of processes true of this one and its child?
static void process_list(void) {
  static struct process_info table[256];
  int found = 0, self = process_id();
  if (on_linux) return;
  int pid = fork();
  if (pid == 0)
    for (;;) sleep_ns(1000 * MS);
  int count = syscall(SYS_PROCESSES, table, 256);
  expect(count >= 3 && count <= 256);
  for (int i = 0; i < count; i++) {
    if (table[i].pid == self) found |= 1;
    if (table[i].pid == pid && table[i].parent_pid == self) found |= 2;
    if (table[i].pid == 1) found |= 4;
  }
  expect_equal(found, 7);
  expect_equal(syscall(SYS_PROCESSES, KERNEL_ADDRESS, 256), -EFAULT);
  send_signal(pid, SIGKILL);
  status_of_child(pid);
}

// Is a relief with bad arguments refused before it begins?
static void kexec_refused(void) {
  if (on_linux) return;
  int fd = make_file("image", "this is no kernel");
  expect_equal(syscall(SYS_KEXEC_FILE_LOAD, -1, -1, 1, "", 0), -EBADF);
  expect(syscall(SYS_KEXEC_FILE_LOAD, fd, fd, 1, "", 0) < 0);
  expect(syscall(SYS_KEXEC_FILE_LOAD, fd, fd, 1, KERNEL_ADDRESS, 0) < 0);
  expect(syscall(SYS_KEXEC_FILE_LOAD, fd, fd, 0xffffffff, big, 0) < 0);
  expect(syscall(SYS_REBOOT, REBOOT_MAGIC1, REBOOT_MAGIC2, REBOOT_KEXEC, 0) < 0);
}

static const struct {
  const char *name;
  void (*function)(void);
} tests[] = {
  {"copy_in", copy_in},
  {"copy_out", copy_out},
  {"buffer_across_end", buffer_across_end},
  {"endless_strings", endless_strings},
  {"huge_sizes", huge_sizes},
  {"bad_descriptors", bad_descriptors},
  {"access_modes", access_modes},
  {"write_read_back", write_read_back},
  {"seeks", seeks},
  {"append", append},
  {"truncate", truncate},
  {"unlinked_file", unlinked_file},
  {"directories", directories},
  {"list_names", list_names},
  {"exhaust_descriptors", exhaust_descriptors},
  {"shared_offset", shared_offset},
  {"devices", devices},
  {"pipe_end", pipe_end},
  {"pipe_broken", pipe_broken},
  {"pipe_full", pipe_full},
  {"wait_variants", wait_variants},
  {"kills", kills},
  {"deep_fork", deep_fork},
  {"fork_until_refused", fork_until_refused},
  {"orphan", orphan},
  {"copy_on_write", copy_on_write},
  {"exec_arguments", exec_arguments},
  {"exec_refused", exec_refused},
  {"faults", faults},
  {"stack_growth", stack_growth},
  {"break_moves", break_moves},
  {"mappings", mappings},
  {"heap", heap},
  {"out_of_memory", out_of_memory},
  {"sleeps", sleeps},
  {"unknown_calls", unknown_calls},
  {"process_list", process_list},
  {"kexec_refused", kexec_refused},
};

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

static int is_wanted(const char *name, int argc, char **argv) {
  for (int i = 1; i < argc; i++)
    if (strcmp(argv[i], name) == 0) return 1;
  return argc < 2;
}

int main(int argc, char **argv) {
  int passed = 0, failed = 0;
  self_path = argv[0][0] == '/' ? argv[0] : "/bin/usertests";
  if (argc > 1 && strcmp(argv[1], "--exec") == 0) return after_exec(argc, argv);
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
