// dmesg: the last messages of the kernel that has the watch.
#include "user.h"

int main(void) {
  int bytes = syscall(SYS_SYSLOG, SYSLOG_SIZE_BUFFER, 0, 0);
  if (bytes < 0) fail("dmesg", "kernel log", bytes);
  char *text = allocate((size_t)bytes);
  if (!text) fail("dmesg", "kernel log", ENOMEM);
  int used = read_kernel_log(text, (size_t)bytes);
  if (used < 0) fail("dmesg", "kernel log", used);
  int error = write_all(STDOUT, text, (size_t)used);
  if (error < 0) fail("dmesg", "write", error);
  if (used > 0 && text[used - 1] != '\n') printf("\n");
  return 0;
}
