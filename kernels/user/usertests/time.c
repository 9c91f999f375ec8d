// Questions about time.
#include "test.h"

// Does a sleep last at least as long as asked, and not much longer? Are nonsense times refused?
void sleeps(void) {
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
