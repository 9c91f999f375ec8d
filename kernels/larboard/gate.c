// The gate: see gate.h. A thread says that it is inside before it looks whether the gate is open,
// and whoever shuts it looks afterwards who is inside: so one of them sees the other.
#define GATE_IS_HERE
#include "larboard/gate.h"

#include "larboard/frame.h"
#include "larboard/ghost.h"
#include "larboard/signal.h"
#include "larboard/system_call.h"
#include "shared/desk.h"
#include "shared/relief/forward.h"
#include "shared/string.h"

u32 gate;

void gate_set(enum gate state) {
  __atomic_store_n(&gate, (u32)state, __ATOMIC_SEQ_CST);
  wake_locked(&gate);
}

static void be_inside(struct thread *t, bool inside) {
  __atomic_store_n(&t->inside, inside, __ATOMIC_SEQ_CST);
}

bool gate_is_inside(const struct thread *t) {
  bool exists = t->process && t->state != THREAD_UNUSED && t->state != ENDED;
  return exists && !t->process->apart && __atomic_load_n(&t->inside, __ATOMIC_SEQ_CST);
}

void gate_leave(struct thread *t) {
  be_inside(t, false);
  if (gate_is_open()) return;
  lock(&process_lock);
  wake_locked(&process_freezing);
  unlock(&process_lock);
}

bool gate_enter_fault(struct thread *t) {
  be_inside(t, true);
  if (gate_is_open()) return true;
  be_inside(t, false);
  return false;
}

// --- Waiting for the gate. A process stands still when all of its threads do.

static void count_waiter(struct process *p, s32 change) {
  bool still = p->gate_waiters == p->threads;
  p->gate_waiters += (u32)change;
  if (!still && p->gate_waiters == p->threads) desk_mark(MARK_PROCESS_FROZEN, (u32)p->pid);
  if (still && !p->freezing) desk_mark(MARK_PROCESS_THAWED, (u32)p->pid);
}

// False: the thread is to freeze.
static bool await_gate(struct thread *t) {
  bool undisturbed = true;
  lock(&process_lock);
  count_waiter(t->process, 1);
  while (gate == GATE_SHUT && undisturbed) undisturbed = sleep_killably(&gate, &process_lock);
  count_waiter(t->process, -1);
  unlock(&process_lock);
  return undisturbed;
}

static enum passage forward(struct thread *t, u32 number, const u32 *arguments, s32 *result) {
  struct restart restart = {t->restart, t->restart_done, t->restart_deadline};
  enum forward_end end = forward_call(t->mailbox, number, arguments, &restart, result);
  t->restart = restart.kind;
  t->restart_done = restart.done;
  t->restart_deadline = restart.deadline;
  if (end == FORWARD_LATER) return PASSAGE_HELD;
  if (end == FORWARD_AGAIN) *result = -ERESTART;
  if (end == FORWARD_UNHANDLED) *result = -ERESTART_UNHANDLED;
  return PASSAGE_DONE;
}

enum passage gate_enter(struct thread *t, u32 number, const u32 *arguments, s32 *result) {
  for (;;) {
    be_inside(t, true);
    if (gate_is_open()) return PASSAGE_HERE;
    be_inside(t, false);
    enum call_place place = forward_place(number, arguments);
    if (place == CALL_HERE) return PASSAGE_HERE;
    if (__atomic_load_n(&gate, __ATOMIC_SEQ_CST) == GATE_SHUT) {
      if (await_gate(t)) continue;
      *result = -ERESTART;
      return PASSAGE_DONE;
    }
    if (place == CALL_LATER || t->mailbox == NO_MAILBOX) return PASSAGE_HELD;
    return forward(t, number, arguments, result);
  }
}

bool gate_defers_end(struct thread *t, u32 signal) {
  struct process *p = t->process;
  if (gate_is_open()) return false;
  if (signal != SIGKILL) memset(&p->actions[signal - 1], 0, sizeof p->actions[signal - 1]);
  t->mask &= ~signal_bit(signal);
  t->signals |= signal_bit(signal);
  t->held = true;
  return true;
}

bool thread_has_to_unwind(const struct thread *t) {
  if (process_freezing || t->process->freezing) return true;
  if (t->process->apart && t->is_ghost) return ghost_call_is_cut_short(t);
  return t->inside && __atomic_load_n(&gate, __ATOMIC_SEQ_CST) == GATE_SHUT;
}

// --- Hooks of shared/relief/forward.h.

static u8 channels[THREADS_MAX]; // by mailbox

void relief_await_reply(u32 mailbox) {
  bool cut = false;
  lock(&process_lock);
  while (!forward_has_reply(mailbox)) {
    if (cut) {
      sleep_firmly(&channels[mailbox], &process_lock);
    } else if (!sleep_on(&channels[mailbox], &process_lock)) {
      cut = true;
      forward_cut_short(mailbox);
    }
  }
  unlock(&process_lock);
}

void relief_wake_mailbox(u32 mailbox) { wake(&channels[mailbox]); }

// A page of a file that is not in memory cannot be brought in any more: space_load_missing.
bool relief_user_read(void *to, u32 from, u32 n) {
  return copy_from_user(&this_process()->space, to, from, n);
}
bool relief_user_write(u32 to, const void *from, u32 n) {
  return copy_to_user(&this_process()->space, to, from, n);
}
bool relief_user_is_writable(u32 address, u32 n) {
  return user_is_accessible(&this_process()->space, address, n, ACCESS_WRITE);
}
s32 relief_user_text(char *to, u32 from, u32 size) {
  return text_from_user(&this_process()->space, to, from, size);
}
