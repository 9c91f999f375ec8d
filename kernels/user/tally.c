// tally [SEED]: the watch over threads. Each round the first thread lets the others go; each then
// adds its amounts to one total under a mutex, and to a count of its own, and the last to finish
// wakes the first, which checks that all sums agree. A torn or lost store, a thread that is lost,
// or two in the mutex at once break it.
#include "thread.h"
#include "watch.h"

#define THREADS 3
#define ADDS_ROUND 20
#define PAUSE_NS 3000000ll
#define PATIENCE_NS 10000000000ll

static struct mutex mutex; // guards all below
static struct condition begins, finishes;
static uint32_t round_number, finished, stands_down;
static uint32_t total, adds, inside;
static uint32_t own[THREADS];

static uint32_t amount_of(uint32_t thread, uint32_t add) {
  return mix32(watch_seed ^ (add * THREADS + thread)) & 0xffff;
}

// Waits for the round after `seen`; 0 when there is none.
static int await_round(uint32_t seen) {
  mutex_lock(&mutex);
  while (round_number == seen && !stands_down) condition_wait(&begins, &mutex, FOREVER_NS);
  int goes_on = round_number != seen;
  mutex_unlock(&mutex);
  return goes_on;
}

static void add(uint32_t thread, uint32_t amount) {
  mutex_lock(&mutex);
  if (inside) watch_broken("two threads are in the mutex");
  inside = 1;
  uint32_t seen = total;
  own[thread] += amount;
  adds++;
  if (adds % 7 == 0) yield();
  total = seen + amount;
  inside = 0;
  mutex_unlock(&mutex);
}

// A thread's life; its result is the sum of what it added.
static int count(void *argument) {
  uint32_t thread = (uint32_t)argument, seen = 0, sum = 0;
  for (; await_round(seen); seen++) {
    for (uint32_t i = 0; i < ADDS_ROUND; i++) {
      uint32_t amount = amount_of(thread, seen * ADDS_ROUND + i);
      add(thread, amount);
      sum += amount;
    }
    mutex_lock(&mutex);
    if (++finished == THREADS) condition_wake_one(&finishes);
    mutex_unlock(&mutex);
  }
  return (int)sum;
}

// Lets the others do a round, and checks what they did.
static void run_round(uint32_t *expected) {
  for (uint32_t thread = 0; thread < THREADS; thread++)
    for (uint32_t i = 0; i < ADDS_ROUND; i++)
      *expected += amount_of(thread, round_number * ADDS_ROUND + i);
  mutex_lock(&mutex);
  finished = 0;
  round_number++;
  condition_wake_all(&begins);
  while (finished < THREADS)
    if (condition_wait(&finishes, &mutex, PATIENCE_NS) == -ETIMEDOUT)
      watch_broken("only %u of %u threads finish", (unsigned)finished, THREADS);
  uint32_t sum = 0;
  for (uint32_t thread = 0; thread < THREADS; thread++) sum += own[thread];
  if (total != *expected || sum != total || adds != round_number * THREADS * ADDS_ROUND)
    watch_broken("total %08x, of threads %08x, not %08x", (unsigned)total, (unsigned)sum,
                 (unsigned)*expected);
  mutex_unlock(&mutex);
}

int main(int argc, char **argv) {
  static struct thread threads[THREADS];
  uint32_t expected = 0;
  watch_begin("tally", argc, argv);
  for (uint32_t i = 0; i < THREADS; i++)
    watch_must(thread_create(&threads[i], count, (void *)i), "thread");
  while (watch_goes_on()) {
    run_round(&expected);
    sleep_ns(PAUSE_NS);
  }
  mutex_lock(&mutex);
  stands_down = 1;
  condition_wake_all(&begins);
  mutex_unlock(&mutex);
  for (uint32_t i = 0; i < THREADS; i++)
    if (thread_join(&threads[i]) != (int)own[i]) watch_broken("thread %u disagrees", (unsigned)i);
  watch_kept("adds=%u total=%08x", (unsigned)adds, (unsigned)total);
}
