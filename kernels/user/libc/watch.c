// The standing watch's beginning and end; see watch.h. The log desk stays open from the start, so
// that a device's descriptor has to cross a relief as well.
#include "watch.h"

#define STAND_DOWN "/run/stand-down"
#define LINE_BYTES 240

uint32_t watch_seed = 1, watch_rounds;
static const char *watch_name = "?";
static int desk = -1, parent_pid;

void watch_begin(const char *name, int argc, char **argv) {
  watch_name = name;
  if (argc > 1 && !parse_number(argv[1], &watch_seed)) fail(name, argv[1], EINVAL);
  desk = open("/dev/logdesk", O_WRONLY);
  char line[LINE_BYTES];
  format(line, sizeof line, "watch %s begins\n", name);
  if (desk >= 0) write_all(desk, line, strlen(line));
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

void watch_say(const char *line) {
  say(-1, line);
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

int watch_must(int result, const char *what) {
  if (result < 0) watch_broken("%s: %s", what, error_text(result));
  return result;
}

int watch_fork(void) {
  int parent = process_id(), pid = watch_must(fork(), "fork");
  if (pid == 0) parent_pid = parent;
  return pid;
}

void watch_await(int pid, int expected, const char *who) {
  int status = -1, got = wait_child(P_PID, pid, &status, 0);
  if (got != pid) watch_broken("waiting for %s %d gives %d", who, pid, got);
  if (status != expected) watch_broken("%s %d: status %d, not %d", who, pid, status, expected);
}

int watch_is_alone(int child) {
  if (child == 0) return parent_id() != parent_pid;
  return wait_child(P_PID, child, 0, WNOHANG) != 0;
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
  watch_say(line);
  exit(0);
}
