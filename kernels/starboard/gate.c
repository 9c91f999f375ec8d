// The gate. A thread marks itself as inside and then looks at the gate; who shuts it looks for
// threads inside afterwards: one of the two sees the other. What cannot be forwarded is held: its
// thread stands at the boundary, at the same instruction, and its process is the next to move.
#define GATE_IS_HERE
#include "gate.h"

#include "freeze.h"
#include "ghost.h"
#include "scheduler.h"
#include "shared/relief/forward.h"
#include "shared/relief/mailbox.h"

u32 gate;
static struct wait_queue shut = {{&shut.waiting, &shut.waiting}};

void gate_set(enum gate state) {
  __atomic_store_n(&gate, (u32)state, __ATOMIC_SEQ_CST);
  if (state != GATE_SHUT) wake_all(&shut);
}

bool gate_is_inside(const struct thread *t) {
  return !t->is_ghost && __atomic_load_n(&t->inside, __ATOMIC_SEQ_CST);
}

static bool go_inside(struct thread *t) {
  __atomic_store_n(&t->inside, true, __ATOMIC_SEQ_CST);
  if (gate_state() == GATE_OPEN) return true;
  __atomic_store_n(&t->inside, false, __ATOMIC_SEQ_CST);
  return false;
}

bool gate_enter_fault(struct thread *t) { return go_inside(t); }

void gate_leave(struct thread *t) {
  __atomic_store_n(&t->inside, false, __ATOMIC_SEQ_CST);
  if (gate_state() == GATE_OPEN) return;
  lock(&process_table.lock);
  freeze_check(NULL);
  unlock(&process_table.lock);
}

bool gate_is_in_the_way(struct thread *t) {
  if (gate_state() == GATE_OPEN) return false;
  t->missed = true;
  return true;
}

// --- A shut gate

// The process is not runnable while all of its threads wait here.
static void count_waiter(struct process *p, u32 change) {
  bool stood = p->gate_waiters == p->thread_count;
  p->gate_waiters += change;
  bool stands = p->gate_waiters == p->thread_count;
  if (stands && !stood) desk_mark(MARK_PROCESS_FROZEN, (u32)p->pid);
  if (stood && !stands && !p->freezing) desk_mark(MARK_PROCESS_THAWED, (u32)p->pid);
}

// False: the thread has to stop.
static bool wait_while_shut(struct thread *t) {
  bool goes_on = true;
  lock(&process_table.lock);
  count_waiter(t->process, 1);
  while (gate == GATE_SHUT && goes_on) goes_on = wait_on_killable(&shut, &process_table.lock);
  count_waiter(t->process, -1u);
  unlock(&process_table.lock);
  return goes_on;
}

// --- Forwarding

static enum passage forward(struct thread *t, u32 number, const u32 *arguments, s32 *result) {
  struct restart restart = {t->restart, t->restart_done, t->restart_deadline};
  enum forward_end end = forward_call(t->mailbox, number, arguments, &restart, result);
  t->restart = restart.kind;
  t->restart_done = restart.done;
  t->restart_deadline = restart.deadline;
  switch (end) {
    case FORWARD_DONE: return FORWARDED;
    case FORWARD_AGAIN: *result = -ERESTART_CALL; return FORWARDED;
    case FORWARD_UNHANDLED: *result = -ERESTART_UNHANDLED; return FORWARDED;
    default: return HELD;
  }
}

enum passage gate_enter(struct thread *t, const struct trap_frame *frame, s32 *result) {
  u32 number = frame->x[REG_A7];
  const u32 *arguments = &frame->x[REG_A0];
  while (!go_inside(t)) {
    enum call_place place = forward_place(number, arguments);
    if (place == CALL_HERE) return PASS;
    if (gate_state() == GATE_SHUT) {
      if (wait_while_shut(t)) continue;
      *result = -ERESTART_CALL;
      return FORWARDED;
    }
    if (place == CALL_LATER || t->mailbox == NO_MAILBOX) return HELD;
    return forward(t, number, arguments, result);
  }
  return PASS;
}

bool gate_puts_off(struct thread *t, u32 signal) {
  struct sigaction *action = &t->process->actions[signal - 1];
  if (gate_state() == GATE_OPEN) return false;
  memset(action, 0, sizeof *action);
  t->mask &= ~signal_bit(signal);
  t->pending |= signal_bit(signal);
  t->held = true;
  return true;
}

bool thread_has_to_unwind(const struct thread *t) {
  if (__atomic_load_n(&process_freezing, __ATOMIC_SEQ_CST) || t->process->freezing) return true;
  if (t->is_ghost) return ghost_is_cut_short(t->mailbox);
  return t->inside && gate_state() == GATE_SHUT;
}

// --- Hooks of shared/relief/forward.h

void relief_await_reply(u32 mailbox) {
  struct thread *t = this_thread();
  bool cut = false;
  lock(&process_table.lock);
  while (!forward_has_reply(mailbox)) {
    if (cut) {
      wait_on_firmly(&t->mail, &process_table.lock);
    } else if (!wait_on(&t->mail, &process_table.lock) && !forward_has_reply(mailbox)) {
      cut = true;
      forward_cut_short(mailbox);
    }
  }
  unlock(&process_table.lock);
}

// The thread that has the mailbox; NULL: it is gone. table.lock held.
static struct thread *owner_of(u32 mailbox) {
  FOR_EACH_PROCESS(p) {
    LIST_FOR_EACH(t, &p->threads, struct thread, in_process) {
      if (t->mailbox == mailbox) return t;
    }
  }
  return NULL;
}

void relief_wake_mailbox(u32 mailbox) {
  lock(&process_table.lock);
  struct thread *t = owner_of(mailbox);
  if (t) wake_all(&t->mail);
  unlock(&process_table.lock);
}

void relief_wake_ghost(u32 mailbox) {
  lock(&process_table.lock);
  struct thread *t = owner_of(mailbox);
  if (t && t->is_ghost) {
    wake_all(&t->mail);
    scheduler_interrupt(t);
  }
  unlock(&process_table.lock);
}

bool relief_user_read(void *to, u32 from, u32 n) { return copy_from_user(to, from, n) == 0; }
bool relief_user_write(u32 to, const void *from, u32 n) { return copy_to_user(to, from, n) == 0; }
s32 relief_user_text(char *to, u32 from, u32 size) {
  return copy_string_from_user(to, from, size);
}

bool relief_user_is_writable(u32 address, u32 n) {
  struct vm *vm = this_process()->vm;
  for (u32 done = 0, piece; done < n; done += piece) {
    u32 frame;
    piece = MIN(n - done, PAGE_SIZE - (address + done) % PAGE_SIZE);
    if (vm_lock_pages(vm, address + done, piece, PROT_WRITE, &frame)) return false;
    unlock(&vm->lock);
  }
  return true;
}
