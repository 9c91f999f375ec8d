// sleep SECONDS: a decimal number, such as 0.25.
#include "user.h"

#define NS_PER_SECOND 1000000000ll

int main(int argc, char **argv) {
  int64_t duration_ns = 0, digit_ns = NS_PER_SECOND;
  int after_point = 0;
  const char *text = argc == 2 ? argv[1] : "";
  for (; *text; text++) {
    if (*text == '.' && !after_point) {
      after_point = 1;
    } else if (*text < '0' || *text > '9') {
      break;
    } else if (after_point) {
      digit_ns /= 10;
      duration_ns += (*text - '0') * digit_ns;
    } else {
      duration_ns = duration_ns * 10 + (*text - '0') * NS_PER_SECOND;
    }
  }
  if (argc != 2 || *text || !*argv[1]) {
    print_to(STDERR, "usage: sleep SECONDS\n");
    return 1;
  }
  int error = sleep_ns(duration_ns);
  if (error < 0) fail("sleep", argv[1], error);
  return 0;
}
