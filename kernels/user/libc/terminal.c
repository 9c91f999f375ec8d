// The calls of terminal.h, all ioctls.
#include "terminal.h"

int get_terminal(int fd, struct termios *mode) {
  return syscall(SYS_IOCTL, fd, TCGETS, mode);
}

int set_terminal(int fd, const struct termios *mode) {
  return syscall(SYS_IOCTL, fd, TCSETS, mode);
}

int foreground_group(int fd) {
  int group = 0, error = syscall(SYS_IOCTL, fd, TIOCGPGRP, &group);
  return error < 0 ? error : group;
}

int set_foreground_group(int fd, int group) {
  return syscall(SYS_IOCTL, fd, TIOCSPGRP, &group);
}
