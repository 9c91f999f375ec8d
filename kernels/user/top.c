// top [ROUNDS]: who uses the CPUs. One snapshot of all time since boot, or, with ROUNDS, as many
// views of a second each; the busiest processes come first.
#include "user.h"

#define PROCESSES_MAX 256
#define TICKS_PER_MS 10000 // the timebase of the virt board
#define SECOND_NS 1000000000ll
#define MS_NS 1000000ll

static struct process_info now[PROCESSES_MAX], before[PROCESSES_MAX];
static int now_count, before_count;
static uint64_t used_ticks[PROCESSES_MAX]; // of now[i], in the time that is shown

static void take_snapshot(void) {
  memcpy(before, now, sizeof now);
  before_count = now_count;
  now_count = syscall(SYS_PROCESSES, now, PROCESSES_MAX);
  if (now_count < 0) fail("top", "processes", now_count);
  if (now_count > PROCESSES_MAX) now_count = PROCESSES_MAX;
}

static uint64_t ticks_before(int pid) {
  for (int i = 0; i < before_count; i++)
    if (before[i].pid == pid) return before[i].user_ticks;
  return 0;
}

// The busiest one that was not shown yet, or -1.
static int next_busiest(const uint8_t *shown) {
  int best = -1;
  for (int i = 0; i < now_count; i++)
    if (!shown[i] && (best < 0 || used_ticks[i] > used_ticks[best])) best = i;
  return best;
}

static void show_memory(void) {
  struct sysinfo info;
  if (syscall(SYS_SYSINFO, &info) < 0) return;
  uint32_t kib = info.mem_unit / 1024;
  printf("up %d s, %u processes, %u KiB of %u KiB free\n", info.uptime, (unsigned)info.procs,
         (unsigned)(info.freeram * kib), (unsigned)(info.totalram * kib));
}

// The time spent in user mode, in permille of one CPU over this many milliseconds.
static void show(uint32_t elapsed_ms) {
  uint8_t shown[PROCESSES_MAX] = {0};
  if (elapsed_ms == 0) elapsed_ms = 1;
  for (int i = 0; i < now_count; i++) used_ticks[i] = now[i].user_ticks - ticks_before(now[i].pid);
  show_memory();
  printf("  PID  PPID S CPU THR FRAMES  %%CPU      MS NAME\n");
  for (int i; (i = next_busiest(shown)) >= 0;) {
    const struct process_info *p = &now[i];
    uint32_t used_ms = (uint32_t)(used_ticks[i] / TICKS_PER_MS);
    uint32_t permille = (uint32_t)(used_ticks[i] * 1000 / TICKS_PER_MS / elapsed_ms);
    shown[i] = 1;
    printf("%5d %5d %c %3u %3u %6u %3u.%u %7u %.16s\n", p->pid, p->parent_pid, p->state, p->cpu,
           (unsigned)p->threads, (unsigned)p->frames, (unsigned)permille / 10,
           (unsigned)permille % 10, (unsigned)used_ms, p->name);
  }
}

int main(int argc, char **argv) {
  uint32_t rounds = 0;
  if (argc > 1 && !parse_number(argv[1], &rounds)) fail("top", argv[1], EINVAL);
  int64_t begun = now_ns();
  take_snapshot();
  // The clock runs since boot, so it is also the time of the first snapshot.
  if (rounds == 0) show((uint32_t)(begun / MS_NS));
  for (; rounds > 0; rounds--) {
    sleep_until_ns(begun + SECOND_NS);
    int64_t seen = now_ns();
    take_snapshot();
    show((uint32_t)((seen - begun) / MS_NS));
    begun = seen;
  }
  return 0;
}
