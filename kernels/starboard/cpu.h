// A CPU: its run queue, its timers and what runs on it. Allocated for each hart of the device tree
// (the first one is static), addressed by tp.
#ifndef STARBOARD_CPU_H
#define STARBOARD_CPU_H
#include "binary_heap.h"
#include "kernel.h"
#include "shared/boot.h"

struct thread;
struct vm;

struct cpu {
  u32 number; // its hart
  struct context idle;
  struct cpu_start start;
  struct vm *vm;         // whose page tables it uses; NULL: the kernel's own
  u32 kmaps;             // windows open
  u64 timer_programmed;  // what the hart's timer was last set to
  u64 user_since;        // when user mode was last entered
  bool reschedule;       // at the next boundary; set by others too
  bool timer_dirty;
  struct { // run.lock
    struct spinlock lock;
    struct binary_heap ready;  // runnable threads by virtual deadline
    struct binary_heap timers; // sleeping ones with a deadline, by it
    u64 virtual_time;          // of the thread picked last
    u64 started;               // when the current thread was switched to
    struct thread *current;   // NULL: idle
    struct thread *previous;   // being switched away from
    bool open;                 // takes threads
    bool closing;              // has been told to give them away and stop
    bool waiting;              // in wfi, or about to be
  } run;
};

extern struct cpu *cpus[HARTS_MAX]; // by hart; NULL: not ours, or never started
extern u32 harts;                   // harts are numbered 0 to harts - 1
extern bool cpus_stop;              // every CPU stops at its next boundary

static inline struct cpu *this_cpu(void) {
  struct cpu *cpu;
  __asm__ volatile("mv %0, tp" : "=r"(cpu));
  return cpu;
}

void cpu_begin(u32 hart);         // the first CPU: sets tp, so that locks work
bool cpu_start_hart(u32 hart);    // allocates if need be, and starts it; false: no memory
u32 cpu_bytes(void);              // what each further CPU takes
void cpu_open(struct cpu *cpu);   // marks it; by itself
void cpu_close(struct cpu *cpu);  // takes no more processes; marks it
void cpu_interrupt(struct cpu *cpu); // a software interrupt, also to itself
void cpu_interrupt_others(void);
u32 cpus_open(void);
// The CPU of least load, preferring an idle one, then `near`; always an open one.
struct cpu *cpu_choose(struct cpu *near);
__attribute__((noreturn)) void cpu_stop(void); // this CPU, for good or until started again
void cpus_stop_others(void);      // returns when all are STOPPED
void cpu_halt(struct cpu *cpu);   // drains and stops another CPU; returns when it is STOPPED
void cpus_audit(void (*claim)(u32 frame));
#endif
