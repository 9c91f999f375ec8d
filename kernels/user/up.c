// up: tells the kernel, and so the log desk, that all programs of /etc/rc are started.
#include "user.h"

int main(void) {
  int error = syscall(SYS_REBOOT, REBOOT_MAGIC1, REBOOT_MAGIC2, REBOOT_IS_UP, 0);
  if (error < 0) fail("up", "reboot", error);
  return 0;
}
