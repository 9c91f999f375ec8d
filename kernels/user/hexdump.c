// hexdump [FILE...]: offset, 16 bytes in hexadecimal, and as text, in each line.
#include "text.h"

#define BYTES_LINE 16

static void dump_line(uint32_t offset, const uint8_t *bytes, int count) {
  char text[128];
  int used = format(text, sizeof text, "%08x ", (unsigned)offset);
  for (int i = 0; i < BYTES_LINE; i++) {
    const char *gap = i == BYTES_LINE / 2 ? "  " : " ";
    if (i < count) used += format(text + used, sizeof text - (size_t)used, "%s%02x", gap, bytes[i]);
    else used += format(text + used, sizeof text - (size_t)used, "%s  ", gap);
  }
  used += format(text + used, sizeof text - (size_t)used, "  |");
  for (int i = 0; i < count; i++) {
    int is_text = bytes[i] >= ' ' && bytes[i] < 127;
    text[used++] = is_text ? (char)bytes[i] : '.';
  }
  text[used] = 0;
  printf("%s|\n", text);
}

static void dump(int fd, const char *name) {
  uint8_t bytes[BYTES_LINE];
  uint32_t offset = 0;
  int got;
  for (; (got = read_all(fd, bytes, sizeof bytes)) > 0; offset += (uint32_t)got)
    dump_line(offset, bytes, got);
  if (got < 0) fail("hexdump", name, got);
}

int main(int argc, char **argv) {
  each_input("hexdump", argv + (argc > 0), dump);
  return 0;
}
