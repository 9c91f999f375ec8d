// Questions about mappings that are shared, of files, at fixed places, and with other protections.
#include "test.h"

// Do both sides of a fork see each other's stores to shared memory?
void shared_anonymous(void) {
  volatile uint32_t *shared =
    map_memory(3 * PAGE_BYTES, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  expect(shared != 0);
  shared[0] = 1;
  int pid = fork();
  if (pid == 0) {
    expect_equal(shared[0], 1);
    shared[2048] = 2; // a page that nobody had touched before the fork
    int inner = fork();
    if (inner == 0) {
      shared[0] = shared[2048] + 1;
      exit(0);
    }
    exit(status_of_child(inner));
  }
  expect_equal(status_of_child(pid), 0);
  expect_equal(shared[0], 3);
  expect_equal(shared[2048], 2);
}

// Are memory and file one: stores seen by read, writes seen by loads, also after the last close?
void shared_file(void) {
  int fd = make_file("shared", "0123456789");
  expect_equal(truncate_to(fd, 3 * PAGE_BYTES), 0);
  char *map = map_memory(3 * PAGE_BYTES, READ_WRITE, MAP_SHARED, fd, 0);
  char *second = map_memory(PAGE_BYTES, PROT_READ, MAP_SHARED, fd, 1);
  expect(map != 0 && second != 0);
  expect_equal(memcmp(map, "0123456789", 10), 0);
  map[PAGE_BYTES] = 'm';
  expect_equal(read_at(fd, big, 1, PAGE_BYTES), 1);
  expect_equal(big[0], 'm');
  expect_equal(write_at(fd, "w", 1, PAGE_BYTES + 1), 1);
  expect_equal(map[PAGE_BYTES + 1], 'w');
  expect_equal(memcmp(second, "mw", 2), 0);
  close(fd);
  int pid = fork();
  if (pid == 0) {
    map[2 * PAGE_BYTES] = 'c';
    exit(0);
  }
  expect_equal(status_of_child(pid), 0);
  expect_equal(map[2 * PAGE_BYTES], 'c');
  expect_equal(remove_file("shared"), 0);
  expect_equal(map[PAGE_BYTES + 1], 'w');
  map[0] = 'x';
  expect_equal(syscall(SYS_MSYNC, map, PAGE_BYTES, 4), 0);
  expect_equal(unmap_memory(map, 3 * PAGE_BYTES), 0);
  expect_equal(second[1], 'w');
}

// Does a private mapping show the file, and keep its stores to itself?
void private_file(void) {
  int fd = make_file("private", "0123456789");
  char *map = map_memory(PAGE_BYTES, READ_WRITE, MAP_PRIVATE, fd, 0);
  expect(map != 0);
  expect_equal(memcmp(map, "0123456789\0\0", 12), 0);
  map[0] = 'x';
  expect_equal(read_at(fd, big, 1, 0), 1);
  expect_equal(big[0], '0');
  expect_equal(write_at(fd, "zz", 2, 0), 2);
  expect_equal(map[0], 'x');
  int reader = open("private", O_RDONLY);
  char *copy = map_memory(PAGE_BYTES, READ_WRITE, MAP_PRIVATE, reader, 0);
  expect(copy != 0 && copy[0] == 'z');
  copy[1] = 'y';
}

static char *beyond;
static void load_beyond(void) {
  (void)*(volatile char *)beyond;
}

// Is the page behind a file's end a bus error, also when the file was cut later?
void beyond_file(void) {
  int fd = make_file("beyond", "x");
  char *map = map_memory(3 * PAGE_BYTES, READ_WRITE, MAP_SHARED, fd, 0);
  expect(map != 0);
  expect_equal(map[PAGE_BYTES - 1], 0);
  beyond = map + PAGE_BYTES;
  expect_equal(in_child(load_beyond), KILLED_BY(SIGBUS));
  expect_equal(write(open("/dev/null", O_WRONLY), map, 1), 1);
  int fds[2];
  expect_equal(make_pipe(fds), 0);
  expect_equal(write(fds[1], beyond, 1), -EFAULT);
  expect_equal(truncate_to(fd, 2 * PAGE_BYTES), 0);
  *beyond = 'b';
  expect_equal(in_child(load_beyond), 0);
  expect_equal(truncate_to(fd, 1), 0);
  expect_equal(in_child(load_beyond), KILLED_BY(SIGBUS));
  expect_equal(truncate_to(fd, 2 * PAGE_BYTES), 0);
  expect_equal(*beyond, 0);
}

static char *place;
static void store_place(void) {
  *(volatile char *)place = 1;
}
static void load_place(void) {
  (void)*(volatile char *)place;
}

// Does a change of protection hold, for loads and stores, the kernel's own too, and go back?
void protections(void) {
  char *pages = map_memory(3 * PAGE_BYTES, READ_WRITE, ANONYMOUS, -1, 0);
  int zero = open("/dev/zero", O_RDONLY), fds[2];
  expect(pages != 0);
  memset(pages, 7, 3 * PAGE_BYTES);
  place = pages + PAGE_BYTES;
  expect_equal(make_pipe(fds), 0);
  expect_equal(protect_memory(place, PAGE_BYTES, PROT_READ), 0);
  expect_equal(place[0], 7);
  expect_equal(in_child(store_place), KILLED_BY(SIGSEGV));
  expect_equal(read(zero, place, 1), -EFAULT);
  expect_equal(protect_memory(place, PAGE_BYTES, PROT_NONE), 0);
  expect_equal(in_child(load_place), KILLED_BY(SIGSEGV));
  expect_equal(write(fds[1], place, 1), -EFAULT);
  expect_equal(protect_memory(place, PAGE_BYTES, READ_WRITE), 0);
  expect_equal(place[0], 7);
  place[0] = 8;
  expect(pages[0] == 7 && pages[2 * PAGE_BYTES] == 7);
  int pid = fork();
  if (pid == 0) {
    protect_memory(pages, 3 * PAGE_BYTES, PROT_READ);
    protect_memory(pages, 3 * PAGE_BYTES, READ_WRITE);
    memset(pages, 9, 3 * PAGE_BYTES);
    exit(0);
  }
  expect_equal(status_of_child(pid), 0);
  expect_equal(place[0], 8);
}

// Does code run from memory that was made executable?
void executable_memory(void) {
  uint32_t *code = map_memory(PAGE_BYTES, READ_WRITE, ANONYMOUS, -1, 0);
  code[0] = 0x02a00513; // li a0, 42
  code[1] = 0x00008067; // ret
  expect_equal(protect_memory(code, PAGE_BYTES, PROT_READ | PROT_EXEC), 0);
  __asm__ volatile("fence.i" ::: "memory");
  expect_equal(((int (*)(void))code)(), 42);
}

// Does MAP_FIXED take the place of what was there, and of that alone?
void fixed_mappings(void) {
  int flags = ANONYMOUS | MAP_FIXED;
  char *pages = map_memory(4 * PAGE_BYTES, READ_WRITE, ANONYMOUS, -1, 0);
  expect(pages != 0);
  memset(pages, 7, 4 * PAGE_BYTES);
  char *hole = pages + PAGE_BYTES;
  expect_equal(syscall(SYS_MMAP2, hole, 2 * PAGE_BYTES, READ_WRITE, flags, -1, 0), (uint32_t)hole);
  expect(hole[0] == 0 && pages[PAGE_BYTES - 1] == 7 && pages[3 * PAGE_BYTES] == 7);
  expect_equal(syscall(SYS_MMAP2, hole + 1, PAGE_BYTES, READ_WRITE, flags, -1, 0), -EINVAL);
  if (on_linux) return;
  static const uint32_t bad[] = {KERNEL_ADDRESS, 0xbffff000u - PAGE_BYTES, 0xfffff000u};
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    int got = syscall(SYS_MMAP2, bad[i], 4 * PAGE_BYTES, READ_WRITE, flags, -1, 0);
    expect(got == -ENOMEM || got == -EINVAL || got == -EPERM);
  }
}

// Are mappings refused that the descriptor does not allow, or that make no sense?
void mapping_arguments(void) {
  close(make_file("arguments", "0123456789"));
  int reader = open("arguments", O_RDONLY), writer = open("arguments", O_WRONLY), fds[2];
  expect_equal(make_pipe(fds), 0);
  expect_equal(syscall(SYS_MMAP2, 0, PAGE_BYTES, READ_WRITE, MAP_SHARED, reader, 0), -EACCES);
  expect_equal(syscall(SYS_MMAP2, 0, PAGE_BYTES, PROT_READ, MAP_SHARED, writer, 0), -EACCES);
  expect_equal(syscall(SYS_MMAP2, 0, PAGE_BYTES, PROT_READ, MAP_PRIVATE, writer, 0), -EACCES);
  expect_equal(syscall(SYS_MMAP2, 0, PAGE_BYTES, PROT_READ, MAP_PRIVATE, 99, 0), -EBADF);
  expect_equal(syscall(SYS_MMAP2, 0, PAGE_BYTES, PROT_READ, MAP_PRIVATE, fds[0], 0), -ENODEV);
  int directory = open(".", O_RDONLY);
  expect_equal(syscall(SYS_MMAP2, 0, PAGE_BYTES, PROT_READ, MAP_SHARED, directory, 0), -ENODEV);
  expect_equal(syscall(SYS_MMAP2, 0, PAGE_BYTES, PROT_READ, MAP_ANONYMOUS, -1, 0), -EINVAL);
  expect_equal(syscall(SYS_MMAP2, 0, 0, PROT_READ, MAP_SHARED, reader, 0), -EINVAL);
  char *map = map_memory(PAGE_BYTES, PROT_READ, MAP_SHARED, reader, 0);
  expect(map != 0);
  expect_equal(protect_memory(map, PAGE_BYTES, READ_WRITE), -EACCES);
  expect_equal(map[3], '3');
  expect_equal(protect_memory(map + 1, PAGE_BYTES, PROT_READ), -EINVAL);
  char *page = page_before_hole();
  if (!on_linux) { // Linux proper says the same, but not its user emulator
    expect_equal(protect_memory(map, 0, PROT_READ), 0);
    expect_equal(protect_memory(page + PAGE_BYTES, PAGE_BYTES, PROT_READ), -ENOMEM);
    expect_equal(protect_memory(page, 2 * PAGE_BYTES, PROT_READ), -ENOMEM);
    expect_equal(syscall(SYS_MSYNC, page, 2 * PAGE_BYTES, 4), -ENOMEM);
  }
  expect_equal(syscall(SYS_MSYNC, page + 1, PAGE_BYTES, 4), -EINVAL);
  if (!on_linux) expect(protect_memory((void *)KERNEL_ADDRESS, PAGE_BYTES, READ_WRITE) < 0);
  expect(unmap_memory((void *)KERNEL_ADDRESS, PAGE_BYTES) <= 0);
}

// What if a process makes as many mappings as it can, no two of which can be one?
void exhaust_mappings(void) {
  enum { MANY = 2000 };
  static char *maps[MANY];
  int count = 0, limit = on_linux ? 100 : MANY;
  for (; count < limit; count++) {
    int protection = count % 2 ? PROT_READ : READ_WRITE;
    maps[count] = map_memory(PAGE_BYTES, protection, ANONYMOUS, -1, 0);
    if (!maps[count]) break;
  }
  expect(count > 8);
  for (int i = 0; i < count; i++) expect_equal(unmap_memory(maps[i], PAGE_BYTES), 0);
  expect(map_memory(PAGE_BYTES, PROT_READ, ANONYMOUS, -1, 0) != 0);
}

static void store_trampoline(void) {
  *(volatile uint32_t *)USER_TRAMPOLINE = 0;
}
static void lose_trampoline(void) {
  unmap_memory((void *)USER_TRAMPOLINE, PAGE_BYTES);
  set_handler(SIGUSR1, count_signal, 0);
  send_signal(process_id(), SIGUSR1);
  exit(caught == 1 ? 0 : 1);
}

// Is the page that handlers return to there, with its two instructions, and safe from stores?
void trampoline(void) {
  if (on_linux) return;
  expect_equal(*(volatile uint32_t *)USER_TRAMPOLINE, 0x08b00893);       // li a7, 139
  expect_equal(*(volatile uint32_t *)(USER_TRAMPOLINE + 4), 0x00000073); // ecall
  expect_equal(in_child(store_trampoline), KILLED_BY(SIGSEGV));
  int status = in_child(lose_trampoline);
  expect(status == 0 || status == KILLED_BY(SIGSEGV));
}
