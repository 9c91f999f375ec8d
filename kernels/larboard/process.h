// Processes: the fixed table, sleeping and waking, fork, exit, wait, signals, and freezing.
#ifndef LARBOARD_PROCESS_H
#define LARBOARD_PROCESS_H
#include "abi/handover.h"
#include "larboard/cpu.h"
#include "larboard/file.h"
#include "larboard/scheduler.h"
#include "larboard/vm.h"
#include "shared/boot.h"
#include "shared/trap.h"

#define PROCESSES_MAX 160
#define ERESTART 512 // inside the kernel only: unwind to the boundary, and issue the call again

enum process_state { UNUSED, EMBRYO, RUNNABLE, RUNNING, SLEEPING, FROZEN, ZOMBIE };

struct process {
  // process_lock:
  enum process_state state;
  s32 pid;                  // 0: a kernel thread
  s32 parent_pid;
  u32 wait_status;          // code << 16 | status
  u64 signals;              // pending, bit signal - 1
  const void *channel;      // what it sleeps on
  bool interruptible;       // a signal or a freeze may end the sleep
  bool woken_early;         // ... and did
  u64 wake_at;              // ticks; ~0: no deadline
  u32 timer_hart;           // whose timer ends the sleep
  // cpu.lock of the queue it is in:
  struct process *next;
  u32 hart;                 // where it runs, or ran last
  // its own while it runs:
  u32 stack;                // kernel stack, physical
  struct context context;
  struct space space;
  struct descriptor descriptors[DESCRIPTORS_MAX];
  struct inode *directory;  // held
  u32 restart, restart_done; // RESTART_*; what the call goes on with after a freeze
  u64 restart_deadline;
  u64 user_ticks, user_since;
  bool in_kexec;            // waits in reboot(REBOOT_KEXEC)
  char name[HANDOVER_NAME_MAX];
};

extern struct spinlock process_lock;
extern struct process processes[PROCESSES_MAX];
extern s32 next_pid;
extern bool process_freezing; // process_lock

static inline struct process *this_process(void) { return this_cpu()->current; }
static inline struct trap_frame *process_frame(struct process *p) {
  return (struct trap_frame *)((u8 *)linear(p->stack) + KERNEL_STACK_SIZE) - 1;
}

// A slot with a kernel stack, in state EMBRYO; NULL when the table is full or memory is out.
struct process *process_create(void (*start)(void));
void process_discard(struct process *p); // an EMBRYO that will not live; its space is destroyed
void process_first_return(void);         // `start` of every user process
struct process *process_find(s32 pid);   // process_lock
void process_start_init(void);
struct process *process_start_thread(void (*body)(void), const char *name);

// --- life.c
s32 process_fork(void);
void process_exit(u32 code, u32 status) __attribute__((noreturn)); // CLD_*, status
s32 process_wait(s32 id_type, s32 id, u32 options, u32 info);
s32 process_kill(s32 pid, u32 signal);
void process_boundary(struct process *p); // before each return to user mode: signals, freezing

// --- freeze.c
void process_freeze_all(void);           // but the caller; returns when all stand still
void process_thaw_all(void);
u32 process_count(void);                 // alive, without kernel threads
#endif
