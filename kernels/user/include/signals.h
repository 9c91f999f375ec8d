// Signals and the interval timer. A mask has bit signal - 1 for each signal.
#ifndef SIGNALS_H
#define SIGNALS_H
#include "user.h"

static inline uint64_t signal_bit(int signal) {
  return 1ull << (signal - 1);
}

// Installs a handler, or (void (*)(int))SIG_IGN or SIG_DFL; `flags` are SA_*.
int set_handler(int signal, void (*handler)(int), uint32_t flags);
// One that is told more, and may change what the program finds when it goes on.
int set_info_handler(int signal,
                     void (*handler)(int, struct siginfo *, struct ucontext *), uint32_t flags);
int set_action(int signal, const struct sigaction *action, struct sigaction *old);
int change_mask(int how, uint64_t mask, uint64_t *old); // SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK
int pending_signals(uint64_t *mask);
int await_signal(uint64_t mask); // under this mask until a handler has run: -EINTR
int send_signal_to_thread(int pid, int tid, int signal);

// SIGALRM after `first_ns`, then every `interval_ns`; 0 and 0: never.
int set_timer(int64_t first_ns, int64_t interval_ns);
int64_t timer_left_ns(void); // 0 when none runs

// "TERM" or "SIGTERM" or "15": its number, or 0.
int signal_number(const char *text);
const char *signal_name(int signal); // without SIG; "?" when it has none
#endif
