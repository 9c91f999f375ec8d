// One function for each system call that programs use; all return a value or -ERRNO.
#include "user.h"

#define NS_PER_SECOND 1000000000ll

int open(const char *path, int flags) {
  return syscall(SYS_OPENAT, AT_FDCWD, path, flags, 0644);
}

int close(int fd) {
  return syscall(SYS_CLOSE, fd);
}

int read(int fd, void *buffer, size_t bytes) {
  return syscall(SYS_READ, fd, buffer, bytes);
}

int write(int fd, const void *buffer, size_t bytes) {
  return syscall(SYS_WRITE, fd, buffer, bytes);
}

int write_all(int fd, const void *buffer, size_t bytes) {
  const char *next = buffer;
  while (bytes > 0) {
    int written = write(fd, next, bytes);
    if (written == -EINTR) continue;
    if (written < 0) return written;
    next += written;
    bytes -= (size_t)written;
  }
  return 0;
}

int read_all(int fd, void *buffer, size_t bytes) {
  size_t done = 0;
  while (done < bytes) {
    int got = read(fd, (char *)buffer + done, bytes - done);
    if (got == -EINTR) continue;
    if (got < 0) return got;
    if (got == 0) break;
    done += (size_t)got;
  }
  return (int)done;
}

int read_at(int fd, void *buffer, size_t bytes, uint64_t offset) {
  return syscall(SYS_PREAD64, fd, buffer, bytes, (uint32_t)offset, (uint32_t)(offset >> 32));
}

int write_at(int fd, const void *buffer, size_t bytes, uint64_t offset) {
  return syscall(SYS_PWRITE64, fd, buffer, bytes, (uint32_t)offset, (uint32_t)(offset >> 32));
}

int seek(int fd, int64_t offset, int whence) {
  int64_t result = 0;
  uint32_t high = (uint32_t)(offset >> 32), low = (uint32_t)offset;
  int error = syscall(SYS_LLSEEK, fd, high, low, &result, whence);
  return error < 0 ? error : (int)result;
}

int truncate_to(int fd, uint32_t bytes) {
  return syscall(SYS_FTRUNCATE64, fd, bytes, 0);
}

int duplicate(int fd) {
  return syscall(SYS_DUP, fd);
}

int duplicate_to(int fd, int new_fd) {
  return fd == new_fd ? fd : syscall(SYS_DUP3, fd, new_fd, 0);
}

int control(int fd, int command, uint32_t argument) {
  return syscall(SYS_FCNTL64, fd, command, argument);
}

int make_pipe(int fds[2]) {
  return syscall(SYS_PIPE2, fds, 0);
}

int poll(struct pollfd *fds, uint32_t count, int64_t timeout_ns) {
  struct timespec64 timeout = {timeout_ns / NS_PER_SECOND, timeout_ns % NS_PER_SECOND};
  return syscall(SYS_PPOLL_TIME64, fds, count, timeout_ns < 0 ? 0 : &timeout, 0, 8);
}

int make_directory(const char *path) {
  return syscall(SYS_MKDIRAT, AT_FDCWD, path, 0755);
}

int remove_file(const char *path) {
  return syscall(SYS_UNLINKAT, AT_FDCWD, path, 0);
}

int remove_directory(const char *path) {
  return syscall(SYS_UNLINKAT, AT_FDCWD, path, AT_REMOVEDIR);
}

int rename_file(const char *old_path, const char *new_path) {
  return syscall(SYS_RENAMEAT2, AT_FDCWD, old_path, AT_FDCWD, new_path, 0);
}

int change_directory(const char *path) {
  return syscall(SYS_CHDIR, path);
}

int mount(const char *device, const char *directory, const char *type) {
  return syscall(SYS_MOUNT, device, directory, type, 0, 0);
}

int unmount(const char *directory) {
  return syscall(SYS_UMOUNT2, directory, 0);
}

int status_of(const char *path, struct statx *status) {
  return syscall(SYS_STATX, AT_FDCWD, path, 0, 0x7ff, status);
}

int status_of_fd(int fd, struct statx *status) {
  return syscall(SYS_STATX, fd, "", AT_EMPTY_PATH, 0x7ff, status);
}

void exit(int status) {
  for (;;) syscall(SYS_EXIT_GROUP, status);
}

int fork(void) {
  return syscall(SYS_CLONE, SIGCHLD);
}

int execute(const char *path, char *const argv[]) {
  static char *const environment[] = {0};
  return syscall(SYS_EXECVE, path, argv, environment);
}

int wait_child(int kind, int id, int *status, int options) {
  struct siginfo info;
  memset(&info, 0, sizeof info);
  int error = syscall(SYS_WAITID, kind, id, &info, WEXITED | options, 0);
  if (error < 0) return error;
  if (info.pid != 0 && status) *status = info.status + (info.code == CLD_EXITED ? 0 : 128);
  return info.pid;
}

int send_signal(int pid, int signal) {
  return syscall(SYS_KILL, pid, signal);
}

int process_id(void) {
  return syscall(SYS_GETPID);
}

int parent_id(void) {
  return syscall(SYS_GETPPID);
}

int set_group(int pid, int group) {
  return syscall(SYS_SETPGID, pid, group);
}

int group_of(int pid) {
  return syscall(SYS_GETPGID, pid);
}

int session_of(int pid) {
  return syscall(SYS_GETSID, pid);
}

int new_session(void) {
  return syscall(SYS_SETSID);
}

int system_name(struct utsname *name) {
  return syscall(SYS_UNAME, name);
}

int read_kernel_log(char *buffer, size_t bytes) {
  return syscall(SYS_SYSLOG, SYSLOG_READ_ALL, buffer, bytes);
}

void yield(void) {
  syscall(SYS_SCHED_YIELD);
}

int64_t now_ns(void) {
  struct timespec64 now = {0, 0};
  syscall(SYS_CLOCK_GETTIME64, CLOCK_MONOTONIC, &now);
  return now.seconds * NS_PER_SECOND + now.nanoseconds;
}

static int sleep_call(int flags, int64_t time_ns) {
  if (time_ns < 0) time_ns = 0;
  struct timespec64 time = {time_ns / NS_PER_SECOND, time_ns % NS_PER_SECOND};
  return syscall(SYS_CLOCK_NANOSLEEP_TIME64, CLOCK_MONOTONIC, flags, &time, 0);
}

int sleep_ns(int64_t duration_ns) {
  return sleep_call(0, duration_ns);
}

int sleep_until_ns(int64_t deadline_ns) {
  return sleep_call(TIMER_ABSTIME, deadline_ns);
}
