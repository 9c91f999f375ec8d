// The standing watch's beginning and end; see watch.h. The log desk stays open from the start, so
// that a device's descriptor has to cross a relief as well.
#include "watch.h"

#define STAND_DOWN "/run/stand-down"
#define LINE_BYTES 240

uint32_t watch_seed = 1, watch_rounds;
static const char *watch_name = "?";
static int desk = -1;

void watch_begin(const char *name, int argc, char **argv) {
  watch_name = name;
  if (argc > 1 && !parse_number(argv[1], &watch_seed)) fail(name, argv[1], EINVAL);
  desk = open("/dev/logdesk", O_WRONLY);
}

int watch_goes_on(void) {
  struct statx status;
  watch_rounds++;
  return status_of(STAND_DOWN, &status) < 0;
}

// One line to the log desk, if there is one, else to this descriptor.
static void say(int fd, const char *line) {
  if (desk >= 0) write_all(desk, line, strlen(line));
  else if (fd < 0) fd = STDOUT;
  if (fd >= 0) write_all(fd, line, strlen(line));
}

void watch_broken(const char *text, ...) {
  char line[LINE_BYTES];
  va_list arguments;
  int used = format(line, sizeof line, "invariant %s broken: ", watch_name);
  va_start(arguments, text);
  used += vformat(line + used, sizeof line - (size_t)used - 40, text, arguments);
  va_end(arguments);
  if (used > LINE_BYTES - 41) used = LINE_BYTES - 41;
  format(line + used, sizeof line - (size_t)used, " (seed %u, round %u)\n", (unsigned)watch_seed,
         (unsigned)watch_rounds);
  say(STDERR, line);
  exit(1);
}

void watch_kept(const char *text, ...) {
  char line[LINE_BYTES];
  va_list arguments;
  int used = format(line, sizeof line, "watch %s kept: rounds=%u ", watch_name,
                    (unsigned)watch_rounds);
  va_start(arguments, text);
  used += vformat(line + used, sizeof line - (size_t)used - 1, text, arguments);
  va_end(arguments);
  if (used > LINE_BYTES - 2) used = LINE_BYTES - 2;
  line[used] = '\n';
  line[used + 1] = 0;
  say(-1, line);
  exit(0);
}
