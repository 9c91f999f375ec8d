// Lock order, CPUs, and the run queues of larboard.
//
// Interrupts: off (sstatus.SIE = 0) in the whole kernel; taken in user mode, and by polling sip in
// the idle loop. The kernel is not preempted; long work calls thread_yield().
//
// Lock order (take downwards only):
//   pipe.lock, console_lock, socket_lock, hvc_lock, block_lock, kexec_lock,
//   futex_lock, poll_lock
//                  what threads sleep under; the first four may take poll_lock, and kexec_lock
//                  the relief's bell_lock
//   process_lock   tables of processes and threads: states, groups, signals  (process.c)
//   cpu.lock       one CPU's run queue; never two                            (scheduler.c)
// and, under any of those but cpu.lock, or without them:
//   spaces_lock    fork against truncation: which spaces map a file          (vm.c)
//   space.lock     regions and tables of an address space; never two, but for
//                  a fork's parent and then its child                        (vm.c)
//   tree_lock      inodes, directories, page arrays                          (tree.h)
//   frame_lock     bitmap, references                                        (frame.c)
// and, with tree_lock alone below it:
//   file_lock      open files and descriptors, working directories           (file.c)
#ifndef LARBOARD_CPU_H
#define LARBOARD_CPU_H
#include "shared/boot.h"
#include "shared/spinlock.h"
#include "shared/trap.h"
#include "shared/types.h"

struct space;
struct thread;

struct cpu {
  u32 hart;
  struct thread *current;    // NULL in the scheduler
  struct space *space;       // whose tables are in force; NULL: the kernel's own
  struct context scheduler;  // the scheduler's own stack and registers
  u64 slice_end;             // ticks
  u64 timer_at;              // what the timer is set to
  u32 stack_physical;        // scheduler stack; 0 on the boot CPU
  struct cpu_start start;
  // lock:
  struct spinlock lock;
  struct thread *head, *tail; // runnable threads, in order
  u32 queued;
  u32 open;                  // takes threads
  u32 preempt;               // a kernel thread waits at the head
  u32 stop;                  // asked to leave: 1 drain and stop
  // atomic:
  u32 serving;               // in a device's interrupt
};

extern struct cpu *cpus[HARTS_MAX]; // by hart; NULL: never started
extern u32 harts;                   // in the device tree

static inline struct cpu *this_cpu(void) {
  struct cpu *cpu;
  __asm__ volatile("mv %0, tp" : "=r"(cpu));
  return cpu;
}
static inline void set_this_cpu(struct cpu *cpu) { __asm__ volatile("mv tp, %0" : : "r"(cpu)); }

void cpu_boot(u32 hart);             // this CPU, the first of this kernel
bool cpu_start(u32 hart);            // another one; false when memory or the firmware refuses
s32 cpu_halt_one(void);              // drains and stops a CPU other than this; its hart or -1
void cpu_stop_others(void); // each when it leaves the kernel
void cpu_stop_this(void) __attribute__((noreturn));
void cpu_interrupt(u32 hart);        // an IPI: look at your flags

// Device interrupts of this hart, on or off (every driver's source).
void cpu_enable_devices(u32 hart, bool on);
void trap_interrupt(u32 cause);
void trap_disable_devices(void);     // on all CPUs; afterwards no source is claimed
void trap_enable_devices(void);
#endif
