// Questions about pipes.
#include "test.h"

// Does a reader see the end only when the last writer is gone?
void pipe_end(void) {
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
  write(fds[1], "x", 1);
}

// Does a write without a reader end the writer, or, when it ignores SIGPIPE, only fail?
void pipe_broken(void) {
  int fds[2];
  expect_equal(in_child(write_without_reader), KILLED_BY(SIGPIPE));
  expect_equal(make_pipe(fds), 0);
  close(fds[0]);
  expect_equal(set_handler(SIGPIPE, (void (*)(int))SIG_IGN, 0), 0);
  expect_equal(write(fds[1], "x", 1), -EPIPE);
  expect_equal(set_handler(SIGPIPE, count_signal, 0), 0);
  expect_equal(write(fds[1], "x", 1), -EPIPE);
  expect_equal(caught, 1);
}

// Does a full pipe hold its writer, and give all bytes in order?
void pipe_full(void) {
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

// Does O_NONBLOCK refuse instead of waiting, at either end, and can it be set later?
void pipe_nonblocking(void) {
  int fds[2], total = 0, got;
  expect_equal(syscall(SYS_PIPE2, fds, O_NONBLOCK), 0);
  expect_equal(read(fds[0], big, 1), -EAGAIN);
  while ((got = write(fds[1], big, 1000)) > 0) total += got;
  expect_equal(got, -EAGAIN);
  while ((got = read(fds[0], big, sizeof big)) > 0) total -= got;
  expect_equal(got, -EAGAIN);
  expect_equal(total, 0);
  close(fds[1]);
  expect_equal(read(fds[0], big, 1), 0);
  expect_equal(make_pipe(fds), 0);
  expect_equal(control(fds[0], F_SETFL, O_NONBLOCK), 0);
  expect_equal(read(fds[0], big, 1), -EAGAIN);
  expect(!(control(fds[1], F_GETFL, 0) & O_NONBLOCK));
  if (!on_linux) expect_equal(syscall(SYS_PIPE2, fds, 0x7), -EINVAL); // emulators pass it over
}

// What if the buffer ends in nothing? What was there may pass, and the pipe must stay in order.
void pipe_buffer_across_hole(void) {
  char *end = page_before_hole() + PAGE_BYTES;
  int fds[2];
  memset(end - 8, 'a', 8);
  expect_equal(syscall(SYS_PIPE2, fds, O_NONBLOCK), 0);
  int written = write(fds[1], end - 8, 16);
  expect(written == -EFAULT || written == 8);
  int left = read(fds[0], big, 16);
  expect_equal(left, written == 8 ? 8 : -EAGAIN);
  expect_equal(write(fds[1], "0123456789abcdef", 16), 16);
  int got = read(fds[0], end - 8, 16);
  expect(got == -EFAULT || got == 8);
}
