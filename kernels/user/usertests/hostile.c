// Questions about hostile arguments: pointers, sizes, strings, calls that do not exist.
#include "test.h"

// What if you pass ridiculous pointers to calls that read user memory?
void copy_in(void) {
  static const uint32_t bad[] = {0, KERNEL_ADDRESS, UNMAPPED_ADDRESS, 0xfffff000, 0xffffffff};
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    char *pointer = (char *)bad[i];
    int fd = open("copy_in", O_CREAT | O_WRONLY), fds[2];
    expect(fd >= 0);
    expect_equal(write(fd, pointer, 8192), -EFAULT);
    expect_equal(make_pipe(fds), 0);
    expect_equal(write(fds[1], pointer, 8192), -EFAULT);
    expect_equal(open(pointer, O_RDONLY), -EFAULT);
    expect_equal(remove_file(pointer), -EFAULT);
    expect_equal(execute(pointer, 0), -EFAULT);
    close(fd);
    close(fds[0]);
    close(fds[1]);
  }
}

// What if you pass ridiculous pointers to calls that write user memory, or its own text?
void copy_out(void) {
  uint32_t bad[] = {0, KERNEL_ADDRESS, USER_TRAMPOLINE, 0xfffffffc, (uint32_t)&copy_out};
  close(make_file("copy_out", "some bytes"));
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    char *pointer = (char *)bad[i];
    int fd = open("copy_out", O_RDONLY), fds[2];
    expect_equal(read(fd, pointer, 8), -EFAULT);
    expect_equal(make_pipe(fds), 0);
    expect_equal(write(fds[1], "x", 1), 1);
    expect_equal(read(fds[0], pointer, 1), -EFAULT);
    expect_equal(syscall(SYS_PIPE2, pointer, 0), -EFAULT);
    expect_equal(syscall(SYS_STATX, AT_FDCWD, ".", 0, 0x7ff, pointer), -EFAULT);
    expect_equal(syscall(SYS_GETCWD, pointer, 64), -EFAULT);
    expect_equal(syscall(SYS_CLOCK_GETTIME64, CLOCK_MONOTONIC, pointer), -EFAULT);
    if (pointer) expect_equal(syscall(SYS_LLSEEK, fd, 0, 0, pointer, SEEK_SET), -EFAULT);
    close(fd);
    close(fds[0]);
    close(fds[1]);
  }
}

// What if a buffer starts well and ends in nothing?
void buffer_across_end(void) {
  char *end = grow_break(PAGE_BYTES);
  expect(end != 0);
  end = (char *)(((uint32_t)end + PAGE_BYTES) & -PAGE_BYTES);
  syscall(SYS_BRK, end);
  int fd = open("across", O_CREAT | O_RDWR);
  int written = write(fd, end - 16, 64);
  expect(written == -EFAULT || written == 16);
  expect_equal(syscall(SYS_OPENAT, AT_FDCWD, (memset(end - 4, 'a', 4), end - 4), 0, 0), -EFAULT);
  close(fd);
}

// What if a path or an argument list has no end?
void endless_strings(void) {
  memset(big, 'a', sizeof big);
  big[sizeof big - 1] = 0;
  expect_equal(open(big, O_RDONLY), -ENAMETOOLONG);
  char *arguments[] = {self_path, (char *)KERNEL_ADDRESS, 0};
  expect_equal(execute(self_path, arguments), -EFAULT);
  expect_equal(execute(self_path, (char *const *)KERNEL_ADDRESS), -EFAULT);
}

// What if the size is ridiculous?
void huge_sizes(void) {
  int fd = open("huge", O_CREAT | O_RDWR);
  int result = write(fd, (void *)0x10000, 0x7fffffff);
  expect(result == -EFAULT || result > 0);
  result = read(fd, (void *)0x10000, 0xffffffff);
  expect(result <= 0);
  expect(syscall(SYS_MMAP2, 0, 0xfffff000, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) < 0);
  result = syscall(SYS_MMAP2, 0, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  expect_equal(result, -EINVAL);
  expect_equal(syscall(SYS_GETCWD, big, 1), -ERANGE);
  close(fd);
}

// Are calls and flags that do not exist refused?
void unknown_calls(void) {
  expect_equal(syscall(9999), -ENOSYS);
  expect_equal(syscall(0xffffffff), -ENOSYS);
  int error = syscall(SYS_REBOOT, 1, 2, 3, 0);
  expect(error == -EINVAL || error == -EPERM);
  expect_equal(syscall(SYS_WAITID, 77, 0, 0, WEXITED, 0), -EINVAL);
  expect_equal(syscall(SYS_CLOCK_GETTIME64, 99, big), -EINVAL);
}

// Is a relief with bad arguments refused before it begins?
void kexec_refused(void) {
  if (on_linux) return;
  int fd = make_file("image", "this is no kernel");
  int error = syscall(SYS_KEXEC_FILE_LOAD, -1, -1, 1, "", 0);
  expect(error == -EBADF || error == -EBUSY);
  expect(syscall(SYS_KEXEC_FILE_LOAD, fd, fd, 1, "", 0) < 0);
  expect(syscall(SYS_KEXEC_FILE_LOAD, fd, fd, 1, KERNEL_ADDRESS, 0) < 0);
  expect(syscall(SYS_KEXEC_FILE_LOAD, fd, fd, 0xffffffff, big, 0) < 0);
  if (kexec_runs()) return; // another's image may be loaded, and this would start its relief
  expect(syscall(SYS_REBOOT, REBOOT_MAGIC1, REBOOT_MAGIC2, REBOOT_KEXEC, 0) < 0);
}
