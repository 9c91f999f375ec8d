// signals [SEED]: the watch over signals and the interval timer. Two processes throw SIGUSR1 to and
// fro; it is blocked in both but while they wait in sigsuspend, so none may be lost, come twice or
// come at another time. Beside that a timer ticks in the parent: never more often than the clock
// allows, and never not at all.
#include "signals.h"
#include "watch.h"

#define THROWS_ROUND 4
#define PAUSE_NS 3000000ll
#define PERIOD_NS 5000000ll
#define PATIENCE_NS 10000000000ll

static volatile uint32_t caught, ticks, stands_down;
static volatile int is_waiting;
static volatile int64_t ticked_ns; // when the last tick came
static uint64_t blocked;

static void catch_throw(int signal) {
  if (!is_waiting) watch_broken("signal %d comes although it is blocked", signal);
  if (signal == SIGUSR1) caught++;
  else stands_down = 1;
}

static void tick(int signal) {
  (void)signal;
  ticks++;
  ticked_ns = now_ns();
}

// Waits until the throws caught are as many as `count`, or the watch stands down.
static void await_throw(uint32_t count, int partner) {
  int64_t begun = now_ns();
  is_waiting = 1;
  while (caught < count && !stands_down) {
    int result = await_signal(0);
    if (result != -EINTR) watch_broken("sigsuspend gives %d", result);
    if (now_ns() - begun < PATIENCE_NS) continue;
    if (watch_is_alone(partner)) watch_broken("the partner is gone");
    watch_broken("throw %u is lost", (unsigned)count);
  }
  is_waiting = 0;
  if (caught > count) watch_broken("%u throws where %u are due", (unsigned)caught, (unsigned)count);
}

// The child: throws back what it catches; its status says how many that were.
static void throw_back(void) {
  int parent = parent_id();
  uint32_t count = 0;
  // Its own timer only ends waits in which the parent may be gone.
  watch_must(set_timer(PATIENCE_NS / 10, PATIENCE_NS / 10), "timer");
  for (;;) {
    int64_t begun = now_ns();
    is_waiting = 1;
    while (caught == count && !stands_down) {
      await_signal(0);
      if (now_ns() - begun > PATIENCE_NS && watch_is_alone(0)) exit(1);
    }
    is_waiting = 0;
    if (stands_down) exit((int)(count & 127));
    if (caught != ++count) watch_broken("throw %u comes twice", (unsigned)count);
    watch_must(send_signal(parent, SIGUSR1), "kill");
  }
}

static void check_timer(int64_t begun) {
  uint32_t counted = ticks; // before the clock is read: one may come in between
  int64_t now = now_ns(), allowed = (now - begun) / PERIOD_NS;
  if ((int64_t)counted > allowed)
    watch_broken("%u ticks in the time of %lld", (unsigned)counted, (long long)allowed);
  if (now - ticked_ns > PATIENCE_NS) watch_broken("the timer stopped after %u", (unsigned)ticks);
  uint64_t mask = 0;
  watch_must(change_mask(SIG_BLOCK, 0, &mask), "mask");
  if (mask != blocked) watch_broken("the mask is %llx", (unsigned long long)mask);
}

int main(int argc, char **argv) {
  uint32_t throws = 0;
  watch_begin("signals", argc, argv);
  blocked = signal_bit(SIGUSR1) | signal_bit(SIGUSR2);
  watch_must(change_mask(SIG_SETMASK, blocked, 0), "mask");
  watch_must(set_handler(SIGUSR1, catch_throw, SA_RESTART), "handler");
  watch_must(set_handler(SIGUSR2, catch_throw, SA_RESTART), "handler");
  watch_must(set_handler(SIGALRM, tick, SA_RESTART), "handler");
  int pid = watch_fork();
  if (pid == 0) throw_back();
  int64_t begun = ticked_ns = now_ns();
  watch_must(set_timer(PERIOD_NS, PERIOD_NS), "timer");
  while (watch_goes_on()) {
    for (int i = 0; i < THROWS_ROUND; i++) {
      watch_must(send_signal(pid, SIGUSR1), "kill");
      await_throw(++throws, pid);
    }
    check_timer(begun);
    sleep_ns(PAUSE_NS);
  }
  watch_must(set_timer(0, 0), "timer");
  watch_must(send_signal(pid, SIGUSR2), "kill");
  watch_await(pid, (int)(throws & 127), "partner");
  watch_kept("throws=%u ticks=%u", (unsigned)throws, (unsigned)ticks);
}
