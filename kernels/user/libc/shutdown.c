// Ending all programs: see shutdown.h.
#include "shutdown.h"
#include "signals.h"

#define PROCESSES 512
#define STEP_NS 1000000ll
#define PATIENCE_STEPS 500

// Sends `signal`, if any, to all that are to end; how many these are.
static int each(int signal) {
  static struct process_info list[PROCESSES];
  int self = process_id(), parent = parent_id(), left = 0;
  int count = syscall(SYS_PROCESSES, list, PROCESSES);
  for (int i = 0; i < count && i < PROCESSES; i++) {
    int pid = list[i].pid;
    if (pid == 1 || pid == self || pid == parent || list[i].state == 'Z') continue;
    left++;
    if (signal) send_signal(pid, signal); // it may have ended meanwhile
  }
  return left;
}

void end_all_programs(const char *name) {
  syscall(SYS_REBOOT, REBOOT_MAGIC1, REBOOT_MAGIC2, REBOOT_SHUTDOWN_BEGINS, 0);
  int left = each(SIGTERM);
  for (int step = 0; left && step < PATIENCE_STEPS; step++) {
    sleep_ns(STEP_NS);
    left = each(0);
  }
  if (left) print_to(STDERR, "%s: %d processes do not end by themselves\n", name, each(SIGKILL));
  unmount("/disk"); // where none is mounted, nothing happens
}
