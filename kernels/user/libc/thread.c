// Threads by clone, each on a stack of its own, and the mutex and condition by futex (after U.
// Drepper, "Futexes Are Tricky": the second mutex there).
#include "thread.h"

#define NS_PER_SECOND 1000000000ll
#define STACK_BYTES (16 * PAGE_BYTES)
enum { FREE = 0, HELD = 1, WANTED = 2 };

int futex_wait(uint32_t *word, uint32_t value, int64_t timeout_ns) {
  struct timespec64 timeout = {timeout_ns / NS_PER_SECOND, timeout_ns % NS_PER_SECOND};
  return syscall(SYS_FUTEX_TIME64, word, FUTEX_WAIT, value, timeout_ns < 0 ? 0 : &timeout);
}

int futex_wake(uint32_t *word, uint32_t count) {
  return syscall(SYS_FUTEX_TIME64, word, FUTEX_WAKE, count);
}

void mutex_lock(struct mutex *mutex) {
  uint32_t seen = FREE;
  if (__atomic_compare_exchange_n(&mutex->word, &seen, HELD, 0, __ATOMIC_ACQUIRE,
                                  __ATOMIC_RELAXED))
    return;
  // Whoever has slept cannot know whether others still do, so it takes the mutex as wanted.
  while (__atomic_exchange_n(&mutex->word, WANTED, __ATOMIC_ACQUIRE) != FREE)
    futex_wait(&mutex->word, WANTED, FOREVER_NS);
}

void mutex_unlock(struct mutex *mutex) {
  if (__atomic_exchange_n(&mutex->word, FREE, __ATOMIC_RELEASE) == WANTED)
    futex_wake(&mutex->word, 1);
}

int condition_wait(struct condition *condition, struct mutex *mutex, int64_t timeout_ns) {
  uint32_t turn = __atomic_load_n(&condition->turn, __ATOMIC_RELAXED);
  mutex_unlock(mutex);
  int result = futex_wait(&condition->turn, turn, timeout_ns);
  mutex_lock(mutex);
  return result == -ETIMEDOUT ? result : 0;
}

static void condition_wake(struct condition *condition, uint32_t count) {
  __atomic_fetch_add(&condition->turn, 1, __ATOMIC_RELAXED);
  futex_wake(&condition->turn, count);
}

void condition_wake_one(struct condition *condition) {
  condition_wake(condition, 1);
}

void condition_wake_all(struct condition *condition) {
  condition_wake(condition, 0x7fffffff);
}

static int begin(struct thread *thread) {
  thread->result = thread->function(thread->argument);
  return 0;
}

int thread_create(struct thread *thread, int (*function)(void *), void *argument) {
  char *stack = map_memory(STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!stack) return -ENOMEM;
  *thread = (struct thread){.function = function, .argument = argument, .stack = stack};
  uint32_t *top = (uint32_t *)(stack + STACK_BYTES - 16);
  top[0] = (uint32_t)begin;
  top[1] = (uint32_t)thread;
  uint32_t flags =
    CLONE_THREAD_FLAGS | CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
  int tid = clone_thread(flags, top, &thread->tid, 0, &thread->tid);
  if (tid < 0) unmap_memory(stack, STACK_BYTES);
  return tid < 0 ? tid : 0;
}

int thread_join(struct thread *thread) {
  for (uint32_t tid; (tid = __atomic_load_n(&thread->tid, __ATOMIC_ACQUIRE)) != 0;)
    futex_wait(&thread->tid, tid, FOREVER_NS);
  unmap_memory(thread->stack, STACK_BYTES);
  return thread->result;
}

int thread_id(void) {
  return syscall(SYS_GETTID);
}
