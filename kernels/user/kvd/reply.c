// Writes replies; see protocol.h.
#include "protocol.h"

#define LINE_BYTES 400

static struct buffer *output;
static int has_failed;

void reply_begin(struct buffer *buffer) {
  output = buffer;
  has_failed = 0;
}

int reply_failed(void) {
  return has_failed;
}

static void add(const void *bytes, uint32_t count) {
  if (!has_failed) has_failed = !buffer_add(output, bytes, count);
}

static void add_line(char type, const char *text) {
  add(&type, 1);
  add(text, (uint32_t)strlen(text));
  add("\r\n", 2);
}

void reply_status(const char *text) {
  add_line('+', text);
}

void reply_error(const char *text, ...) {
  char line[LINE_BYTES];
  va_list arguments;
  va_start(arguments, text);
  vformat(line, sizeof line, text, arguments);
  va_end(arguments);
  // What a client sent may stand in it, and a line has to stay one.
  for (char *at = line; *at; at++)
    if (*at == '\r' || *at == '\n') *at = ' ';
  add_line('-', line);
}

// By hand: a reply of many elements has a number for each.
static void add_number(char type, int64_t number) {
  char line[24], *end = line + sizeof line, *at = end;
  uint64_t size = number < 0 ? -(uint64_t)number : (uint64_t)number;
  *--at = '\n';
  *--at = '\r';
  for (; size >> 32; size /= 10) *--at = (char)('0' + size % 10);
  for (uint32_t rest = (uint32_t)size; rest > 0 || end - at == 2; rest /= 10)
    *--at = (char)('0' + rest % 10);
  if (number < 0) *--at = '-';
  *--at = type;
  add(at, (uint32_t)(end - at));
}

void reply_integer(int64_t number) {
  add_number(':', number);
}

void reply_bulk(struct span bytes) {
  add_number('$', bytes.count);
  add(bytes.at, bytes.count);
  add("\r\n", 2);
}

void reply_null(void) {
  add_line('$', "-1");
}

void reply_null_array(void) {
  add_line('*', "-1");
}

void reply_array(uint32_t count) {
  add_number('*', count);
}
