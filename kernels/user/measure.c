// measure [NAME...]: what calls of this kernel cost in cycles, as CSV lines: name, repeat, times,
// cycles of all times. Without names all are measured. `nothing` is what the exec test executes.
// Figures are of the cycle counter, so they are as good as the machine's timing model. Each test
// is done once before it counts. A control stands beside what is noisy: the same without the event.
#include "thread.h"

#define REPEATS 2
#define TOUCHED_PAGES 32
#define TURNS_RING 200
#define PATIENCE_NS 1000000000ll

static struct {
  uint32_t turn, pad[15];
  uint32_t ring, pad2[15];
} volatile *shared;

static inline uint32_t cycles(void) {
  uint32_t now;
  __asm__ volatile("rdcycle %0" : "=r"(now)::"memory");
  return now;
}

static int must(int result, const char *what) {
  if (result < 0) fail("measure", what, result);
  return result;
}

// A test does something `times` times and returns the cycles it took.
typedef uint32_t test(uint32_t times);

static uint32_t null_call(uint32_t times) {
  uint32_t start = cycles();
  for (uint32_t i = 0; i < times; i++) syscall(SYS_GETPID);
  return cycles() - start;
}

// A byte into a pipe and out again, by one process.
static uint32_t pipe_alone(uint32_t times) {
  int fds[2];
  char byte = 0;
  must(make_pipe(fds), "pipe");
  uint32_t start = cycles();
  for (uint32_t i = 0; i < times; i++) {
    must(write(fds[1], &byte, 1), "write");
    must(read(fds[0], &byte, 1), "read");
  }
  uint32_t took = cycles() - start;
  close(fds[0]);
  close(fds[1]);
  return took;
}

static void echo_bytes(int in, int out) {
  char byte;
  while (read(in, &byte, 1) == 1) must(write(out, &byte, 1), "write");
  exit(0);
}

static void reap(int pid) {
  int status;
  must(wait_child(P_PID, pid, &status, 0), "wait");
  if (status != 0) fail("measure", "a child's status", -EIO);
}

// A byte to another process and back: two pipes, and each side sleeps in read.
static uint32_t pipe_round_trip(uint32_t times) {
  int there[2], back[2];
  char byte = 0;
  must(make_pipe(there), "pipe");
  must(make_pipe(back), "pipe");
  int pid = must(fork(), "fork");
  if (pid == 0) {
    close(there[1]);
    close(back[0]);
    echo_bytes(there[0], back[1]);
  }
  close(there[0]);
  close(back[1]);
  uint32_t start = 0;
  for (uint32_t i = 0; i <= times; i++) {
    if (i == 1) start = cycles(); // the first is for the child to get there
    must(write(there[1], &byte, 1), "write");
    if (must(read(back[0], &byte, 1), "read") != 1) fail("measure", "pipe", -EPIPE);
  }
  uint32_t took = cycles() - start;
  close(there[1]);
  close(back[0]);
  reap(pid);
  return took;
}

static void await_turn(uint32_t *word, uint32_t value) {
  for (;;) {
    uint32_t seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);
    if (seen == value) return;
    futex_wait(word, seen, PATIENCE_NS);
  }
}

static void give_turn(uint32_t *word, uint32_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
  futex_wake(word, 1);
}

// Two processes take turns with a word, and sleep on it meanwhile.
static uint32_t futex_round_trip(uint32_t times) {
  uint32_t *word = (uint32_t *)&shared->turn;
  *word = 0;
  int pid = must(fork(), "fork");
  if (pid == 0) {
    for (uint32_t i = 0; i <= times; i++) {
      await_turn(word, 2 * i + 1);
      give_turn(word, 2 * i + 2);
    }
    exit(0);
  }
  uint32_t start = 0;
  for (uint32_t i = 0; i <= times; i++) {
    if (i == 1) start = cycles();
    give_turn(word, 2 * i + 1);
    await_turn(word, 2 * i + 2);
  }
  uint32_t took = cycles() - start;
  reap(pid);
  return took;
}

static void poll_for(uint32_t *word, uint32_t value) {
  while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value) {}
}

// The same by polling: on a machine with one CPU each turn would last a time slice.
static uint32_t ring_round_trip(uint32_t times) {
  uint32_t *word = (uint32_t *)&shared->ring;
  *word = 0;
  int pid = must(fork(), "fork");
  if (pid == 0) {
    for (uint32_t i = 0; i <= times; i++) {
      poll_for(word, 2 * i + 1);
      __atomic_store_n(word, 2 * i + 2, __ATOMIC_RELEASE);
    }
    exit(0);
  }
  uint32_t start = 0;
  for (uint32_t i = 0; i <= times; i++) {
    if (i == 1) start = cycles();
    __atomic_store_n(word, 2 * i + 1, __ATOMIC_RELEASE);
    poll_for(word, 2 * i + 2);
  }
  uint32_t took = cycles() - start;
  reap(pid);
  return took;
}

static uint32_t fork_exit(uint32_t times) {
  uint32_t start = cycles();
  for (uint32_t i = 0; i < times; i++) {
    int pid = must(fork(), "fork");
    if (pid == 0) exit(0);
    reap(pid);
  }
  return cycles() - start;
}

static uint32_t fork_exec(uint32_t times) {
  char *arguments[] = {"measure", "nothing", 0};
  uint32_t start = cycles();
  for (uint32_t i = 0; i < times; i++) {
    int pid = must(fork(), "fork");
    if (pid == 0) fail("measure", "exec", execute("/bin/measure", arguments));
    reap(pid);
  }
  return cycles() - start;
}

static uint32_t touch(volatile char *memory, uint32_t pages) {
  uint32_t start = cycles();
  for (uint32_t page = 0; page < pages; page++) memory[page * PAGE_BYTES] = 1;
  return cycles() - start;
}

static char *fresh_pages(uint32_t pages) {
  char *memory =
      map_memory(pages * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!memory) fail("measure", "memory", -ENOMEM);
  return memory;
}

static uint32_t page_fault(uint32_t times) {
  char *memory = fresh_pages(times);
  uint32_t took = touch(memory, times);
  unmap_memory(memory, times * PAGE_BYTES);
  return took;
}

// The control: the same pages again.
static uint32_t page_touch(uint32_t times) {
  char *memory = fresh_pages(times);
  touch(memory, times);
  uint32_t took = touch(memory, times);
  unmap_memory(memory, times * PAGE_BYTES);
  return took;
}

static const struct {
  const char *name;
  test *test;
  uint32_t times;
} tests[] = {
    {"null_call", null_call, 100},
    {"pipe_alone", pipe_alone, 50},
    {"pipe_round_trip", pipe_round_trip, 50},
    {"futex_round_trip", futex_round_trip, 50},
    {"fork_exit", fork_exit, 10},
    {"fork_exec", fork_exec, 5},
    {"page_fault", page_fault, TOUCHED_PAGES},
    {"page_touch", page_touch, TOUCHED_PAGES},
    {"ring_round_trip", ring_round_trip, TURNS_RING}, // last, and only by name: see there
};
#define TESTS (sizeof tests / sizeof *tests)

static void run(uint32_t number) {
  uint32_t times = tests[number].times, took[REPEATS];
  tests[number].test(times);
  for (uint32_t i = 0; i < REPEATS; i++) took[i] = tests[number].test(times);
  for (uint32_t i = 0; i < REPEATS; i++)
    printf("measure,%s,%u,%u,%u\n", tests[number].name, (unsigned)i, (unsigned)times,
           (unsigned)took[i]);
}

static void run_named(const char *name) {
  for (uint32_t number = 0; number < TESTS; number++)
    if (strcmp(tests[number].name, name) == 0) return run(number);
  fail("measure", name, -ENOENT);
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "nothing") == 0) return 0;
  shared = map_memory(PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (!shared) fail("measure", "shared memory", -ENOMEM);
  for (int i = 1; i < argc; i++) run_named(argv[i]);
  for (uint32_t number = 0; argc < 2 && number + 1 < TESTS; number++) run(number);
  return 0;
}
