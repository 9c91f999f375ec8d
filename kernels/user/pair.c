// pair [SEED]: the watch over shared memory and futexes between processes. Two processes take turns
// with a counter and a checksum in memory that both share; who has not the turn sleeps on its word.
// Each knows what it must find, so a turn that is lost, taken twice or torn shows.
#include "thread.h"
#include "watch.h"

#define TURNS_ROUND 16
#define PAUSE_NS 3000000ll
#define PATIENCE_NS 1000000000ll

static struct {
  uint32_t turn; // whose turn it is: 0 the parent's, 1 the child's
  uint32_t counter, checksum, stands_down;
} volatile *shared;

static uint32_t counter, checksum; // what must be there at this process's next turn

static void step(void) {
  counter++;
  checksum = mix32(checksum ^ counter);
}

// Sleeps until it is this side's turn.
static void await_turn(uint32_t side, int other_pid) {
  uint32_t *word = (uint32_t *)&shared->turn;
  while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != side) {
    int result = futex_wait(word, !side, PATIENCE_NS);
    if (result < 0 && result != -EAGAIN && result != -ETIMEDOUT) watch_must(result, "futex wait");
    if (result == -ETIMEDOUT && watch_is_alone(other_pid)) watch_broken("the partner is gone");
  }
}

static void take_turn(uint32_t side) {
  if (shared->counter != counter || shared->checksum != checksum)
    watch_broken("found %u and %08x, not %u and %08x", (unsigned)shared->counter,
                 (unsigned)shared->checksum, (unsigned)counter, (unsigned)checksum);
  step();
  shared->counter = counter;
  shared->checksum = checksum;
  __atomic_store_n(&shared->turn, !side, __ATOMIC_RELEASE);
  watch_must(futex_wake((uint32_t *)&shared->turn, 1), "futex wake");
  step(); // the other's
}

// The child: a turn whenever it has one.
static void follow(void) {
  step();
  for (;;) {
    await_turn(1, 0);
    if (shared->stands_down) exit(0);
    take_turn(1);
  }
}

int main(int argc, char **argv) {
  watch_begin("pair", argc, argv);
  shared = map_memory(PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (!shared) watch_broken("no shared memory");
  checksum = shared->checksum = watch_seed;
  int pid = watch_fork();
  if (pid == 0) follow();
  while (watch_goes_on()) {
    for (int i = 0; i < TURNS_ROUND; i++) {
      await_turn(0, pid);
      take_turn(0);
    }
    sleep_ns(PAUSE_NS);
  }
  await_turn(0, pid);
  shared->stands_down = 1;
  __atomic_store_n(&shared->turn, 1, __ATOMIC_RELEASE);
  futex_wake((uint32_t *)&shared->turn, 1);
  watch_await(pid, 0, "partner");
  watch_kept("turns=%u checksum=%08x", (unsigned)shared->counter, (unsigned)shared->checksum);
}
