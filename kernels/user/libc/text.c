// Input of programs that read text; see text.h.
#include "text.h"

void each_input(const char *program, char **names, void (*act)(int fd, const char *name)) {
  if (!*names) act(STDIN, "standard input");
  for (; *names; names++) {
    int fd = open(*names, O_RDONLY);
    if (fd < 0) fail(program, *names, fd);
    act(fd, *names);
    close(fd);
  }
}

// Makes sure that there is a byte to take: 1, 0 at the end, or an error.
static int fill(struct line_reader *reader) {
  if (reader->at < reader->used) return 1;
  int got = read(reader->fd, reader->bytes, sizeof reader->bytes);
  reader->at = 0;
  reader->used = got > 0 ? (uint32_t)got : 0;
  return got > 0 ? 1 : got;
}

int next_line(struct line_reader *reader, char *line, size_t bytes) {
  size_t used = 0;
  int filled, begun = 0;
  while ((filled = fill(reader)) > 0) {
    char byte = reader->bytes[reader->at++];
    begun = 1;
    if (byte == '\n') break;
    if (used + 1 < bytes) line[used++] = byte;
  }
  line[used] = 0;
  if (filled < 0) return filled;
  return begun ? (int)used : END_OF_TEXT;
}
