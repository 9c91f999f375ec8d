// The C library of user programs: system calls, strings, formatted output, memory. There is no
// errno: each call returns what the kernel returns, a value or -ERRNO (see abi/syscall.h). Output
// is not buffered across calls; one printf is one write where it fits 256 bytes. Signals stand in
// signals.h, threads and what they wait for in thread.h, the terminal in terminal.h, and sockets
// in socket.h.
#ifndef USER_H
#define USER_H
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/syscall.h"

#define STDIN 0
#define STDOUT 1
#define STDERR 2
#define PAGE_BYTES 4096u

// The bare system call.
static inline int32_t syscall6(uint32_t number, uint32_t x0, uint32_t x1, uint32_t x2, uint32_t x3,
                               uint32_t x4, uint32_t x5) {
  register uint32_t a0 __asm__("a0") = x0;
  register uint32_t a1 __asm__("a1") = x1;
  register uint32_t a2 __asm__("a2") = x2;
  register uint32_t a3 __asm__("a3") = x3;
  register uint32_t a4 __asm__("a4") = x4;
  register uint32_t a5 __asm__("a5") = x5;
  register uint32_t a7 __asm__("a7") = number;
  __asm__ volatile("ecall"
                   : "+r"(a0)
                   : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7)
                   : "memory");
  return (int32_t)a0;
}
#define SYSCALL_PICK(x0, x1, x2, x3, x4, x5, x6, ...) \
  syscall6((uint32_t)(x0), (uint32_t)(x1), (uint32_t)(x2), (uint32_t)(x3), (uint32_t)(x4), \
           (uint32_t)(x5), (uint32_t)(x6))
// syscall(number, up to six arguments)
#define syscall(...) SYSCALL_PICK(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

// Files. `open` gives new files no mode bits worth naming; paths are relative to the directory.
int open(const char *path, int flags);
int close(int fd);
int read(int fd, void *buffer, size_t bytes);
int write(int fd, const void *buffer, size_t bytes);
// All of it, also when a handler interrupts: 0, or the first error.
int write_all(int fd, const void *buffer, size_t bytes);
int read_all(int fd, void *buffer, size_t bytes); // bytes read before the end, or an error
int read_at(int fd, void *buffer, size_t bytes, uint64_t offset);
int write_at(int fd, const void *buffer, size_t bytes, uint64_t offset);
int seek(int fd, int64_t offset, int whence);            // new offset (below 2 GiB), or an error
int truncate_to(int fd, uint32_t bytes);
int duplicate(int fd);
int duplicate_to(int fd, int new_fd); // dup3, but the same fd is no error
int control(int fd, int command, uint32_t argument); // fcntl
int make_pipe(int fds[2]);
// Waits until one of them is ready: how many are, 0 at the timeout; negative: no timeout.
int poll(struct pollfd *fds, uint32_t count, int64_t timeout_ns);
int make_directory(const char *path);
int remove_file(const char *path);
int remove_directory(const char *path);
int rename_file(const char *old_path, const char *new_path);
int change_directory(const char *path);
int mount(const char *device, const char *directory, const char *type);
int unmount(const char *directory);
int status_of(const char *path, struct statx *status);
int status_of_fd(int fd, struct statx *status);

// Processes.
__attribute__((noreturn)) void exit(int status);
int fork(void);
int execute(const char *path, char *const argv[]);
// Waits for one child (P_PID, id) or any (P_ALL, 0); returns its pid, 0 under WNOHANG, or an error.
// *status is its exit code, or 128 + the signal that killed it.
int wait_child(int kind, int id, int *status, int options);
int send_signal(int pid, int signal); // pid below 0: the group; 0: the own group
int process_id(void);
int parent_id(void);
int set_group(int pid, int group); // 0: this process, and a group named as it
int group_of(int pid);
int session_of(int pid);
int new_session(void);
void yield(void);
int system_name(struct utsname *name);
int read_kernel_log(char *buffer, size_t bytes); // its last messages; the bytes they take

// Time, in nanoseconds of CLOCK_MONOTONIC.
int64_t now_ns(void);
int sleep_ns(int64_t duration_ns);
int sleep_until_ns(int64_t deadline_ns);

// Memory. `grow_break` returns the old end, or 0 when refused; `map_memory` also 0 then.
// The heap may be used by all threads, but not by signal handlers.
void *grow_break(int32_t bytes);
void *map_memory(size_t bytes, int protection, int flags, int fd, uint32_t file_page);
int unmap_memory(void *memory, size_t bytes);
int protect_memory(void *memory, size_t bytes, int protection);
void *allocate(size_t bytes); // 0 when there is none
void release(void *memory);

// Strings: the standard ones, and a number reader that says whether all of the text was one.
void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *left, const void *right, size_t bytes);
size_t strlen(const char *text);
int strcmp(const char *left, const char *right);
int strncmp(const char *left, const char *right, size_t bytes);
char *strchr(const char *text, int byte);
char *strstr(const char *text, const char *part);
int parse_number(const char *text, uint32_t *number);

// Formatted output: %d %i %u %x %c %s %p %%, with -, 0, width and precision of %s
// (also as *), and l, ll, z.
int vformat(char *buffer, size_t bytes, const char *format, va_list arguments);
__attribute__((format(printf, 3, 4))) int format(char *buffer, size_t bytes, const char *format,
                                                 ...);
__attribute__((format(printf, 1, 2))) int printf(const char *format, ...);
__attribute__((format(printf, 2, 3))) int print_to(int fd, const char *format, ...);
const char *error_text(int error); // of ERRNO or -ERRNO
// "NAME: WHAT: error" on stderr, and exit(1).
__attribute__((noreturn)) void fail(const char *name, const char *what, int error);

#endif
