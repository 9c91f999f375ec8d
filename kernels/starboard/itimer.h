// ITIMER_REAL: see itimer.c.
#ifndef STARBOARD_ITIMER_H
#define STARBOARD_ITIMER_H
#include "binary_heap.h"
#include "kernel.h"

struct process;

struct itimer { // process_table.lock
  struct heap_node node;
  bool armed;
  bool paused; // armed, and waits for its process to be thawed
  u64 deadline, interval; // ticks
};
void itimers_begin(void);  // starts the thread that waits for them
struct thread *itimers_thread(void);
void itimers_thaw(void);   // table.lock held: looks at all of them again
// With table.lock held. Deadline 0: not any more.
void itimer_set(struct process *p, u64 deadline, u64 interval);
void itimer_pause(struct process *p); // it does not fire until itimer_resume
void itimer_resume(struct process *p);
#endif
