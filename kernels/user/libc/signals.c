// Signals and the interval timer: the calls, and the signals' names.
#include "signals.h"

#define US_PER_SECOND 1000000
#define MASK_BYTES 8

static const char *const names[NSIG + 1] = {
  [SIGHUP] = "HUP",   [SIGINT] = "INT",   [SIGQUIT] = "QUIT", [SIGILL] = "ILL",
  [SIGTRAP] = "TRAP", [SIGABRT] = "ABRT", [SIGBUS] = "BUS",   [SIGKILL] = "KILL",
  [SIGUSR1] = "USR1", [SIGSEGV] = "SEGV", [SIGUSR2] = "USR2", [SIGPIPE] = "PIPE",
  [SIGALRM] = "ALRM", [SIGTERM] = "TERM", [SIGCHLD] = "CHLD", [SIGCONT] = "CONT",
  [SIGSTOP] = "STOP", [SIGTTOU] = "TTOU", [SIGURG] = "URG",   [SIGWINCH] = "WINCH",
};

// A user emulator's structure may have one word more, a restorer that Linux has not here: room.
struct roomy_action {
  struct sigaction action;
  uint32_t room[2];
};

int set_action(int signal, const struct sigaction *action, struct sigaction *old) {
  struct roomy_action given = {0}, got = {0};
  if (action) given.action = *action;
  int error = syscall(SYS_RT_SIGACTION, signal, action ? &given : 0, &got, MASK_BYTES);
  if (error == 0 && old) *old = got.action;
  return error;
}

int set_handler(int signal, void (*handler)(int), uint32_t flags) {
  struct sigaction action = {.handler = (uint32_t)handler, .flags = flags};
  return set_action(signal, &action, 0);
}

int set_info_handler(int signal, void (*handler)(int, struct siginfo *, struct ucontext *),
                     uint32_t flags) {
  struct sigaction action = {.handler = (uint32_t)handler, .flags = flags | SA_SIGINFO};
  return set_action(signal, &action, 0);
}

int change_mask(int how, uint64_t mask, uint64_t *old) {
  return syscall(SYS_RT_SIGPROCMASK, how, &mask, old, MASK_BYTES);
}

int pending_signals(uint64_t *mask) {
  return syscall(SYS_RT_SIGPENDING, mask, MASK_BYTES);
}

int await_signal(uint64_t mask) {
  return syscall(SYS_RT_SIGSUSPEND, &mask, MASK_BYTES);
}

int send_signal_to_thread(int pid, int tid, int signal) {
  return syscall(SYS_TGKILL, pid, tid, signal);
}

// Rounded up, so that a short time is not never.
static struct timeval to_timeval(int64_t time_ns) {
  int64_t time_us = (time_ns + 999) / 1000;
  return (struct timeval){(int32_t)(time_us / US_PER_SECOND), (int32_t)(time_us % US_PER_SECOND)};
}

int set_timer(int64_t first_ns, int64_t interval_ns) {
  struct itimerval timer = {to_timeval(interval_ns), to_timeval(first_ns)};
  return syscall(SYS_SETITIMER, ITIMER_REAL, &timer, 0);
}

int64_t timer_left_ns(void) {
  struct itimerval timer = {{0, 0}, {0, 0}};
  syscall(SYS_GETITIMER, ITIMER_REAL, &timer);
  return (timer.value.seconds * (int64_t)US_PER_SECOND + timer.value.microseconds) * 1000;
}

int signal_number(const char *text) {
  uint32_t number;
  if (parse_number(text, &number)) return number <= NSIG ? (int)number : 0;
  if (strncmp(text, "SIG", 3) == 0) text += 3;
  for (int signal = 1; signal <= NSIG; signal++)
    if (names[signal] && strcmp(names[signal], text) == 0) return signal;
  return 0;
}

const char *signal_name(int signal) {
  return signal > 0 && signal <= NSIG && names[signal] ? names[signal] : "?";
}
