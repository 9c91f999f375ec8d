// Ending all programs, before the machine is reset or another kernel is started.
#ifndef SHUTDOWN_H
#define SHUTDOWN_H
#include "user.h"

// Tells the log desk that it begins; sends SIGTERM to every process but init, this one and its
// parent, waits until they have ended, and after half a second sends SIGKILL to who is left.
// Unmounts /disk. `name`: for messages.
void end_all_programs(const char *name);
#endif
