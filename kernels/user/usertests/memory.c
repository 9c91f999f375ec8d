// Questions about memory: faults, the stack, the break, mappings, and copies on write.
#include "test.h"

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
void faults(void) {
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
void stack_growth(void) {
  expect_equal(use_stack(200), 200);
}

// Is the break at whatever page it was put? No address is mistaken for something else.
void break_anywhere(void) {
  uint32_t page = (uint32_t)grow_break(0) & -PAGE_BYTES, end = page + 2 * 1024 * 1024;
  while ((page += PAGE_BYTES) < end) expect_equal((uint32_t)syscall(SYS_BRK, page), page);
}

// Does the break move both ways, with fresh pages zero, and stop at reason?
void break_moves(void) {
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
void mappings(void) {
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
void heap(void) {
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

static uint32_t free_frames(void) {
  struct sysinfo info;
  expect_equal(syscall(SYS_SYSINFO, &info), 0);
  return info.freeram + info.freehigh;
}

// What if a process takes all memory? It may be refused or killed, but others go on.
void out_of_memory(void) {
  struct utsname before, after;
  if (on_linux) return;
  expect_equal(system_name(&before), 0);
  int has_relief = kexec_runs();
  uint32_t frames = free_frames();
  int status = in_child(take_all_memory);
  expect(status == 0 || status == KILLED_BY(SIGKILL) || status == KILLED_BY(SIGSEGV));
  // All of it comes back, but for a few frames that caches may keep, or what a relief uses.
  for (int patience = 100; patience > 0 && free_frames() + 64 < frames; patience--)
    sleep_ns(20 * MS);
  expect_equal(system_name(&after), 0);
  has_relief |= kexec_runs() || strcmp(before.release, after.release) != 0;
  expect(has_relief || free_frames() + 64 >= frames);
}

// Do stores after a fork stay on their own side, in data, heap, stack and mappings?
void copy_on_write(void) {
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
