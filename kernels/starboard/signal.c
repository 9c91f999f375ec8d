// Signals, with their default actions only: those that would end a program do so at its boundary;
// the others are ignored. init is ended by none that is sent to it.
#include "process.h"
#include "scheduler.h"

#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGURG 23
#define SIGWINCH 28

static bool is_fatal(u32 signal) {
  switch (signal) {
    case SIGCHLD:
    case SIGCONT:
    case SIGSTOP: // there is no job control: stopping is not supported
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGURG:
    case SIGWINCH: return false;
    default: return true;
  }
}

void signal_raise(struct process *p, u32 signal) {
  if (!is_fatal(signal)) return;
  __atomic_or_fetch(&p->signals[(signal - 1) / 32], 1u << (signal - 1) % 32, __ATOMIC_SEQ_CST);
  if (p != this_process()) scheduler_interrupt(p);
}

bool signal_is_fatal_pending(const struct process *p) {
  return (__atomic_load_n(&p->signals[0], __ATOMIC_SEQ_CST) |
          __atomic_load_n(&p->signals[1], __ATOMIC_SEQ_CST)) != 0;
}

u32 signal_take_fatal(struct process *p) {
  if (!signal_is_fatal_pending(p)) return 0;
  for (u32 signal = 1; signal <= NSIG; signal++) {
    u32 bit = 1u << (signal - 1) % 32;
    if ((p->signals[(signal - 1) / 32] & bit) && is_fatal(signal)) return signal;
  }
  p->signals[0] = p->signals[1] = 0; // of another kernel, and ignored here
  return 0;
}

static bool send_to(struct process *p, u32 signal) {
  if (signal && p != init_process && !p->zombie) signal_raise(p, signal);
  return true;
}

s32 signal_send(s32 pid, u32 signal) {
  if (signal > NSIG) return -EINVAL;
  bool found = false;
  lock(&process_table.lock);
  if (pid > 0) {
    struct process *p = process_find(pid);
    found = p && send_to(p, signal);
  } else if (pid == -1) { // everyone but init and the sender
    LIST_FOR_EACH(p, &process_table.all, struct process, in_table) {
      if (p != init_process && p != this_process()) found |= send_to(p, signal);
    }
  }
  unlock(&process_table.lock);
  return found ? 0 : -ESRCH;
}
