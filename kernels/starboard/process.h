// A process, the table of all, and their lives. Kernel threads are processes without a user side:
// they have no pid and are in no table.
#ifndef STARBOARD_PROCESS_H
#define STARBOARD_PROCESS_H
#include "abi/handover.h"
#include "binary_heap.h"
#include "cpu.h"
#include "file.h"
#include "inode.h"
#include "list.h"
#include "shared/trap.h"
#include "sleep.h"
#include "vm.h"

enum process_state {
  STATE_RUNNING,  // current on its CPU
  STATE_RUNNABLE, // in its CPU's heap, or on the way there
  STATE_SLEEPING,
  STATE_FROZEN,   // at its user/kernel boundary, until thawed
  STATE_DEAD,     // never runs again
};

struct process {
  // Guarded by process_table.lock.
  s32 pid;
  struct list in_table, sibling, children;
  struct process *hash_next;
  struct process *parent;
  struct wait_queue child_ended; // the parent itself waits here
  bool zombie;
  u32 wait_status;

  // Guarded by the run lock of `cpu`, which changes only with that lock held.
  struct cpu *cpu;
  enum process_state state;
  struct heap_node ready;        // in cpu->run.ready while `queued`
  struct heap_node timer;        // in cpu->run.timers while `timed`
  bool queued, timed;
  bool woken;                    // since it joined a wait queue
  bool interruptible;            // its sleep ends for signals and a freeze
  bool at_boundary;              // off the CPU with nothing left to do but return to user mode
  u64 deadline;                  // of its sleep, in ticks
  u64 virtual_time, virtual_deadline; // scheduler.c

  // Changed by others with atomic operations.
  bool on_cpu;                   // its stack is in use
  u32 signals[2];                // pending; bit signal - 1

  // Its own.
  struct context context;
  u32 stack;                     // first frame of its kernel stack, or NO_FRAME
  struct trap_frame *frame;      // user registers, at the top of the stack
  void (*entry)(void);           // where a new one begins in the kernel; NULL: in user mode
  struct list waiting;           // in a wait queue, under that queue's lock
  bool has_memory;               // `vm` is live
  struct vm vm;
  struct descriptor_table descriptors;
  struct inode *directory;       // working directory
  u64 user_ticks;
  u32 restart, restart_done;     // RESTART_*: what an interrupted call goes on with
  u64 restart_deadline;
  u32 relieving;                 // the relief it asked for and waits for, or 0
  char name[HANDOVER_NAME_MAX];
};

#define STACK_GUARD 0x53544b47 // the lowest word of a kernel stack, as long as it has sufficed

#define PROCESS_HASH 256
struct process_table {
  struct spinlock lock;
  struct list all; // in order of creation
  struct process *hash[PROCESS_HASH];
  s32 next_pid;
  u32 count, zombies;
  u32 frozen;      // of a freeze under way
};
extern struct process_table process_table;
extern struct process *init_process; // pid 1

static inline struct process *this_process(void) { return this_cpu()->run.current; }

void process_table_begin(void);
// A process with a kernel stack, in no table yet; NULL without memory.
struct process *process_make(const char *name);
void process_unmake(struct process *p);       // undoes process_make
void process_enter(struct process *p, s32 pid, struct process *parent); // table.lock held
struct process *process_find(s32 pid);        // table.lock held
s32 process_next_pid(void);                   // table.lock held
bool process_start_thread(const char *name, void (*entry)(void));
__attribute__((noreturn)) void process_exit(u32 code, u32 status);
s32 process_wait(s32 pid, bool hang, s32 *found, u32 *status); // pid 0: any child
s32 process_list(struct process_info *table, u32 count);

// The way out of the kernel: signals, a freeze, and other processes' turns come first.
void process_boundary(struct process *p);
// For context_switch: where every new process starts.
void process_begin(void);
void process_freeze_here(struct process *p);  // freeze.c: stops there until it is thawed
void process_freeze_check(void);              // freeze.c: table.lock held; one fewer to wait for

extern bool process_freezing; // every process has to stop at its boundary
bool process_has_to_stop(const struct process *p); // for a signal or a freeze

// Signals: default actions only.
s32 signal_send(s32 pid, u32 signal);
void signal_raise(struct process *p, u32 signal); // table.lock held, or p is this process
bool signal_is_fatal_pending(const struct process *p);
u32 signal_take_fatal(struct process *p); // the signal to die of, or 0

s32 process_fork(void);
// Replaces this process's program. 0, or a negative error with the old program unharmed.
struct exec_arguments;
s32 process_exec(struct inode *file, const char *path, struct exec_arguments *arguments);

// Strings for a new program, packed one after the other, argv first.
#define ARGUMENTS_MAX 16384
struct exec_arguments {
  char *bytes; // ARGUMENTS_MAX of heap
  u32 used, argc, envc;
};
#endif
