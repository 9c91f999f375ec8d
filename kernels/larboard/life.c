// From birth to death: fork, clone, exit, wait, and what a thread does at its user/kernel boundary.
#include "larboard/futex.h"
#include "larboard/gate.h"
#include "larboard/signal.h"
#include "larboard/system.h"
#include "shared/desk.h"
#include "shared/string.h"

// --- Birth.

// A thread of p that will return from the caller's system call with 0.
static struct thread *copy_thread(struct process *p, u32 stack) {
  struct thread *parent = this_thread(), *t = thread_create(p, thread_first_return);
  if (!t) return NULL;
  struct trap_frame *frame = thread_frame(t);
  *frame = *thread_frame(parent);
  frame->x[REG_A0] = 0;
  frame->x[REG_PC] += 4;
  if (stack) frame->x[REG_SP] = stack;
  t->mask = parent->mask;
  return t;
}

static void discard_thread(struct thread *t) {
  lock(&process_lock);
  thread_discard(t);
  unlock(&process_lock);
}

// Numbers and starts what fork has made; process_lock held.
static s32 start_process(struct process *p, struct thread *t, const struct process *parent) {
  p->pid = t->tid = next_pid++;
  p->parent_pid = parent->pid;
  p->group = parent->group;
  p->session = parent->session;
  memcpy(p->actions, parent->actions, sizeof p->actions);
  p->threads = 1;
  p->state = PROCESS_ALIVE;
  thread_ready(t);
  return p->pid;
}

s32 process_fork(u32 stack) {
  struct process *parent = this_process(), *p = process_create();
  struct thread *t = p ? copy_thread(p, stack) : NULL;
  bool ok = t && space_copy(&p->space, &parent->space);
  if (!ok) {
    if (t) discard_thread(t);
    if (p) process_discard(p);
    return t ? -ENOMEM : -EAGAIN;
  }
  descriptors_copy(p, parent);
  memcpy(p->name, parent->name, sizeof p->name);
  lock(&process_lock);
  s32 pid = start_process(p, t, parent);
  unlock(&process_lock);
  return pid;
}

s32 thread_clone(u32 flags, u32 stack, u32 parent_tid, u32 tls, u32 child_tid) {
  struct process *p = this_process();
  struct thread *t = copy_thread(p, stack);
  if (!t) return -EAGAIN;
  if (flags & CLONE_SETTLS) thread_frame(t)->x[REG_TP] = tls;
  if (flags & CLONE_CHILD_CLEARTID) t->clear_tid = child_tid;
  lock(&process_lock);
  s32 tid = t->tid = next_pid++;
  unlock(&process_lock);
  // as on Linux, a number that cannot be written does not keep the thread from being made
  if (flags & CLONE_PARENT_SETTID) copy_to_user(&p->space, parent_tid, &tid, sizeof tid);
  if (flags & CLONE_CHILD_SETTID) copy_to_user(&p->space, child_tid, &tid, sizeof tid);
  lock(&process_lock);
  bool ending = thread_must_end(this_thread());
  if (ending) {
    thread_discard(t);
  } else {
    p->threads++;
    thread_ready(t);
  }
  unlock(&process_lock);
  return ending ? -EAGAIN : tid;
}

// --- Death.

void process_end(struct process *p, u32 code, u32 status) {
  u32 at = 0;
  if (p->ending) return;
  p->ending = true;
  p->wait_status = code << 16 | status;
  for (struct thread *t; (t = thread_next(p, &at)) != NULL;) thread_nudge(t, SLEEP_KILLABLE);
}

bool process_end_others(void) {
  struct thread *self = this_thread();
  struct process *p = self->process;
  u32 at = 0;
  lock(&process_lock);
  bool lives = !thread_must_end(self);
  for (struct thread *t; lives && (t = thread_next(p, &at)) != NULL;) {
    if (t == self) continue;
    t->ending = true;
    thread_nudge(t, SLEEP_KILLABLE);
  }
  while (lives && p->threads > 1) sleep_firmly(&p->threads, &process_lock);
  if (lives) self->tid = p->pid;
  unlock(&process_lock);
  return lives;
}

// Says so to whoever joins a thread: its word turns 0, and one waiter is woken.
static void clear_tid(struct thread *t) {
  const u32 zero = 0;
  struct process *p = t->process;
  if (!t->clear_tid || p->threads == 1) return; // nobody is left to look
  if (copy_to_user(&p->space, t->clear_tid, &zero, sizeof zero)) futex_wake(p, t->clear_tid, 1);
}

// process_lock held.
static void adopt_children(s32 pid, struct process *init) {
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    struct process *p = &processes[i];
    if (p->state < PROCESS_ALIVE || p->parent_pid != pid) continue;
    p->parent_pid = 1;
    if (p->state == PROCESS_ZOMBIE && init) wake_locked(init);
  }
}

// What all threads shared goes with the last of them.
static void let_go(struct process *p) {
  descriptors_close_all(p, 0);
  directory_change(p, NULL);
  space_activate(NULL);
  space_destroy(&p->space);
}

// The process is a zombie now, or gone if its parent does not want to know. process_lock held.
static void become_zombie(struct process *p) {
  struct process *parent = process_find(p->parent_pid);
  desk_value(MARK_PROCESS_EXIT, (u32)p->pid, p->wait_status);
  adopt_children(p->pid, process_find(1));
  if (p->session == p->pid) console_leave(p);
  itimers_armed -= p->timer_at != 0;
  p->timer_at = 0;
  p->signals = 0;
  bool unwanted = parent && parent->actions[SIGCHLD - 1].handler == SIG_IGN;
  p->ended_early = parent && parent->apart;
  p->state = unwanted ? PROCESS_UNUSED : PROCESS_ZOMBIE;
  if (unwanted) p->pid = 0;
  if (!parent) return;
  signal_send(parent, NULL, SIGCHLD);
  wake_locked(parent);
}

void process_drop_unwanted(const struct process *parent) {
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    struct process *p = &processes[i];
    if (p->state != PROCESS_ZOMBIE || p->parent_pid != parent->pid || !p->ended_early) continue;
    p->ended_early = false;
    if (parent->actions[SIGCHLD - 1].handler != SIG_IGN) continue;
    p->state = PROCESS_UNUSED;
    p->pid = 0;
  }
}

// Ends the calling thread, and with the last one its process.
void thread_end(void) {
  struct thread *t = this_thread();
  struct process *p = t->process;
  if (p->pid == 1 && (p->ending || p->threads == 1)) {
    print("init has exited with status %u", p->wait_status & 0xffff);
    system_power_off(true);
  }
  clear_tid(t);
  lock(&process_lock);
  futex_expect_no_more(t);
  p->user_ticks += t->user_ticks;
  t->user_ticks = 0;
  if (--p->threads == 0) {
    unlock(&process_lock);
    let_go(p);
    lock(&process_lock);
    become_zombie(p);
  } else {
    wake_locked(&p->threads);
  }
  t->state = ENDED;
  if (process_freezing || p->freezing || !gate_is_open()) {
    if (p->threads) process_mark_frozen(p);
    wake_locked(&process_freezing);
  }
  thread_switch();
  panic("a thread runs after its end");
}

// --- Waiting for children.

// A zombie child that matches; in *any whether there is any such child at all.
static struct process *find_zombie(const struct process *parent, s32 type, s32 id, bool *any) {
  *any = false;
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    struct process *p = &processes[i];
    if (p->state < PROCESS_ALIVE || p->parent_pid != parent->pid) continue;
    if (type != P_ALL && p->pid != id) continue;
    *any = true;
    if (p->state == PROCESS_ZOMBIE) return p;
  }
  return NULL;
}

// A zombie that nobody else waits for any more: out of sight until it is discarded or put back.
static struct process *claim_zombie(s32 type, s32 id, u32 options, s32 *error) {
  struct process *p = this_process(), *zombie;
  bool any, undisturbed = true;
  *error = 0;
  lock(&process_lock);
  while (!(zombie = find_zombie(p, type, id, &any))) {
    *error = !any ? -ECHILD : undisturbed ? 0 : -ERESTART;
    if (*error || (options & WNOHANG)) break;
    undisturbed = sleep_on(p, &process_lock);
  }
  if (zombie) zombie->state = PROCESS_EMBRYO;
  unlock(&process_lock);
  return zombie;
}

static void put_back(struct process *zombie) {
  lock(&process_lock);
  zombie->state = PROCESS_ZOMBIE;
  wake_locked(this_process());
  unlock(&process_lock);
}

s32 process_wait(s32 id_type, s32 id, u32 options, u32 info_address) {
  struct process *p = this_process();
  struct siginfo info;
  s32 error;
  if ((id_type != P_ALL && id_type != P_PID) || !(options & WEXITED)) return -EINVAL;
  if (id_type == P_PID && id <= 0) return -EINVAL;
  struct process *zombie = claim_zombie(id_type, id, options, &error);
  if (error) return error;
  memset(&info, 0, sizeof info);
  if (zombie) {
    info.signo = SIGCHLD;
    info.code = (s32)(zombie->wait_status >> 16);
    info.pid = zombie->pid;
    info.status = (s32)(zombie->wait_status & 0xffff);
  }
  // copied before the zombie goes, so that a bad pointer loses nothing
  if (info_address && !copy_to_user(&p->space, info_address, &info, sizeof info)) error = -EFAULT;
  if (zombie && error) put_back(zombie);
  else if (zombie) process_discard(zombie);
  return error;
}

// --- The boundary.

// process_lock held. The call that waited, if any, is issued again when all go on.
static void stand_frozen(struct thread *t) {
  t->state = FROZEN;
  process_mark_frozen(t->process);
  wake_locked(&process_freezing);
  thread_switch();
}

void thread_boundary(struct thread *t) {
  lock(&process_lock);
  for (;;) {
    if (thread_must_end(t)) {
      unlock(&process_lock);
      thread_end();
    }
    if (signal_deliver(t)) continue;
    if (t->has_saved_mask) signal_return_mask(t);
    else if (thread_has_to_stand(t)) stand_frozen(t);
    else break;
  }
  unlock(&process_lock);
  t->user_since = time_ticks();
}
