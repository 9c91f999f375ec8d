// Waiting for something to happen: queues of sleeping threads, and a lock that sleeps.
#ifndef STARBOARD_SLEEP_H
#define STARBOARD_SLEEP_H
#include "kernel.h"
#include "list.h"

struct thread;

enum sleep { // what ends a sleep, besides being woken
  SLEEP_FIRM,          // nothing
  SLEEP_KILLABLE,      // the end of the process, and a freeze
  SLEEP_INTERRUPTIBLE, // signals too
};

struct wait_queue { // guarded by the lock of what is waited for
  struct list waiting;
};
struct waiter { // in a queue, on its thread's stack; poll has several
  struct list link;
  struct thread *thread;
};
void wait_queue_init(struct wait_queue *q);
// Joins the queue. `woken` has to be false before the first queue is joined.
void wait_join(struct wait_queue *q, struct waiter *w);
// Releases `l`, sleeps until woken, takes `l` again. wait_on is interruptible: false means that
// the caller must unwind to the user/kernel boundary. Conditions are to be checked again.
bool wait_on(struct wait_queue *q, struct spinlock *l);
bool wait_on_killable(struct wait_queue *q, struct spinlock *l);
void wait_on_firmly(struct wait_queue *q, struct spinlock *l);
bool wait_until(struct wait_queue *q, struct spinlock *l, u64 deadline); // interruptible; in ticks
void wake_all(struct wait_queue *q); // the lock held

struct mutex { // held over sleeps; never while user input is awaited
  struct spinlock lock;
  bool held;
  struct wait_queue waiting;
};
void mutex_init(struct mutex *m);
void mutex_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);
#endif
