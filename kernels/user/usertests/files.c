// Questions about files, directories and descriptors.
#include "test.h"

// Are numbers that are no descriptors refused, and descriptors that were closed?
void bad_descriptors(void) {
  static const int bad[] = {-1, -100, 99, 1 << 20, 0x7fffffff, (int)0x80000000};
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    expect_equal(read(bad[i], big, 1), -EBADF);
    expect_equal(write(bad[i], big, 1), -EBADF);
    expect_equal(close(bad[i]), -EBADF);
    expect_equal(syscall(SYS_DUP, bad[i]), -EBADF);
    expect_equal(seek(bad[i], 0, SEEK_SET), -EBADF);
  }
  int fd = make_file("closed", "x");
  expect_equal(close(fd), 0);
  expect_equal(close(fd), -EBADF);
  expect_equal(write(fd, "x", 1), -EBADF);
}

// Does a read-only descriptor refuse a write, and the reverse?
void access_modes(void) {
  close(make_file("modes", "abc"));
  int reader = open("modes", O_RDONLY), writer = open("modes", O_WRONLY);
  expect_equal(write(reader, "x", 1), -EBADF);
  expect_equal(read(writer, big, 1), -EBADF);
  int directory = open(".", O_RDONLY);
  expect(directory >= 0);
  expect_equal(read(directory, big, 16), -EISDIR);
  expect_equal(open(".", O_WRONLY), -EISDIR);
  expect_equal(open("modes", O_RDONLY | O_DIRECTORY), -ENOTDIR);
  expect_equal(open("modes/x", O_RDONLY), -ENOTDIR);
  expect_equal(open("nothing", O_RDONLY), -ENOENT);
  expect_equal(open("nothing/x", O_CREAT | O_WRONLY), -ENOENT);
  expect_equal(open("modes", O_CREAT | O_EXCL | O_WRONLY), -EEXIST);
  expect_equal(open("", O_RDONLY), -ENOENT);
}

// Does a file give back what was written, over many pages?
void write_read_back(void) {
  int fd = open("back", O_CREAT | O_RDWR);
  for (uint32_t block = 0; block < 40; block++) {
    for (uint32_t i = 0; i < 1000; i++) big[i] = (char)(block * 7 + i);
    expect_equal(write(fd, big, 1000), 1000);
  }
  expect_equal(seek(fd, 0, SEEK_CUR), 40000);
  expect_equal(seek(fd, 0, SEEK_SET), 0);
  for (uint32_t block = 0; block < 40; block++) {
    expect_equal(read_all(fd, big, 1000), 1000);
    for (uint32_t i = 0; i < 1000; i++) expect_equal(big[i], (char)(block * 7 + i));
  }
  expect_equal(read(fd, big, 1), 0);
}

// Do seeks land where they should, and does a hole read as zeros?
void seeks(void) {
  int fd = make_file("seeks", "0123456789"), fds[2];
  expect_equal(seek(fd, -3, SEEK_END), 7);
  expect_equal(read(fd, big, 10), 3);
  expect_equal(memcmp(big, "789", 3), 0);
  expect_equal(seek(fd, -20, SEEK_CUR), -EINVAL);
  expect_equal(seek(fd, 0, 17), -EINVAL);
  expect_equal(seek(fd, 5000, SEEK_SET), 5000);
  expect_equal(read(fd, big, 1), 0);
  expect_equal(write(fd, "x", 1), 1);
  expect_equal(seek(fd, 4990, SEEK_SET), 4990);
  expect_equal(read(fd, big, 100), 11);
  for (int i = 0; i < 10; i++) expect_equal(big[i], 0);
  expect_equal(big[10], 'x');
  expect_equal(make_pipe(fds), 0);
  expect_equal(seek(fds[0], 0, SEEK_SET), -ESPIPE);
}

// Does O_APPEND write at the end whatever the offset, and O_TRUNC empty the file?
void append(void) {
  struct statx status;
  int fd = make_file("append", "0123456789"), end = open("append", O_WRONLY | O_APPEND);
  expect_equal(write(end, "ab", 2), 2);
  expect_equal(seek(end, 0, SEEK_SET), 0);
  expect_equal(write(end, "cd", 2), 2);
  expect_equal(status_of_fd(fd, &status), 0);
  expect_equal(status.size, 14);
  close(open("append", O_WRONLY | O_TRUNC));
  expect_equal(status_of("append", &status), 0);
  expect_equal(status.size, 0);
}

// Does truncation cut, and does what grows back read as zeros?
void truncate(void) {
  int fd = make_file("truncate", "0123456789");
  expect_equal(truncate_to(fd, 4), 0);
  expect_equal(truncate_to(fd, 8), 0);
  expect_equal(seek(fd, 0, SEEK_SET), 0);
  expect_equal(read(fd, big, 100), 8);
  expect_equal(memcmp(big, "0123\0\0\0\0", 8), 0);
  expect_equal(truncate_to(fd, 0), 0);
  expect_equal(read(fd, big, 100), 0);
  expect_equal(truncate_to(open("truncate", O_RDONLY), 0), -EINVAL);
}

// Does a file without a name live on while it is open?
void unlinked_file(void) {
  struct statx status;
  int fd = make_file("unlinked", "still here");
  expect_equal(remove_file("unlinked"), 0);
  expect_equal(status_of("unlinked", &status), -ENOENT);
  expect_equal(remove_file("unlinked"), -ENOENT);
  expect_equal(seek(fd, 0, SEEK_SET), 0);
  expect_equal(read(fd, big, 100), 10);
  int other = make_file("unlinked", "new");
  expect_equal(seek(fd, 0, SEEK_SET), 0);
  expect_equal(read(fd, big, 100), 10);
  close(other);
}

// Do directories nest, refuse removal while full, and give names relative to the working one?
void directories(void) {
  expect_equal(make_directory("one"), 0);
  expect_equal(make_directory("one"), -EEXIST);
  expect_equal(make_directory("one/two"), 0);
  expect_equal(make_directory("none/two"), -ENOENT);
  expect_equal(change_directory("one/two"), 0);
  close(make_file("file", "x"));
  expect_equal(change_directory("file"), -ENOTDIR);
  expect_equal(syscall(SYS_GETCWD, big, 256), strlen(DIRECTORY "/one/two") + 1);
  expect_equal(strcmp(big, DIRECTORY "/one/two"), 0);
  expect_equal(change_directory("../.."), 0);
  expect_equal(remove_directory("one/two"), -ENOTEMPTY);
  expect_equal(remove_file("one/two/../two/./file"), 0);
  expect_equal(remove_directory("one/two"), 0);
  expect(remove_file("one") < 0);
  expect_equal(remove_directory("one"), 0);
  expect_equal(change_directory("one"), -ENOENT);
}

// Does getdents list each name once, over several small buffers?
void list_names(void) {
  char name[16];
  uint64_t buffer[16];
  int seen[20] = {0}, got;
  expect_equal(make_directory("names"), 0);
  for (int i = 0; i < 20; i++) {
    format(name, sizeof name, "names/%02d", i);
    close(make_file(name, ""));
  }
  int fd = open("names", O_RDONLY | O_DIRECTORY);
  while ((got = syscall(SYS_GETDENTS64, fd, buffer, sizeof buffer)) > 0)
    for (int at = 0; at < got;) {
      struct linux_dirent64 *entry = (struct linux_dirent64 *)((char *)buffer + at);
      uint32_t number;
      if (parse_number(entry->name, &number) && number < 20) seen[number]++;
      at += entry->length;
    }
  expect_equal(got, 0);
  for (int i = 0; i < 20; i++) expect_equal(seen[i], 1);
  expect_equal(syscall(SYS_GETDENTS64, STDERR, buffer, sizeof buffer), -ENOTDIR);
}

// What if a process opens more files than it may?
void exhaust_descriptors(void) {
  int last = 0, opened = 0;
  if (on_linux) return;
  while (opened < 5000 && (last = open("/dev/null", O_RDONLY)) >= 0) opened++;
  expect(opened > 8 && opened < 5000);
  expect(last == -EMFILE || last == -ENFILE);
  int fds[2];
  expect(make_pipe(fds) < 0);
  for (int fd = 3; fd < opened + 3; fd++) expect_equal(close(fd), 0);
  expect_equal(make_pipe(fds), 0);
}

// Do copies of a descriptor share its offset, also across fork?
void shared_offset(void) {
  int fd = make_file("offset", "0123456789");
  int copy = syscall(SYS_DUP, fd);
  expect_equal(seek(fd, 2, SEEK_SET), 2);
  expect_equal(seek(copy, 0, SEEK_CUR), 2);
  int pid = fork();
  if (pid == 0) exit(read(copy, big, 3) == 3 ? 0 : 1);
  expect_equal(status_of_child(pid), 0);
  expect_equal(seek(fd, 0, SEEK_CUR), 5);
  expect_equal(duplicate_to(fd, 20), 20);
  expect_equal(close(fd), 0);
  expect_equal(read(20, big, 1), 1);
  expect_equal(big[0], '5');
  expect_equal(syscall(SYS_DUP3, 20, 20, 0), -EINVAL);
}

// Are null and zero what they should be?
void devices(void) {
  int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR);
  expect(null >= 0 && zero >= 0);
  expect_equal(write(null, big, 100), 100);
  expect_equal(read(null, big, 100), 0);
  memset(big, 1, 100);
  expect_equal(read(zero, big, 100), 100);
  for (int i = 0; i < 100; i++) expect_equal(big[i], 0);
}

// Do reads and writes at an offset leave the descriptor's own alone?
void read_write_at(void) {
  int fd = make_file("at", "0123456789"), fds[2];
  char *end = page_before_hole() + PAGE_BYTES;
  expect_equal(read_at(fd, big, 4, 3), 4);
  expect_equal(memcmp(big, "3456", 4), 0);
  expect_equal(write_at(fd, "ab", 2, 5000), 2);
  expect_equal(read_at(fd, big, 100, 4990), 12);
  expect_equal(big[9], 0);
  expect_equal(big[11], 'b');
  expect_equal(read_at(fd, big, 4, 6000), 0);
  expect_equal(seek(fd, 0, SEEK_CUR), 10);
  expect_equal(read_at(fd, big, 4, ~0ull), -EINVAL);
  expect_equal(write_at(fd, big, 4, 1ull << 63), -EINVAL);
  expect_equal(read_at(fd, (char *)KERNEL_ADDRESS, 4, 0), -EFAULT);
  expect_equal(write_at(fd, (char *)KERNEL_ADDRESS, 4, 0), -EFAULT);
  int got = read_at(fd, end - 4, 8, 0);
  expect(got == -EFAULT || got == 4);
  expect_equal(read_at(open("at", O_WRONLY), big, 1, 0), -EBADF);
  expect_equal(write_at(open("at", O_RDONLY), big, 1, 0), -EBADF);
  expect_equal(read_at(99, big, 1, 0), -EBADF);
  expect_equal(make_pipe(fds), 0);
  expect_equal(read_at(fds[0], big, 1, 0), -ESPIPE);
  expect_equal(write_at(fds[1], big, 1, 0), -ESPIPE);
}

// Does fcntl copy descriptors, and tell and set what belongs to them or to the open file?
void descriptor_control(void) {
  int fd = make_file("control", "0123456789"), modes = O_ACCMODE | O_APPEND | O_NONBLOCK;
  expect_equal(control(fd, F_DUPFD, 30), 30);
  expect_equal(control(fd, F_DUPFD, 30), 31);
  expect_equal(control(fd, F_DUPFD_CLOEXEC, 30), 32);
  expect_equal(control(31, F_GETFD, 0), 0);
  expect_equal(control(32, F_GETFD, 0), FD_CLOEXEC);
  expect_equal(control(31, F_SETFD, FD_CLOEXEC), 0);
  expect_equal(control(31, F_GETFD, 0), FD_CLOEXEC);
  expect_equal(control(fd, F_GETFL, 0) & modes, O_RDWR);
  expect_equal(control(fd, F_SETFL, O_APPEND), 0);
  expect_equal(control(30, F_GETFL, 0) & modes, O_RDWR | O_APPEND);
  expect_equal(seek(fd, 0, SEEK_SET), 0);
  expect_equal(write(fd, "x", 1), 1);
  expect_equal(seek(fd, 0, SEEK_CUR), 11);
  expect_equal(control(fd, F_SETFL, 0), 0);
  expect_equal(control(fd, F_GETFL, 0) & modes, O_RDWR);
  expect_equal(control(99, F_GETFD, 0), -EBADF);
  expect_equal(control(fd, 4711, 0), -EINVAL);
  expect_equal(control(fd, F_DUPFD, 0xffffffff), -EINVAL);
  expect_equal(control(fd, F_DUPFD, 1 << 30), -EINVAL);
}

// Does a rename move a name, replace another, and keep what is open?
void renames(void) {
  struct statx old, status;
  int fd = make_file("old", "old"), other = make_file("new", "new");
  expect_equal(status_of("old", &old), 0);
  expect_equal(rename_file("old", "new"), 0);
  expect_equal(status_of("old", &status), -ENOENT);
  expect_equal(status_of("new", &status), 0);
  expect(status.ino == old.ino);
  expect_equal(read_at(other, big, 8, 0), 3);
  expect_equal(memcmp(big, "new", 3), 0);
  expect_equal(rename_file("new", "new"), 0);
  expect_equal(make_directory("from"), 0);
  expect_equal(make_directory("from/inner"), 0);
  expect_equal(make_directory("to"), 0);
  expect_equal(rename_file("new", "from/inner/file"), 0);
  expect_equal(rename_file("from/inner", "to/moved"), 0);
  expect_equal(change_directory("to/moved"), 0);
  expect_equal(syscall(SYS_GETCWD, big, 256), strlen(DIRECTORY "/to/moved") + 1);
  expect_equal(rename_file("file", "../../from/../up"), 0);
  expect_equal(change_directory(".."), 0);
  expect_equal(status_of("../up", &status), 0);
  expect_equal(read_at(fd, big, 8, 0), 3);
  expect_equal(rename_file("../from", "moved"), 0); // an empty directory may be replaced
  expect_equal(status_of("../from", &status), -ENOENT);
}

// Are renames refused that make no sense, with both names left as they were?
void rename_arguments(void) {
  struct statx status;
  close(make_file("file", "x"));
  expect_equal(make_directory("directory"), 0);
  expect_equal(make_directory("full"), 0);
  close(make_file("full/file", "y"));
  expect_equal(rename_file("nothing", "file"), -ENOENT);
  expect_equal(rename_file("file", "nothing/file"), -ENOENT);
  expect_equal(rename_file("file", "full/file/x"), -ENOTDIR);
  expect_equal(rename_file("file", "directory"), -EISDIR);
  expect_equal(rename_file("directory", "file"), -ENOTDIR);
  expect_equal(rename_file("directory", "full"), -ENOTEMPTY);
  expect_equal(rename_file("full", "full/inner"), -EINVAL);
  expect_equal(rename_file("full", "full/inner/x"), -ENOENT);
  expect(rename_file(".", "here") < 0);
  expect(rename_file("file", "directory/..") < 0);
  expect_equal(rename_file("file", (char *)KERNEL_ADDRESS), -EFAULT);
  expect_equal(rename_file((char *)UNMAPPED_ADDRESS, "file"), -EFAULT);
  expect_equal(rename_file("", "file"), -ENOENT);
  memset(big, 'n', 300);
  big[300] = 0;
  expect_equal(rename_file("file", big), -ENAMETOOLONG);
  expect_equal(syscall(SYS_RENAMEAT2, AT_FDCWD, "file", AT_FDCWD, "x", 0x80), -EINVAL);
  expect_equal(status_of("file", &status), 0);
  expect_equal(status_of("full/file", &status), 0);
}
