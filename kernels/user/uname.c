// uname: the kernel that has the watch: system, node, release, version and machine.
#include "user.h"

int main(void) {
  struct utsname name;
  int error = system_name(&name);
  if (error < 0) fail("uname", "kernel", error);
  printf("%s %s %s %s %s\n", name.sysname, name.nodename, name.release, name.version,
         name.machine);
  return 0;
}
