// System calls: see system_call.c for the table. Each takes the six arguments and returns a value
// or a negative error; -ERESTART_CALL makes it be made again.
#ifndef STARBOARD_SYSTEM_CALL_H
#define STARBOARD_SYSTEM_CALL_H
#include "process.h"

void system_call(struct process *p, struct trap_frame *frame);
typedef s32 (*system_call_function)(const u32 *a);

// system_call_file.c
s32 call_getcwd(const u32 *a);
s32 call_dup(const u32 *a);
s32 call_dup3(const u32 *a);
s32 call_mkdirat(const u32 *a);
s32 call_unlinkat(const u32 *a);
s32 call_ftruncate64(const u32 *a);
s32 call_chdir(const u32 *a);
s32 call_openat(const u32 *a);
s32 call_close(const u32 *a);
s32 call_pipe2(const u32 *a);
s32 call_getdents64(const u32 *a);
s32 call_llseek(const u32 *a);
s32 call_read(const u32 *a);
s32 call_write(const u32 *a);
s32 call_statx(const u32 *a);
struct file *file_of(u32 descriptor);
s32 path_from_user(u32 user, char **path); // PATH_MAX of heap, to be freed
s32 base_of(u32 directory, struct inode **base); // of the *at calls; no reference

// system_call_process.c
s32 call_exit(const u32 *a);
s32 call_waitid(const u32 *a);
s32 call_sched_yield(const u32 *a);
s32 call_kill(const u32 *a);
s32 call_getpid(const u32 *a);
s32 call_getppid(const u32 *a);
s32 call_clone(const u32 *a);
s32 call_execve(const u32 *a);
s32 call_brk(const u32 *a);
s32 call_mmap2(const u32 *a);
s32 call_munmap(const u32 *a);
s32 call_processes(const u32 *a);
s32 call_sysinfo(const u32 *a);

// system_call_time.c
s32 call_clock_gettime64(const u32 *a);
s32 call_clock_nanosleep(const u32 *a);

// power.c, kexec.c
s32 call_reboot(const u32 *a);
s32 call_kexec_file_load(const u32 *a);
#endif
