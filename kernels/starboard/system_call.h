// System calls: see system_call.c for the table. Each takes the six arguments and returns a value
// or a negative error; see kernel.h for those that no program sees.
#ifndef STARBOARD_SYSTEM_CALL_H
#define STARBOARD_SYSTEM_CALL_H
#include "process.h"

void system_call(struct thread *t, struct trap_frame *frame);
typedef s32 (*system_call_function)(const u32 *a);
// The function of this number alone: its result, or -ENOSYS.
s32 system_call_invoke(u32 number, const u32 *arguments);

// system_call_file.c
s32 call_getcwd(const u32 *a);
s32 call_mkdirat(const u32 *a);
s32 call_unlinkat(const u32 *a);
s32 call_renameat2(const u32 *a);
s32 call_chdir(const u32 *a);
s32 call_openat(const u32 *a);
s32 call_getdents64(const u32 *a);
s32 call_statx(const u32 *a);
struct file *file_of(u32 descriptor); // with a reference, or NULL
s32 path_from_user(u32 user, char **path); // PATH_MAX of heap, to be freed
struct place { // what the *at calls name: both are held until place_end
  struct inode *base;
  char *path;
};
s32 place_from_user(u32 directory, u32 user, struct place *place);
void place_end(struct place *place);

// mount.c
s32 call_mount(const u32 *a);
s32 call_umount2(const u32 *a);

// system_call_descriptor.c
s32 call_close(const u32 *a);
s32 call_dup(const u32 *a);
s32 call_dup3(const u32 *a);
s32 call_fcntl64(const u32 *a);
s32 call_pipe2(const u32 *a);
s32 call_llseek(const u32 *a);
s32 call_ftruncate64(const u32 *a);
s32 call_read(const u32 *a);
s32 call_write(const u32 *a);
s32 call_pread64(const u32 *a);
s32 call_pwrite64(const u32 *a);
s32 call_ioctl(const u32 *a);

// system_call_socket.c
s32 call_socket(const u32 *a);
s32 call_bind(const u32 *a);
s32 call_listen(const u32 *a);
s32 call_accept(const u32 *a);
s32 call_accept4(const u32 *a);
s32 call_connect(const u32 *a);
s32 call_getsockname(const u32 *a);
s32 call_getpeername(const u32 *a);
s32 call_sendto(const u32 *a);
s32 call_recvfrom(const u32 *a);
s32 call_setsockopt(const u32 *a);
s32 call_getsockopt(const u32 *a);
s32 call_shutdown(const u32 *a);

// system_call_process.c
s32 call_exit(const u32 *a);
s32 call_exit_group(const u32 *a);
s32 call_waitid(const u32 *a);
s32 call_sched_yield(const u32 *a);
s32 call_getpid(const u32 *a);
s32 call_getppid(const u32 *a);
s32 call_gettid(const u32 *a);
s32 call_set_tid_address(const u32 *a);
s32 call_clone(const u32 *a);
s32 call_execve(const u32 *a);
s32 call_setpgid(const u32 *a);
s32 call_getpgid(const u32 *a);
s32 call_getsid(const u32 *a);
s32 call_setsid(const u32 *a);
s32 call_processes(const u32 *a);
s32 call_sysinfo(const u32 *a);
s32 call_uname(const u32 *a);
s32 call_syslog(const u32 *a);

// system_call_memory.c
s32 call_brk(const u32 *a);
s32 call_mmap2(const u32 *a);
s32 call_munmap(const u32 *a);
s32 call_mprotect(const u32 *a);
s32 call_msync(const u32 *a);

// system_call_signal.c
s32 call_kill(const u32 *a);
s32 call_tkill(const u32 *a);
s32 call_tgkill(const u32 *a);
s32 call_rt_sigaction(const u32 *a);
s32 call_rt_sigprocmask(const u32 *a);
s32 call_rt_sigpending(const u32 *a);
s32 call_rt_sigsuspend(const u32 *a);
s32 call_rt_sigreturn(const u32 *a);
s32 call_futex(const u32 *a);
s32 call_getitimer(const u32 *a);
s32 call_setitimer(const u32 *a);
s32 mask_from_user(u32 user, u32 bytes, u64 *mask);

// system_call_poll.c
s32 call_ppoll(const u32 *a);

// system_call_time.c
s32 call_clock_gettime64(const u32 *a);
s32 call_clock_nanosleep(const u32 *a);
// An interrupted sleep, whose arguments are `a`, says how long it would have gone on.
void sleep_tell_rest(const u32 *a, u64 deadline);
// When a relative timeout of a system call ends; a call made again goes on with its first deadline,
// which timeout_result keeps.
s32 timeout_from_user(u32 user, u64 *deadline);
s32 timeout_result(struct thread *t, s32 result, u64 deadline);

// power.c, kexec.c
s32 call_reboot(const u32 *a);
s32 call_kexec_file_load(const u32 *a);
#endif
