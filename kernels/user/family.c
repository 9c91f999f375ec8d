// family [SEED]: the watch over processes. Each round the parent forks children that compute and
// exit with a code, waits for each by pid and compares; one child has a child of its own, and one
// that would sleep for ever is killed. A child's stores must never show in the parent.
#include "watch.h"

#define CHILDREN 3
#define FOREVER_NS 3600000000000ll
#define STATUS_KILLED (128 + SIGKILL)

static volatile uint32_t own = 0x600d600d; // children overwrite their copy

static int code_of(uint32_t child) {
  return (int)(mix32(watch_seed ^ (watch_rounds * CHILDREN + child)) & 127);
}

// A child's life: some work on memory of its own, a grandchild for child 0, and its code.
static void live(uint32_t child, int parent) {
  uint32_t sum = 0;
  own = child;
  for (uint32_t i = 0; i < 2000; i++) sum = mix32(sum + i);
  if (own != child) watch_broken("child %u lost its store", (unsigned)child);
  if (parent_id() != parent) watch_broken("child %u has parent %d", (unsigned)child, parent_id());
  if (child == 0) {
    int pid = watch_fork();
    if (pid == 0) exit(code_of(CHILDREN));
    watch_await(pid, code_of(CHILDREN), "grandchild");
  }
  exit(sum == 0 ? 1 : code_of(child));
}

// A child that sleeps until it is killed.
static void kill_one(void) {
  int pid = watch_fork();
  if (pid == 0)
    for (;;) sleep_ns(FOREVER_NS);
  int error = send_signal(pid, SIGKILL);
  if (error < 0) watch_broken("kill: %s", error_text(error));
  watch_await(pid, STATUS_KILLED, "killed child");
}

static void run_round(void) {
  int pids[CHILDREN], self = process_id();
  for (uint32_t child = 0; child < CHILDREN; child++) {
    pids[child] = watch_fork();
    if (pids[child] == 0) live(child, self);
  }
  // The last born is waited for first, so that zombies have to keep.
  for (uint32_t child = CHILDREN; child-- > 0;) watch_await(pids[child], code_of(child), "child");
  if (watch_rounds % 4 == 0) kill_one();
  if (own != 0x600d600d) watch_broken("a child's store shows in the parent");
}

int main(int argc, char **argv) {
  watch_begin("family", argc, argv);
  int self = process_id();
  while (watch_goes_on()) {
    run_round();
    if (process_id() != self) watch_broken("pid %d became %d", self, process_id());
  }
  int left = wait_child(P_ALL, 0, 0, WNOHANG);
  if (left != -ECHILD) watch_broken("a child is left: %d", left);
  watch_kept("forks=%u", (unsigned)((watch_rounds - 1) * (CHILDREN + 1) + (watch_rounds - 1) / 4));
}
