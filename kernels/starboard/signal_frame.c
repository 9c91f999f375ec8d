// Taking signals at the boundary. A handler is entered with a struct signal_frame on the user's
// stack, which says where it came from; rt_sigreturn goes back there. What a program writes into
// the frame reaches only its own registers and mask.
#include "futex.h"
#include "gate.h"
#include "process.h"
#include "scheduler.h"
#include "system_call.h"

#define SYNCHRONOUS                                                                        \
  (signal_bit(SIGSEGV) | signal_bit(SIGBUS) | signal_bit(SIGILL) | signal_bit(SIGTRAP))

struct delivery {
  struct sigaction action;
  u64 mask; // that the handler's end brings back
  struct siginfo info;
};

void signal_lend_mask(struct thread *t, u64 mask) {
  lock(&process_table.lock);
  if (!t->mask_is_lent) t->own_mask = t->mask;
  t->mask_is_lent = true;
  signal_set_mask(t, mask);
  unlock(&process_table.lock);
}

void signal_return_mask(struct thread *t) {
  if (!t->mask_is_lent) return;
  lock(&process_table.lock);
  t->mask_is_lent = false;
  signal_set_mask(t, t->own_mask);
  unlock(&process_table.lock);
}

static void end_by_signal(struct thread *t, u32 signal) {
  if (!gate_puts_off(t, signal)) process_end(t->process, CLD_KILLED, signal);
}

void signal_end_process(u32 signal) {
  lock(&process_table.lock);
  end_by_signal(this_thread(), signal);
  unlock(&process_table.lock);
}

// The interrupted call gets its result, if it is not to be made again.
static void answer_call(struct thread *t, bool restarts) {
  struct trap_frame *frame = t->frame;
  s32 result = -EINTR;
  if (t->restart == RESTART_WRITE) result = (s32)t->restart_done;
  else if (t->restart == RESTART_SLEEP) sleep_tell_rest(frame->x + REG_A0, t->restart_deadline);
  else if (t->restart == RESTART_NONE) {
    bool waits = t->interrupted == ERESTART_UNHANDLED ||
                 (t->interrupted == ERESTART_CALL && !restarts);
    if (!waits) return;
  }
  t->restart = RESTART_NONE;
  frame->x[REG_A0] = (u32)result;
  frame->x[REG_PC] += 4;
}

// Puts the frame on the stack and the thread at the handler's start.
static void enter_handler(struct thread *t, const struct delivery *d) {
  struct trap_frame *frame = t->frame;
  struct signal_frame s;
  futex_expect_no_more(t);
  u32 sp = (frame->x[REG_SP] - sizeof s) & ~15u;
  memset(&s, 0, sizeof s);
  s.info = d->info;
  u64_words(s.context.mask, d->mask);
  memcpy(s.context.registers, frame->x, sizeof s.context.registers);
  if (copy_to_user(sp, &s, sizeof s)) {
    signal_end_process(SIGSEGV);
    return;
  }
  frame->x[REG_PC] = d->action.handler & ~3u;
  frame->x[REG_RA] = USER_TRAMPOLINE;
  frame->x[REG_SP] = sp;
  frame->x[REG_A0] = (u32)d->info.signo;
  frame->x[REG_A1] = sp + offsetof(struct signal_frame, info);
  frame->x[REG_A1 + 1] = sp + offsetof(struct signal_frame, context);
}

// The handler's mask comes into force. table.lock held.
static void begin_handler(struct thread *t, u32 signal, struct delivery *d) {
  struct sigaction *action = &t->process->actions[signal - 1];
  d->action = *action;
  d->mask = t->mask_is_lent ? t->own_mask : t->mask;
  t->mask_is_lent = false;
  u64 mask = t->mask | words_u64(action->mask);
  if (!(action->flags & SA_NODEFER)) mask |= signal_bit(signal);
  signal_set_mask(t, mask);
  if (action->flags & SA_RESETHAND) action->handler = SIG_DFL;
}

static u32 first_of(u64 due) {
  if (due & SYNCHRONOUS) due &= SYNCHRONOUS;
  u32 low = (u32)due;
  return (low ? (u32)__builtin_ctz(low) : 32 + (u32)__builtin_ctz((u32)(due >> 32))) + 1;
}

// Takes the next signal that somebody minds: its number, or 0. table.lock held.
static u32 take(struct thread *t, bool *by_kernel) {
  struct process *p = t->process;
  for (u64 own, due; (due = (t->pending | p->pending) & ~t->mask) != 0;) {
    own = t->pending & ~t->mask;
    u32 signal = first_of(own ? own : due);
    u64 bit = signal_bit(signal);
    *by_kernel = ((own ? t->by_kernel : p->by_kernel) & bit) != 0;
    *(own ? &t->pending : &p->pending) &= ~bit;
    if (signal_is_ignored(p, signal)) continue;
    return signal;
  }
  return 0;
}

bool signal_deliver(struct thread *t) {
  struct process *p = t->process;
  struct delivery d;
  bool by_kernel, handled = false;
  lock(&process_table.lock);
  u32 signal = process_freezing || p->ending ? 0 : take(t, &by_kernel);
  if (signal) {
    handled = p->actions[signal - 1].handler != SIG_DFL;
    if (handled) begin_handler(t, signal, &d);
    else end_by_signal(t, signal);
  }
  unlock(&process_table.lock);
  if (!handled) return signal != 0 || process_freezing || p->ending;
  memset(&d.info, 0, sizeof d.info);
  d.info.signo = (s32)signal;
  d.info.code = by_kernel ? SI_KERNEL : SI_USER;
  answer_call(t, (d.action.flags & SA_RESTART) != 0);
  t->interrupted = 0;
  enter_handler(t, &d);
  return true;
}

void signal_fault(struct thread *t, u32 signal, u32 code, u32 address) {
  struct process *p = t->process;
  struct delivery d;
  lock(&process_table.lock);
  bool handled = p->actions[signal - 1].handler > SIG_IGN && !(t->mask & signal_bit(signal));
  if (handled) begin_handler(t, signal, &d);
  else end_by_signal(t, signal); // in a freeze the program faults again after it
  unlock(&process_table.lock);
  if (!handled) return;
  memset(&d.info, 0, sizeof d.info);
  d.info.signo = (s32)signal;
  d.info.code = (s32)code;
  d.info.pid = (s32)address;
  enter_handler(t, &d);
}

s32 signal_return(struct thread *t) {
  struct signal_frame s;
  if (copy_from_user(&s, t->frame->x[REG_SP], sizeof s)) {
    signal_end_process(SIGSEGV);
    return -REGISTERS_SET; // in a freeze the call is made again after it
  }
  memcpy(t->frame->x, s.context.registers, sizeof s.context.registers);
  t->frame->x[REG_PC] &= ~3u;
  lock(&process_table.lock);
  signal_set_mask(t, words_u64(s.context.mask));
  unlock(&process_table.lock);
  return -REGISTERS_SET;
}
