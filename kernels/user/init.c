// init, pid 1. The kernel gives it /dev/console as descriptors 0, 1 and 2. It runs /etc/rc once
// with the shell, then keeps an interactive shell running, and reaps whatever is left to it. Each
// shell gets a process group of its own and the terminal, so that Ctrl-C never means init.
#include "signals.h"
#include "terminal.h"

#define RESPAWN_NS 100000000ll

static int start_shell(char *script) {
  char *arguments[] = {"sh", script, 0};
  int pid = fork();
  if (pid != 0) {
    if (pid > 0 && set_group(pid, pid) == 0) set_foreground_group(STDIN, pid);
    return pid;
  }
  set_group(0, 0);
  set_handler(SIGTTOU, (void (*)(int))SIG_DFL, 0);
  fail("init", "/bin/sh", execute("/bin/sh", arguments));
}

// Reaps everyone until this child ends.
static void await(int pid) {
  for (;;) {
    int status, ended = wait_child(P_ALL, 0, &status, 0);
    if (ended == pid) return;
    if (ended < 0 && ended != -EINTR) {
      sleep_ns(RESPAWN_NS);
      return;
    }
  }
}

// A session whose terminal is the console: a leader without a terminal gets it by opening one.
static void begin_session(void) {
  new_session(); // refused where init leads one from the start
  close(open("/dev/console", O_RDWR));
  // After the first shell init is in the background when it gives the terminal to the next.
  set_handler(SIGTTOU, (void (*)(int))SIG_IGN, 0);
}

int main(void) {
  struct statx status;
  begin_session();
  if (status_of("/etc/rc", &status) == 0) await(start_shell("/etc/rc"));
  for (;;) {
    int pid = start_shell(0);
    if (pid > 0) await(pid);
    else print_to(STDERR, "init: fork: %s\n", error_text(pid));
    // A shell that ends at once must not take the whole machine.
    sleep_ns(RESPAWN_NS);
  }
}
