// ps: one line a process, from the kernel's own table.
#include "user.h"

#define PROCESSES_MAX 512
static struct process_info table[PROCESSES_MAX];

int main(void) {
  int count = syscall(SYS_PROCESSES, table, PROCESSES_MAX);
  if (count < 0) fail("ps", "processes", count);
  printf("  PID  PPID  PGID   SID S CPU THR FDS FRAMES      TICKS NAME\n");
  for (int i = 0; i < count && i < PROCESSES_MAX; i++) {
    const struct process_info *p = &table[i];
    printf("%5d %5d %5d %5d %c %3u %3u %3u %6u %10llu %.16s\n", p->pid, p->parent_pid, p->group,
           p->session, p->state, p->cpu, (unsigned)p->threads, p->descriptors,
           (unsigned)p->frames, (unsigned long long)p->user_ticks, p->name);
  }
  return 0;
}
