// The user ABI: system call numbers and structures, shared by both kernels and the libc.
// Numbers and semantics are Linux's for 32-bit RISC-V (include/uapi/asm-generic/unistd.h, 64-bit
// time), so a program built against it also runs under an ordinary Linux user emulator. A call
// takes its number in a7, arguments in a0..a5, and returns a value or -errno in a0.
#ifndef ABI_SYSCALL_H
#define ABI_SYSCALL_H

#define SYS_GETCWD 17          // (char *buf, size_t size) -> length incl. NUL
#define SYS_DUP 23             // (int fd)
#define SYS_DUP3 24            // (int fd, int newfd, int flags)
#define SYS_MKDIRAT 34         // (int dirfd, const char *path, int mode)
#define SYS_UNLINKAT 35        // (int dirfd, const char *path, int flags)
#define SYS_FTRUNCATE64 46     // (int fd, u32 length_low, u32 length_high)
#define SYS_CHDIR 49           // (const char *path)
#define SYS_OPENAT 56          // (int dirfd, const char *path, int flags, int mode)
#define SYS_CLOSE 57           // (int fd)
#define SYS_PIPE2 59           // (int fds[2], int flags)
#define SYS_GETDENTS64 61      // (int fd, struct linux_dirent64 *buf, u32 size)
#define SYS_LLSEEK 62          // (int fd, u32 high, u32 low, s64 *result, u32 whence)
#define SYS_READ 63            // (int fd, void *buf, size_t n)
#define SYS_WRITE 64           // (int fd, const void *buf, size_t n)
#define SYS_EXIT 93            // (int status)
#define SYS_EXIT_GROUP 94      // (int status)
#define SYS_WAITID 95          // (int idtype, int id, siginfo *info, int options, void *rusage)
#define SYS_SCHED_YIELD 124    // ()
#define SYS_KILL 129           // (int pid, int signal)
#define SYS_REBOOT 142         // (u32 magic1, u32 magic2, u32 command, void *arg)
#define SYS_GETPID 172         // ()
#define SYS_GETPPID 173        // ()
#define SYS_SYSINFO 179        // (struct sysinfo *)
#define SYS_BRK 214            // (void *end) -> new end
#define SYS_MUNMAP 215         // (void *addr, size_t length)
#define SYS_CLONE 220          // (u32 flags, ...): only flags == SIGCHLD (fork) for now
#define SYS_EXECVE 221         // (const char *path, char *const argv[], char *const envp[])
#define SYS_MMAP2 222          // (addr, length, prot, flags, fd, offset in 4 KiB pages)
#define SYS_PROCESSES 244      // (struct process_info *buf, u32 count) -> entries; our own
#define SYS_STATX 291          // (int dirfd, const char *path, int flags, u32 mask, struct statx *)
#define SYS_KEXEC_FILE_LOAD 294 // (int image_fd, int digest_fd, u32 cmdline_len, const char *, u32)
#define SYS_CLOCK_GETTIME64 403 // (int clock, struct timespec64 *)
#define SYS_CLOCK_NANOSLEEP_TIME64 407 // (int clock, int flags, timespec64 *, timespec64 *rem)

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

#define PROT_READ 1
#define PROT_WRITE 2
#define PROT_EXEC 4
#define MAP_SHARED 1
#define MAP_PRIVATE 2
#define MAP_FIXED 0x10
#define MAP_ANONYMOUS 0x20

#define SIGHUP 1
#define SIGINT 2
#define SIGILL 4
#define SIGTRAP 5
#define SIGABRT 6
#define SIGBUS 7
#define SIGKILL 9
#define SIGSEGV 11
#define SIGPIPE 13
#define SIGALRM 14
#define SIGTERM 15
#define SIGCHLD 17
#define NSIG 64

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

#define S_IFMT 0170000
#define S_IFIFO 0010000
#define S_IFCHR 0020000
#define S_IFDIR 0040000
#define S_IFBLK 0060000
#define S_IFREG 0100000

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
#define ETIMEDOUT 110 // relief aborted: the relief did not answer
#define ECANCELED 125 // relief aborted for any other reason

#ifndef __ASSEMBLER__
#include <stdint.h>

struct timespec64 { int64_t seconds; int64_t nanoseconds; };

struct siginfo { // first 24 bytes of Linux's 128
  int32_t signo, error, code, pid, uid, status;
  uint32_t rest[26];
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
  uint64_t user_ticks;  // timebase ticks spent in user mode
  char name[PROCESS_NAME_MAX];
};
#endif
#endif
