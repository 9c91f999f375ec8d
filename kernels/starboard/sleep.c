// Wait queues and mutexes. A thread joins the queue under the object's lock, with `woken` false;
// whoever wakes it sets `woken` under its run lock, so a wake between joining and sleeping counts.
#include "sleep.h"

#include "scheduler.h"

void wait_queue_init(struct wait_queue *q) { list_init(&q->waiting); }

void wait_join(struct wait_queue *q, struct waiter *w) {
  w->thread = this_thread();
  list_add_last(&q->waiting, &w->link);
}

static bool wait_in(struct wait_queue *q, struct spinlock *l, enum sleep sleep,
                    u64 deadline) {
  struct waiter w;
  this_thread()->woken = false;
  wait_join(q, &w);
  unlock(l);
  bool woken = scheduler_sleep(sleep, deadline);
  lock(l);
  list_remove(&w.link); // itself, if it was not woken through the queue
  return woken;
}

bool wait_on(struct wait_queue *q, struct spinlock *l) {
  return wait_in(q, l, SLEEP_INTERRUPTIBLE, NO_DEADLINE);
}
bool wait_until(struct wait_queue *q, struct spinlock *l, u64 deadline) {
  return wait_in(q, l, SLEEP_INTERRUPTIBLE, deadline);
}
bool wait_on_killable(struct wait_queue *q, struct spinlock *l) {
  return wait_in(q, l, SLEEP_KILLABLE, NO_DEADLINE);
}
void wait_on_firmly(struct wait_queue *q, struct spinlock *l) {
  wait_in(q, l, SLEEP_FIRM, NO_DEADLINE);
}

void wake_all(struct wait_queue *q) {
  while (!list_is_empty(&q->waiting)) {
    struct waiter *w = LIST_FIRST(&q->waiting, struct waiter, link);
    list_remove(&w->link);
    scheduler_wake(w->thread);
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
