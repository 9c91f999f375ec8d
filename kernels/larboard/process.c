// The process table: slots, kernel stacks, and the first steps of processes and kernel threads.
#include "larboard/process.h"

#include "larboard/exec.h"
#include "larboard/frame.h"
#include "larboard/inode.h"
#include "shared/desk.h"
#include "shared/string.h"

struct spinlock process_lock;
struct process processes[PROCESSES_MAX];
s32 next_pid = 1;

struct process *process_find(s32 pid) {
  for (u32 i = 0; i < PROCESSES_MAX && pid > 0; i++) {
    struct process *p = &processes[i];
    if (p->pid == pid && p->state != UNUSED && p->state != EMBRYO) return p;
  }
  return NULL;
}

static struct process *take_slot(void) {
  struct process *found = NULL;
  lock(&process_lock);
  for (u32 i = 0; i < PROCESSES_MAX && !found; i++) {
    if (processes[i].state == UNUSED) found = &processes[i];
  }
  if (found) {
    memset(found, 0, sizeof *found);
    found->state = EMBRYO;
    found->wake_at = ~0ull;
    found->hart = this_cpu()->hart;
  }
  unlock(&process_lock);
  return found;
}

struct process *process_create(void (*start)(void)) {
  struct process *p = take_slot();
  if (!p) return NULL;
  p->stack = frame_take_run(KERNEL_STACK_SIZE / PAGE_SIZE, NULL);
  if (!p->stack) {
    p->state = UNUSED;
    return NULL;
  }
  p->context.ra = (u32)start;
  p->context.sp = (u32)process_frame(p);
  return p;
}

static void free_stack(u32 stack) {
  for (u32 at = 0; at < KERNEL_STACK_SIZE; at += PAGE_SIZE) frame_release(stack + at);
}

void process_discard(struct process *p) {
  if (p->space.root) space_destroy(&p->space);
  free_stack(p->stack);
  lock(&process_lock);
  p->state = UNUSED;
  p->pid = 0;
  unlock(&process_lock);
}

// A process's first steps in the kernel: the scheduler switched here with process_lock held.
void process_first_return(void) {
  unlock(&process_lock);
  struct process *p = this_process();
  process_boundary(p);
  return_to_user(process_frame(p), this_cpu());
}

struct process *process_start_thread(void (*body)(void), const char *name) {
  struct process *p = process_create(body);
  if (!p) panic("no memory for the %s thread", name);
  string_copy(p->name, name, sizeof p->name);
  lock(&process_lock);
  process_ready(p);
  unlock(&process_lock);
  return p;
}

// Process 1: /bin/init with the console as descriptors 0, 1 and 2.
static void init_body(void) {
  unlock(&process_lock);
  struct process *p = this_process();
  if (file_open(p, p->directory, "/dev/console", 2, 0) != 0) panic("cannot open /dev/console");
  for (u32 d = 1; d < 3; d++) {
    file_hold(p->descriptors[0].file);
    p->descriptors[d] = p->descriptors[0];
  }
  s32 error = exec_first(p, "/bin/init");
  if (error) panic("cannot run /bin/init: error %d", error);
  process_boundary(p);
  return_to_user(process_frame(p), this_cpu());
}

void process_start_init(void) {
  struct process *p = process_create(init_body);
  if (!p || path_find(NULL, "/", &p->directory) != 0) panic("no memory for init");
  lock(&process_lock);
  p->pid = next_pid++;
  process_ready(p);
  unlock(&process_lock);
}

u32 process_count(void) {
  u32 n = 0;
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    n += processes[i].state != UNUSED && processes[i].state != EMBRYO && processes[i].pid > 0;
  }
  return n;
}
