// Threads: the fixed table, their states, and their kernel stacks. A thread has registers, a
// signal mask and what its system call goes on with; all else is its process's (process.h). A
// kernel thread has no process.
#ifndef LARBOARD_THREAD_H
#define LARBOARD_THREAD_H
#include "larboard/cpu.h"
#include "shared/boot.h"
#include "shared/trap.h"

struct process;

#define THREADS_MAX 256

// Inside the kernel only: a call unwinds to the boundary, and is issued again unless a handler
// runs: then after it, with SA_RESTART, in the first case, and never in the second.
#define ERESTART 512
#define ERESTART_UNHANDLED 514

enum thread_state { THREAD_UNUSED, THREAD_EMBRYO, RUNNABLE, RUNNING, SLEEPING, FROZEN, ENDED };
enum sleep_kind { SLEEP_FIRM, SLEEP_KILLABLE, SLEEP_INTERRUPTIBLE }; // what may end it early

struct futex_key { // of a shared word: inode and offset; else address space and address
  u32 object, address;
};

struct fault { // what a thread did itself; signal 0: nothing
  u32 signal, code, address;
};

struct thread {
  // process_lock:
  enum thread_state state;
  s32 tid;                  // 0: a kernel thread
  struct process *process;  // NULL: a kernel thread
  u64 mask, signals;        // blocked; pending for this thread: bit signal - 1
  bool ending;              // an exec of another thread ends it
  const void *channel;      // what it sleeps on
  enum sleep_kind sleep_kind;
  bool woken_early;         // by a signal, a freeze, or its end
  u64 wake_at;              // ticks; ~0: no deadline
  u32 timer_hart;           // whose timer ends the sleep
  struct futex_key futex;
  bool futex_woken;
  bool futex_expected;      // thawed, and not back on its word yet
  // cpu.lock of the queue it is in:
  struct thread *next;
  u32 hart;                 // where it runs, or ran last
  // its own while it runs:
  u32 stack;                // kernel stack, physical
  struct context context;
  u32 interrupted;          // ERESTART*: it stands at the ecall of a call that was interrupted
  u32 restart, restart_done; // RESTART_*; what that call goes on with
  u64 restart_deadline;
  bool has_saved_mask;      // sigsuspend or ppoll put another mask in force
  u64 saved_mask;
  struct fault fault;
  struct inode *missing;    // held: of whose file a page is to be loaded, and which
  u32 missing_page;
  u32 clear_tid;            // user address, or 0
  u64 user_ticks, user_since;
  bool in_kexec;            // waits in reboot(REBOOT_KEXEC)
  bool missed;              // a page of a file could not be brought in any more: see gate.h
  // while a relief moves groups (gate.h, ghost.h); process_lock, but `inside`: atomic:
  u32 mailbox;
  bool inside;              // a call or a page fault is using services
  bool held;                // stands at its boundary until its process has moved
  bool is_ghost;
  bool has_begun;// a ghost: to wait for calls
};

extern struct thread threads[THREADS_MAX];
extern u32 threads_end; // process_lock: no slot from here on is in use

static inline struct thread *this_thread(void) { return this_cpu()->current; }
static inline struct process *this_process(void) { return this_thread()->process; }
static inline struct trap_frame *thread_frame(struct thread *t) {
  return (struct trap_frame *)((u8 *)linear(t->stack) + KERNEL_STACK_SIZE) - 1;
}

// A slot with a kernel stack, in state THREAD_EMBRYO; NULL when the table is full or memory out.
struct thread *thread_create(struct process *p, void (*start)(void));
void thread_discard(struct thread *t); // process_lock: an embryo, or one that has ended
void thread_first_return(void);        // `start` of every user thread
struct thread *thread_find(s32 tid);   // process_lock
struct thread *thread_start_kernel(void (*body)(void), const char *name);

// The next thread of p at or after slot *at, which moves on; NULL at the end. process_lock.
struct thread *thread_next(const struct process *p, u32 *at);

// Before each return to user mode: its end, signals, freezing.
void thread_boundary(struct thread *t);
// process_lock: ends its sleep early if its kind is at least that, or interrupts its CPU; lets a
// frozen one that is to end do so.
void thread_nudge(struct thread *t, enum sleep_kind least);
// Whether it has nothing more to do but end: its process does, or an exec.
bool thread_must_end(const struct thread *t);

// --- life.c
s32 thread_clone(u32 flags, u32 stack, u32 parent_tid, u32 tls, u32 child_tid);
void thread_end(void) __attribute__((noreturn));
#endif
