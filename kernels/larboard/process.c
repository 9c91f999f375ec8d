// The tables of processes and threads: slots, kernel stacks, and the first steps of both.
#include "larboard/process.h"

#include "larboard/exec.h"
#include "larboard/frame.h"
#include "larboard/gate.h"
#include "larboard/inode.h"
#include "shared/string.h"

struct spinlock process_lock;
struct process processes[PROCESSES_MAX];
struct thread threads[THREADS_MAX];
u32 threads_end;
s32 next_pid = 1;

// --- Processes.

struct process *process_find(s32 pid) {
  for (u32 i = 0; i < PROCESSES_MAX && pid > 0; i++) {
    struct process *p = &processes[i];
    if (p->pid == pid && p->state >= PROCESS_ALIVE) return p;
  }
  return NULL;
}

struct process *process_create(void) {
  struct process *found = NULL;
  lock(&process_lock);
  for (u32 i = 0; i < PROCESSES_MAX && !found; i++) {
    if (processes[i].state == PROCESS_UNUSED) found = &processes[i];
  }
  if (found) {
    memset(&found->space + 1, 0, sizeof *found - sizeof found->space);
    found->state = PROCESS_EMBRYO;
  }
  unlock(&process_lock);
  return found;
}

void process_discard(struct process *p) {
  if (p->space.root) space_destroy(&p->space);
  lock(&process_lock);
  p->state = PROCESS_UNUSED;
  p->pid = 0;
  unlock(&process_lock);
}

u32 process_count(void) {
  u32 n = 0;
  for (u32 i = 0; i < PROCESSES_MAX; i++) n += processes[i].state >= PROCESS_ALIVE;
  return n;
}

u32 thread_count(void) {
  u32 n = 0;
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    if (processes[i].state == PROCESS_ALIVE) n += processes[i].threads;
  }
  return n;
}

u64 process_user_ticks(const struct process *p) {
  u64 ticks = p->user_ticks;
  u32 at = 0;
  for (struct thread *t; (t = thread_next(p, &at)) != NULL;) ticks += t->user_ticks;
  return ticks;
}

// --- Threads.

struct thread *thread_find(s32 tid) {
  for (u32 i = 0; i < threads_end && tid > 0; i++) {
    if (threads[i].tid == tid && threads[i].state > THREAD_EMBRYO) return &threads[i];
  }
  return NULL;
}

struct thread *thread_next(const struct process *p, u32 *at) {
  while (*at < threads_end) {
    struct thread *t = &threads[(*at)++];
    if (t->process == p && t->state > THREAD_EMBRYO && t->state != ENDED) return t;
  }
  return NULL;
}

static struct thread *take_slot(struct process *p) {
  struct thread *found = NULL;
  lock(&process_lock);
  for (u32 i = 0; i < THREADS_MAX && !found; i++) {
    if (threads[i].state == THREAD_UNUSED) found = &threads[i];
  }
  if (found) {
    memset(found, 0, sizeof *found);
    found->state = THREAD_EMBRYO;
    found->process = p;
    found->wake_at = ~0ull;
    found->mailbox = NO_MAILBOX;
    found->hart = this_cpu()->hart;
    threads_end = MAX(threads_end, (u32)(found - threads) + 1);
  }
  unlock(&process_lock);
  return found;
}

struct thread *thread_create(struct process *p, void (*start)(void)) {
  struct thread *t = take_slot(p);
  if (!t) return NULL;
  t->stack = frame_take_run(KERNEL_STACK_SIZE / PAGE_SIZE, NULL);
  if (!t->stack) {
    t->state = THREAD_UNUSED;
    return NULL;
  }
  t->context.ra = (u32)start;
  t->context.sp = (u32)thread_frame(t);
  return t;
}

void thread_discard(struct thread *t) {
  for (u32 at = 0; at < KERNEL_STACK_SIZE; at += PAGE_SIZE) frame_release(t->stack + at);
  t->state = THREAD_UNUSED;
  t->process = NULL;
  t->tid = 0;
  while (threads_end && threads[threads_end - 1].state == THREAD_UNUSED) threads_end--;
}

// A thread's first steps in the kernel: the scheduler switched here with process_lock held.
void thread_first_return(void) {
  unlock(&process_lock);
  struct thread *t = this_thread();
  thread_boundary(t);
  return_to_user(thread_frame(t), this_cpu());
}

struct thread *thread_start_kernel(void (*body)(void), const char *name) {
  struct thread *t = thread_create(NULL, body);
  if (!t) panic("no memory for the %s thread", name);
  lock(&process_lock);
  thread_ready(t);
  unlock(&process_lock);
  return t;
}

bool thread_must_end(const struct thread *t) { return t->ending || t->process->ending; }

// --- The first process: /bin/init with the console as descriptors 0, 1 and 2.

static void init_body(void) {
  unlock(&process_lock);
  struct process *p = this_process();
  if (file_open(p, p->directory, "/dev/console", O_RDWR, 0) != 0) panic("cannot open /dev/console");
  for (u32 d = 1; d < 3; d++) {
    file_hold(p->descriptors[0].file);
    p->descriptors[d] = p->descriptors[0];
  }
  s32 error = exec_first(p, "/bin/init");
  if (error) panic("cannot run /bin/init: error %d", error);
  thread_boundary(this_thread());
  return_to_user(thread_frame(this_thread()), this_cpu());
}

void process_start_init(void) {
  struct process *p = process_create();
  struct thread *t = p ? thread_create(p, init_body) : NULL;
  if (!t || path_find(NULL, "/", &p->directory) != 0) panic("no memory for init");
  lock(&process_lock);
  p->pid = t->tid = next_pid++;
  p->group = p->session = p->pid; // so the console becomes its terminal
  p->threads = 1;
  p->state = PROCESS_ALIVE;
  thread_ready(t);
  unlock(&process_lock);
}
