// Threads: how they begin, their way out of the kernel, and how they end. A thread that has ended
// is freed by whoever runs next on its CPU.
#include "thread.h"

#include "freeze.h"
#include "futex.h"
#include "gate.h"
#include "process.h"
#include "scheduler.h"

struct thread *thread_make(void) {
  struct thread *t = heap_allocate(sizeof *t);
  if (!t) return NULL;
  t->stack = frame_allocate(ZONE_NORMAL, 1);
  if (t->stack == NO_FRAME) {
    heap_free(t);
    return NULL;
  }
  u8 *stack = frame_linear(t->stack);
  *(u32 *)stack = STACK_GUARD;
  t->frame = (struct trap_frame *)(stack + KERNEL_STACK_SIZE - TRAP_FRAME_SIZE);
  memset(t->frame, 0, sizeof *t->frame);
  t->frame->status = SSTATUS_SPIE;
  t->context.ra = (u32)thread_begin;
  t->context.sp = (u32)t->frame;
  t->cpu = this_cpu();
  t->state = STATE_RUNNABLE;
  t->mailbox = NO_MAILBOX;
  list_init(&t->in_process);
  wait_queue_init(&t->mail);
  return t;
}

void thread_unmake(struct thread *t) {
  frame_put(t->stack);
  heap_free(t);
}

struct thread *thread_make_in_kernel(void (*entry)(void)) {
  struct thread *t = thread_make();
  if (t) t->entry = entry;
  return t;
}

void thread_begin(void) {
  scheduler_switched();
  struct thread *t = this_thread();
  t->at_boundary = false;
  if (t->entry) {
    t->entry();
    if (!t->process) scheduler_exit(); // a kernel thread ends
  }
  thread_boundary(t);
  return_to_user(t->frame, this_cpu());
}

bool thread_has_to_die(const struct thread *t) {
  const struct process *p = t->process;
  return p && (p->ending || (p->survivor && p->survivor != t));
}

bool thread_has_to_stop(const struct thread *t, enum sleep sleep) {
  if (!t->process || sleep == SLEEP_FIRM) return false;
  if (thread_has_to_die(t) || thread_has_to_unwind(t)) return true;
  return sleep == SLEEP_INTERRUPTIBLE && signal_is_due(t);
}

void thread_boundary(struct thread *t) {
  for (;;) {
    if (thread_has_to_die(t)) thread_exit(CLD_EXITED, 0);
    if (__atomic_load_n(&cpus_stop, __ATOMIC_ACQUIRE)) cpu_stop();
    if (thread_has_to_stand(t)) {
      signal_return_mask(t);
      freeze_here(t);
    } else if (this_cpu()->reschedule) {
      t->at_boundary = true;
      scheduler_yield();
      t->at_boundary = false;
    } else if (!signal_is_due(t) || !signal_deliver(t)) {
      if (!t->mask_is_lent) break;
      signal_return_mask(t); // which may make further signals due
    }
  }
  t->interrupted = 0;
  struct cpu *cpu = this_cpu();
  scheduler_arm(cpu);
  cpu->user_since = time_ticks();
}

// --- A further thread of a process

void thread_copy_registers(struct thread *t, u32 stack) {
  const struct thread *self = this_thread();
  *t->frame = *self->frame;
  t->frame->x[REG_A0] = 0;
  t->frame->x[REG_PC] += 4; // past the ecall
  if (stack) t->frame->x[REG_SP] = stack;
  t->mask = self->mask;
  t->virtual_time = self->virtual_time;
  t->virtual_deadline = self->virtual_deadline;
}

s32 thread_clone(u32 flags, u32 stack, u32 parent_tid, u32 tls, u32 child_tid) {
  struct process *p = this_process();
  struct thread *t = thread_make();
  if (!t) return -ENOMEM;
  thread_copy_registers(t, stack);
  if (flags & CLONE_SETTLS) t->frame->x[REG_TP] = tls;
  if (flags & CLONE_CHILD_CLEARTID) t->clear_tid = child_tid;
  lock(&process_table.lock);
  if (thread_has_to_die(this_thread())) {
    unlock(&process_table.lock);
    thread_unmake(t);
    return -ERESTART_CALL;
  }
  s32 tid = process_next_pid();
  process_add_thread(p, t, tid);
  t->at_boundary = true;
  unlock(&process_table.lock);
  // As Linux: a bad address does not undo the thread.
  if (flags & CLONE_PARENT_SETTID) copy_to_user(parent_tid, &tid, sizeof tid);
  if (flags & CLONE_CHILD_SETTID) copy_to_user(child_tid, &tid, sizeof tid);
  scheduler_start(t);
  return tid;
}

// --- The end

static void clear_tid(struct thread *t) {
  static const u32 zero;
  u32 word = t->clear_tid;
  t->clear_tid = 0;
  if (word && copy_to_user(word, &zero, sizeof zero) == 0) futex_wake(word, 1);
}

void thread_exit(u32 code, u32 status) {
  struct thread *t = this_thread();
  struct process *p = t->process;
  futex_expect_no_more(t);
  clear_tid(t);
  lock(&process_table.lock);
  bool last = p->thread_count == 1;
  if (t->tid == p->pid) {
    p->first_ended = true;
    p->first_status = code << 16 | status;
  }
  if (last) {
    if (!p->ending) p->wait_status = p->first_ended ? p->first_status : code << 16 | status;
    p->ending = true; // nobody else changes the status
    unlock(&process_table.lock);
    process_release(p);
    lock(&process_table.lock);
    process_finish(p, t);
  } else {
    vm_activate(NULL); // the process may end before this CPU switches
    process_remove_thread(p, t);
    signal_retarget(p);
    wake_all(&p->thread_ended);
    freeze_check(p);
  }
  unlock(&process_table.lock);
  scheduler_exit();
}
