// Waiting for something to happen: queues of sleeping processes, and a lock that sleeps.
#ifndef STARBOARD_SLEEP_H
#define STARBOARD_SLEEP_H
#include "kernel.h"
#include "list.h"

struct wait_queue { // guarded by the lock of what is waited for
  struct list waiting;
};
void wait_queue_init(struct wait_queue *q);
// Releases `l`, sleeps until woken, takes `l` again. wait_on is interruptible: false means that
// the caller must unwind to the user/kernel boundary. Conditions are to be checked again.
bool wait_on(struct wait_queue *q, struct spinlock *l);
void wait_on_firmly(struct wait_queue *q, struct spinlock *l);
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
