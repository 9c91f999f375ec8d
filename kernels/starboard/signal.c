// Sending signals, and what becomes of them until they are taken: a pending bit of a thread or of
// its process, unless nobody minds. init gets none that it has no handler for. All under
// process_table.lock.
#include "signal.h"

#include "gate.h"
#include "ghost.h"
#include "process.h"
#include "scheduler.h"

static bool ignored_by_default(u32 signal) {
  return signal == SIGCHLD || signal == SIGCONT || signal == SIGURG || signal == SIGWINCH;
}

bool signal_is_ignored(const struct process *p, u32 signal) {
  u32 handler = p->actions[signal - 1].handler;
  return handler == SIG_IGN || (handler == SIG_DFL && ignored_by_default(signal));
}

// Whether sending is in vain: ignored, and not blocked, for a blocked one may find a handler later.
static bool is_in_vain(const struct process *p, u64 blocked, u32 signal) {
  if (p->zombie || p->ending) return true;
  if (p == init_process && p->actions[signal - 1].handler == SIG_DFL) return true;
  return signal_is_ignored(p, signal) && !(blocked & signal_bit(signal));
}

static void note(u64 *pending, u64 *by_kernel, u32 signal, bool kernel) {
  u64 bit = signal_bit(signal);
  if (*pending & bit) return;
  *pending |= bit;
  *by_kernel = kernel ? *by_kernel | bit : *by_kernel & ~bit;
}

static u64 blocked_by_all(const struct process *p) {
  u64 blocked = ~(u64)0;
  LIST_FOR_EACH(t, &p->threads, struct thread, in_process) blocked &= t->mask;
  return blocked;
}

// Whether the process is another kernel's still, and this one has only its ghost.
static bool is_elsewhere(const struct process *p) {
  return p->apart && gate_state() == GATE_OPEN;
}

void signal_process(struct process *p, u32 signal, bool by_kernel) {
  if (is_elsewhere(p)) {
    ghost_signal(p, NULL, signal);
    return;
  }
  if (is_in_vain(p, blocked_by_all(p), signal)) return;
  note(&p->pending, &p->by_kernel, signal, by_kernel);
  LIST_FOR_EACH(t, &p->threads, struct thread, in_process) {
    if (t->mask & signal_bit(signal)) continue;
    scheduler_interrupt(t);
    return;
  }
}

void signal_thread(struct thread *t, u32 signal, bool by_kernel) {
  if (is_elsewhere(t->process)) {
    ghost_signal(t->process, t, signal);
    return;
  }
  if (is_in_vain(t->process, t->mask, signal)) return;
  note(&t->pending, &t->by_kernel, signal, by_kernel);
  scheduler_interrupt(t);
}

void signal_group(s32 group, u32 signal, bool by_kernel) {
  FOR_EACH_PROCESS(p) {
    if (p->group == group) signal_process(p, signal, by_kernel);
  }
}

void signal_retarget(struct process *p) {
  LIST_FOR_EACH(t, &p->threads, struct thread, in_process) {
    if (p->pending & ~t->mask) scheduler_interrupt(t);
  }
}

void signal_set_mask(struct thread *t, u64 mask) {
  u64 newly = mask & ~t->mask;
  t->mask = mask & ~UNBLOCKABLE;
  if (t->process->pending & newly) signal_retarget(t->process);
}

static void forget(struct process *p, u32 signal) {
  u64 others = ~signal_bit(signal);
  p->pending &= others;
  LIST_FOR_EACH(t, &p->threads, struct thread, in_process) t->pending &= others;
}

void signal_set_action(struct process *p, u32 signal, const struct sigaction *action) {
  p->actions[signal - 1] = *action;
  if (signal_is_ignored(p, signal)) forget(p, signal);
}

void signal_reset_handlers(struct process *p) {
  for (u32 i = 0; i < NSIG; i++) {
    u32 handler = p->actions[i].handler;
    memset(&p->actions[i], 0, sizeof p->actions[i]);
    if (handler == SIG_IGN) p->actions[i].handler = SIG_IGN;
  }
}

bool signal_is_due(const struct thread *t) {
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  return ((t->pending | t->process->pending) & ~t->mask) != 0;
}

void signal_self(u32 signal) {
  lock(&process_table.lock);
  signal_thread(this_thread(), signal, true);
  unlock(&process_table.lock);
}

// --- kill

static bool is_sendable(u32 signal) {
  return signal <= NSIG && (signal < SIGSTOP || signal > SIGTTOU);
}

// Whether kill(pid) means p.
static bool is_meant(const struct process *p, s32 pid) {
  const struct process *self = this_process();
  if (pid == -1) return p != init_process && p != self;
  return p->group == (pid == 0 ? self->group : -pid);
}

static s32 send_to_one(s32 pid, u32 signal) {
  struct process *p = process_find(pid);
  if (!p) {
    struct thread *t = thread_find(pid);
    p = t ? t->process : NULL;
  }
  if (p && signal) signal_process(p, signal, false);
  return p ? 0 : -ESRCH;
}

s32 signal_send(s32 pid, u32 signal) {
  if (!is_sendable(signal)) return -EINVAL;
  lock(&process_table.lock);
  s32 result = pid > 0 ? send_to_one(pid, signal) : -ESRCH;
  FOR_EACH_PROCESS(p) {
    if (pid > 0) break;
    if (!is_meant(p, pid)) continue;
    result = 0;
    if (signal) signal_process(p, signal, false);
  }
  unlock(&process_table.lock);
  return result;
}

s32 signal_send_thread(s32 pid, s32 tid, u32 signal) {
  if (tid <= 0 || !is_sendable(signal)) return -EINVAL;
  lock(&process_table.lock);
  struct thread *t = thread_find(tid);
  bool found = t && (!pid || t->process->pid == pid);
  if (found && signal) signal_thread(t, signal, false);
  unlock(&process_table.lock);
  return found ? 0 : -ESRCH;
}
