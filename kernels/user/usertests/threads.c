// Questions about threads: what they share, how they end, and how others learn of it.
#include "test.h"

#define THREADS 4

static struct thread threads[THREADS];
static struct mutex mutex;
static struct condition condition;
static volatile uint32_t counter;

static void create(struct thread *thread, int (*function)(void *), void *argument) {
  expect_equal(thread_create(thread, function, argument), 0);
}

static int sleep_for_ever(void *argument) {
  for (;;) sleep_ns(HOUR_NS);
  return argument != 0;
}

static int tids[THREADS];
static int tell_id(void *argument) {
  int index = (int)argument;
  tids[index] = thread_id();
  return process_id() * 16 + index;
}

// Do threads run in the same process, under numbers of their own, and give a result?
void threads_run(void) {
  int self = process_id();
  expect_equal(thread_id(), self);
  for (int i = 0; i < THREADS; i++) create(&threads[i], tell_id, (void *)i);
  for (int i = 0; i < THREADS; i++) expect_equal(thread_join(&threads[i]), self * 16 + i);
  for (int i = 0; i < THREADS; i++)
    for (int j = 0; j <= i; j++) expect(tids[i] != (i == j ? self : tids[j]));
}

static int open_and_move(void *argument) {
  int fd = open("threads_share", O_CREAT | O_RDWR);
  if (write(fd, "abc", 3) != 3 || make_directory("inner") < 0 || change_directory("inner") < 0)
    return -1;
  *(char **)argument = grow_break(PAGE_BYTES);
  return fd;
}

// Do threads share descriptors, the working directory and memory?
void threads_share(void) {
  char *memory = 0;
  create(&threads[0], open_and_move, &memory);
  int fd = thread_join(&threads[0]);
  expect_equal(seek(fd, 0, SEEK_SET), 0);
  expect_equal(read(fd, big, 8), 3);
  expect_equal(syscall(SYS_GETCWD, big, 256), strlen(DIRECTORY "/inner") + 1);
  memory[0] = 1;
}

static int count_under_mutex(void *argument) {
  for (uint32_t i = 0; i < 500; i++) {
    mutex_lock(&mutex);
    uint32_t seen = counter;
    if (i % 50 == 0) yield();
    counter = seen + 1;
    mutex_unlock(&mutex);
  }
  return argument != 0;
}

// Does a mutex keep others out, and is no wake lost?
void mutex_excludes(void) {
  for (int i = 0; i < THREADS; i++) create(&threads[i], count_under_mutex, 0);
  for (int i = 0; i < THREADS; i++) expect_equal(thread_join(&threads[i]), 0);
  expect_equal(counter, THREADS * 500);
}

static int take_turns(void *argument) {
  uint32_t mine = (uint32_t)argument;
  mutex_lock(&mutex);
  for (uint32_t round = 0; round < 50; round++) {
    while (counter % THREADS != mine) condition_wait(&condition, &mutex, FOREVER_NS);
    counter++;
    condition_wake_all(&condition);
  }
  mutex_unlock(&mutex);
  return 0;
}

// Do threads that wait for a condition all get their turn? Does a wait end at its timeout?
void condition_turns(void) {
  for (int i = 0; i < THREADS; i++) create(&threads[i], take_turns, (void *)i);
  for (int i = 0; i < THREADS; i++) expect_equal(thread_join(&threads[i]), 0);
  expect_equal(counter, THREADS * 50);
  int64_t begun = now_ns();
  mutex_lock(&mutex);
  expect_equal(condition_wait(&condition, &mutex, 10 * MS), -ETIMEDOUT);
  mutex_unlock(&mutex);
  expect(now_ns() - begun >= 10 * MS);
}

static int use_heap(void *argument) {
  uint32_t mark = (uint32_t)argument;
  for (uint32_t round = 0; round < 200; round++) {
    uint32_t words = mix32(mark * 1000 + round) % 200 + 1;
    uint32_t *block = allocate(words * 4);
    if (!block) return 1;
    for (uint32_t i = 0; i < words; i++) block[i] = mark;
    if (round % 16 == 0) yield();
    for (uint32_t i = 0; i < words; i++)
      if (block[i] != mark) return 2;
    release(block);
  }
  return 0;
}

// Does the heap keep the blocks of several threads apart?
void heap_of_threads(void) {
  for (int i = 0; i < THREADS; i++) create(&threads[i], use_heap, (void *)(i + 1));
  for (int i = 0; i < THREADS; i++) expect_equal(thread_join(&threads[i]), 0);
}

static int exit_all(void *argument) {
  sleep_ns(20 * MS);
  exit((int)argument);
}
static void exit_from_thread(void) {
  int fds[2];
  make_pipe(fds);
  create(&threads[0], sleep_for_ever, 0);
  create(&threads[1], exit_all, (void *)42);
  read(fds[0], big, 1);
}
static int fault(void *argument) {
  (void)argument;
  (void)*(volatile int *)0;
  return 0;
}
static void fault_in_thread(void) {
  create(&threads[0], fault, 0);
  sleep_for_ever(0);
}
static int spin(void *argument) {
  for (;; counter++) {
  }
  return argument != 0;
}
static void exit_among_spinners(void) {
  create(&threads[0], spin, 0);
  create(&threads[1], spin, 0);
  sleep_ns(10 * MS);
  exit(43);
}

// Does exit, or a fault, of one thread end them all: sleepers, readers and spinners?
void exit_ends_threads(void) {
  expect_equal(in_child(exit_from_thread), 42);
  expect_equal(in_child(fault_in_thread), KILLED_BY(SIGSEGV));
  expect_equal(in_child(exit_among_spinners), 43);
}

static int kill_fds[2];
static int say_and_sleep(void *argument) {
  write(kill_fds[1], "r", 1);
  return sleep_for_ever(argument);
}

// Does a kill from outside end all threads of a process?
void kill_ends_threads(void) {
  expect_equal(make_pipe(kill_fds), 0);
  int pid = fork();
  if (pid == 0) {
    create(&threads[0], spin, 0);
    create(&threads[1], say_and_sleep, 0);
    sleep_for_ever(0);
  }
  expect_equal(read(kill_fds[0], big, 1), 1);
  expect_equal(send_signal(pid, SIGKILL), 0);
  expect_equal(status_of_child(pid), KILLED_BY(SIGKILL));
  expect_equal(send_signal(pid, 0), -ESRCH);
}

static int outlive(void *argument) {
  sleep_ns(30 * MS);
  return write((int)argument, "late", 4) == 4 ? 0 : 1;
}

// Does a process go on when its first thread has ended?
void first_thread_ends(void) {
  int fds[2];
  expect_equal(make_pipe(fds), 0);
  int pid = fork();
  if (pid == 0) {
    close(fds[0]);
    create(&threads[0], outlive, (void *)fds[1]);
    syscall(SYS_EXIT, 0);
  }
  close(fds[1]);
  expect_equal(read_all(fds[0], big, 8), 4);
  expect_equal(status_of_child(pid), 0);
}

static int fork_in_thread(void *argument) {
  int pid = fork();
  if (pid == 0) exit(thread_id() == process_id() && argument == 0 ? 9 : 1);
  return pid;
}

// Does a fork take along only the thread that calls it, and may another thread wait for the child?
void fork_from_thread(void) {
  create(&threads[0], sleep_for_ever, 0);
  create(&threads[1], fork_in_thread, 0);
  expect_equal(status_of_child(thread_join(&threads[1])), 9);
}

static int exec_in_thread(void *argument) {
  char *arguments[] = {"usertests", "--alone", argument, 0};
  return execute(self_path, arguments);
}

// Does exec leave one thread, which has the process's number, whichever thread called it?
void exec_ends_threads(void) {
  char number[16];
  if (on_linux) return;
  for (int from_thread = 0; from_thread < 2; from_thread++) {
    int pid = fork();
    if (pid == 0) {
      format(number, sizeof number, "%d", process_id());
      create(&threads[0], spin, 0);
      if (!from_thread) exec_in_thread(number);
      create(&threads[1], exec_in_thread, number);
      sleep_for_ever(0);
    }
    expect_equal(status_of_child(pid), 0);
  }
}

int after_exec_alone(const char *number) {
  static struct process_info table[256];
  uint32_t pid;
  expect(parse_number(number, &pid) && (int)pid == process_id());
  expect_equal(thread_id(), pid);
  int count = syscall(SYS_PROCESSES, table, 256);
  for (int i = 0; i < count; i++)
    if (table[i].pid == (int)pid) expect_equal(table[i].threads, 1);
  return 0;
}

static uint32_t is_released;
static int wait_for_release(void *argument) {
  while (!*(volatile uint32_t *)&is_released) futex_wait(&is_released, 0, FOREVER_NS);
  return argument != 0;
}

// What if there are no threads left? Is the refusal clean, and are all given back?
void exhaust_threads(void) {
  enum { MANY = 400 };
  static struct thread many[MANY];
  int limit = on_linux ? 20 : MANY, count = 0, error = 0;
  while (count < limit && (error = thread_create(&many[count], wait_for_release, 0)) == 0) count++;
  expect(count > 3);
  expect(count == limit || error == -EAGAIN || error == -ENOMEM);
  *(volatile uint32_t *)&is_released = 1;
  futex_wake(&is_released, MANY);
  for (int i = 0; i < count; i++) expect_equal(thread_join(&many[i]), 0);
  create(&threads[0], wait_for_release, 0);
  expect_equal(thread_join(&threads[0]), 0);
}

// The words that a thread begun by the bare call has: function and argument, at its sp.
static uint32_t bare_stack[2048] __attribute__((aligned(16)));
static uint32_t *bare_begin(int (*function)(void *), void *argument) {
  uint32_t *top = bare_stack + 2044;
  top[0] = (uint32_t)function;
  top[1] = (uint32_t)argument;
  return top;
}

static int read_tp(void *argument) {
  uint32_t tp;
  __asm__ volatile("mv %0, tp" : "=r"(tp));
  *(volatile uint32_t *)argument = tp;
  return 0;
}

// Are tp and the words for the number set, and the last of them cleared at the end?
void clone_words(void) {
  static uint32_t parent_word, child_word, tp_word;
  uint32_t flags = CLONE_THREAD_FLAGS | CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |
                   CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
  child_word = 1;
  int tid = clone_thread(flags, bare_begin(read_tp, &tp_word), &parent_word, (void *)0x1230,
                         &child_word);
  expect(tid > 0);
  expect_equal(parent_word, tid);
  for (uint32_t seen; (seen = *(volatile uint32_t *)&child_word) != 0;)
    futex_wait(&child_word, seen, 10 * MS);
  expect_equal(tp_word, 0x1230);
  int own = thread_id();
  expect_equal(syscall(SYS_SET_TID_ADDRESS, &child_word), own);
}

static void clone_without_stack(void) {
  clone_thread(CLONE_THREAD_FLAGS, (void *)UNMAPPED_ADDRESS, 0, 0, 0);
  sleep_for_ever(0);
}
static void clone_on_kernel_stack(void) {
  clone_thread(CLONE_THREAD_FLAGS, (void *)KERNEL_ADDRESS, 0, 0, 0);
  sleep_for_ever(0);
}
static int nothing(void *argument) {
  return argument != 0;
}
static void clone_with_bad_words(void) {
  uint32_t flags = CLONE_THREAD_FLAGS | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID |
                   CLONE_CHILD_CLEARTID;
  clone_thread(flags, bare_begin(nothing, 0), (uint32_t *)KERNEL_ADDRESS, 0,
               (uint32_t *)KERNEL_ADDRESS);
  sleep_ns(20 * MS);
}

// What if clone is asked for half a thread, or one with a ridiculous stack or words?
void clone_arguments(void) {
  expect_equal(syscall(SYS_CLONE, CLONE_THREAD, bare_stack), -EINVAL);
  expect_equal(syscall(SYS_CLONE, CLONE_SIGHAND, bare_stack), -EINVAL);
  expect_equal(syscall(SYS_CLONE, CLONE_THREAD | CLONE_VM, bare_stack), -EINVAL);
  if (on_linux) return;
  expect_equal(in_child(clone_without_stack), KILLED_BY(SIGSEGV));
  expect_equal(in_child(clone_on_kernel_stack), KILLED_BY(SIGSEGV));
  int status = in_child(clone_with_bad_words);
  expect(status == 0 || status == KILLED_BY(SIGSEGV));
}

// --- Signals and threads

static volatile int caught_by;
static void note_thread(int signal) {
  count_signal(signal);
  caught_by = thread_id();
}

static int sleep_until_caught(void *argument) {
  while (!caught) sleep_ns(5 * MS);
  return argument != 0;
}

// Does a signal sent to one thread run there, and one to the process where it is not blocked?
void signals_to_threads(void) {
  int self = process_id();
  expect_equal(set_handler(SIGUSR1, note_thread, 0), 0);
  create(&threads[0], sleep_until_caught, 0);
  int tid = (int)threads[0].tid;
  expect_equal(send_signal_to_thread(self, tid, SIGUSR1), 0);
  expect_equal(thread_join(&threads[0]), 0);
  expect_equal(caught_by, tid);
  caught = 0;
  create(&threads[0], sleep_until_caught, 0);
  tid = (int)threads[0].tid;
  expect_equal(change_mask(SIG_BLOCK, signal_bit(SIGUSR1), 0), 0);
  expect_equal(send_signal(self, SIGUSR1), 0);
  expect_equal(thread_join(&threads[0]), 0);
  expect_equal(caught_by, tid);
  expect_equal(syscall(SYS_TKILL, thread_id(), SIGUSR1), 0);
  expect_equal(caught, 1);
  expect_equal(change_mask(SIG_UNBLOCK, signal_bit(SIGUSR1), 0), 0);
  expect_equal(caught_by, self);
}

// Are bad numbers of threads refused?
void thread_kill_arguments(void) {
  int self = process_id();
  expect_equal(syscall(SYS_TKILL, 0, SIGUSR1), -EINVAL);
  expect_equal(syscall(SYS_TKILL, -1, SIGUSR1), -EINVAL);
  expect_equal(syscall(SYS_TKILL, 0x3fffffff, SIGUSR1), -ESRCH);
  expect_equal(syscall(SYS_TKILL, self, 999), -EINVAL);
  expect_equal(send_signal_to_thread(0, self, SIGUSR1), -EINVAL);
  expect_equal(send_signal_to_thread(self, 0, SIGUSR1), -EINVAL);
  expect_equal(send_signal_to_thread(self + 1, self, SIGUSR1), -ESRCH);
  expect_equal(send_signal_to_thread(self, self, 0), 0);
}
