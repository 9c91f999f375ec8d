// System calls on signals.
#include "larboard/signal.h"
#include "larboard/system_call.h"
#include "shared/string.h"

#define MASK_BYTES 8

s32 call_kill(struct process *p, const u32 *a) {
  (void)p;
  return kill_process((s32)a[0], a[1]);
}

s32 call_tkill(struct process *p, const u32 *a) {
  (void)p;
  return kill_thread(0, (s32)a[0], a[1]);
}

s32 call_tgkill(struct process *p, const u32 *a) {
  (void)p;
  return (s32)a[0] <= 0 ? -EINVAL : kill_thread((s32)a[0], (s32)a[1], a[2]);
}

static bool get_mask(struct process *p, u32 address, u64 *mask) {
  u32 words[2];
  if (!copy_from_user(&p->space, words, address, sizeof words)) return false;
  *mask = (u64)words[1] << 32 | words[0];
  return true;
}

static bool put_mask(struct process *p, u32 address, u64 mask) {
  const u32 words[2] = {(u32)mask, (u32)(mask >> 32)};
  return copy_to_user(&p->space, address, words, sizeof words);
}

s32 call_sigaction(struct process *p, const u32 *a) {
  struct sigaction action, old;
  u32 signal = a[0];
  if (a[3] != MASK_BYTES || signal < 1 || signal > NSIG) return -EINVAL;
  if (a[1] && (signal == SIGKILL || signal == SIGSTOP)) return -EINVAL;
  if (a[1] && !copy_from_user(&p->space, &action, a[1], sizeof action)) return -EFAULT;
  lock(&process_lock);
  old = p->actions[signal - 1];
  if (a[1]) {
    action.mask[0] &= ~(u32)SIGNALS_UNBLOCKABLE;
    p->actions[signal - 1] = action;
    signal_drop_ignored(p, signal);
  }
  unlock(&process_lock);
  return a[2] && !copy_to_user(&p->space, a[2], &old, sizeof old) ? -EFAULT : 0;
}

s32 call_sigprocmask(struct process *p, const u32 *a) {
  struct thread *t = this_thread();
  u64 old = t->mask, set = 0;
  if (a[3] != MASK_BYTES || (a[1] && a[0] > SIG_SETMASK)) return -EINVAL;
  if (a[1] && !get_mask(p, a[1], &set)) return -EFAULT;
  if (a[1]) {
    lock(&process_lock);
    signal_set_mask(t, a[0] == SIG_BLOCK     ? old | set
                       : a[0] == SIG_UNBLOCK ? old & ~set
                                             : set);
    unlock(&process_lock);
  }
  return a[2] && !put_mask(p, a[2], old) ? -EFAULT : 0;
}

s32 call_sigpending(struct process *p, const u32 *a) {
  struct thread *t = this_thread();
  if (a[1] > MASK_BYTES) return -EINVAL;
  lock(&process_lock);
  u64 pending = (t->signals | p->signals) & t->mask;
  unlock(&process_lock);
  const u32 words[2] = {(u32)pending, (u32)(pending >> 32)};
  return copy_to_user(&p->space, a[0], words, a[1]) ? 0 : -EFAULT;
}

s32 call_sigsuspend(struct process *p, const u32 *a) {
  struct thread *t = this_thread();
  u64 mask;
  if (a[1] != MASK_BYTES) return -EINVAL;
  if (!get_mask(p, a[0], &mask)) return -EFAULT;
  lock(&process_lock);
  signal_borrow_mask(t, mask);
  bool undisturbed = true;
  while (undisturbed) undisturbed = sleep_on(t, &process_lock);
  unlock(&process_lock);
  return -ERESTART_UNHANDLED;
}

// The registers and the mask are the user's to forge: neither gives any right. What would, the
// status with its mode bits, is not taken from there.
s32 call_sigreturn(struct process *p, const u32 *a) {
  struct thread *t = this_thread();
  struct trap_frame *f = thread_frame(t);
  struct ucontext context;
  u32 address = f->x[REG_SP] + offsetof(struct signal_frame, context);
  (void)a;
  bool ok = copy_from_user(&p->space, &context, address, sizeof context);
  lock(&process_lock);
  if (ok) {
    memcpy(f->x, context.registers, sizeof f->x);
    signal_set_mask(t, (u64)context.mask[1] << 32 | context.mask[0]);
    t->restart = 0;
  } else {
    const struct fault fault = {SIGSEGV, SEGV_MAPERR, address};
    signal_fault(t, &fault);
  }
  unlock(&process_lock);
  return SYSTEM_CALL_ENTERED;
}
