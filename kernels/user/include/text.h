// For programs that read text: each file they were given, or standard input, and lines of them.
#ifndef TEXT_H
#define TEXT_H
#include "user.h"

// Calls `act` on each file of the list, which ends with 0, or on standard input when it is empty.
// A file that cannot be opened ends the program.
void each_input(const char *program, char **names, void (*act)(int fd, const char *name));

struct line_reader {
  int fd;
  uint32_t at, used;
  char bytes[4096];
};
// The next line, without its end, cut to what fits: its length, END_OF_TEXT, or an error.
#define END_OF_TEXT -1000
int next_line(struct line_reader *reader, char *line, size_t bytes);
#endif
