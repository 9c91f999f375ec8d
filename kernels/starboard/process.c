// The table of processes and the end of their lives. The table is a hash by pid and a list in order
// of creation, with a hash of threads by tid; a tree of parents and children lies across it. A
// zombie keeps its struct until its parent has read its status; orphans are init's.
#include "process.h"

#include "freeze.h"
#include "gate.h"
#include "scheduler.h"

struct process_table process_table;
struct process *init_process;

void process_table_begin(void) {
  list_init(&process_table.all);
  process_table.next_pid = 1;
}

struct process *process_make(const char *name) {
  struct process *p = heap_allocate(sizeof *p);
  if (!p) return NULL;
  list_init(&p->in_table);
  list_init(&p->sibling);
  list_init(&p->children);
  list_init(&p->threads);
  wait_queue_init(&p->child_ended);
  wait_queue_init(&p->thread_ended);
  string_copy(p->name, name, sizeof p->name);
  return p;
}

void process_enter(struct process *p, s32 pid, struct process *parent) {
  p->pid = pid;
  p->parent = parent;
  if (parent) list_add_last(&parent->children, &p->sibling);
  list_add_last(&process_table.all, &p->in_table);
  p->hash_next = process_table.hash[(u32)pid % PROCESS_HASH];
  process_table.hash[(u32)pid % PROCESS_HASH] = p;
  process_table.count++;
}

// Takes a zombie out of the table; table.lock held.
static void process_leave(struct process *p) {
  struct process **slot = &process_table.hash[(u32)p->pid % PROCESS_HASH];
  while (*slot != p) slot = &(*slot)->hash_next;
  *slot = p->hash_next;
  list_remove(&p->in_table);
  list_remove(&p->sibling);
  process_table.count--;
  process_table.zombies--;
}

struct process *process_find(s32 pid) {
  struct process *p = process_table.hash[(u32)pid % PROCESS_HASH];
  while (p && p->pid != pid) p = p->hash_next;
  return p;
}

s32 process_next_pid(void) {
  s32 pid;
  do {
    if (process_table.next_pid <= 0) process_table.next_pid = 2;
    pid = process_table.next_pid++;
  } while (process_find(pid) || thread_find(pid));
  return pid;
}

// --- Threads in the table

static struct thread **thread_slot(s32 tid) {
  return &process_table.thread_hash[(u32)tid % PROCESS_HASH];
}

static void hash_thread(struct thread *t, s32 tid) {
  t->tid = tid;
  t->hash_next = *thread_slot(tid);
  *thread_slot(tid) = t;
}

static void unhash_thread(struct thread *t) {
  struct thread **slot = thread_slot(t->tid);
  while (*slot != t) slot = &(*slot)->hash_next;
  *slot = t->hash_next;
}

void process_add_thread(struct process *p, struct thread *t, s32 tid) {
  hash_thread(t, tid);
  t->process = p;
  list_add_last(&p->threads, &t->in_process);
  p->thread_count++;
  process_table.threads++;
}

void process_remove_thread(struct process *p, struct thread *t) {
  unhash_thread(t);
  list_remove(&t->in_process);
  t->process = NULL;
  p->user_ticks += t->user_ticks;
  p->thread_count--;
  process_table.threads--;
}

void process_rename_thread(struct thread *t, s32 tid) {
  unhash_thread(t);
  hash_thread(t, tid);
}

struct thread *thread_find(s32 tid) {
  struct thread *t = *thread_slot(tid);
  while (t && t->tid != tid) t = t->hash_next;
  return t;
}

struct inode *process_directory(void) {
  lock(&tree_lock);
  struct inode *directory = this_process()->directory;
  directory->references++;
  unlock(&tree_lock);
  return directory;
}

// --- The end

void process_interrupt_threads(struct process *p) {
  LIST_FOR_EACH(t, &p->threads, struct thread, in_process) scheduler_interrupt(t);
}

bool process_end(struct process *p, u32 code, u32 status) {
  if (p->ending) return true;
  if (process_freezing || gate_state() != GATE_OPEN) return false;
  p->ending = true;
  p->wait_status = code << 16 | status;
  process_interrupt_threads(p);
  return true;
}

void process_release(struct process *p) {
  if (p == init_process) {
    panic("init has ended: code %u, status %u", p->wait_status >> 16, p->wait_status & 0xffff);
  }
  desk_value(MARK_PROCESS_EXIT, (u32)p->pid, p->wait_status);
  descriptors_close(&p->descriptors, 0);
  inode_put(p->directory);
  p->directory = NULL;
  struct vm *vm = p->vm;
  lock(&process_table.lock); // process_list may be looking at it
  p->vm = NULL;
  unlock(&process_table.lock);
  vm_activate(NULL);
  vm_destroy(vm);
}

// Tells the parent of a zombie; one that does not want to know has it reaped at once.
static void notify_parent(struct process *p) {
  struct process *parent = p->parent;
  bool unwanted = parent->actions[SIGCHLD - 1].handler == SIG_IGN;
  if (!unwanted) signal_process(parent, SIGCHLD, true);
  p->ended_early = parent->apart;
  if (unwanted) {
    process_leave(p);
    heap_free(p);
  }
  wake_all(&parent->child_ended);
}

void process_drop_unwanted(struct process *parent) {
  bool unwanted = parent->actions[SIGCHLD - 1].handler == SIG_IGN;
  LIST_FOR_EACH_SAFE(p, &parent->children, struct process, sibling) {
    if (!p->zombie || !p->ended_early) continue;
    p->ended_early = false;
    if (!unwanted) continue;
    process_leave(p);
    heap_free(p);
  }
}

static void orphan_children(struct process *p) {
  while (!list_is_empty(&p->children)) {
    struct process *child = LIST_FIRST(&p->children, struct process, sibling);
    list_remove(&child->sibling);
    child->parent = init_process;
    list_add_last(&init_process->children, &child->sibling);
    if (child->zombie) notify_parent(child);
  }
}

void process_finish(struct process *p, struct thread *last) {
  process_remove_thread(p, last);
  itimer_set(p, 0, 0);
  if (p->session == p->pid) session_end(p);
  orphan_children(p);
  p->pending = 0;
  p->zombie = true;
  process_table.zombies++;
  notify_parent(p);
  freeze_check(NULL);
}

// The child that has ended, or NULL; *any tells whether there is one to wait for.
static struct process *find_ended(struct process *parent, s32 pid, bool *any) {
  *any = false;
  LIST_FOR_EACH(child, &parent->children, struct process, sibling) {
    if (pid && child->pid != pid) continue;
    *any = true;
    if (child->zombie) return child;
  }
  return NULL;
}

s32 process_wait(s32 pid, bool hang, s32 *found, u32 *status) {
  struct process *p = this_process(), *child;
  bool any;
  *found = 0;
  lock(&process_table.lock);
  while (!(child = find_ended(p, pid, &any)) && any && hang) {
    if (wait_on(&p->child_ended, &process_table.lock)) continue;
    child = find_ended(p, pid, &any); // it may be what the signal tells of
    if (child) break;
    unlock(&process_table.lock);
    return -ERESTART_CALL;
  }
  if (child) {
    *found = child->pid;
    *status = child->wait_status;
    process_leave(child);
  }
  unlock(&process_table.lock);
  heap_free(child);
  return child || any ? 0 : -ECHILD;
}

// --- What ps shows

static char state_letter(const struct process *p) {
  if (p->zombie) return 'Z';
  LIST_FOR_EACH(t, &p->threads, struct thread, in_process) {
    if (t->state != STATE_SLEEPING) return 'R';
  }
  return 'S';
}

static void describe(const struct process *p, struct process_info *info) {
  info->pid = p->pid;
  info->parent_pid = p->parent ? p->parent->pid : 0;
  info->group = p->group;
  info->session = p->session;
  info->threads = p->thread_count;
  info->state = state_letter(p);
  info->descriptors = (u16)p->descriptors.used;
  info->frames = p->vm ? p->vm->frames : 0;
  info->user_ticks = p->user_ticks;
  LIST_FOR_EACH(t, &p->threads, struct thread, in_process) info->user_ticks += t->user_ticks;
  if (p->thread_count) {
    info->cpu = (u8)LIST_FIRST(&p->threads, struct thread, in_process)->cpu->number;
  }
  memcpy(info->name, p->name, sizeof info->name);
}

s32 process_list(struct process_info *table, u32 count) {
  u32 n = 0;
  lock(&process_table.lock);
  FOR_EACH_PROCESS(p) {
    if (n == count) break;
    describe(p, &table[n++]);
  }
  unlock(&process_table.lock);
  return (s32)n;
}
