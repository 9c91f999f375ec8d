// kill [-SIGNAL] PID...: sends a signal by name or number, SIGTERM unless told otherwise; a PID of
// -GROUP means a process group. kill -l lists the names.
#include "signals.h"

static void list(void) {
  for (int signal = 1; signal <= NSIG; signal++)
    if (signal_name(signal)[0] != '?') printf("%2d %s\n", signal, signal_name(signal));
}

static int target_of(const char *text) {
  uint32_t number;
  int is_group = text[0] == '-';
  if (!parse_number(text + is_group, &number)) fail("kill", text, EINVAL);
  return is_group ? -(int)number : (int)number;
}

int main(int argc, char **argv) {
  int signal = SIGTERM, first = 1;
  if (argc == 2 && strcmp(argv[1], "-l") == 0) {
    list();
    return 0;
  }
  if (argc > 1 && argv[1][0] == '-') {
    signal = strcmp(argv[1], "-0") == 0 ? 0 : signal_number(argv[1] + 1);
    if (signal == 0 && argv[1][1] != '0') fail("kill", argv[1], EINVAL);
    first = 2;
  }
  if (argc <= first) {
    print_to(STDERR, "usage: kill [-SIGNAL] PID...\n");
    return 1;
  }
  for (int i = first; i < argc; i++) {
    int error = send_signal(target_of(argv[i]), signal);
    if (error < 0) fail("kill", argv[i], error);
  }
  return 0;
}
