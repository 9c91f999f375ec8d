// The handlers of system calls, by the file they are in. Each gets the process and the six argument
// registers, and returns what goes into a0, -ERESTART to be issued again, or SYSTEM_CALL_ENTERED.
#ifndef LARBOARD_SYSTEM_CALL_H
#define LARBOARD_SYSTEM_CALL_H
#include "shared/types.h"

struct process;

// The call in a7 of p's frame; advances the pc unless the call is to be issued again.
void system_call(struct process *p);
#define SYSTEM_CALL_ENTERED (1 << 20) // exec: the frame is the new program's already

typedef s32 system_call_handler(struct process *p, const u32 *a);

// system_call_path.c
system_call_handler call_openat, call_mkdirat, call_unlinkat, call_chdir, call_getcwd, call_statx;
// system_call_file.c
system_call_handler call_dup, call_dup3, call_close, call_read, call_write, call_llseek,
    call_ftruncate, call_pipe2, call_getdents;
// system_call_memory.c
system_call_handler call_brk, call_mmap, call_munmap;
// system_call_process.c
system_call_handler call_exit, call_clone, call_execve, call_waitid, call_kill, call_getpid,
    call_getppid, call_yield, call_processes, call_clock_gettime, call_nanosleep;
#endif
