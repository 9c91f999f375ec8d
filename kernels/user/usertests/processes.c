// Questions about processes: their beginning, their end, and the programs they become.
#include "test.h"

// Do a child's exit codes come back, also by pid, also late, and only once?
void wait_variants(void) {
  int status = -1, first = fork();
  if (first == 0) exit(77);
  int second = fork();
  if (second == 0) {
    sleep_ns(50 * MS);
    exit(300); // only the low 8 bits are kept
  }
  expect_equal(wait_child(P_PID, second, &status, WNOHANG), 0);
  expect_equal(wait_child(P_PID, second, &status, 0), second);
  expect_equal(status, 300 & 255);
  expect_equal(wait_child(P_ALL, 0, &status, 0), first);
  expect_equal(status, 77);
  expect_equal(wait_child(P_PID, first, &status, 0), -ECHILD);
  expect_equal(wait_child(P_ALL, 0, &status, 0), -ECHILD);
  expect_equal(wait_child(P_PID, 1, &status, 0), -ECHILD);
  expect_equal(syscall(SYS_WAITID, P_ALL, 0, 0, 0, 0), -EINVAL);
}

// Does a kill end a sleeper, a reader and a spinner, and are others out of reach?
void kills(void) {
  for (int kind = 0; kind < 3; kind++) {
    int fds[2];
    expect_equal(make_pipe(fds), 0);
    int pid = fork();
    if (pid == 0) {
      if (kind == 0) sleep_ns(3600000 * MS);
      if (kind == 1) read(fds[0], big, 1);
      for (volatile int i = 0;; i++) {
      }
    }
    sleep_ns(10 * MS);
    expect_equal(send_signal(pid, 0), 0);
    expect_equal(send_signal(pid, kind ? SIGKILL : SIGTERM), 0);
    expect_equal(status_of_child(pid), KILLED_BY(kind ? SIGKILL : SIGTERM));
    expect_equal(send_signal(pid, SIGKILL), -ESRCH);
  }
  expect_equal(send_signal(process_id(), 999), -EINVAL);
  expect_equal(send_signal(0x3fffffff, SIGKILL), -ESRCH);
}

// Do 25 generations, each a child of the one before, all come back?
void deep_fork(void) {
  for (int depth = 0; depth < 25; depth++) {
    int pid = fork();
    expect(pid >= 0);
    if (pid > 0) exit(status_of_child(pid) == 0 ? 0 : 1);
  }
}

// What if there are no processes left? Is the refusal clean, and can all be reaped?
void fork_until_refused(void) {
  int count = 0, pid = 0, limit = on_linux ? 20 : 1000;
  while (count < limit && (pid = fork()) > 0) count++;
  if (pid == 0 && count < limit) exit(0);
  expect(count > 3);
  expect(count == limit || pid == -EAGAIN || pid == -ENOMEM);
  for (int i = 0; i < count; i++) expect(wait_child(P_ALL, 0, 0, 0) > 0);
  expect_equal(wait_child(P_ALL, 0, 0, 0), -ECHILD);
}

// Is a child whose parent is gone adopted?
void orphan(void) {
  int fds[2], adopter = 0;
  expect_equal(make_pipe(fds), 0);
  int pid = fork();
  if (pid == 0) {
    int parent = process_id();
    if (fork() == 0) {
      while (parent_id() == parent) sleep_ns(MS);
      adopter = parent_id();
      write(fds[1], &adopter, sizeof adopter);
    }
    exit(0);
  }
  expect_equal(status_of_child(pid), 0);
  expect_equal(read_all(fds[0], &adopter, sizeof adopter), sizeof adopter);
  expect(on_linux || adopter == 1);
}

// Is the list of processes true of this one and its child?
void process_list(void) {
  static struct process_info table[256];
  int found = 0, self = process_id();
  if (on_linux) return;
  int pid = fork();
  if (pid == 0)
    for (;;) sleep_ns(1000 * MS);
  int count = syscall(SYS_PROCESSES, table, 256);
  expect(count >= 3 && count <= 256);
  for (int i = 0; i < count; i++) {
    if (table[i].pid == self) found |= 1;
    if (table[i].pid == pid && table[i].parent_pid == self) found |= 2;
    if (table[i].pid == 1) found |= 4;
  }
  expect_equal(found, 7);
  for (int i = 0; i < count; i++) {
    if (table[i].pid != pid) continue;
    expect_equal(table[i].group, group_of(pid));
    expect_equal(table[i].session, session_of(pid));
    expect_equal(table[i].threads, 1);
  }
  expect_equal(syscall(SYS_PROCESSES, KERNEL_ADDRESS, 256), -EFAULT);
  send_signal(pid, SIGKILL);
  status_of_child(pid);
}

// Does exec pass arguments, keep descriptors and the pid, and drop those closed on exec?
void exec_arguments(void) {
  char word[16], kept[16], dropped[16];
  int pid = fork();
  if (pid == 0) {
    int keep = open("/dev/null", O_RDONLY), drop = open("/dev/null", O_RDONLY | O_CLOEXEC);
    format(word, sizeof word, "%d", process_id());
    format(kept, sizeof kept, "%d", keep);
    format(dropped, sizeof dropped, "%d", drop);
    char *arguments[] = {"usertests", "--exec", word, kept, dropped, "", "two words", 0};
    // Under an emulator the path is that of a program the host itself cannot run.
    exit(on_linux ? 0 : execute(self_path, arguments));
  }
  expect_equal(status_of_child(pid), 0);
}

// The other side of exec_arguments.
int after_exec(int argc, char **argv) {
  uint32_t number;
  expect_equal(argc, 7);
  expect(parse_number(argv[2], &number) && (int)number == process_id());
  expect(parse_number(argv[3], &number) && read((int)number, big, 1) == 0);
  expect(parse_number(argv[4], &number) && read((int)number, big, 1) == -EBADF);
  expect(strcmp(argv[5], "") == 0 && strcmp(argv[6], "two words") == 0 && argv[7] == 0);
  return 0;
}

// Does exec put handlers back, and keep what is ignored, held back and pending, and the timer?
void exec_signals(void) {
  if (on_linux) return;
  int pid = fork();
  if (pid == 0) {
    char *arguments[] = {"usertests", "--signals", 0};
    set_handler(SIGUSR1, count_signal, 0);
    set_handler(SIGUSR2, (void (*)(int))SIG_IGN, 0);
    change_mask(SIG_BLOCK, signal_bit(SIGTERM), 0);
    send_signal(process_id(), SIGTERM);
    set_timer(HOUR_NS, 0);
    exit(execute(self_path, arguments));
  }
  expect_equal(status_of_child(pid), 0);
}

int after_exec_signals(void) {
  struct sigaction action;
  uint64_t mask = 0;
  expect_equal(set_action(SIGUSR1, 0, &action), 0);
  expect_equal(action.handler, SIG_DFL);
  expect_equal(set_action(SIGUSR2, 0, &action), 0);
  expect_equal(action.handler, SIG_IGN);
  expect_equal(change_mask(SIG_BLOCK, 0, &mask), 0);
  expect(mask == signal_bit(SIGTERM));
  expect_equal(pending_signals(&mask), 0);
  expect(mask == signal_bit(SIGTERM));
  expect(timer_left_ns() > 0);
  return 0;
}

// Is what is no program refused, with the caller unharmed?
void exec_refused(void) {
  char *arguments[] = {"x", 0};
  static const char broken[] = "\177ELF\1\1\1\0\0\0\0\0\0\0\0\0\2\0\363\0\1\0\0\0\0\0\1\0"
                               "\377\377\377\177\0\0\0\0\0\0\0\0\064\0\040\0\377\377";
  int fd = make_file("text", "this is no program\n");
  close(fd);
  fd = open("broken", O_CREAT | O_WRONLY);
  write(fd, broken, sizeof broken);
  close(fd);
  int error = execute("text", arguments);
  expect(error == -ENOEXEC || error == -EACCES);
  error = execute("broken", arguments);
  expect(error == -ENOEXEC || error == -EACCES || error == -EINVAL);
  expect_equal(execute("nothing", arguments), -ENOENT);
  expect(execute(".", arguments) < 0);
}

// Does the kernel say its name and its last messages, and refuse to say them to nowhere?
void names_and_messages(void) {
  struct utsname name;
  expect_equal(system_name(&name), 0);
  expect(strlen(name.sysname) > 0 && strlen(name.release) > 0);
  expect_equal(strcmp(name.machine, "riscv32"), 0);
  expect_equal(syscall(SYS_UNAME, KERNEL_ADDRESS), -EFAULT);
  expect_equal(syscall(SYS_UNAME, page_before_hole() + PAGE_BYTES - 8), -EFAULT);
  if (on_linux) return;
  expect(syscall(SYS_SYSLOG, SYSLOG_SIZE_BUFFER, 0, 0) > 0);
  int got = read_kernel_log(big, sizeof big);
  expect(got > 0 && got <= (int)sizeof big);
  expect(read_kernel_log(big, 10) <= 10);
  expect_equal(syscall(SYS_SYSLOG, SYSLOG_READ_ALL, KERNEL_ADDRESS, 100), -EFAULT);
  expect_equal(syscall(SYS_SYSLOG, SYSLOG_READ_ALL, 0, 100), -EINVAL);
  expect_equal(syscall(SYS_SYSLOG, SYSLOG_READ_ALL, big, -1), -EINVAL);
  expect_equal(syscall(SYS_SYSLOG, 99, big, 10), -EINVAL);
}
