// reboot: ends all programs, and has the machine reset.
#include "shutdown.h"

int main(void) {
  end_all_programs("reboot");
  fail("reboot", "reboot", syscall(SYS_REBOOT, REBOOT_MAGIC1, REBOOT_MAGIC2, REBOOT_RESTART, 0));
}
