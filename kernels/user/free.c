// free: memory in KiB: all of it, and of it what lies above the kernel's linear map.
#include "user.h"

static void show(const char *name, uint32_t total, uint32_t free, uint32_t unit) {
  uint32_t kib = unit >= 1024 ? unit / 1024 : 1, divisor = unit >= 1024 ? 1 : 1024 / unit;
  printf("%-8s %10u %10u %10u\n", name, (unsigned)(total / divisor * kib),
         (unsigned)((total - free) / divisor * kib), (unsigned)(free / divisor * kib));
}

int main(void) {
  struct sysinfo info;
  int error = syscall(SYS_SYSINFO, &info);
  if (error < 0) fail("free", "memory", error);
  printf("%-8s %10s %10s %10s\n", "KiB", "total", "used", "free");
  show("memory", info.totalram, info.freeram, info.mem_unit);
  show("high", info.totalhigh, info.freehigh, info.mem_unit);
  return 0;
}
