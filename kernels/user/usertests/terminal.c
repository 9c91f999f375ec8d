// Questions about terminals and process groups.
#include "test.h"

static int waiting_child(void) {
  int pid = fork();
  expect(pid >= 0);
  if (pid == 0)
    for (;;) sleep_ns(HOUR_NS);
  return pid;
}

// Do groups begin, take members, and get signals as one?
void process_groups(void) {
  int self = process_id(), first = waiting_child(), second = waiting_child();
  expect_equal(group_of(0), group_of(self));
  expect_equal(group_of(first), group_of(0));
  expect_equal(session_of(first), session_of(0));
  expect_equal(set_group(first, 0), 0);
  expect_equal(set_group(second, first), 0);
  expect_equal(group_of(first), first);
  expect_equal(group_of(second), first);
  expect_equal(send_signal(-first, 0), 0);
  expect_equal(send_signal(-first, SIGTERM), 0);
  expect_equal(status_of_child(first), KILLED_BY(SIGTERM));
  expect_equal(status_of_child(second), KILLED_BY(SIGTERM));
  expect_equal(send_signal(-first, SIGTERM), -ESRCH);
  int pid = fork();
  if (pid == 0) {
    expect_equal(set_group(0, 0), 0);
    set_handler(SIGUSR1, count_signal, 0);
    int member = fork();
    if (member == 0)
      for (;;) sleep_ns(HOUR_NS);
    expect_equal(send_signal(0, SIGUSR1), 0);
    expect_equal(caught, 1);
    expect_equal(send_signal(member, SIGKILL), 0);
    status_of_child(member);
    exit(0);
  }
  expect_equal(status_of_child(pid), 0);
}

// Does a session begin with its leader, and only once?
void sessions(void) {
  int pid = fork();
  if (pid == 0) {
    int self = process_id();
    expect_equal(new_session(), self);
    expect_equal(session_of(0), self);
    expect_equal(group_of(0), self);
    expect_equal(new_session(), -EPERM);
    expect_equal(set_group(0, 0), -EPERM);
    exit(0);
  }
  expect_equal(status_of_child(pid), 0);
}

// Are bad numbers of groups refused?
void group_arguments(void) {
  int pid = waiting_child();
  expect_equal(set_group(0, -1), -EINVAL);
  expect_equal(set_group(0x3fffffff, 0), -ESRCH);
  expect_equal(set_group(pid, 0x3fffffff), -EPERM);
  expect_equal(group_of(0x3fffffff), -ESRCH);
  expect_equal(session_of(0x3fffffff), -ESRCH);
  expect_equal(send_signal(-0x3fffffff, SIGTERM), -ESRCH);
  expect_equal(send_signal(pid, SIGKILL), 0);
  status_of_child(pid);
}

// Is what is no terminal told from one?
void no_terminal(void) {
  struct termios mode;
  int fds[2], file = make_file("terminal", "x");
  expect_equal(make_pipe(fds), 0);
  expect_equal(get_terminal(file, &mode), -ENOTTY);
  expect_equal(get_terminal(fds[0], &mode), -ENOTTY);
  expect_equal(get_terminal(open("/dev/null", O_RDWR), &mode), -ENOTTY);
  expect_equal(foreground_group(file), -ENOTTY);
  expect_equal(get_terminal(99, &mode), -EBADF);
}

// Does the console keep its mode, refuse bad pointers, and belong only to groups that exist?
void console_mode(void) {
  struct termios mode, raw, seen;
  if (on_linux) return;
  int fd = open("/dev/console", O_RDWR);
  expect_equal(get_terminal(fd, &mode), 0);
  expect(mode.lflag & ICANON);
  raw = mode;
  raw.lflag &= ~(uint32_t)(ICANON | ECHO | ISIG);
  expect_equal(set_terminal(fd, &raw), 0);
  expect_equal(get_terminal(fd, &seen), 0);
  expect_equal(seen.lflag & (ICANON | ECHO | ISIG), 0);
  struct pollfd one = {fd, POLLIN | POLLOUT, 0};
  expect_equal(poll(&one, 1, 0), 1);
  expect_equal(one.revents, POLLOUT);
  expect_equal(set_terminal(fd, &mode), 0);
  expect_equal(syscall(SYS_IOCTL, fd, TCGETS, KERNEL_ADDRESS), -EFAULT);
  expect_equal(syscall(SYS_IOCTL, fd, TCSETS, UNMAPPED_ADDRESS), -EFAULT);
  expect_equal(syscall(SYS_IOCTL, fd, TIOCSPGRP, KERNEL_ADDRESS), -EFAULT);
  expect(set_foreground_group(fd, 0x3fffffff) < 0);
  expect(set_foreground_group(fd, -1) < 0);
  expect_equal(syscall(SYS_IOCTL, fd, 0x9999, &mode), -ENOTTY);
}
