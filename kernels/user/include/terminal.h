// The terminal: its mode, and whose it is.
#ifndef TERMINAL_H
#define TERMINAL_H
#include "user.h"

int get_terminal(int fd, struct termios *mode); // -ENOTTY: it is none
int set_terminal(int fd, const struct termios *mode);
int foreground_group(int fd);
int set_foreground_group(int fd, int group);
#endif
