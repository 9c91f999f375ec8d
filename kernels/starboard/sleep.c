// Wait queues and mutexes. A process joins the queue under the object's lock, with `woken` false;
// whoever wakes it sets `woken` under its run lock, so a wake between joining and sleeping counts.
#include "sleep.h"

#include "scheduler.h"

void wait_queue_init(struct wait_queue *q) { list_init(&q->waiting); }

static bool wait_in(struct wait_queue *q, struct spinlock *l, bool interruptible) {
  struct process *p = this_process();
  p->woken = false;
  list_add_last(&q->waiting, &p->waiting);
  unlock(l);
  bool woken = scheduler_sleep(interruptible, NO_DEADLINE);
  lock(l);
  list_remove(&p->waiting); // itself, if it was not woken through the queue
  return woken;
}

bool wait_on(struct wait_queue *q, struct spinlock *l) { return wait_in(q, l, true); }
void wait_on_firmly(struct wait_queue *q, struct spinlock *l) { wait_in(q, l, false); }

void wake_all(struct wait_queue *q) {
  while (!list_is_empty(&q->waiting)) {
    struct process *p = LIST_FIRST(&q->waiting, struct process, waiting);
    list_remove(&p->waiting);
    scheduler_wake(p);
  }
}

void mutex_init(struct mutex *m) {
  m->lock.holder = 0;
  m->held = false;
  wait_queue_init(&m->waiting);
}

void mutex_lock(struct mutex *m) {
  lock(&m->lock);
  while (m->held) wait_on_firmly(&m->waiting, &m->lock);
  m->held = true;
  unlock(&m->lock);
}

void mutex_unlock(struct mutex *m) {
  lock(&m->lock);
  m->held = false;
  wake_all(&m->waiting);
  unlock(&m->lock);
}
