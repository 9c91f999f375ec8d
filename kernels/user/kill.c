// kill [-SIGNAL] PID...: sends a signal by number, SIGTERM unless told otherwise.
#include "user.h"

int main(int argc, char **argv) {
  uint32_t signal = SIGTERM, pid;
  int first = 1;
  if (argc > 1 && argv[1][0] == '-') {
    if (!parse_number(argv[1] + 1, &signal)) argc = 0;
    first = 2;
  }
  if (argc <= first) {
    print_to(STDERR, "usage: kill [-SIGNAL] PID...\n");
    return 1;
  }
  for (int i = first; i < argc; i++) {
    if (!parse_number(argv[i], &pid)) fail("kill", argv[i], EINVAL);
    int error = send_signal((int)pid, (int)signal);
    if (error < 0) fail("kill", argv[i], error);
  }
  return 0;
}
