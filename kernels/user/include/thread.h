// Threads, and what threads and processes wait for: futexes, and mutexes and conditions made of
// them. A mutex or condition that is all zero is ready for use; one in shared memory serves
// several processes.
#ifndef THREAD_H
#define THREAD_H
#include "user.h"

#define FOREVER_NS -1ll

// Sleeps while *word == value: 0 when woken, or -EAGAIN, -EINTR, -ETIMEDOUT.
int futex_wait(uint32_t *word, uint32_t value, int64_t timeout_ns);
int futex_wake(uint32_t *word, uint32_t count); // how many it woke

struct mutex {
  uint32_t word; // 0 free, 1 held, 2 held and wanted
};
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

struct condition {
  uint32_t turn; // counts the wakes
};
// Gives the mutex up while it sleeps. 0, or -ETIMEDOUT; may also return for no reason.
int condition_wait(struct condition *condition, struct mutex *mutex, int64_t timeout_ns);
void condition_wake_one(struct condition *condition);
void condition_wake_all(struct condition *condition);

// A thread, in memory of whoever creates it, which must last until the thread is joined.
struct thread {
  uint32_t tid; // zeroed by the kernel at its end
  int (*function)(void *);
  void *argument;
  int result;
  char *stack;
};
int thread_create(struct thread *thread, int (*function)(void *), void *argument);
int thread_join(struct thread *thread); // waits for its end: what its function returned
int thread_id(void);
// The bare call; the new thread takes a function and its argument from the first two words of its
// stack, and ends when the function returns.
int clone_thread(uint32_t flags, void *stack, uint32_t *parent_tid, void *tls,
                 uint32_t *child_tid);
#endif
