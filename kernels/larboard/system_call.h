// The handlers of system calls, by the file they are in. Each gets the process and the six argument
// registers, and returns what goes into a0, -ERESTART* to be issued again, or SYSTEM_CALL_ENTERED.
#ifndef LARBOARD_SYSTEM_CALL_H
#define LARBOARD_SYSTEM_CALL_H
#include "shared/types.h"

struct process;
struct thread;

// The call in a7 of t's frame; advances the pc unless the call is to be issued again.
void system_call(struct thread *t);
// The handler of this call alone: its result, or -ENOSYS.
s32 system_call_invoke(struct process *p, u32 number, const u32 *arguments);
#define SYSTEM_CALL_ENTERED (-516) // exec, sigreturn: the frame is what goes on already

typedef s32 system_call_handler(struct process *p, const u32 *a);

// system_call_path.c
system_call_handler call_openat, call_mkdirat, call_unlinkat, call_renameat, call_chdir,
    call_getcwd, call_statx, call_mount, call_umount;
// system_call_file.c
system_call_handler call_dup, call_dup3, call_fcntl, call_ioctl, call_close, call_read, call_write,
    call_pread, call_pwrite, call_llseek, call_ftruncate, call_pipe2, call_getdents;
// system_call_memory.c
system_call_handler call_brk, call_mmap, call_munmap, call_mprotect, call_msync, call_futex;
// system_call_process.c
system_call_handler call_exit, call_exit_group, call_clone, call_execve, call_waitid, call_getpid,
    call_getppid, call_gettid, call_set_tid_address, call_setpgid, call_getpgid, call_getsid,
    call_setsid, call_yield, call_processes;
// system_call_signal.c
system_call_handler call_kill, call_tkill, call_tgkill, call_sigsuspend, call_sigaction,
    call_sigprocmask, call_sigpending, call_sigreturn;
// system_call_socket.c
system_call_handler call_socket, call_bind, call_listen, call_accept, call_accept4, call_connect,
    call_getsockname, call_getpeername, call_sendto, call_recvfrom, call_setsockopt,
    call_getsockopt, call_shutdown;
// system_call_time.c
system_call_handler call_clock_gettime, call_nanosleep, call_setitimer, call_getitimer;
#endif
