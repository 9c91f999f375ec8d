// Processes: the fixed table, groups and sessions, fork, exec, exit and wait, and freezing.
#ifndef LARBOARD_PROCESS_H
#define LARBOARD_PROCESS_H
#include "abi/handover.h"
#include "abi/syscall.h"
#include "larboard/file.h"
#include "larboard/scheduler.h"
#include "larboard/thread.h"
#include "larboard/vm.h"

#define PROCESSES_MAX 160

enum process_state { PROCESS_UNUSED, PROCESS_EMBRYO, PROCESS_ALIVE, PROCESS_ZOMBIE };

struct process {
  struct space space;       // first, for a slot is cleared from behind it: its lock outlives all
  // process_lock:
  enum process_state state;
  s32 pid, parent_pid;
  s32 group, session;
  u32 threads;              // that have not ended
  bool ending;              // all of its threads are to end
  bool has_status;          // its first thread has ended: with wait_status
  bool executed;            // it has called exec: its parent may not move it to a group any more
  u32 wait_status;          // code << 16 | status
  u64 signals;              // pending for the process, bit signal - 1
  struct sigaction actions[NSIG]; // by signal - 1
  u64 timer_at, timer_interval;   // ITIMER_REAL, ticks; timer_at 0: off
  u32 timer_hart;           // whose timer looks after it
  u64 user_ticks;           // of threads that have ended
  // process_lock, while a relief moves groups:
  bool freezing;            // its threads are to stand at their boundary
  bool apart;               // comes later than the services: still there, or not yet here
  bool moving;              // belongs to the group that is being moved
  s32 moves_with;           // the group: number of one of its processes; 0: the services
  u32 gate_waiters;         // threads that wait for the gate
  u64 ghost_signals;        // that came before it did
  bool ended_early;         // a zombie whose parent was not here: whether it is wanted is not known
  // file_lock:
  struct descriptor descriptors[DESCRIPTORS_MAX];
  struct inode *directory;  // held
  char name[HANDOVER_NAME_MAX];
};

extern struct spinlock process_lock;
extern struct process processes[PROCESSES_MAX];
extern s32 next_pid;          // process_lock; threads take their numbers from it too
extern bool process_freezing; // process_lock

#define FOR_EACH_ALIVE(p)                                                 \
  for (struct process *p = processes; p < processes + PROCESSES_MAX; p++) \
    if (p->state == PROCESS_ALIVE)

struct process *process_create(void);    // PROCESS_EMBRYO, without a space; NULL: table full
void process_discard(struct process *p); // an embryo, or a zombie that was waited for
struct process *process_find(s32 pid);   // process_lock: alive or a zombie
void process_start_init(void);
u32 process_count(void);                 // alive and zombies
u32 thread_count(void);                  // of all of them
u64 process_user_ticks(const struct process *p); // process_lock

// --- life.c
s32 process_fork(u32 stack);
// All threads of p end, the caller at its boundary. CLD_*, status. process_lock.
void process_end(struct process *p, u32 code, u32 status);
// For exec: ends all threads of this process but the caller, which gets the process's number.
// False when the caller itself is to end.
bool process_end_others(void);
// process_lock. A process has come: children that ended before go, if it does not want to know.
void process_drop_unwanted(const struct process *parent);
s32 process_wait(s32 id_type, s32 id, u32 options, u32 info);

// --- group.c
s32 process_set_group(s32 pid, s32 group);
s32 process_new_session(void);
bool group_exists(s32 group, s32 session); // process_lock
s32 kill_process(s32 pid, u32 signal);     // as kill(2)
s32 kill_thread(s32 pid, s32 tid, u32 signal); // pid 0: any
u32 kill_group(s32 group, u32 signal);     // process_lock; how many there are

// --- itimer.c
s32 itimer_set(u32 new_value, u32 old_value);
s32 itimer_get(u32 value);
u64 itimer_next(u32 hart);                 // process_lock: earliest deadline, or ~0
void itimer_expire(u32 hart, u64 now);     // process_lock
void itimer_adopt(u32 from_hart, u32 to_hart); // process_lock; from_hart ~0: all
extern u32 itimers_armed;                  // process_lock

// --- freeze.c
void process_freeze_all(void);           // but the caller; returns when all stand still
void process_thaw_all(void);
void process_thaw(struct process *p);    // process_lock
bool process_is_frozen(const struct process *p); // process_lock
void process_mark_frozen(const struct process *p); // process_lock: marks it once all of it stands
#endif
