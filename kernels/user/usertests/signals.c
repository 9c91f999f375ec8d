// Questions about signals: handlers, masks, what they interrupt, and the interval timer.
#include "test.h"

#define IGNORE ((void (*)(int))SIG_IGN)
#define DEFAULT ((void (*)(int))SIG_DFL)

static int self_kill(int signal) {
  return send_signal(process_id(), signal);
}

static uint64_t mask_now(void) {
  uint64_t mask = 0;
  expect_equal(change_mask(SIG_BLOCK, 0, &mask), 0);
  return mask;
}

static uint64_t pending_now(void) {
  uint64_t mask = 0;
  expect_equal(pending_signals(&mask), 0);
  return mask;
}

// --- Handlers

static struct siginfo seen_info;
static volatile uint64_t seen_mask;

static void keep_info(int signal, struct siginfo *info, struct ucontext *context) {
  (void)context;
  seen_info = *info;
  seen_mask = mask_now();
  count_signal(signal);
}

// Does a handler run before kill of oneself returns, with the signal's number and information?
void handler_runs(void) {
  expect_equal(set_info_handler(SIGUSR1, keep_info, 0), 0);
  expect_equal(self_kill(SIGUSR1), 0);
  expect_equal(caught, 1);
  expect_equal(last_caught, SIGUSR1);
  expect_equal(seen_info.signo, SIGUSR1);
  expect_equal(seen_info.code, SI_USER);
  expect(seen_mask == signal_bit(SIGUSR1));
  expect(mask_now() == 0);
  struct sigaction old;
  expect_equal(set_action(SIGUSR1, 0, &old), 0);
  expect_equal(old.handler, (uint32_t)keep_info);
  expect_equal(old.flags, SA_SIGINFO);
}

static volatile uint32_t noise;
static void make_noise(int signal) {
  for (uint32_t i = 0; i < 200; i++) noise = mix32(noise + i);
  count_signal(signal);
}

// Do a program's registers survive handlers that come at any time?
void handler_keeps_registers(void) {
  uint32_t first = 0, second = 0, rounds = 0;
  for (uint32_t i = 0; i < 100000; i++) first = mix32(first ^ i) + (first >> 3);
  expect_equal(set_handler(SIGALRM, make_noise, 0), 0);
  expect_equal(set_timer(MS, MS), 0);
  while (caught < 20 && rounds++ < 5000) {
    second = 0;
    for (uint32_t i = 0; i < 100000; i++) second = mix32(second ^ i) + (second >> 3);
    expect(first == second);
  }
  expect(caught >= 20);
}

// Is a blocked signal held back, once, until it is unblocked?
void masks_hold_back(void) {
  uint64_t old = 1;
  expect_equal(set_handler(SIGUSR1, count_signal, 0), 0);
  expect_equal(change_mask(SIG_BLOCK, signal_bit(SIGUSR1) | signal_bit(SIGUSR2), &old), 0);
  expect(old == 0);
  expect(pending_now() == 0);
  expect_equal(self_kill(SIGUSR1), 0);
  expect_equal(self_kill(SIGUSR1), 0);
  expect_equal(caught, 0);
  expect(pending_now() == signal_bit(SIGUSR1));
  expect_equal(change_mask(SIG_UNBLOCK, signal_bit(SIGUSR1), &old), 0);
  expect(old == (signal_bit(SIGUSR1) | signal_bit(SIGUSR2)));
  expect_equal(caught, 1);
  expect(pending_now() == 0);
  expect(mask_now() == signal_bit(SIGUSR2));
  expect_equal(change_mask(SIG_SETMASK, 0, 0), 0);
  expect(mask_now() == 0);
}

// Can the two signals that nobody may hold back be blocked or caught?
void unblockable(void) {
  uint64_t both = signal_bit(SIGKILL) | signal_bit(SIGSTOP);
  expect_equal(change_mask(SIG_BLOCK, both | signal_bit(SIGHUP), 0), 0);
  expect(mask_now() == signal_bit(SIGHUP));
  expect_equal(set_handler(SIGKILL, count_signal, 0), -EINVAL);
  expect_equal(set_handler(SIGSTOP, IGNORE, 0), -EINVAL);
  int pid = fork();
  if (pid == 0)
    for (;;) sleep_ns(HOUR_NS);
  expect_equal(send_signal(pid, SIGKILL), 0);
  expect_equal(status_of_child(pid), KILLED_BY(SIGKILL));
}

static volatile int depth, depth_max;
static void send_again(int signal) {
  if (++depth > depth_max) depth_max = depth;
  seen_mask = mask_now();
  if (caught++ < 3) self_kill(signal);
  depth--;
}

// Does a handler hold back its own signal and those of its mask, unless it says SA_NODEFER?
void handler_masks(void) {
  struct sigaction action = {.handler = (uint32_t)send_again};
  action.mask[0] = (uint32_t)signal_bit(SIGUSR2);
  expect_equal(set_action(SIGUSR1, &action, 0), 0);
  self_kill(SIGUSR1);
  expect_equal(caught, 4);
  expect_equal(depth_max, 1);
  // An emulator may look for the action's mask elsewhere.
  if (!on_linux) expect(seen_mask == (signal_bit(SIGUSR1) | signal_bit(SIGUSR2)));
  expect(mask_now() == 0);
  action.flags = SA_NODEFER;
  expect_equal(set_action(SIGUSR1, &action, 0), 0);
  caught = 0;
  self_kill(SIGUSR1);
  expect_equal(caught, 4);
  expect_equal(depth_max, 4);
  if (!on_linux) expect(seen_mask == signal_bit(SIGUSR2));
}

static void reset_then_die(void) {
  set_handler(SIGUSR1, count_signal, SA_RESETHAND);
  self_kill(SIGUSR1);
  expect_equal(caught, 1);
  self_kill(SIGUSR1);
}

// Does SA_RESETHAND serve once?
void handler_once(void) {
  expect_equal(in_child(reset_then_die), KILLED_BY(SIGUSR1));
}

// Is an ignored signal gone, also one that was pending?
void ignored_signals(void) {
  expect_equal(set_handler(SIGTERM, IGNORE, 0), 0);
  expect_equal(self_kill(SIGTERM), 0);
  expect_equal(change_mask(SIG_BLOCK, signal_bit(SIGUSR1), 0), 0);
  expect_equal(set_handler(SIGUSR1, count_signal, 0), 0);
  expect_equal(self_kill(SIGUSR1), 0);
  expect_equal(set_handler(SIGUSR1, IGNORE, 0), 0);
  expect(pending_now() == 0);
  expect_equal(set_handler(SIGUSR1, count_signal, 0), 0);
  expect_equal(change_mask(SIG_UNBLOCK, signal_bit(SIGUSR1), 0), 0);
  expect_equal(caught, 0);
}

// What does each signal do that nobody asked for?
void default_actions(void) {
  static const int harmless[] = {SIGCHLD, SIGCONT, SIGURG, SIGWINCH};
  static const int deadly[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGUSR1,
                               SIGUSR2, SIGPIPE, SIGALRM, SIGTERM};
  for (unsigned i = 0; i < sizeof harmless / sizeof *harmless; i++)
    expect_equal(self_kill(harmless[i]), 0);
  for (unsigned i = 0; i < sizeof deadly / sizeof *deadly; i++) {
    int pid = fork();
    if (pid == 0) {
      set_handler(deadly[i], DEFAULT, 0); // in a job in the background some are ignored
      self_kill(deadly[i]);
      exit(0);
    }
    expect_equal(status_of_child(pid), KILLED_BY(deadly[i]));
  }
  for (int signal = SIGSTOP; !on_linux && signal <= SIGTTOU; signal++)
    expect_equal(self_kill(signal), -EINVAL);
}

// Does a child inherit handlers and mask, but nothing pending and no timer?
void signals_after_fork(void) {
  expect_equal(set_handler(SIGUSR1, count_signal, 0), 0);
  expect_equal(change_mask(SIG_BLOCK, signal_bit(SIGUSR1), 0), 0);
  expect_equal(self_kill(SIGUSR1), 0);
  expect_equal(set_timer(HOUR_NS, 0), 0);
  int pid = fork();
  if (pid == 0) {
    expect(mask_now() == signal_bit(SIGUSR1));
    expect(pending_now() == 0);
    expect(timer_left_ns() == 0);
    self_kill(SIGUSR1);
    change_mask(SIG_UNBLOCK, signal_bit(SIGUSR1), 0);
    expect_equal(caught, 1);
    exit(0);
  }
  expect_equal(status_of_child(pid), 0);
  expect(pending_now() == signal_bit(SIGUSR1));
  expect(timer_left_ns() > 0);
}

// --- Waiting, and what is interrupted

// Does sigsuspend wait under its own mask, and give the old one back?
void suspend(void) {
  expect_equal(set_info_handler(SIGUSR1, keep_info, 0), 0);
  expect_equal(set_handler(SIGUSR2, count_signal, 0), 0);
  uint64_t both = signal_bit(SIGUSR1) | signal_bit(SIGUSR2);
  expect_equal(change_mask(SIG_BLOCK, both, 0), 0);
  expect_equal(self_kill(SIGUSR2), 0);
  int pid = signal_after_ns(20 * MS, SIGUSR1);
  expect_equal(await_signal(signal_bit(SIGUSR2)), -EINTR);
  expect_equal(caught, 1);
  expect(seen_mask == both);
  expect(mask_now() == both);
  expect(pending_now() == signal_bit(SIGUSR2));
  expect_equal(await_signal(0), -EINTR);
  expect_equal(last_caught, SIGUSR2);
  expect_equal(status_of_child(pid), 0);
}

// Is a read from an empty pipe interrupted, or issued again under SA_RESTART?
void interrupted_read(void) {
  int fds[2];
  expect_equal(make_pipe(fds), 0);
  expect_equal(set_handler(SIGUSR1, count_signal, 0), 0);
  int pid = signal_after_ns(20 * MS, SIGUSR1);
  expect_equal(read(fds[0], big, 1), -EINTR);
  expect_equal(status_of_child(pid), 0);
  expect_equal(set_handler(SIGUSR1, count_signal, SA_RESTART), 0);
  pid = signal_after_ns(20 * MS, SIGUSR1);
  int writer = fork();
  if (writer == 0) {
    sleep_ns(60 * MS);
    exit(write(fds[1], "z", 1) == 1 ? 0 : 1);
  }
  expect_equal(read(fds[0], big, 1), 1);
  expect_equal(caught, 2);
  expect_equal(status_of_child(pid), 0);
  expect_equal(status_of_child(writer), 0);
}

// Does an interrupted write say how much it wrote, and lose nothing?
void interrupted_write(void) {
  int fds[2], total = 0, got;
  expect_equal(make_pipe(fds), 0);
  expect_equal(set_handler(SIGUSR1, count_signal, 0), 0);
  expect_equal(control(fds[1], F_SETFL, O_NONBLOCK), 0);
  while ((got = write(fds[1], big, PAGE_BYTES)) > 0) total += got;
  expect_equal(control(fds[1], F_SETFL, 0), 0);
  expect_equal(read(fds[0], big, PAGE_BYTES), PAGE_BYTES);
  int pid = signal_after_ns(20 * MS, SIGUSR1);
  int written = write(fds[1], big, 2 * PAGE_BYTES);
  expect(written > 0 && written <= (int)PAGE_BYTES);
  expect_equal(caught, 1);
  total += written - (int)PAGE_BYTES;
  expect_equal(control(fds[0], F_SETFL, O_NONBLOCK), 0);
  while ((got = read(fds[0], big, sizeof big)) > 0) total -= got;
  expect_equal(total, 0);
  expect_equal(status_of_child(pid), 0);
}

// Does a signal end a sleep, whatever SA_RESTART says, and is the rest of it right?
void interrupted_sleep(void) {
  struct timespec64 hour = {3600, 0}, rest = {0, 0};
  expect_equal(set_handler(SIGUSR1, count_signal, SA_RESTART), 0);
  int pid = signal_after_ns(20 * MS, SIGUSR1);
  expect_equal(syscall(SYS_CLOCK_NANOSLEEP_TIME64, CLOCK_MONOTONIC, 0, &hour, &rest), -EINTR);
  expect_equal(caught, 1);
  expect(rest.seconds == 3599);
  expect_equal(status_of_child(pid), 0);
}

// Is a wait for a child interrupted, or issued again?
void interrupted_wait(void) {
  int fds[2];
  expect_equal(make_pipe(fds), 0);
  expect_equal(set_handler(SIGUSR1, count_signal, 0), 0);
  int sleeper = fork();
  if (sleeper == 0) exit(read(fds[0], big, 1) == 1 ? 7 : 1);
  int pid = signal_after_ns(20 * MS, SIGUSR1), status;
  expect_equal(wait_child(P_PID, sleeper, &status, 0), -EINTR);
  expect_equal(status_of_child(pid), 0);
  expect_equal(set_handler(SIGUSR1, count_signal, SA_RESTART), 0);
  pid = fork();
  if (pid == 0) {
    sleep_ns(20 * MS);
    send_signal(parent_id(), SIGUSR1);
    sleep_ns(20 * MS);
    exit(write(fds[1], "x", 1) == 1 ? 0 : 1);
  }
  expect_equal(wait_child(P_PID, sleeper, &status, 0), sleeper);
  expect_equal(status, 7);
  expect_equal(caught, 2);
  expect_equal(status_of_child(pid), 0);
}

// Does a signal without a handler that does nothing leave a call alone?
void uninterrupted(void) {
  int fds[2];
  expect_equal(make_pipe(fds), 0);
  expect_equal(set_handler(SIGTERM, IGNORE, 0), 0);
  int parent = process_id(), pid = fork();
  if (pid == 0) {
    sleep_ns(20 * MS);
    send_signal(parent, SIGTERM);
    send_signal(parent, SIGWINCH);
    sleep_ns(20 * MS);
    exit(write(fds[1], "y", 1) == 1 ? 0 : 1);
  }
  expect_equal(read(fds[0], big, 1), 1);
  expect_equal(status_of_child(pid), 0);
}

// Is the parent told by SIGCHLD, and does nothing stay of children it ignores?
void child_signals(void) {
  expect_equal(set_handler(SIGCHLD, count_signal, SA_RESTART), 0);
  int pid = fork();
  if (pid == 0) exit(3);
  expect_equal(status_of_child(pid), 3);
  expect_equal(caught, 1);
  expect_equal(set_handler(SIGCHLD, IGNORE, 0), 0);
  pid = fork();
  if (pid == 0) exit(4);
  expect_equal(wait_child(P_PID, pid, 0, 0), -ECHILD);
}

#define NAPS 8
#define NAP_NS (50 * MS)

int after_exec_nap(const char *number) {
  sleep_ns((number[0] - '0' + 1) * NAP_NS);
  return 0;
}

static int children(void) {
  static struct process_info table[128];
  int found = 0, count = syscall(SYS_PROCESSES, table, 128);
  for (int i = 0; i < count; i++) found += table[i].parent_pid == process_id();
  return found;
}

// Do children whose parent does not want to know leave nothing behind, wherever they end? They
// share no memory with it: in a relief that moves groups they move by themselves.
void unwanted_children(void) {
  char number[2] = "0", *arguments[] = {self_path, "--nap", number, 0};
  expect_equal(set_handler(SIGCHLD, IGNORE, 0), 0);
  for (int i = 0; i < NAPS; i++) {
    number[0] = (char)('0' + i);
    int pid = fork();
    expect(pid >= 0);
    if (pid == 0) exit(execute(self_path, arguments) < 0);
  }
  sleep_ns((NAPS + 2) * NAP_NS);
  if (on_linux) return;
  for (int tries = 0; children() && tries < 100; tries++) sleep_ns(5 * MS); // one may be on its way
  expect_equal(children(), 0);
  expect_equal(wait_child(P_ALL, 0, 0, WNOHANG), -ECHILD);
}

// --- Faults

static char *fault_page;

static void repair(int signal, struct siginfo *info, struct ucontext *context) {
  (void)context;
  seen_info = *info;
  count_signal(signal);
  syscall(SYS_MMAP2, fault_page, PAGE_BYTES, READ_WRITE, ANONYMOUS | MAP_FIXED, -1, 0);
}

// Can a handler mend what faulted, and is it told where and why?
void fault_handlers(void) {
  fault_page = page_before_hole() + PAGE_BYTES;
  volatile char *place = fault_page + 100;
  expect_equal(set_info_handler(SIGSEGV, repair, 0), 0);
  *place = 5;
  expect_equal(*place, 5);
  expect_equal(caught, 1);
  expect_equal(seen_info.signo, SIGSEGV);
  expect_equal(seen_info.code, SEGV_MAPERR);
  expect_equal(seen_info.pid, (uint32_t)place);
  expect_equal(protect_memory(fault_page, PAGE_BYTES, PROT_READ), 0);
  *place = 6;
  expect_equal(caught, 2);
  expect_equal(seen_info.code, SEGV_ACCERR);
  expect_equal(seen_info.pid, (uint32_t)place);
}

static void skip_instruction(int signal, struct siginfo *info, struct ucontext *context) {
  seen_info = *info;
  count_signal(signal);
  context->registers[0] += 4;
  context->registers[10] = 77;
}

// Do changes of the frame reach the program: its pc, and a0?
void handler_changes_frame(void) {
  if (on_linux) return; // emulators disagree about the frame
  register uint32_t a0 __asm__("a0") = 0;
  expect_equal(set_info_handler(SIGILL, skip_instruction, 0), 0);
  __asm__ volatile(".word 0" : "+r"(a0));
  uint32_t got = a0;
  expect_equal(got, 77);
  expect_equal(caught, 1);
}

static void fault_blocked(void) {
  set_handler(SIGSEGV, count_signal, 0);
  change_mask(SIG_BLOCK, signal_bit(SIGSEGV), 0);
  (void)*(volatile int *)0;
}
static void fault_ignored(void) {
  set_handler(SIGSEGV, IGNORE, 0);
  (void)*(volatile int *)0;
}
static void fault_in_handler(int signal) {
  (void)signal;
  (void)*(volatile int *)0;
}
static void fault_twice(void) {
  set_handler(SIGSEGV, fault_in_handler, 0);
  (void)*(volatile int *)0;
}

// Does a fault that cannot be handled end the process, and not go on for ever?
void fault_without_way_out(void) {
  expect_equal(in_child(fault_blocked), KILLED_BY(SIGSEGV));
  expect_equal(in_child(fault_ignored), KILLED_BY(SIGSEGV));
  expect_equal(in_child(fault_twice), KILLED_BY(SIGSEGV));
}

static void handler_nowhere(void) {
  set_handler(SIGUSR1, (void (*)(int))UNMAPPED_ADDRESS, 0);
  self_kill(SIGUSR1);
}
static void handler_in_kernel(void) {
  set_handler(SIGUSR1, (void (*)(int))KERNEL_ADDRESS, 0);
  self_kill(SIGUSR1);
}
// Calls kill(a0, a1) with sp somewhere bad.
static void kill_on_stack(uint32_t bad) {
  register uint32_t a0 __asm__("a0") = (uint32_t)process_id();
  register uint32_t a1 __asm__("a1") = SIGUSR1;
  register uint32_t a7 __asm__("a7") = SYS_KILL;
  set_handler(SIGUSR1, count_signal, 0);
  __asm__ volatile("mv sp, %3\n ecall\n 1: j 1b"
                   : "+r"(a0)
                   : "r"(a1), "r"(a7), "r"(bad)
                   : "memory");
}
static void handler_without_stack(void) {
  kill_on_stack(0);
}
static void handler_on_kernel_stack(void) {
  kill_on_stack(KERNEL_ADDRESS + 8192);
}
static void handler_on_text(void) {
  kill_on_stack(((uint32_t)&handler_on_text & -16u) + 512);
}
static void return_from(uint32_t frame) {
  register uint32_t a7 __asm__("a7") = SYS_RT_SIGRETURN;
  __asm__ volatile("mv sp, %1\n ecall\n 1: j 1b" : : "r"(a7), "r"(frame) : "memory");
}
static void return_from_nothing(void) {
  return_from(0);
}
static void return_from_kernel(void) {
  return_from(KERNEL_ADDRESS);
}
static void return_to_kernel(void) {
  static struct signal_frame frame __attribute__((aligned(16)));
  frame.context.registers[0] = KERNEL_ADDRESS;
  return_from((uint32_t)&frame);
}

// What if handler, stack or frame are ridiculous? Only the process itself may die of it.
void hostile_frames(void) {
  static void (*const acts[])(void) = {handler_nowhere,     handler_without_stack,
                                       handler_on_text,     return_from_nothing,
                                       handler_in_kernel,   handler_on_kernel_stack,
                                       return_from_kernel,  return_to_kernel};
  int count = on_linux ? 4 : sizeof acts / sizeof *acts;
  for (int i = 0; i < count; i++) expect_equal(in_child(acts[i]), KILLED_BY(SIGSEGV));
}

// Are bad numbers and pointers refused by each call about signals?
void signal_arguments(void) {
  struct sigaction action = {.handler = (uint32_t)count_signal};
  uint64_t mask = 0;
  static const uint32_t bad[] = {KERNEL_ADDRESS, UNMAPPED_ADDRESS, 0xfffffffc};
  expect_equal(set_action(0, &action, 0), -EINVAL);
  expect_equal(set_action(NSIG + 1, &action, 0), -EINVAL);
  expect_equal(set_action(-1, &action, 0), -EINVAL);
  expect_equal(syscall(SYS_RT_SIGACTION, SIGUSR1, &action, 0, 4), -EINVAL);
  expect_equal(syscall(SYS_RT_SIGPROCMASK, 9, &mask, 0, 8), -EINVAL);
  expect_equal(syscall(SYS_RT_SIGPROCMASK, SIG_BLOCK, &mask, 0, 16), -EINVAL);
  expect_equal(syscall(SYS_RT_SIGPROCMASK, 9, 0, &mask, 8), 0); // no new mask: `how` is not read
  expect_equal(syscall(SYS_RT_SIGSUSPEND, &mask, 4), -EINVAL);
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    expect_equal(syscall(SYS_RT_SIGACTION, SIGUSR1, bad[i], 0, 8), -EFAULT);
    expect_equal(syscall(SYS_RT_SIGACTION, SIGUSR1, 0, bad[i], 8), -EFAULT);
    expect_equal(syscall(SYS_RT_SIGPROCMASK, SIG_BLOCK, bad[i], 0, 8), -EFAULT);
    expect_equal(syscall(SYS_RT_SIGPROCMASK, SIG_BLOCK, 0, bad[i], 8), -EFAULT);
    expect_equal(syscall(SYS_RT_SIGPENDING, bad[i], 8), -EFAULT);
    expect_equal(syscall(SYS_RT_SIGSUSPEND, bad[i], 8), -EFAULT);
    expect_equal(syscall(SYS_SETITIMER, ITIMER_REAL, bad[i], 0), -EFAULT);
    expect_equal(syscall(SYS_GETITIMER, ITIMER_REAL, bad[i]), -EFAULT);
  }
  char *end = page_before_hole() + PAGE_BYTES;
  expect_equal(syscall(SYS_RT_SIGACTION, SIGUSR1, end - 8, 0, 8), -EFAULT);
  expect_equal(syscall(SYS_RT_SIGPROCMASK, SIG_BLOCK, end - 4, 0, 8), -EFAULT);
}

// --- The interval timer

// Does the timer come once, not early, and say how long it still has?
void timer_once(void) {
  expect_equal(set_handler(SIGALRM, count_signal, 0), 0);
  int64_t begun = now_ns();
  expect_equal(set_timer(30 * MS, 0), 0);
  int64_t left = timer_left_ns();
  expect(left > 0 && left <= 30 * MS);
  expect_equal(sleep_ns(HOUR_NS), -EINTR);
  int64_t lasted = now_ns() - begun;
  expect(lasted >= 30 * MS && lasted < 500 * MS);
  expect(timer_left_ns() == 0);
  sleep_ns(60 * MS);
  expect_equal(caught, 1);
}

// Does the timer come again and again, until it is stopped?
void timer_interval(void) {
  struct itimerval old, never = {{0, 0}, {0, 0}};
  expect_equal(set_handler(SIGALRM, count_signal, 0), 0);
  int64_t begun = now_ns();
  expect_equal(set_timer(20 * MS, 10 * MS), 0);
  while (caught < 10) sleep_ns(HOUR_NS);
  expect(now_ns() - begun >= 110 * MS);
  expect_equal(syscall(SYS_SETITIMER, ITIMER_REAL, &never, &old), 0);
  expect_equal(old.interval.microseconds, 10000);
  int before = caught;
  sleep_ns(40 * MS);
  expect_equal(caught, before);
}

static void die_of_timer(void) {
  set_timer(5 * MS, 0);
  for (volatile int i = 0;; i++) {
  }
}

// Does the timer end a program that spins and has no handler? Are nonsense times refused?
void timer_arguments(void) {
  struct itimerval bad = {{0, 0}, {0, 1000000}}, negative = {{0, 0}, {-1, 0}};
  expect_equal(in_child(die_of_timer), KILLED_BY(SIGALRM));
  expect_equal(syscall(SYS_SETITIMER, ITIMER_REAL, &bad, 0), -EINVAL);
  expect_equal(syscall(SYS_SETITIMER, ITIMER_REAL, &negative, 0), -EINVAL);
  expect_equal(syscall(SYS_SETITIMER, 77, &bad, 0), -EINVAL);
  expect_equal(syscall(SYS_GETITIMER, 77, &bad), -EINVAL);
}
