// Signals. Whoever sends one marks it pending and nudges every thread that does not block it; the
// first of them at its boundary takes it. The others find nothing, and their calls are issued again
// unseen.
#include "larboard/signal.h"

#include "larboard/futex.h"
#include "larboard/gate.h"
#include "larboard/ghost.h"
#include "larboard/time.h"
#include "shared/string.h"

static bool is_ignored_by_default(u32 signal) {
  return signal == SIGCHLD || signal == SIGCONT || signal == SIGURG || signal == SIGWINCH;
}

// Whether the process does nothing about it. Nothing that init does not handle ends it.
static bool is_ignored(const struct process *p, u32 signal) {
  u32 handler = p->actions[signal - 1].handler;
  if (handler == SIG_DFL) return is_ignored_by_default(signal) || p->pid == 1;
  return handler == SIG_IGN;
}

static bool is_blocked_anywhere(const struct process *p, u32 signal) {
  u32 at = 0;
  for (struct thread *t; (t = thread_next(p, &at)) != NULL;) {
    if (t->mask & signal_bit(signal)) return true;
  }
  return false;
}

void signal_send(struct process *p, struct thread *to, u32 signal) {
  u32 at = 0;
  if (p->state != PROCESS_ALIVE) return;
  if (p->apart && gate_is_open()) {
    ghost_signal(p, to, signal);
    return;
  }
  // one that is blocked may find another action when it is unblocked
  if (is_ignored(p, signal) && !is_blocked_anywhere(p, signal)) return;
  if (to) to->signals |= signal_bit(signal);
  else p->signals |= signal_bit(signal);
  for (struct thread *t; (t = thread_next(p, &at)) != NULL;) {
    bool takes = (!to || t == to) && !(t->mask & signal_bit(signal));
    if (takes) thread_nudge(t, SLEEP_INTERRUPTIBLE);
  }
}

void signal_send_broken_pipe(struct process *p) {
  lock(&process_lock);
  signal_send(p, this_thread(), SIGPIPE);
  unlock(&process_lock);
}

bool signal_is_waiting(const struct thread *t) {
  return ((t->signals | t->process->signals) & ~t->mask) != 0;
}

void signal_fault(struct thread *t, const struct fault *fault) {
  struct process *p = t->process;
  u32 handler = p->actions[fault->signal - 1].handler;
  bool handled = handler != SIG_DFL && handler != SIG_IGN;
  if (handled && !(t->mask & signal_bit(fault->signal))) {
    t->fault = *fault;
    t->signals |= signal_bit(fault->signal);
    return;
  }
  struct trap_frame *f = thread_frame(t);
  if (gate_defers_end(t, fault->signal)) return;
  print("%s (pid %d) is killed: cause %u at pc %08x, address %08x", p->name, p->pid, f->cause,
        f->x[REG_PC], f->tval);
  process_end(p, CLD_KILLED, fault->signal);
}

void signal_drop_ignored(struct process *p, u32 signal) {
  u32 at = 0;
  if (!is_ignored(p, signal)) return;
  p->signals &= ~signal_bit(signal);
  for (struct thread *t; (t = thread_next(p, &at)) != NULL;) t->signals &= ~signal_bit(signal);
}

void signal_reset_handlers(struct process *p) {
  for (u32 i = 0; i < NSIG; i++) {
    if (p->actions[i].handler != SIG_IGN) memset(&p->actions[i], 0, sizeof p->actions[i]);
  }
}

// --- Masks.

void signal_set_mask(struct thread *t, u64 mask) { t->mask = mask & ~SIGNALS_UNBLOCKABLE; }

void signal_borrow_mask(struct thread *t, u64 mask) {
  t->saved_mask = t->mask;
  t->has_saved_mask = true;
  signal_set_mask(t, mask);
}

void signal_return_mask(struct thread *t) {
  if (t->has_saved_mask) t->mask = t->saved_mask;
  t->has_saved_mask = false;
  futex_expect_no_more(t);
}

// --- Delivery, at the boundary.

// The pending signal to act on first: what the thread did itself, else the lowest.
static u32 take_pending(struct thread *t) {
  struct process *p = t->process;
  u64 ready = (t->signals | p->signals) & ~t->mask;
  u32 signal = t->fault.signal;
  if (!ready) return 0;
  if (!signal || !(ready & signal_bit(signal))) {
    for (signal = 1; !(ready & signal_bit(signal));) signal++;
  }
  if (t->signals & signal_bit(signal)) t->signals &= ~signal_bit(signal);
  else p->signals &= ~signal_bit(signal);
  return signal;
}

// What a call returns that a handler has interrupted for good.
static s32 interrupted_result(struct thread *t) {
  const u32 *a = &thread_frame(t)->x[REG_A0];
  if (t->restart == RESTART_WRITE && t->restart_done) return (s32)t->restart_done;
  if (t->restart != RESTART_SLEEP || (a[1] & TIMER_ABSTIME) || !a[3]) return -EINTR;
  u64 now = time_ticks();
  struct timespec64 left = time_of_ticks(t->restart_deadline > now ? t->restart_deadline - now : 0);
  return copy_to_user(&t->process->space, a[3], &left, sizeof left) ? -EINTR : -EFAULT;
}

// The interrupted call, if any, is issued again after the handler, or returns to it.
static void settle_call(struct thread *t, const struct sigaction *action) {
  struct trap_frame *f = thread_frame(t);
  bool partly = t->restart == RESTART_WRITE && t->restart_done;
  bool again = t->interrupted == ERESTART && (action->flags & SA_RESTART) && !partly;
  if (t->interrupted && !again) {
    f->x[REG_A0] = (u32)interrupted_result(t);
    f->x[REG_PC] += 4;
  }
  t->interrupted = 0;
  t->restart = RESTART_NONE;
}

static void describe(struct thread *t, u32 signal, struct siginfo *info) {
  bool by_kernel = signal == SIGALRM || signal == SIGCHLD || signal == SIGPIPE;
  info->signo = (s32)signal;
  info->code = by_kernel ? SI_KERNEL : SI_USER;
  if (t->fault.signal != signal) return;
  info->code = (s32)t->fault.code;
  info->pid = (s32)t->fault.address;
  t->fault.signal = 0;
}

// Makes the thread go on in the handler. False: its stack has no room.
static bool enter_handler(struct thread *t, u32 signal, const struct sigaction *action) {
  struct trap_frame *f = thread_frame(t);
  struct signal_frame frame;
  u64 mask = t->has_saved_mask ? t->saved_mask : t->mask;
  u32 sp = (f->x[REG_SP] - sizeof frame) & -16u;
  memset(&frame, 0, sizeof frame);
  describe(t, signal, &frame.info);
  frame.context.mask[0] = (u32)mask;
  frame.context.mask[1] = (u32)(mask >> 32);
  memcpy(frame.context.registers, f->x, sizeof frame.context.registers);
  if (!copy_to_user(&t->process->space, sp, &frame, sizeof frame)) return false;
  t->has_saved_mask = false;
  signal_set_mask(t, t->mask | (u64)action->mask[1] << 32 | action->mask[0] |
                         (action->flags & SA_NODEFER ? 0 : signal_bit(signal)));
  f->x[REG_PC] = action->handler;
  f->x[REG_RA] = USER_TRAMPOLINE;
  f->x[REG_SP] = sp;
  f->x[REG_A0] = signal;
  f->x[REG_A0 + 1] = sp + offsetof(struct signal_frame, info);
  f->x[REG_A0 + 2] = sp + offsetof(struct signal_frame, context);
  return true;
}

bool signal_deliver(struct thread *t) {
  struct process *p = t->process;
  u32 signal = take_pending(t);
  if (!signal) return false;
  struct sigaction action = p->actions[signal - 1];
  if (is_ignored(p, signal)) return true;
  if (action.handler == SIG_DFL) {
    if (gate_defers_end(t, signal)) return false;
    process_end(p, CLD_KILLED, signal);
    return true;
  }
  if (action.flags & SA_RESETHAND) p->actions[signal - 1].handler = SIG_DFL;
  settle_call(t, &action);
  if (enter_handler(t, signal, &action) || gate_defers_end(t, SIGSEGV)) return true;
  process_end(p, CLD_KILLED, SIGSEGV);
  return true;
}
