// Ghosts: see ghost.h.
#include "larboard/ghost.h"

#include "larboard/frame.h"
#include "larboard/gate.h"
#include "larboard/signal.h"
#include "larboard/system_call.h"
#include "shared/relief/ghost.h"
#include "shared/relief/mailbox.h"
#include "shared/string.h"

static u8 channels[THREADS_MAX]; // by mailbox: an idle ghost sleeps here

// The next mailbox of the process at or after *at, which moves on; false at the end.
static bool next_mailbox(const struct log_page *log, s32 pid, u32 *at, u32 *mailbox) {
  while (*at < log->mailboxes) {
    *mailbox = (*at)++;
    if (mailbox_request(log, *mailbox)->pid == pid) return true;
  }
  return false;
}

u32 ghost_threads(const struct log_page *log, s32 pid) {
  u32 n = 0, mailbox;
  for (u32 at = 0; next_mailbox(log, pid, &at, &mailbox);) n++;
  return n;
}

u32 ghost_frames(const struct log_page *log, s32 pid) { // root, table, stacks
  return 2 + ghost_threads(log, pid) * (KERNEL_STACK_SIZE / PAGE_SIZE);
}

// --- A ghost's thread.

static void serve(void) {
  struct thread *t = this_thread();
  t->has_begun = true;
  unlock(&process_lock);
  for (;;) {
    lock(&process_lock);
    while (!thread_must_end(t) && !ghost_is_asked(t->mailbox)) {
      sleep_firmly(&channels[t->mailbox], &process_lock);
    }
    unlock(&process_lock);
    if (thread_must_end(t)) thread_end();
    ghost_serve(t->mailbox);
  }
}

enum forward_end relief_serve(u32 number, const u32 *arguments, struct restart *restart,
                              s32 *result) {
  struct thread *t = this_thread();
  t->restart = restart->kind;
  t->restart_done = restart->done;
  t->restart_deadline = restart->deadline;
  *result = system_call_invoke(t->process, number, arguments);
  *restart = (struct restart){t->restart, t->restart_done, t->restart_deadline};
  t->restart = RESTART_NONE;
  // a signal of its own, for a broken pipe, is better made where the program is
  bool again = *result == -ERESTART || t->signals != 0;
  t->signals = 0;
  if (*result == -ERESTART_UNHANDLED) return FORWARD_UNHANDLED;
  return again ? FORWARD_AGAIN : FORWARD_DONE;
}

bool ghost_call_is_cut_short(const struct thread *t) { return ghost_is_cut_short(t->mailbox); }

void relief_wake_ghost(u32 mailbox) {
  lock(&process_lock);
  for (u32 i = 0; i < threads_end; i++) {
    struct thread *t = &threads[i];
    if (t->state != SLEEPING || !t->is_ghost || t->mailbox != mailbox) continue;
    if (t->channel == &channels[mailbox]) thread_ready(t);
    else if (ghost_is_cut_short(mailbox)) thread_nudge(t, SLEEP_KILLABLE);
  }
  unlock(&process_lock);
}

// --- Making and unmaking.

static void make_space(struct process *p, const struct log_page *log) {
  struct space *s = &p->space;
  u32 mailbox;
  struct region window = {.start = MAILBOX_WINDOW,
                          .end = MAILBOX_WINDOW + log->mailboxes * MAILBOX_BYTES,
                          .protection = PROT_READ | PROT_WRITE};
  if (!space_create(s)) panic("import: no memory for ghost %d", p->pid);
  space_add_region(s, &window);
  for (u32 at = 0; next_mailbox(log, p->pid, &at, &mailbox);) {
    for (u32 i = 0; i < MAILBOX_FRAMES; i++) {
      u32 frame = mailbox_reply_physical(log, mailbox) + i * PAGE_SIZE;
      u32 address = MAILBOX_WINDOW + mailbox * MAILBOX_BYTES + i * PAGE_SIZE;
      pte_t *entry = space_entry(s->root, address, true);
      if (!entry) panic("import: no memory for ghost %d", p->pid);
      frame_hold(frame);
      *entry = pte_of(frame, PTE_V | PTE_R | PTE_W | PTE_U | PTE_A | PTE_D);
    }
  }
}

void ghost_make(struct process *p, const struct log_page *log) {
  u32 mailbox;
  make_space(p, log);
  for (u32 at = 0; next_mailbox(log, p->pid, &at, &mailbox);) {
    struct thread *t = thread_create(p, serve);
    if (!t) panic("import: no memory for a thread of ghost %d", p->pid);
    t->tid = mailbox_request(log, mailbox)->tid;
    t->mailbox = mailbox;
    t->is_ghost = true;
    t->has_begun = false;
    t->state = FROZEN;
    p->threads++;
  }
}

// A thread that only waits can be taken away.
static bool waits(const struct thread *t) {
  return t->state == SLEEPING && t->channel == &channels[t->mailbox] &&
         !ghost_is_asked(t->mailbox);
}

bool ghost_is_idle(const struct process *p) {
  bool idle = true;
  u32 at = 0;
  lock(&process_lock);
  for (struct thread *t; (t = thread_next(p, &at)) != NULL;) idle = idle && waits(t);
  unlock(&process_lock);
  return idle;
}

bool relief_ghosts_have_begun(void) {
  bool all = true;
  lock(&process_lock);
  for (u32 i = 0; i < threads_end; i++) {
    const struct thread *t = &threads[i];
    if (t->is_ghost && t->state != THREAD_UNUSED) all = all && t->has_begun;
  }
  unlock(&process_lock);
  return all;
}

void ghost_unmake(struct process *p) {
  u32 at = 0;
  lock(&process_lock);
  for (struct thread *t; (t = thread_next(p, &at)) != NULL;) thread_discard(t);
  p->threads = 0;
  unlock(&process_lock);
  space_destroy(&p->space);
}

void ghost_lose(struct process *p) {
  u32 at = 0;
  process_end(p, CLD_KILLED, SIGKILL);
  for (struct thread *t; (t = thread_next(p, &at)) != NULL;) {
    if (t->state == SLEEPING && t->channel == &channels[t->mailbox]) thread_ready(t);
  }
}

void ghost_signal(struct process *p, struct thread *t, u32 signal) {
  if (t && t == this_thread()) {
    t->signals |= signal_bit(signal); // the call that it carries out is then made again
    return;
  }
  u32 at = 0;
  struct thread *first = thread_next(p, &at);
  p->ghost_signals |= signal_bit(signal);
  if (first) ghost_want(first->mailbox);
}
