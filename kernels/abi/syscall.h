// The user ABI: system call numbers and structures, shared by both kernels and the libc.
// Numbers and semantics are Linux's for 32-bit RISC-V (include/uapi/asm-generic/unistd.h, 64-bit
// time), so a program built against it also runs under an ordinary Linux user emulator. A call
// takes its number in a7, arguments in a0..a5, and returns a value or -errno in a0.
#ifndef ABI_SYSCALL_H
#define ABI_SYSCALL_H

#define SYS_GETCWD 17          // (char *buf, size_t size) -> length incl. NUL
#define SYS_DUP 23             // (int fd)
#define SYS_DUP3 24            // (int fd, int newfd, int flags)
#define SYS_FCNTL64 25         // (int fd, int command, u32 argument): F_*
#define SYS_IOCTL 29           // (int fd, u32 request, void *argument): TC*, TIOC*
#define SYS_MKDIRAT 34         // (int dirfd, const char *path, int mode)
#define SYS_UNLINKAT 35        // (int dirfd, const char *path, int flags)
#define SYS_UMOUNT2 39         // (const char *target, int flags)
#define SYS_MOUNT 40           // (source, target, type, u32 flags, data): "romfs" on a disk
#define SYS_FTRUNCATE64 46     // (int fd, u32 length_low, u32 length_high)
#define SYS_CHDIR 49           // (const char *path)
#define SYS_OPENAT 56          // (int dirfd, const char *path, int flags, int mode)
#define SYS_CLOSE 57           // (int fd)
#define SYS_PIPE2 59           // (int fds[2], int flags)
#define SYS_GETDENTS64 61      // (int fd, struct linux_dirent64 *buf, u32 size)
#define SYS_LLSEEK 62          // (int fd, u32 high, u32 low, s64 *result, u32 whence)
#define SYS_READ 63            // (int fd, void *buf, size_t n)
#define SYS_WRITE 64           // (int fd, const void *buf, size_t n)
#define SYS_PREAD64 67         // (int fd, void *buf, size_t n, u32 low, u32 high)
#define SYS_PWRITE64 68        // (int fd, const void *buf, size_t n, u32 low, u32 high)
#define SYS_EXIT 93            // (int status): this thread
#define SYS_EXIT_GROUP 94      // (int status): all threads of the process
#define SYS_WAITID 95          // (int idtype, int id, siginfo *info, int options, void *rusage)
#define SYS_SET_TID_ADDRESS 96 // (int *clear_tid) -> tid
#define SYS_GETITIMER 102      // (int which, struct itimerval *)
#define SYS_SETITIMER 103      // (int which, const struct itimerval *, struct itimerval *old)
#define SYS_SYSLOG 116         // (int type, char *buf, int n): SYSLOG_*
#define SYS_SCHED_YIELD 124    // ()
#define SYS_KILL 129           // (int pid, int signal); pid < 0: the group -pid, 0: the own group
#define SYS_TKILL 130          // (int tid, int signal)
#define SYS_TGKILL 131         // (int pid, int tid, int signal)
#define SYS_RT_SIGSUSPEND 133  // (const u32 mask[2], size_t 8)
#define SYS_RT_SIGACTION 134   // (int signal, const struct sigaction *, sigaction *old, size_t 8)
#define SYS_RT_SIGPROCMASK 135 // (int how, const u32 mask[2], u32 old[2], size_t 8)
#define SYS_RT_SIGPENDING 136  // (u32 mask[2], size_t 8)
#define SYS_RT_SIGRETURN 139   // (): sp is at a struct signal_frame
#define SYS_REBOOT 142         // (u32 magic1, u32 magic2, u32 command, void *arg)
#define SYS_SETPGID 154        // (int pid, int group)
#define SYS_GETPGID 155        // (int pid)
#define SYS_GETSID 156         // (int pid)
#define SYS_SETSID 157         // ()
#define SYS_UNAME 160          // (struct utsname *)
#define SYS_GETPID 172         // ()
#define SYS_GETPPID 173        // ()
#define SYS_GETTID 178         // ()
#define SYS_SYSINFO 179        // (struct sysinfo *)
#define SYS_SOCKET 198         // (AF_VSOCK, SOCK_STREAM and flags, 0)
#define SYS_BIND 200           // (int fd, const struct sockaddr_vm *, u32 size)
#define SYS_LISTEN 201         // (int fd, int backlog)
#define SYS_ACCEPT 202         // (int fd, struct sockaddr_vm *, u32 *size)
#define SYS_CONNECT 203        // (int fd, const struct sockaddr_vm *, u32 size)
#define SYS_GETSOCKNAME 204    // (int fd, struct sockaddr_vm *, u32 *size)
#define SYS_GETPEERNAME 205
#define SYS_SENDTO 206         // (int fd, const void *, size_t n, u32 MSG_*, NULL, 0)
#define SYS_RECVFROM 207       // (int fd, void *, size_t n, u32 MSG_*, NULL, NULL)
#define SYS_SETSOCKOPT 208     // (int fd, int level, int name, const void *, u32 size)
#define SYS_GETSOCKOPT 209     // (int fd, int level, int name, void *, u32 *size)
#define SYS_SHUTDOWN 210       // (int fd, SHUT_*)
#define SYS_BRK 214            // (void *end) -> new end
#define SYS_MUNMAP 215         // (void *addr, size_t length)
#define SYS_CLONE 220          // (flags, stack, int *parent_tid, tls, int *child_tid): either
                               // SIGCHLD alone (fork), or CLONE_THREAD_FLAGS and optional ones
#define SYS_EXECVE 221         // (const char *path, char *const argv[], char *const envp[])
#define SYS_MMAP2 222          // (addr, length, prot, flags, fd, offset in 4 KiB pages)
#define SYS_MPROTECT 226       // (addr, length, prot)
#define SYS_MSYNC 227          // (addr, length, flags): memory and file are one already
#define SYS_PROCESSES 244      // (struct process_info *buf, u32 count) -> entries; our own
#define SYS_ACCEPT4 242        // (int fd, struct sockaddr_vm *, u32 *size, SOCK_* flags)
#define SYS_RENAMEAT2 276      // (int olddir, const char *old, int newdir, const char *new, 0)
#define SYS_STATX 291          // (int dirfd, const char *path, int flags, u32 mask, struct statx *)
#define SYS_KEXEC_FILE_LOAD 294 // (int image_fd, int digest_fd, u32 cmdline_len, const char *, u32)
#define SYS_CLOCK_GETTIME64 403 // (int clock, struct timespec64 *)
#define SYS_CLOCK_NANOSLEEP_TIME64 407 // (int clock, int flags, timespec64 *, timespec64 *rem)
#define SYS_PPOLL_TIME64 414   // (pollfd *, u32 n, const timespec64 *, const u32 mask[2], size_t 8)
#define SYS_FUTEX_TIME64 422   // (u32 *word, int op, u32 value, const timespec64 *relative)

// kexec_file_load differs from Linux in one argument: where Linux takes an initrd, a relief takes
// the expected SHA-256 of the image, as a file that starts with 64 hexadecimal digits.

#define AT_FDCWD -100
#define AT_REMOVEDIR 0x200
#define AT_EMPTY_PATH 0x1000

#define O_RDONLY 0
#define O_WRONLY 1
#define O_RDWR 2
#define O_ACCMODE 3
#define O_CREAT 0100
#define O_EXCL 0200
#define O_TRUNC 01000
#define O_APPEND 02000
#define O_NONBLOCK 04000
#define O_DIRECTORY 0200000
#define O_CLOEXEC 02000000

#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2

#define F_DUPFD 0
#define F_GETFD 1
#define F_SETFD 2
#define F_GETFL 3
#define F_SETFL 4               // O_APPEND and O_NONBLOCK
#define F_DUPFD_CLOEXEC 1030
#define FD_CLOEXEC 1

#define PROT_NONE 0
#define PROT_READ 1
#define PROT_WRITE 2
#define PROT_EXEC 4
#define MAP_SHARED 1
#define MAP_PRIVATE 2
#define MAP_FIXED 0x10
#define MAP_ANONYMOUS 0x20

// Signals 1..64. Stopping a process (19 to 22) is not offered: sending those is -EINVAL. Ignored by
// default: SIGCHLD, SIGCONT, SIGURG, SIGWINCH; all others end the process. Nothing is queued: a
// signal is pending or not, and who sent it is not remembered.
#define SIGHUP 1
#define SIGINT 2
#define SIGQUIT 3
#define SIGILL 4
#define SIGTRAP 5
#define SIGABRT 6
#define SIGBUS 7
#define SIGKILL 9
#define SIGUSR1 10
#define SIGSEGV 11
#define SIGUSR2 12
#define SIGPIPE 13
#define SIGALRM 14
#define SIGTERM 15
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTTOU 22
#define SIGURG 23
#define SIGWINCH 28
#define NSIG 64
#define SIG_DFL 0
#define SIG_IGN 1
#define SIG_BLOCK 0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2
#define SA_SIGINFO 4
#define SA_RESTART 0x10000000u // read, write, wait and the like are issued again; sleeps never are
#define SA_NODEFER 0x40000000u
#define SA_RESETHAND 0x80000000u
#define SI_USER 0      // siginfo.code of what a process sent
#define SI_KERNEL 0x80 // ... and of all else but faults
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2

// A page that every program has from exec on, readable and executable: its first two instructions
// are `li a7, SYS_RT_SIGRETURN; ecall`, where handlers return to.
#define USER_TRAMPOLINE 0xbffff000u

#define CLONE_VM 0x100
#define CLONE_FS 0x200
#define CLONE_FILES 0x400
#define CLONE_SIGHAND 0x800
#define CLONE_THREAD 0x10000
#define CLONE_SYSVSEM 0x40000        // optional, means nothing here
#define CLONE_SETTLS 0x80000         // optional: tp of the new thread
#define CLONE_PARENT_SETTID 0x100000 // optional
#define CLONE_CHILD_CLEARTID 0x200000 // optional: zeroed, and one futex waiter woken, at its end
#define CLONE_CHILD_SETTID 0x1000000 // optional
#define CLONE_THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)

#define FUTEX_WAIT 0           // 0, or -EAGAIN when *word != value, -ETIMEDOUT, -EINTR
#define FUTEX_WAKE 1           // wakes at most `value`; how many
#define FUTEX_PRIVATE_FLAG 128 // may be set; the key is found the same way

#define POLLIN 1
#define POLLOUT 4
#define POLLERR 8
#define POLLHUP 0x10
#define POLLNVAL 0x20

// Stream sockets to other contexts (vsock(7)): the host, and this machine itself, by
// VMADDR_CID_LOCAL or its own id. Ports below 1024 are free to all, and never given by the kernel.
// Without a socket device only the local ones work.
#define AF_VSOCK 40
#define SOCK_STREAM 1
#define SOCK_NONBLOCK O_NONBLOCK
#define SOCK_CLOEXEC O_CLOEXEC
#define VMADDR_CID_ANY 0xffffffffu
#define VMADDR_CID_LOCAL 1
#define VMADDR_CID_HOST 2
#define VMADDR_PORT_ANY 0xffffffffu
#define SHUT_RD 0
#define SHUT_WR 1
#define SHUT_RDWR 2
#define MSG_PEEK 2
#define MSG_DONTWAIT 0x40
#define MSG_NOSIGNAL 0x4000
#define SOL_SOCKET 1
#define SO_REUSEADDR 2          // taken, means nothing
#define SO_TYPE 3
#define SO_ERROR 4              // the error of a connect that did not wait, once
#define SOCKETS_BACKLOG_MAX 128

#define ITIMER_REAL 0          // the only one; SIGALRM

#define SYSLOG_READ_ALL 3      // the last messages of this kernel
#define SYSLOG_SIZE_BUFFER 10

// Console: canonical input with editing by backspace, Ctrl-U and Ctrl-D, or raw.
#define TCGETS 0x5401          // (struct termios *)
#define TCSETS 0x5402
#define TIOCGPGRP 0x540f       // (int *): the foreground process group
#define TIOCSPGRP 0x5410
#define ICRNL 0400             // iflag
#define ISIG 1                 // lflag: Ctrl-C is SIGINT, Ctrl-\ SIGQUIT, to the foreground group
#define ICANON 2
#define ECHO 010

#define P_ALL 0
#define P_PID 1
#define WNOHANG 1
#define WEXITED 4
#define CLD_EXITED 1
#define CLD_KILLED 2

#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define TIMER_ABSTIME 1

#define REBOOT_MAGIC1 0xfee1dead
#define REBOOT_MAGIC2 672274793
#define REBOOT_RESTART 0x01234567
#define REBOOT_HALT 0xcdef0123 // ends the machine with a failure code
#define REBOOT_POWER_OFF 0x4321fedc
#define REBOOT_KEXEC 0x45584543 // starts the relief; returns 0 under the new kernel, or -errno
// Our own. With method=kexec the image is loaded first, while programs run, and then started.
#define REBOOT_KEXEC_LOAD 0x51440001
#define REBOOT_SHUTDOWN_BEGINS 0x51440002 // for the log desk: programs are ended from here on
#define REBOOT_IS_UP 0x51440003           // for the log desk: all programs are started again

#define S_IFMT 0170000
#define S_IFIFO 0010000
#define S_IFCHR 0020000
#define S_IFDIR 0040000
#define S_IFBLK 0060000
#define S_IFREG 0100000
#define S_IFLNK 0120000
#define S_IFSOCK 0140000

#define EPERM 1
#define ENOENT 2
#define ESRCH 3
#define EINTR 4
#define EIO 5
#define ENXIO 6
#define E2BIG 7
#define ENOEXEC 8
#define EBADF 9
#define ECHILD 10
#define EAGAIN 11
#define ENOMEM 12
#define EACCES 13
#define EFAULT 14
#define EBUSY 16
#define EEXIST 17
#define EXDEV 18
#define ENODEV 19
#define ENOTDIR 20
#define EISDIR 21
#define EINVAL 22
#define ENFILE 23
#define EMFILE 24
#define ENOTTY 25
#define EFBIG 27
#define ENOSPC 28
#define ESPIPE 29
#define EROFS 30
#define EPIPE 32
#define ERANGE 34
#define ENAMETOOLONG 36
#define ENOSYS 38
#define ENOTEMPTY 39
#define ELIBBAD 80   // kexec: not an ELF image this kernel can load
#define EBADMSG 74   // kexec: the image's digest does not match
#define EPROTO 71    // relief aborted: contract version
#define EPROTOTYPE 91
#define ENOPROTOOPT 92
#define EPROTONOSUPPORT 93
#define EOPNOTSUPP 95
#define EAFNOSUPPORT 97
#define EADDRINUSE 98
#define EADDRNOTAVAIL 99
#define ENETUNREACH 101
#define ECONNRESET 104
#define EISCONN 106
#define ENOTCONN 107
#define ENOTSOCK 88
#define ECONNREFUSED 111
#define EALREADY 114
#define EINPROGRESS 115
#define ETIMEDOUT 110 // relief aborted: the relief did not answer
#define ECANCELED 125 // relief aborted for any other reason

#ifndef __ASSEMBLER__
#include <stdint.h>

struct timespec64 { int64_t seconds; int64_t nanoseconds; };

struct timeval { int32_t seconds, microseconds; };
struct itimerval { struct timeval interval, value; };
struct sockaddr_vm {
  uint16_t family, reserved;
  uint32_t port, cid;
  uint8_t flags, zero[3];
};
struct pollfd { int32_t fd; int16_t events, revents; };
struct utsname {
  char sysname[65], nodename[65], release[65], version[65], machine[65], domain[65];
};
struct termios { // Linux's, of which the kernels know ICRNL, ISIG, ICANON and ECHO
  uint32_t iflag, oflag, cflag, lflag;
  uint8_t line, cc[19];
};

struct sigaction { // no restorer: see USER_TRAMPOLINE
  uint32_t handler, flags; // SIG_*, or an address; SA_*
  uint32_t mask[2];        // bit signal - 1
};

struct siginfo { // first 24 bytes of Linux's 128
  int32_t signo, error, code, pid, uid, status; // for faults, pid is the address
  uint32_t rest[26];
};

// What a handler finds at its sp, 16-byte aligned: a0 = signal, a1 = &info, a2 = &context, and
// ra = USER_TRAMPOLINE. As Linux's struct rt_sigframe without the floating-point state.
struct ucontext {
  uint32_t flags, link, stack[3];
  uint32_t mask[2];        // of blocked signals, put back by rt_sigreturn
  uint32_t unused[30];
  uint32_t pad[3];
  uint32_t registers[32];  // pc, x1 .. x31
};
struct signal_frame {
  struct siginfo info;
  struct ucontext context;
};

struct linux_dirent64 { // followed by the NUL-terminated name
  uint64_t ino;
  int64_t offset;
  uint16_t length;
  uint8_t type; // S_IFMT bits >> 12
  char name[];
};

struct sysinfo {
  int32_t uptime;
  uint32_t loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
  uint16_t procs, pad;
  uint32_t totalhigh, freehigh, mem_unit; // sizes are in units of mem_unit bytes (4096 here)
  char rest[8];
};

struct statx_timestamp { int64_t seconds; uint32_t nanoseconds; int32_t pad; };
struct statx {
  uint32_t mask, blksize;
  uint64_t attributes;
  uint32_t nlink, uid, gid;
  uint16_t mode, pad0;
  uint64_t ino, size, blocks, attributes_mask;
  struct statx_timestamp atime, btime, ctime, mtime;
  uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
  uint64_t pad1[14];
};

#define PROCESS_NAME_MAX 16
struct process_info {
  int32_t pid, parent_pid;
  char state; // R running or runnable, S sleeping, Z zombie
  uint8_t cpu;
  uint16_t descriptors;
  uint32_t frames;      // resident user frames
  uint64_t user_ticks;  // timebase ticks spent in user mode, all threads
  int32_t group, session;
  uint32_t threads;
  uint32_t pad;
  char name[PROCESS_NAME_MAX];
};
#endif
#endif
