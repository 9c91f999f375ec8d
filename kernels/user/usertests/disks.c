// Questions about mounts, the file system on the disk, and the second console.
#include "test.h"

static int has_disk(void) {
  struct statx status;
  return status_of("/disk/soundings", &status) == 0;
}

// Is nothing on the disk changed, by whatever call?
void disk_read_only(void) {
  if (!has_disk()) return;
  expect_equal(open("/disk/soundings", O_WRONLY), -EROFS);
  expect_equal(open("/disk/soundings", O_RDWR | O_TRUNC), -EROFS);
  expect_equal(open("/disk/new", O_CREAT | O_WRONLY), -EROFS);
  expect_equal(make_directory("/disk/new"), -EROFS);
  expect_equal(remove_file("/disk/soundings"), -EROFS);
  expect_equal(remove_directory("/disk/log"), -EROFS);
  expect_equal(rename_file("/disk/soundings", "/disk/new"), -EROFS);
  int error = rename_file("/disk/soundings", "/tmp/new");
  expect(error == -EXDEV || error == -EROFS);
  int fd = open("/disk/soundings", O_RDONLY);
  expect(fd >= 0);
  expect_equal(write(fd, "x", 1), -EBADF);
  expect(truncate_to(fd, 0) < 0);
  uint32_t shared = (uint32_t)syscall(SYS_MMAP2, 0, PAGE_BYTES, READ_WRITE, MAP_SHARED, fd, 0);
  expect_equal(shared, -EACCES);
}

// Do read, pread and mappings, shared and private, all give the same?
void disk_reads(void) {
  struct statx status;
  if (!has_disk()) return;
  int fd = open("/disk/soundings", O_RDONLY);
  expect_equal(status_of_fd(fd, &status), 0);
  expect_equal(status.mode & S_IFMT, S_IFREG);
  expect(status.size >= PAGE_BYTES);
  char *shared = map_memory(PAGE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
  char *private = map_memory(PAGE_BYTES, READ_WRITE, MAP_PRIVATE, fd, 0);
  expect(shared && private);
  expect_equal(read_all(fd, big, PAGE_BYTES), PAGE_BYTES);
  expect_equal(memcmp(big, shared, PAGE_BYTES), 0);
  memset(private, 0, PAGE_BYTES);
  expect_equal(read_at(fd, big, PAGE_BYTES, 0), PAGE_BYTES);
  expect_equal(memcmp(big, shared, PAGE_BYTES), 0);
  for (uint32_t i = 0; i < PAGE_BYTES / 4; i++)
    expect_equal(((uint32_t *)big)[i], pattern_word(0, i));
  expect_equal(read_at(fd, big, 10, status.size), 0);
  expect_equal(read_at(fd, big, 10, status.size - 3), 3);
}

// Do paths lead into the disk and out again, also from a working directory there?
void disk_paths(void) {
  struct statx there, here;
  if (!has_disk()) return;
  expect_equal(change_directory("/disk/log"), 0);
  expect_equal(status_of("README", &here), 0);
  expect_equal(status_of("../soundings", &there), 0);
  expect_equal(status_of("../../disk/log/README", &there), 0);
  expect(here.ino == there.ino && here.size == there.size);
  expect_equal(status_of("../nothing", &there), -ENOENT);
  expect_equal(status_of("README/x", &there), -ENOTDIR);
  expect(syscall(SYS_GETCWD, big, sizeof big) > 0);
  expect_equal(strcmp(big, "/disk/log"), 0);
  expect_equal(unmount("/disk"), -EBUSY);
  expect_equal(execute("/disk/soundings", (char *[]){"x", 0}) < 0, 1);
}

// Are bad devices, directories, types and pointers refused?
void mount_arguments(void) {
  static const uint32_t bad[] = {KERNEL_ADDRESS, UNMAPPED_ADDRESS, 0xfffffffc};
  if (on_linux || unmount("/tmp") == -ENOSYS) return;
  close(make_file("file", "x"));
  make_directory("here");
  expect_equal(unmount("here"), -EINVAL);
  expect_equal(unmount("nothing"), -ENOENT);
  expect(mount("/dev/vda", "here", "nofs") < 0);
  expect(mount("/dev/null", "here", "romfs") < 0);
  expect(mount("file", "here", "romfs") < 0);
  expect(mount("nothing", "here", "romfs") < 0);
  expect(mount("/dev/vda", "file", "romfs") < 0);
  expect(mount("/dev/vda", "nothing", "romfs") < 0);
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    char *pointer = (char *)bad[i];
    expect(mount(pointer, "here", "romfs") < 0);
    expect_equal(mount("/dev/vda", pointer, "romfs"), -EFAULT);
    expect(mount("/dev/vda", "here", pointer) < 0);
    expect_equal(unmount(pointer), -EFAULT);
  }
}

// Does the second console take a line, say when it has none, and refuse bad pointers?
void second_console(void) {
  int fd = on_linux ? -ENOENT : open("/dev/hvc0", O_RDWR | O_NONBLOCK);
  if (fd == -ENOENT || fd == -ENXIO || fd == -ENODEV) return;
  expect(fd >= 0);
  struct pollfd one = {fd, POLLIN | POLLOUT, 0};
  expect_equal(poll(&one, 1, HOUR_NS), 1);
  expect(one.revents & POLLOUT);
  expect_equal(write_all(fd, "usertests\n", 10), 0);
  int got = read(fd, big, 1);
  expect(got == -EAGAIN || got == 1);
  expect_equal(write(fd, (char *)KERNEL_ADDRESS, 8), -EFAULT);
  expect_equal(seek(fd, 0, SEEK_SET), -ESPIPE);
}
