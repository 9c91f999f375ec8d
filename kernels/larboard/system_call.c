// System calls: the table by number, the dispatch, and the calls about the system as a whole.
#include "larboard/system_call.h"

#include "abi/syscall.h"
#include "larboard/frame.h"
#include "larboard/gate.h"
#include "larboard/message.h"
#include "larboard/process.h"
#include "larboard/system.h"
#include "shared/desk.h"
#include "shared/relief/relief.h"
#include "shared/string.h"

static s32 call_sysinfo(struct process *p, const u32 *a) {
  struct sysinfo s;
  memset(&s, 0, sizeof s);
  s.uptime = (s32)(time_ticks() / TIMEBASE_HZ);
  s.mem_unit = PAGE_SIZE;
  s.totalram = frame_table.frames;
  s.freeram = frames_free();
  s.totalhigh = frame_table.frames - frame_table.normal;
  s.freehigh = frame_table.free_high;
  s.procs = (u16)process_count();
  return copy_to_user(&p->space, a[0], &s, sizeof s) ? 0 : -EFAULT;
}

static s32 call_reboot(struct process *p, const u32 *a) {
  (void)p;
  if (a[0] != REBOOT_MAGIC1 || a[1] != REBOOT_MAGIC2) return -EINVAL;
  // a relief under way is completed first; then the call is made again, under the new kernel
  if (a[2] != REBOOT_KEXEC && !kexec_await_end()) return -ERESTART;
  switch (a[2]) {
  case REBOOT_RESTART: system_restart();
  case REBOOT_HALT: system_power_off(true);
  case REBOOT_POWER_OFF: system_power_off(false);
  case REBOOT_KEXEC: return kexec_execute(this_thread(), false);
  case REBOOT_KEXEC_LOAD: return kexec_execute(this_thread(), true);
  case REBOOT_SHUTDOWN_BEGINS: desk_mark(MARK_PHASE, PHASE_SHUTDOWN); return 0;
  case REBOOT_IS_UP: system_mark_phase(PHASE_END); return 0;
  default: return -EINVAL;
  }
}

static s32 call_kexec_load(struct process *p, const u32 *a) {
  return kexec_load(p, a[0], a[1], a[2], a[3]);
}

static s32 call_uname(struct process *p, const u32 *a) {
  struct utsname name;
  const char *release = kernel_name;
  memset(&name, 0, sizeof name);
  while (*release && *release != ' ') release++; // "larboard 2.8.1"
  memcpy(name.sysname, kernel_name, (u32)(release - kernel_name));
  string_copy(name.nodename, "quarterdeck", sizeof name.nodename);
  string_copy(name.release, *release ? release + 1 : "", sizeof name.release);
  string_copy(name.version, "#1 SMP", sizeof name.version);
  string_copy(name.machine, "riscv32", sizeof name.machine);
  string_copy(name.domain, "(none)", sizeof name.domain);
  return copy_to_user(&p->space, a[0], &name, sizeof name) ? 0 : -EFAULT;
}

static s32 call_syslog(struct process *p, const u32 *a) {
  return message_syslog(p, a[0], a[1], (s32)a[2]);
}

static const struct {
  u32 number;
  system_call_handler *handler;
} calls[] = {
    {SYS_READ, call_read},
    {SYS_WRITE, call_write},
    {SYS_CLOCK_GETTIME64, call_clock_gettime},
    {SYS_CLOCK_NANOSLEEP_TIME64, call_nanosleep},
    {SYS_LLSEEK, call_llseek},
    {SYS_OPENAT, call_openat},
    {SYS_CLOSE, call_close},
    {SYS_CLONE, call_clone},
    {SYS_EXECVE, call_execve},
    {SYS_EXIT, call_exit},
    {SYS_EXIT_GROUP, call_exit_group},
    {SYS_FUTEX_TIME64, call_futex},
    {SYS_RT_SIGRETURN, call_sigreturn},
    {SYS_RT_SIGPROCMASK, call_sigprocmask},
    {SYS_RT_SIGACTION, call_sigaction},
    {SYS_RT_SIGSUSPEND, call_sigsuspend},
    {SYS_RT_SIGPENDING, call_sigpending},
    {SYS_TKILL, call_tkill},
    {SYS_TGKILL, call_tgkill},
    {SYS_PPOLL_TIME64, poll_user},
    {SYS_PREAD64, call_pread},
    {SYS_PWRITE64, call_pwrite},
    {SYS_FCNTL64, call_fcntl},
    {SYS_IOCTL, call_ioctl},
    {SYS_RENAMEAT2, call_renameat},
    {SYS_MPROTECT, call_mprotect},
    {SYS_MSYNC, call_msync},
    {SYS_SETITIMER, call_setitimer},
    {SYS_GETITIMER, call_getitimer},
    {SYS_GETTID, call_gettid},
    {SYS_SET_TID_ADDRESS, call_set_tid_address},
    {SYS_SETPGID, call_setpgid},
    {SYS_GETPGID, call_getpgid},
    {SYS_GETSID, call_getsid},
    {SYS_SETSID, call_setsid},
    {SYS_UNAME, call_uname},
    {SYS_SYSLOG, call_syslog},
    {SYS_WAITID, call_waitid},
    {SYS_BRK, call_brk},
    {SYS_MMAP2, call_mmap},
    {SYS_MUNMAP, call_munmap},
    {SYS_PIPE2, call_pipe2},
    {SYS_DUP, call_dup},
    {SYS_DUP3, call_dup3},
    {SYS_GETPID, call_getpid},
    {SYS_GETPPID, call_getppid},
    {SYS_KILL, call_kill},
    {SYS_SCHED_YIELD, call_yield},
    {SYS_GETCWD, call_getcwd},
    {SYS_CHDIR, call_chdir},
    {SYS_MKDIRAT, call_mkdirat},
    {SYS_UNLINKAT, call_unlinkat},
    {SYS_FTRUNCATE64, call_ftruncate},
    {SYS_GETDENTS64, call_getdents},
    {SYS_STATX, call_statx},
    {SYS_SYSINFO, call_sysinfo},
    {SYS_PROCESSES, call_processes},
    {SYS_SENDTO, call_sendto},
    {SYS_RECVFROM, call_recvfrom},
    {SYS_SOCKET, call_socket},
    {SYS_BIND, call_bind},
    {SYS_LISTEN, call_listen},
    {SYS_ACCEPT, call_accept},
    {SYS_ACCEPT4, call_accept4},
    {SYS_CONNECT, call_connect},
    {SYS_GETSOCKNAME, call_getsockname},
    {SYS_GETPEERNAME, call_getpeername},
    {SYS_SETSOCKOPT, call_setsockopt},
    {SYS_GETSOCKOPT, call_getsockopt},
    {SYS_SHUTDOWN, call_shutdown},
    {SYS_MOUNT, call_mount},
    {SYS_UMOUNT2, call_umount},
    {SYS_REBOOT, call_reboot},
    {SYS_KEXEC_FILE_LOAD, call_kexec_load},
};

s32 system_call_invoke(struct process *p, u32 number, const u32 *arguments) {
  for (u32 i = 0; i < ARRAY_LENGTH(calls); i++) {
    if (calls[i].number == number) return calls[i].handler(p, arguments);
  }
  return -ENOSYS;
}

// The frame stays at the ecall, and the thread at its boundary, until its process has moved. Should
// a handler run before, it finds what has been done of the call.
static void hold(struct thread *t) {
  if (t->restart) t->interrupted = t->restart == RESTART_WRITE ? ERESTART : ERESTART_UNHANDLED;
  t->held = true;
  t->missed = false;
}

void system_call(struct thread *t) {
  struct trap_frame *f = thread_frame(t);
  u32 number = f->x[REG_A7], arguments[6];
  s32 result;
  memcpy(arguments, &f->x[REG_A0], sizeof arguments);
  t->interrupted = 0;
  enum passage passage = gate_enter(t, number, arguments, &result);
  if (passage == PASSAGE_HERE) {
    result = system_call_invoke(t->process, number, arguments);
    gate_leave(t);
  }
  if (passage == PASSAGE_HELD || t->missed) {
    hold(t);
    return;
  }
  if (result == SYSTEM_CALL_ENTERED) return;
  if (result == -ERESTART || result == -ERESTART_UNHANDLED) {
    t->interrupted = (u32)-result; // the frame stays at the ecall
    return;
  }
  f->x[REG_A0] = (u32)result;
  f->x[REG_PC] += 4;
}
