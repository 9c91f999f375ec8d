// A process, the table of all, and their lives.
#ifndef STARBOARD_PROCESS_H
#define STARBOARD_PROCESS_H
#include "abi/handover.h"
#include "file.h"
#include "inode.h"
#include "itimer.h"
#include "signal.h"
#include "thread.h"
#include "vm.h"

struct process {
  // Guarded by process_table.lock.
  s32 pid, group, session;
  struct list in_table, sibling, children, threads;
  struct process *hash_next;
  struct process *parent;
  struct wait_queue child_ended, thread_ended; // its own threads wait here
  u32 thread_count, frozen_threads;
  bool ending;                   // all its threads are to end, with `wait_status`
  struct thread *survivor;       // execs: all others are to end
  bool first_ended;              // its first thread has, with `first_status`
  bool executed;                 // has replaced its program since it was forked
  bool zombie;
  u32 wait_status, first_status;
  u64 pending, by_kernel;        // as in struct thread, for whichever thread takes them
  struct sigaction actions[NSIG];
  struct itimer itimer;
  // The same, while a relief moves groups: moving.c.
  bool freezing;                 // its threads are to stand
  bool apart;                    // it comes later than services
  bool moving;                   // its group does, now
  s32 moves_with;                // number of its group; 0: moves with the services
  u32 gate_waiters;              // threads that wait for the gate
  u64 ghost_signals;             // sent to its ghost
  bool ended_early;              // a zombie, of a ghost: whether it is wanted is not known

  struct vm *vm;                 // changes only while it has one thread; NULL: none
  struct descriptor_table descriptors;
  struct inode *directory;       // tree_lock
  u64 user_ticks;                // process_table.lock; of threads that have ended
  char name[HANDOVER_NAME_MAX];
};

#define PROCESS_HASH 256
struct process_table {
  struct spinlock lock;
  struct list all; // in order of creation
  struct process *hash[PROCESS_HASH];
  struct thread *thread_hash[PROCESS_HASH];
  s32 next_pid; // tids are of the same numbers
  u32 count, zombies;
  u32 threads, frozen; // living ones, and of a freeze under way
};
extern struct process_table process_table;
extern struct process *init_process; // pid 1
#define FOR_EACH_PROCESS(p) LIST_FOR_EACH(p, &process_table.all, struct process, in_table)

static inline struct process *this_process(void) { return this_thread()->process; }

void process_table_begin(void);
struct process *process_make(const char *name); // in no table yet; NULL without memory
// All with table.lock held.
void process_enter(struct process *p, s32 pid, struct process *parent);
void process_add_thread(struct process *p, struct thread *t, s32 tid);
void process_remove_thread(struct process *p, struct thread *t);
void process_rename_thread(struct thread *t, s32 tid);
struct process *process_find(s32 pid);
struct thread *thread_find(s32 tid);
s32 process_next_pid(void);

// Makes all threads end, unless they do already; table.lock held. False: a freeze is under way, and
// it has to be asked for again afterwards.
bool process_end(struct process *p, u32 code, u32 status);
void process_interrupt_threads(struct process *p); // table.lock held
// A process has come, table.lock held: its children that ended before go, if they are unwanted.
void process_drop_unwanted(struct process *parent);
s32 process_wait(s32 pid, bool hang, s32 *found, u32 *status); // pid 0: any child
s32 process_list(struct process_info *table, u32 count);
// For the last thread, in this order, with no lock: what it holds, then itself.
void process_release(struct process *p);
void process_finish(struct process *p, struct thread *last); // table.lock held; may free p
struct inode *process_directory(void); // of this process, with a reference

// freeze.c. All with table.lock held, but for the first two.
extern bool process_freezing; // every thread has to stop at its boundary
void freeze_here(struct thread *t);
void freeze_check(struct process *p); // a thread of p has ended; NULL: something else is over
void freeze_process(struct process *p); // its threads are to stand
void freeze_await(struct process *p);   // until they do
void freeze_wait(void);                 // until something may have changed
void thaw_expect(struct process *p);    // of all that are to be thawed together, before the first
void thaw_process(struct process *p);    // its threads that stand go on

s32 process_fork(u32 stack);
// Replaces this process's program. 0, or a negative error with the old program unharmed.
struct exec_arguments;
s32 process_exec(struct inode *file, const char *path, struct exec_arguments *arguments);

// Strings for a new program, packed one after the other, argv first.
#define ARGUMENTS_MAX 16384
struct exec_arguments {
  char *bytes; // ARGUMENTS_MAX of heap
  u32 used, argc, envc;
};

// group.c: process groups, sessions, and what the terminal asks of them.
s32 group_set(s32 pid, s32 group);
s32 group_get(s32 pid, bool session);
s32 session_begin(void);
bool group_is_in_session(s32 group, s32 session); // table.lock held
void session_end(struct process *leader);         // table.lock held: its terminal is free
#endif
