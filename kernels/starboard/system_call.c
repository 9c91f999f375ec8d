// The table of system calls. The result goes to a0 and the pc past the ecall, unless the call has
// to be made again or exec has replaced all registers.
#include "system_call.h"

#include "gate.h"

static const struct {
  u32 number;
  system_call_function function;
} calls[] = {
    {SYS_READ, call_read},
    {SYS_WRITE, call_write},
    {SYS_OPENAT, call_openat},
    {SYS_MOUNT, call_mount},
    {SYS_UMOUNT2, call_umount2},
    {SYS_CLOSE, call_close},
    {SYS_CLONE, call_clone},
    {SYS_EXECVE, call_execve},
    {SYS_EXIT, call_exit},
    {SYS_EXIT_GROUP, call_exit_group},
    {SYS_WAITID, call_waitid},
    {SYS_CLOCK_GETTIME64, call_clock_gettime64},
    {SYS_CLOCK_NANOSLEEP_TIME64, call_clock_nanosleep},
    {SYS_GETPID, call_getpid},
    {SYS_GETPPID, call_getppid},
    {SYS_GETTID, call_gettid},
    {SYS_SET_TID_ADDRESS, call_set_tid_address},
    {SYS_SCHED_YIELD, call_sched_yield},
    {SYS_FUTEX_TIME64, call_futex},
    {SYS_KILL, call_kill},
    {SYS_TKILL, call_tkill},
    {SYS_TGKILL, call_tgkill},
    {SYS_RT_SIGACTION, call_rt_sigaction},
    {SYS_RT_SIGPROCMASK, call_rt_sigprocmask},
    {SYS_RT_SIGPENDING, call_rt_sigpending},
    {SYS_RT_SIGSUSPEND, call_rt_sigsuspend},
    {SYS_RT_SIGRETURN, call_rt_sigreturn},
    {SYS_GETITIMER, call_getitimer},
    {SYS_SETITIMER, call_setitimer},
    {SYS_SETPGID, call_setpgid},
    {SYS_GETPGID, call_getpgid},
    {SYS_GETSID, call_getsid},
    {SYS_SETSID, call_setsid},
    {SYS_PIPE2, call_pipe2},
    {SYS_DUP, call_dup},
    {SYS_DUP3, call_dup3},
    {SYS_FCNTL64, call_fcntl64},
    {SYS_IOCTL, call_ioctl},
    {SYS_LLSEEK, call_llseek},
    {SYS_PREAD64, call_pread64},
    {SYS_PWRITE64, call_pwrite64},
    {SYS_PPOLL_TIME64, call_ppoll},
    {SYS_GETDENTS64, call_getdents64},
    {SYS_STATX, call_statx},
    {SYS_GETCWD, call_getcwd},
    {SYS_CHDIR, call_chdir},
    {SYS_MKDIRAT, call_mkdirat},
    {SYS_UNLINKAT, call_unlinkat},
    {SYS_RENAMEAT2, call_renameat2},
    {SYS_FTRUNCATE64, call_ftruncate64},
    {SYS_SOCKET, call_socket},
    {SYS_BIND, call_bind},
    {SYS_LISTEN, call_listen},
    {SYS_ACCEPT, call_accept},
    {SYS_ACCEPT4, call_accept4},
    {SYS_CONNECT, call_connect},
    {SYS_GETSOCKNAME, call_getsockname},
    {SYS_GETPEERNAME, call_getpeername},
    {SYS_SENDTO, call_sendto},
    {SYS_RECVFROM, call_recvfrom},
    {SYS_SETSOCKOPT, call_setsockopt},
    {SYS_GETSOCKOPT, call_getsockopt},
    {SYS_SHUTDOWN, call_shutdown},
    {SYS_BRK, call_brk},
    {SYS_MMAP2, call_mmap2},
    {SYS_MUNMAP, call_munmap},
    {SYS_MPROTECT, call_mprotect},
    {SYS_MSYNC, call_msync},
    {SYS_SYSINFO, call_sysinfo},
    {SYS_UNAME, call_uname},
    {SYS_SYSLOG, call_syslog},
    {SYS_PROCESSES, call_processes},
    {SYS_REBOOT, call_reboot},
    {SYS_KEXEC_FILE_LOAD, call_kexec_file_load},
};

#define NUMBER_MAX 512
static u8 index_of[NUMBER_MAX]; // 1 + index in calls; filled at the first call

static void fill_index(void) {
  for (u32 i = 0; i < ARRAY_LENGTH(calls); i++) index_of[calls[i].number] = (u8)(i + 1);
}

s32 system_call_invoke(u32 number, const u32 *arguments) {
  if (!index_of[SYS_READ]) fill_index(); // by several CPUs at once, to the same end
  if (number >= NUMBER_MAX || !index_of[number]) return -ENOSYS;
  return calls[index_of[number] - 1].function(arguments);
}

void system_call(struct thread *t, struct trap_frame *frame) {
  s32 result;
  enum passage passage = gate_enter(t, frame, &result);
  if (passage == PASS) {
    result = system_call_invoke(frame->x[REG_A7], &frame->x[REG_A0]);
    gate_leave(t);
  }
  if (passage == HELD || t->missed) {
    t->held = true; // at its ecall
    t->missed = false;
    return;
  }
  if (result == -ERESTART_CALL || result == -ERESTART_UNHANDLED) {
    t->interrupted = -result;
    return;
  }
  t->restart = RESTART_NONE;
  if (result == -REGISTERS_SET) return;
  frame->x[REG_A0] = (u32)result;
  frame->x[REG_PC] += 4;
}
