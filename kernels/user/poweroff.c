// poweroff [-f]: ends the machine; with -f it ends with a failure code.
#include "user.h"

int main(int argc, char **argv) {
  int failure = argc > 1 && strcmp(argv[1], "-f") == 0;
  uint32_t command = failure ? REBOOT_HALT : REBOOT_POWER_OFF;
  fail("poweroff", "reboot", syscall(SYS_REBOOT, REBOOT_MAGIC1, REBOOT_MAGIC2, command, 0));
}
