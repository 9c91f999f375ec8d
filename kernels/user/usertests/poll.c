// Questions about ppoll: what is ready, when it wakes, and what is refused.
#include "test.h"

static struct pollfd poll_one_result;

// Polls one descriptor without waiting; its events.
static int events_of(int fd, int events) {
  poll_one_result = (struct pollfd){fd, (int16_t)events, 0};
  int ready = poll(&poll_one_result, 1, 0);
  expect_equal(ready, poll_one_result.revents != 0);
  return poll_one_result.revents;
}

// Does a poll see what a pipe has, at both ends, and when the other end has gone?
void poll_pipe(void) {
  int fds[2], got;
  expect_equal(syscall(SYS_PIPE2, fds, O_NONBLOCK), 0);
  expect_equal(events_of(fds[0], POLLIN), 0);
  expect_equal(events_of(fds[1], POLLOUT), POLLOUT);
  expect_equal(write(fds[1], "x", 1), 1);
  expect_equal(events_of(fds[0], POLLIN), POLLIN);
  while ((got = write(fds[1], big, PAGE_BYTES)) > 0) {
  }
  expect_equal(events_of(fds[1], POLLOUT), 0);
  close(fds[1]);
  expect_equal(events_of(fds[0], POLLIN), POLLIN | POLLHUP);
  while ((got = read(fds[0], big, sizeof big)) > 0) {
  }
  expect_equal(events_of(fds[0], POLLIN), POLLHUP);
  expect_equal(make_pipe(fds), 0);
  close(fds[0]);
  expect_equal(events_of(fds[1], POLLOUT), POLLOUT | POLLERR);
}

// Are files and devices always ready, is a number below 0 passed over, and a bad one said?
void poll_others(void) {
  int fd = make_file("poll", "x");
  expect_equal(events_of(fd, POLLIN | POLLOUT), POLLIN | POLLOUT);
  expect_equal(events_of(open("/dev/null", O_RDWR), POLLIN | POLLOUT), POLLIN | POLLOUT);
  expect_equal(events_of(-1, POLLIN), 0);
  expect_equal(events_of(99, POLLIN), POLLNVAL);
  close(fd);
  struct pollfd two[2] = {{fd, POLLIN, 0}, {-5, POLLIN, 7}};
  expect_equal(poll(two, 2, FOREVER_NS), 1);
  expect_equal(two[0].revents, POLLNVAL);
  expect_equal(two[1].revents, 0);
}

// Does a poll wait until its timeout, and not without one?
void poll_timeout(void) {
  int fds[2];
  expect_equal(make_pipe(fds), 0);
  struct pollfd one = {fds[0], POLLIN, 0};
  int64_t begun = now_ns();
  expect_equal(poll(&one, 1, 20 * MS), 0);
  int64_t lasted = now_ns() - begun;
  expect(lasted >= 20 * MS && lasted < 500 * MS);
  expect_equal(poll(0, 0, 5 * MS), 0);
  expect_equal(poll(&one, 1, 0), 0);
}

// Does a poll of several wake for whichever comes first, without a timeout and with one?
void poll_wakes(void) {
  int pipes[3][2];
  struct pollfd fds[3];
  for (int i = 0; i < 3; i++) {
    expect_equal(make_pipe(pipes[i]), 0);
    fds[i] = (struct pollfd){pipes[i][0], POLLIN, 0};
  }
  for (int chosen = 0; chosen < 3; chosen++) {
    int pid = fork();
    if (pid == 0) {
      sleep_ns(20 * MS);
      exit(write(pipes[chosen][1], "x", 1) == 1 ? 0 : 1);
    }
    expect_equal(poll(fds, 3, chosen == 1 ? FOREVER_NS : HOUR_NS), 1);
    for (int i = 0; i < 3; i++) expect_equal(fds[i].revents, i == chosen ? POLLIN : 0);
    expect_equal(read(pipes[chosen][0], big, 1), 1);
    expect_equal(status_of_child(pid), 0);
  }
}

// Does a poll for room wake when the reader has made some, and one for data at the end?
void poll_wakes_writer(void) {
  int fds[2];
  expect_equal(syscall(SYS_PIPE2, fds, O_NONBLOCK), 0);
  while (write(fds[1], big, PAGE_BYTES) > 0) {
  }
  int pid = fork();
  if (pid == 0) {
    close(fds[1]);
    sleep_ns(20 * MS);
    exit(read(fds[0], big, sizeof big) > 0 ? 0 : 1);
  }
  struct pollfd one = {fds[1], POLLOUT, 0};
  expect_equal(poll(&one, 1, HOUR_NS), 1);
  expect(one.revents & POLLOUT);
  expect_equal(status_of_child(pid), 0);
  pid = fork();
  if (pid == 0) {
    close(fds[0]);
    sleep_ns(20 * MS);
    exit(0);
  }
  close(fds[1]);
  while (read(fds[0], big, sizeof big) > 0) {
  }
  one = (struct pollfd){fds[0], POLLIN, 0};
  expect_equal(poll(&one, 1, HOUR_NS), 1);
  expect_equal(one.revents, POLLHUP);
  expect_equal(status_of_child(pid), 0);
}

// Does a signal end a poll, also one that was held back until the poll's own mask let it in?
void poll_interrupted(void) {
  uint64_t none = 0, mask = 0;
  struct timespec64 hour = {3600, 0};
  expect_equal(set_handler(SIGUSR1, count_signal, SA_RESTART), 0);
  int pid = signal_after_ns(20 * MS, SIGUSR1);
  expect_equal(poll(0, 0, HOUR_NS), -EINTR);
  expect_equal(status_of_child(pid), 0);
  expect_equal(change_mask(SIG_BLOCK, signal_bit(SIGUSR1), 0), 0);
  expect_equal(send_signal(process_id(), SIGUSR1), 0);
  expect_equal(poll(0, 0, 5 * MS), 0);
  expect_equal(syscall(SYS_PPOLL_TIME64, 0, 0, &hour, &none, 8), -EINTR);
  expect_equal(caught, 2);
  expect_equal(change_mask(SIG_BLOCK, 0, &mask), 0);
  expect(mask == signal_bit(SIGUSR1));
}

// Are bad lists, counts, timeouts and masks refused?
void poll_arguments(void) {
  struct timespec64 nonsense = {0, 2000000000}, negative = {-1, 0}, zero = {0, 0};
  struct pollfd one = {0, POLLIN, 0};
  static const uint32_t bad[] = {KERNEL_ADDRESS, UNMAPPED_ADDRESS, 0xfffffffc};
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    expect_equal(syscall(SYS_PPOLL_TIME64, bad[i], 1, &zero, 0, 8), -EFAULT);
    expect_equal(syscall(SYS_PPOLL_TIME64, &one, 0, bad[i], 0, 8), -EFAULT);
    expect_equal(syscall(SYS_PPOLL_TIME64, &one, 0, &zero, bad[i], 8), -EFAULT);
  }
  int error = syscall(SYS_PPOLL_TIME64, &one, 0xffffffff, &zero, 0, 8);
  expect(error == -EINVAL || error == -EFAULT);
  expect_equal(syscall(SYS_PPOLL_TIME64, 0, 1, &zero, 0, 8), -EFAULT);
  expect_equal(syscall(SYS_PPOLL_TIME64, 0, 0, &nonsense, 0, 8), -EINVAL);
  expect_equal(syscall(SYS_PPOLL_TIME64, 0, 0, &negative, 0, 8), -EINVAL);
  char *end = page_before_hole() + PAGE_BYTES;
  memset(end - 8, 0xff, 8);
  expect_equal(syscall(SYS_PPOLL_TIME64, end - 8, 2, &zero, 0, 8), -EFAULT);
}
