// Loading programs: static ELF32 executables, and the initial stack.
#ifndef LARBOARD_EXEC_H
#define LARBOARD_EXEC_H
#include "larboard/process.h"

// Replaces p's program. Vectors are user addresses of NULL-terminated arrays. 0 or -errno; after
// an error the old program goes on.
s32 exec_user(struct process *p, u32 path, u32 arguments, u32 environment);
// Process 1's program, with its path as the only argument.
s32 exec_first(struct process *p, const char *path);
#endif
