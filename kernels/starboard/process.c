// The table of processes and the end of their lives. The table is a hash by pid and a list in order
// of creation; a tree of parents and children lies across it. A zombie keeps its struct until its
// parent has read its status; orphans are init's.
#include "process.h"

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
  p->stack = frame_allocate(ZONE_NORMAL, 1);
  if (p->stack == NO_FRAME) {
    heap_free(p);
    return NULL;
  }
  u8 *stack = frame_linear(p->stack);
  *(u32 *)stack = STACK_GUARD;
  p->frame = (struct trap_frame *)(stack + KERNEL_STACK_SIZE - TRAP_FRAME_SIZE);
  memset(p->frame, 0, sizeof *p->frame);
  p->frame->status = SSTATUS_SPIE;
  p->context.ra = (u32)process_begin;
  p->context.sp = (u32)p->frame;
  p->cpu = this_cpu();
  p->state = STATE_RUNNABLE;
  list_init(&p->in_table);
  list_init(&p->sibling);
  list_init(&p->children);
  list_init(&p->waiting);
  wait_queue_init(&p->child_ended);
  string_copy(p->name, name, sizeof p->name);
  return p;
}

void process_unmake(struct process *p) {
  if (p->stack != NO_FRAME) frame_put(p->stack);
  heap_free(p);
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
  do {
    if (process_table.next_pid <= 0) process_table.next_pid = 2;
  } while (process_find(process_table.next_pid++));
  return process_table.next_pid - 1;
}

bool process_start_thread(const char *name, void (*entry)(void)) {
  struct process *p = process_make(name);
  if (!p) return false;
  p->entry = entry;
  scheduler_start(p);
  return true;
}

void process_begin(void) {
  scheduler_switched();
  struct process *p = this_process();
  p->at_boundary = false;
  if (p->entry) {
    p->entry();
    if (!p->pid) scheduler_exit(); // a kernel thread ends
  }
  process_boundary(p);
  return_to_user(p->frame, this_cpu());
}

void process_boundary(struct process *p) {
  for (;;) {
    u32 signal = signal_take_fatal(p);
    if (signal) process_exit(CLD_KILLED, signal);
    if (__atomic_load_n(&cpus_stop, __ATOMIC_ACQUIRE)) cpu_stop();
    if (__atomic_load_n(&process_freezing, __ATOMIC_SEQ_CST)) {
      process_freeze_here(p);
    } else if (this_cpu()->reschedule) {
      p->at_boundary = true;
      scheduler_yield();
      p->at_boundary = false;
    } else {
      break;
    }
  }
  struct cpu *cpu = this_cpu();
  scheduler_arm(cpu);
  cpu->user_since = time_ticks();
}

bool process_has_to_stop(const struct process *p) {
  return signal_is_fatal_pending(p) || __atomic_load_n(&process_freezing, __ATOMIC_SEQ_CST);
}

// --- The end

static void release_user_side(struct process *p) {
  descriptors_close(&p->descriptors, 0);
  if (p->directory) inode_put(p->directory);
  p->directory = NULL;
  if (!p->has_memory) return;
  p->has_memory = false;
  vm_activate(NULL);
  vm_destroy(&p->vm);
}

// table.lock held.
static void orphan_children(struct process *p) {
  bool ended = false;
  while (!list_is_empty(&p->children)) {
    struct process *child = LIST_FIRST(&p->children, struct process, sibling);
    list_remove(&child->sibling);
    child->parent = init_process;
    list_add_last(&init_process->children, &child->sibling);
    ended = ended || child->zombie;
  }
  if (ended) wake_all(&init_process->child_ended);
}

void process_exit(u32 code, u32 status) {
  struct process *p = this_process();
  if (p == init_process) panic("init has ended: code %u, status %u", code, status);
  desk_value(MARK_PROCESS_EXIT, (u32)p->pid, code << 16 | status);
  release_user_side(p);
  lock(&process_table.lock);
  orphan_children(p);
  p->wait_status = code << 16 | status;
  p->restart = RESTART_NONE;
  p->zombie = true;
  process_table.zombies++;
  wake_all(&p->parent->child_ended);
  process_freeze_check();
  unlock(&process_table.lock);
  scheduler_exit();
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
    unlock(&process_table.lock);
    return -ERESTART_CALL;
  }
  if (child) {
    *found = child->pid;
    *status = child->wait_status;
    process_leave(child);
  }
  unlock(&process_table.lock);
  if (!child) return any ? 0 : -ECHILD;
  while (__atomic_load_n(&child->on_cpu, __ATOMIC_ACQUIRE)) {
    // it has yet to leave its stack
  }
  process_unmake(child);
  return 0;
}

// --- What ps shows

static char state_letter(const struct process *p) {
  if (p->zombie) return 'Z';
  return p->state == STATE_SLEEPING ? 'S' : 'R';
}

s32 process_list(struct process_info *table, u32 count) {
  u32 n = 0;
  lock(&process_table.lock);
  LIST_FOR_EACH(p, &process_table.all, struct process, in_table) {
    if (n == count) break;
    struct process_info *info = &table[n++];
    info->pid = p->pid;
    info->parent_pid = p->parent ? p->parent->pid : 0;
    info->state = state_letter(p);
    info->cpu = (u8)p->cpu->number;
    info->descriptors = (u16)p->descriptors.used;
    info->frames = p->has_memory ? p->vm.frames : 0;
    info->user_ticks = p->user_ticks;
    memcpy(info->name, p->name, sizeof info->name);
  }
  unlock(&process_table.lock);
  return (s32)n;
}
