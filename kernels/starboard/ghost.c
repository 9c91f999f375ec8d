// Ghosts. A ghost is a process with everything that others know of it, and with descriptors and a
// directory; its address space holds nothing but the replies of its threads' mailboxes. Its threads
// never see user mode: each waits for a call in its mailbox and carries it out.
#include "ghost.h"

#include "freeze.h"
#include "gate.h"
#include "page_table.h"
#include "scheduler.h"
#include "shared/relief/mailbox.h"
#include "system_call.h"

#define WINDOW_BITS (PTE_V | PTE_R | PTE_W | PTE_U | PTE_A | PTE_D)

u32 ghost_threads(const struct log_page *log, s32 pid) {
  u32 n = 0;
  for (u32 i = 0; i < log->mailboxes; i++) n += mailbox_request(log, i)->pid == pid;
  return n;
}

void ghost_cost(const struct log_page *log, s32 pid, u32 *bytes, u32 *frames) {
  u32 threads = ghost_threads(log, pid);
  *bytes += heap_block_bytes(sizeof(struct region)) +
            threads * heap_block_bytes(sizeof(struct thread));
  *frames += 2 + threads * (KERNEL_STACK_SIZE / PAGE_SIZE); // root, one table, stacks
}

// --- A ghost's thread

static void serve(void) {
  struct thread *t = this_thread();
  __atomic_store_n(&t->has_begun, true, __ATOMIC_RELEASE);
  for (;;) {
    lock(&process_table.lock);
    while (!thread_has_to_die(t) && !ghost_is_asked(t->mailbox)) {
      wait_on_firmly(&t->mail, &process_table.lock);
    }
    unlock(&process_table.lock);
    if (thread_has_to_die(t)) thread_exit(CLD_KILLED, SIGKILL);
    ghost_serve(t->mailbox);
  }
}

enum forward_end relief_serve(u32 number, const u32 *arguments, struct restart *restart,
                              s32 *result) {
  struct thread *t = this_thread();
  t->restart = restart->kind;
  t->restart_done = restart->done;
  t->restart_deadline = restart->deadline;
  *result = system_call_invoke(number, arguments);
  bool again = *result == -ERESTART_CALL || *result == -ERESTART_UNHANDLED;
  *restart = (struct restart){RESTART_NONE, 0, 0};
  if (again) *restart = (struct restart){t->restart, t->restart_done, t->restart_deadline};
  t->restart = RESTART_NONE;
  if (*result == -ERESTART_UNHANDLED) return FORWARD_UNHANDLED;
  // a signal for a broken pipe: the call is better made where the program is
  bool broken = t->pending != 0;
  t->pending = 0;
  return again || broken ? FORWARD_AGAIN : FORWARD_DONE;
}

// --- Making and unmaking

static void map_mailbox(struct vm *vm, const struct log_page *log, u32 mailbox) {
  for (u32 i = 0; i < MAILBOX_FRAMES; i++) {
    u32 address = MAILBOX_WINDOW + mailbox * MAILBOX_BYTES + i * PAGE_SIZE;
    u32 physical = mailbox_reply_physical(log, mailbox) + i * PAGE_SIZE;
    pte_t *entry = vm_entry(vm, address, true);
    if (!entry) panic("import: no frame for a ghost's table");
    frame_get(frame_of_physical(physical));
    *entry = pte_of(physical, WINDOW_BITS);
    vm->frames++;
  }
}

static void make_thread(struct process *p, s32 tid, u32 mailbox) {
  struct thread *t = thread_make();
  if (!t) panic("import: no memory for a ghost's thread");
  t->entry = serve;
  t->mailbox = mailbox;
  t->is_ghost = true;
  t->state = STATE_FROZEN;
  process_add_thread(p, t, tid);
  freeze_imported(t);
}

void ghost_make(struct process *p, const struct log_page *log) {
  struct vm *vm = vm_create(NO_FRAME);
  u32 end = MAILBOX_WINDOW + log->mailboxes * MAILBOX_BYTES;
  if (!vm || vm_add(vm, MAILBOX_WINDOW, end, PROT_READ | PROT_WRITE, 0, NULL, 0, 0)) {
    panic("import: no memory for ghost %d", p->pid);
  }
  p->vm = vm;
  p->apart = true;
  for (u32 i = 0; i < log->mailboxes; i++) {
    const struct mailbox_request *m = mailbox_request(log, i);
    if (m->pid != p->pid) continue;
    map_mailbox(vm, log, i);
    make_thread(p, m->tid, i);
  }
}

bool ghost_is_idle(const struct process *p) {
  LIST_FOR_EACH(t, &p->threads, struct thread, in_process) {
    if (ghost_is_asked(t->mailbox) || list_is_empty(&t->mail.waiting)) return false;
    if (t->state != STATE_SLEEPING) return false;
  }
  return true;
}

bool relief_ghosts_have_begun(void) {
  bool all = true;
  lock(&process_table.lock);
  FOR_EACH_PROCESS(p) {
    LIST_FOR_EACH(t, &p->threads, struct thread, in_process) {
      if (t->is_ghost && !__atomic_load_n(&t->has_begun, __ATOMIC_ACQUIRE)) all = false;
    }
  }
  unlock(&process_table.lock);
  return all;
}

void ghost_unmake(struct process *p) {
  lock(&process_table.lock);
  LIST_FOR_EACH_SAFE(t, &p->threads, struct thread, in_process) {
    while (__atomic_load_n(&t->on_cpu, __ATOMIC_ACQUIRE)) {
    }
    process_remove_thread(p, t);
    thread_unmake(t); // it waits in a queue of its own
  }
  struct vm *vm = p->vm;
  p->vm = NULL;
  unlock(&process_table.lock);
  vm_destroy(vm);
}

// --- What comes before its process does

void ghost_signal(struct process *p, struct thread *t, u32 signal) {
  if (t && t == this_thread()) {
    t->pending |= signal_bit(signal);
    return;
  }
  p->ghost_signals |= signal_bit(signal);
  if (!list_is_empty(&p->threads)) {
    ghost_want(LIST_FIRST(&p->threads, struct thread, in_process)->mailbox);
  }
}

void ghost_lose(struct process *p) {
  process_end(p, CLD_KILLED, SIGKILL);
  LIST_FOR_EACH(t, &p->threads, struct thread, in_process) wake_all(&t->mail);
}
