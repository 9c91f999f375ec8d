// sh [-c LINE | FILE]: a small shell. Words with '' "" \ and $?, # comments, pipes, < > >> 2> 2>>
// 2>&1, &, ;, && and ||; built in are cd, exit, wait, jobs, fg and history. On a terminal it
// prompts, edits lines and looks after jobs; else it only reads lines and runs them.
#include "sh.h"
#include "terminal.h"

#define PROMPT "$ "

int last_status;

int complain(const char *what, const char *why) {
  print_to(STDERR, "sh: %s: %s\n", what, why);
  return 1;
}

// Reads one line byte by byte, since children go on reading where we stop. 0 at the end of input.
static int read_line(int fd, char *text) {
  int used = 0, got;
  char byte;
  while ((got = read(fd, &byte, 1)) > 0 || got == -EINTR) {
    if (got == -EINTR) continue;
    if (byte == '\n') {
      text[used] = 0;
      return 1;
    }
    if (used < LINE_MAX - 1) text[used++] = byte;
  }
  text[used] = 0;
  return used > 0;
}

static void run_interactive(void) {
  static char text[LINE_MAX];
  struct termios usual;
  begin_job_control();
  get_terminal(STDIN, &usual);
  for (;;) {
    tell_ended_jobs();
    // A job may have left the terminal in any mode.
    set_terminal(STDIN, &usual);
    if (!edit_line(text, PROMPT)) return;
    add_history(text);
    run_line(text);
  }
}

int main(int argc, char **argv) {
  static char text[LINE_MAX];
  struct termios mode;
  int fd = STDIN;
  if (argc > 2 && strcmp(argv[1], "-c") == 0) {
    run_line(argv[2]);
    return last_status;
  }
  if (argc > 1) {
    fd = open(argv[1], O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail("sh", argv[1], fd);
  } else if (get_terminal(STDIN, &mode) == 0) {
    run_interactive();
    return last_status;
  }
  while (read_line(fd, text)) run_line(text);
  return last_status;
}
