// A thread: registers, kernel stack, what the scheduler knows of it, and its signals. A kernel
// thread has no process and no tid.
#ifndef STARBOARD_THREAD_H
#define STARBOARD_THREAD_H
#include "binary_heap.h"
#include "cpu.h"
#include "frame.h"
#include "list.h"
#include "shared/trap.h"
#include "sleep.h"

struct process;

enum thread_state {
  STATE_RUNNING,  // current on its CPU
  STATE_RUNNABLE, // in its CPU's heap, or on the way there
  STATE_SLEEPING,
  STATE_FROZEN,   // at its user/kernel boundary, until thawed
  STATE_DEAD,     // never runs again
};

struct thread {
  // Guarded by process_table.lock.
  s32 tid;
  struct process *process;       // NULL: a kernel thread, or one that has ended
  struct list in_process;
  struct thread *hash_next;
  u64 mask, pending;             // signals, bit signal - 1; read without the lock too
  u64 by_kernel;                 // of the pending ones: no process sent them
  bool stands;                   // counted as frozen
  u32 mailbox;                   // while a relief moves groups; else NO_MAILBOX
  bool held;                     // stands until its process has moved: gate.h
  bool is_ghost;                 // ghost.h
  bool has_begun;                // a ghost: to wait for calls
  struct wait_queue mail;        // it waits for an answer, or a ghost for a call

  // Guarded by the run lock of `cpu`, which changes only with that lock held.
  struct cpu *cpu;
  enum thread_state state;
  struct heap_node ready;        // in cpu->run.ready while `queued`
  struct heap_node timer;        // in cpu->run.timers while `timed`
  bool queued, timed;
  bool woken;                    // since it joined a wait queue
  enum sleep sleep;              // what ends its sleep besides being woken
  bool at_boundary;              // off the CPU with nothing left to do but return to user mode
  u64 deadline;                  // of its sleep, in ticks
  u64 virtual_time, virtual_deadline; // scheduler.c

  // Changed by others with atomic operations.
  bool on_cpu;                   // its stack is in use
  bool inside;                   // a call or a page fault of it uses services: gate.h

  // Its own.
  struct context context;
  u32 stack;                     // first frame of its kernel stack, or NO_FRAME
  struct trap_frame *frame;      // user registers, at the top of the stack
  void (*entry)(void);           // where a new one begins in the kernel; NULL: in user mode
  u64 user_ticks;
  s32 interrupted;               // ERESTART_* of the call it is at, or 0
  u32 restart, restart_done;     // RESTART_*: what an interrupted call goes on with
  u64 restart_deadline;
  bool mask_is_lent;             // sigsuspend or ppoll put `mask` in force for a while, and
  u64 own_mask;                  //   this one comes back
  bool is_expected;              // futex.c
  u32 clear_tid;                 // user address, or 0
  bool missed;                   // a page of a file, which this kernel has no more: gate.h
  u32 relieving;                 // the relief it asked for and waits for, or 0
};

#define STACK_GUARD 0x53544b47 // the lowest word of a kernel stack, as long as it has sufficed

static inline struct thread *this_thread(void) { return this_cpu()->run.current; }

// A thread with a kernel stack, of no process yet; NULL without memory.
struct thread *thread_make(void);
void thread_unmake(struct thread *t); // undoes thread_make
struct thread *thread_make_in_kernel(void (*entry)(void)); // a kernel thread, to be started
// Whether it is to end because its process does, or because another thread of it execs.
bool thread_has_to_die(const struct thread *t);
// Whether a sleep of this kind ends at once, for a signal, a freeze or its end.
bool thread_has_to_stop(const struct thread *t, enum sleep sleep);
__attribute__((noreturn)) void thread_exit(u32 code, u32 status); // this one
s32 thread_clone(u32 flags, u32 stack, u32 parent_tid, u32 tls, u32 child_tid);
// The new thread's user registers: the caller's after its ecall, with a0 = 0.
void thread_copy_registers(struct thread *t, u32 stack);

// The way out of the kernel: signals, a freeze, and other threads' turns come first.
void thread_boundary(struct thread *t);
void thread_begin(void); // for context_switch: where every new thread starts
#endif
