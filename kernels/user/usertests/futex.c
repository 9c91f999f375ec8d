// Questions about futexes: who is woken, how many, by which address, and what is refused.
#include "test.h"

static struct thread sleepers[3];
static uint32_t word;

static int sleep_once(void *argument) {
  return futex_wait(argument, 0, FOREVER_NS);
}

// Does a wait end at once when the word has changed, and else at its timeout?
void futex_returns(void) {
  expect_equal(futex_wait(&word, 1, FOREVER_NS), -EAGAIN);
  int64_t begun = now_ns();
  expect_equal(futex_wait(&word, 0, 20 * MS), -ETIMEDOUT);
  int64_t lasted = now_ns() - begun;
  expect(lasted >= 20 * MS && lasted < 500 * MS);
  expect_equal(futex_wait(&word, 0, 0), -ETIMEDOUT);
  expect_equal(futex_wake(&word, 10), 0);
}

// Are as many woken as asked for, and no more?
void futex_counts(void) {
  int woken = 0;
  for (int i = 0; i < 3; i++) expect_equal(thread_create(&sleepers[i], sleep_once, &word), 0);
  sleep_ns(50 * MS);
  expect_equal(futex_wake(&word, 1), 1);
  sleep_ns(20 * MS);
  for (int i = 0; i < 3; i++) woken += *(volatile uint32_t *)&sleepers[i].tid == 0;
  expect_equal(woken, 1);
  expect_equal(futex_wake(&word, 10), 2);
  for (int i = 0; i < 3; i++) expect_equal(thread_join(&sleepers[i]), 0);
}

// Does a wait end for a signal?
void futex_interrupted(void) {
  expect_equal(set_handler(SIGUSR1, count_signal, 0), 0);
  int pid = signal_after_ns(20 * MS, SIGUSR1);
  expect_equal(futex_wait(&word, 0, HOUR_NS), -EINTR);
  expect_equal(caught, 1);
  expect_equal(status_of_child(pid), 0);
}

// Is a word in shared memory the same for two processes, and one in private memory not?
void futex_between_processes(void) {
  uint32_t *shared = map_memory(PAGE_BYTES, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  uint32_t *own = map_memory(PAGE_BYTES, READ_WRITE, ANONYMOUS, -1, 0);
  expect(shared != 0 && own != 0);
  *own = 0;
  int pid = fork();
  if (pid == 0) exit(futex_wait(shared, 0, HOUR_NS) == 0 ? 0 : 1);
  int other = fork();
  if (other == 0) exit(futex_wait(own, 0, 100 * MS) == -ETIMEDOUT ? 0 : 1);
  sleep_ns(50 * MS);
  *own = 0;
  expect_equal(futex_wake(own, 10), 0);
  expect_equal(futex_wake(shared, 10), 1);
  expect_equal(status_of_child(pid), 0);
  expect_equal(status_of_child(other), 0);
}

// Is a word of a mapped file the same at another address?
void futex_in_file(void) {
  int fd = make_file("futex", "");
  expect_equal(truncate_to(fd, 2 * PAGE_BYTES), 0);
  uint32_t *one = map_memory(2 * PAGE_BYTES, READ_WRITE, MAP_SHARED, fd, 0);
  uint32_t *two = map_memory(PAGE_BYTES, READ_WRITE, MAP_SHARED, fd, 1);
  expect(one != 0 && two != 0);
  one += PAGE_BYTES / 4;
  expect_equal(thread_create(&sleepers[0], sleep_once, one), 0);
  sleep_ns(30 * MS);
  expect_equal(futex_wake(one + 1, 10), 0);
  expect_equal(futex_wake(two, 10), 1);
  expect_equal(thread_join(&sleepers[0]), 0);
}

// Does a process that is killed while it waits leave nothing behind?
void futex_killed(void) {
  uint32_t *shared = map_memory(PAGE_BYTES, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int pid = fork();
  if (pid == 0) futex_wait(shared, 0, FOREVER_NS);
  sleep_ns(30 * MS);
  expect_equal(send_signal(pid, SIGKILL), 0);
  expect_equal(status_of_child(pid), KILLED_BY(SIGKILL));
  expect_equal(futex_wake(shared, 10), 0);
}

// Are bad words, operations and timeouts refused?
void futex_arguments(void) {
  static const uint32_t bad[] = {0, KERNEL_ADDRESS, UNMAPPED_ADDRESS, 0xfffffffc};
  struct timespec64 nonsense = {0, 2000000000}, negative = {-1, 0};
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    expect_equal(syscall(SYS_FUTEX_TIME64, bad[i], FUTEX_WAIT, 0, 0), -EFAULT);
    if (i > 0) expect_equal(syscall(SYS_FUTEX_TIME64, &word, FUTEX_WAIT, 0, bad[i]), -EFAULT);
  }
  expect_equal(syscall(SYS_FUTEX_TIME64, (char *)&word + 1, FUTEX_WAIT, 0, 0), -EINVAL);
  expect_equal(syscall(SYS_FUTEX_TIME64, (char *)&word + 2, FUTEX_WAKE, 1, 0), -EINVAL);
  expect_equal(syscall(SYS_FUTEX_TIME64, &word, 99, 0, 0), -ENOSYS);
  expect_equal(syscall(SYS_FUTEX_TIME64, &word, FUTEX_WAIT, 0, &nonsense), -EINVAL);
  expect_equal(syscall(SYS_FUTEX_TIME64, &word, FUTEX_WAIT, 0, &negative), -EINVAL);
  expect_equal(syscall(SYS_FUTEX_TIME64, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 1, 0), -EAGAIN);
}
