// Tests the firmware from S-mode, in the kernel's place: `node scripts/qemu.mjs payload --harts 3`.
// Each check is a question; the run ends with a shutdown (exit 0), or at the first wrong answer
// with a system failure (exit 1). Runs without paging, on up to 8 harts.
#include <stdint.h>

#include "abi/machine.h"
#include "abi/sbi.h"

struct result {
  int32_t error;
  uint32_t value;
};

volatile uint32_t payload_cause[2]; // last scause; entry.S keeps a register in the second word
static volatile uint32_t reached[8], hart_at_work[8];
void payload_start(void);
void payload_main(uint32_t hart, uint32_t tree);

static struct result call(uint32_t extension, uint32_t function, uint32_t x0, uint32_t x1,
                          uint32_t x2, uint32_t x3) {
  register uint32_t a0 __asm__("a0") = x0;
  register uint32_t a1 __asm__("a1") = x1;
  register uint32_t a2 __asm__("a2") = x2;
  register uint32_t a3 __asm__("a3") = x3;
  register uint32_t a4 __asm__("a4") = 0;
  register uint32_t a6 __asm__("a6") = function;
  register uint32_t a7 __asm__("a7") = extension;
  __asm__ volatile("ecall"
                   : "+r"(a0), "+r"(a1)
                   : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
                   : "memory");
  return (struct result){(int32_t)a0, a1};
}

static void say(const char *text) {
  uint32_t length = 0;
  while (text[length]) length++;
  call(SBI_DBCN, SBI_DBCN_WRITE, length, (uint32_t)text, 0, 0);
}

// One question; a wrong answer ends the run.
static void check(int holds, const char *question) {
  say(holds ? "yes: " : "NO:  ");
  say(question);
  say("\n");
  if (!holds) call(SBI_SRST, SBI_SRST_RESET, SBI_SRST_SHUTDOWN, SBI_SRST_SYSTEM_FAILURE, 0, 0);
}

static uint32_t status(uint32_t hart) {
  return call(SBI_HSM, SBI_HSM_HART_GET_STATUS, hart, 0, 0, 0).value;
}

static uint32_t time_low(void) {
  uint32_t value;
  __asm__ volatile("rdtime %0" : "=r"(value));
  return value;
}

static uint32_t interrupts_pending(void) {
  uint32_t value;
  __asm__ volatile("csrr %0, sip" : "=r"(value));
  return value;
}

static void test_base(void) {
  struct result version = call(SBI_BASE, SBI_BASE_GET_SPEC_VERSION, 0, 0, 0, 0);
  check(version.error == 0 && version.value == SBI_SPEC_VERSION_2_0, "is this SBI 2.0?");
  check(call(SBI_BASE, SBI_BASE_PROBE_EXTENSION, SBI_HSM, 0, 0, 0).value == 1, "is HSM offered?");
  check(call(SBI_BASE, SBI_BASE_PROBE_EXTENSION, 0x504d55, 0, 0, 0).value == 0, "is PMU absent?");
  check(call(0x1234567, 0, 0, 0, 0, 0).error == SBI_ERR_NOT_SUPPORTED, "is nonsense refused?");
}

static void test_protection(void) {
  payload_cause[0] = 0;
  (void)*(volatile uint32_t *)FIRMWARE_BASE;
  check(payload_cause[0] == 5, "does a load from the firmware fault in S-mode?");
  struct result write = call(SBI_DBCN, SBI_DBCN_WRITE, 4, FIRMWARE_BASE, 0, 0);
  check(write.error == SBI_ERR_INVALID_PARAM, "is the firmware's memory not printed?");
  write = call(SBI_DBCN, SBI_DBCN_WRITE, 0xffffffff, KERNEL_BASE, 0, 0);
  check(write.error == SBI_ERR_INVALID_PARAM, "is a ridiculous length refused?");
}

static void test_timer(void) {
  // far away: elsewhere time goes on while the host does other things
  call(SBI_TIME, SBI_TIME_SET_TIMER, time_low() + 100000000, 0, 0, 0);
  check(!(interrupts_pending() & 0x20), "is a later timer quiet?");
  uint32_t begun = time_low();
  call(SBI_TIME, SBI_TIME_SET_TIMER, begun + 20000, 0, 0, 0);
  __asm__ volatile("csrs sie, %0" ::"r"(0x20));
  call(SBI_HSM, SBI_HSM_HART_SUSPEND, 0, 0, 0, 0);
  check(time_low() - begun >= 20000, "does suspend last until the timer?");
  check(interrupts_pending() & 0x20, "is the timer pending in S-mode?");
  __asm__ volatile("csrc sie, %0" ::"r"(0x20));
  call(SBI_TIME, SBI_TIME_SET_TIMER, 0xffffffff, 0xffffffff, 0, 0);
  check(!(interrupts_pending() & 0x20), "does set_timer clear it?");
}

static void hart_says_and_stops(uint32_t hart) {
  reached[hart]++;
  call(SBI_HSM, SBI_HSM_HART_STOP, 0, 0, 0, 0);
}

static void hart_hangs(uint32_t hart) {
  reached[hart]++;
  for (;;) {
  }
}

// Fences all harts again and again while the others do the same.
static void hart_fences(uint32_t hart) {
  for (uint32_t round = 0; round < 1000; round++) {
    uint32_t size = round % 3 ? 4096 * (round % 100) : 0xffffffff;
    uint32_t function = round % 4 ? SBI_RFENCE_SFENCE_VMA : SBI_RFENCE_FENCE_I;
    call(SBI_RFENCE, function, 0, 0xffffffff, 0x1000 * round, size);
    hart_at_work[hart] = round + 1;
  }
  reached[hart]++;
  if (hart != 0) call(SBI_HSM, SBI_HSM_HART_STOP, 0, 0, 0, 0);
}

static struct result start(uint32_t hart, void (*function)(uint32_t)) {
  uint32_t address = (uint32_t)payload_start;
  return call(SBI_HSM, SBI_HSM_HART_START, hart, address, (uint32_t)function, 0);
}

static void await_count(uint32_t hart, uint32_t count) {
  while (reached[hart] < count) {
  }
}

static void await_stopped(uint32_t hart) {
  while (status(hart) != SBI_HSM_STOPPED) {
  }
}

static void test_start_stop(void) {
  check(status(0) == SBI_HSM_STARTED && status(1) == SBI_HSM_STOPPED, "who is started?");
  struct result missing = call(SBI_HSM, SBI_HSM_HART_GET_STATUS, 512, 0, 0, 0);
  check(missing.error == SBI_ERR_INVALID_PARAM, "is a hart that does not exist refused?");
  struct result bad = call(SBI_HSM, SBI_HSM_HART_START, 1, FIRMWARE_BASE + 64, 0, 0);
  check(bad.error == SBI_ERR_INVALID_ADDRESS, "is a start inside the firmware refused?");
  check(start(0, hart_hangs).error == SBI_ERR_ALREADY_AVAILABLE, "can a started hart start?");
  for (uint32_t round = 1; round <= 200; round++) {
    if (start(1, hart_says_and_stops).error != 0) check(0, "does hart 1 start?");
    await_count(1, round);
    await_stopped(1);
  }
  check(1, "does a hart start and stop 200 times?");
}

static void test_force_stop(void) {
  struct result result = call(SBI_QUARTERDECK, 0, 1, 0, 0, 0);
  check(result.error == SBI_ERR_ALREADY_STOPPED, "is a stopped hart not stopped again?");
  check(call(SBI_QUARTERDECK, 0, 0, 0, 0, 0).error == SBI_ERR_INVALID_PARAM, "nor the caller?");
  for (uint32_t round = 0; round < 200; round++) {
    uint32_t before = reached[1];
    if (start(1, hart_hangs).error != 0) check(0, "does it start after a forced stop?");
    if (round % 2) await_count(1, before + 1);
    if (call(SBI_QUARTERDECK, 0, 1, 0, 0, 0).error != 0) check(0, "can it be forced to stop?");
    if (status(1) != SBI_HSM_STOPPED) check(0, "is it stopped on return?");
  }
  check(1, "can a hung hart be forced to stop 200 times?");
}

static void test_fences(void) {
  uint32_t before = reached[1];
  start(1, hart_fences);
  start(2, hart_fences);
  hart_fences(0);
  await_count(1, before + 1);
  await_stopped(1);
  await_stopped(2);
  check(1, "do three harts that fence each other all get on?");
  struct result result = call(SBI_RFENCE, 0, 1, 600, 0, 0);
  check(result.error == SBI_ERR_INVALID_PARAM, "is a mask of missing harts refused?");
}

static void test_ipi(void) {
  __asm__ volatile("csrc sip, %0" ::"r"(2));
  call(SBI_IPI, SBI_IPI_SEND, 1, 0, 0, 0);
  while (!(interrupts_pending() & 2)) {
  }
  __asm__ volatile("csrc sip, %0" ::"r"(2));
  check(!(interrupts_pending() & 2), "does an IPI arrive, and can S-mode clear it?");
}

// The legacy calls, with sets of harts in memory.
static void test_legacy(void) {
  uint32_t set[16] = {1}, probes = 0;
  for (uint32_t extension = 0; extension <= 8; extension++)
    probes += call(SBI_BASE, SBI_BASE_PROBE_EXTENSION, extension, 0, 0, 0).value == 1;
  check(probes == 9, "are all legacy calls offered?");
  call(SBI_LEGACY_SEND_IPI, 0, (uint32_t)set, 0, 0, 0);
  while (!(interrupts_pending() & 2)) {
  }
  call(SBI_LEGACY_CLEAR_IPI, 0, 0, 0, 0, 0);
  check(!(interrupts_pending() & 2), "does a legacy IPI arrive, and can it be cleared?");
  call(SBI_LEGACY_SEND_IPI, 0, 0, 0, 0, 0);
  while (!(interrupts_pending() & 2)) {
  }
  call(SBI_LEGACY_CLEAR_IPI, 0, 0, 0, 0, 0);
  check(1, "does address 0 mean all harts?");
  for (uint32_t extension = SBI_LEGACY_REMOTE_FENCE_I; extension <= 7; extension++)
    if (call(extension, 0, (uint32_t)set, 0x1000, 0x2000, 3).error != 0)
      check(0, "is a legacy fence done?");
  // Not where code lies: with MPRV, QEMU 7.2 lets loads pass where it has just fetched.
  uint32_t closed = FIRMWARE_BASE + FIRMWARE_SIZE - 4096;
  struct result bad = call(SBI_LEGACY_REMOTE_FENCE_I, 0, closed, 0, 0, 0);
  check(bad.error == SBI_ERR_INVALID_ADDRESS, "is a set that S-mode cannot read refused?");
  bad = call(SBI_LEGACY_SEND_IPI, 0, 0x18000000, 0, 0, 0);
  check(bad.error == SBI_ERR_INVALID_ADDRESS, "and one where there is no memory?");
  set[0] = 0x80000000;
  bad = call(SBI_LEGACY_SEND_IPI, 0, (uint32_t)set, 0, 0, 0);
  check(bad.error == SBI_ERR_INVALID_PARAM, "and one with a hart that does not exist?");
  check(call(SBI_LEGACY_CONSOLE_PUTCHAR, 0, '.', 0, 0, 0).error == 0, "is a byte printed?");
}

static volatile uint32_t resumed;

// Hart 1, twice: suspends so that its registers are lost, and comes back here by its address.
static void hart_sleeps(uint32_t hart) {
  uint32_t address = (uint32_t)payload_start;
  __asm__ volatile("csrw sie, %0" ::"r"(2));
  if (interrupts_pending() & 2) {
    resumed++;
    __asm__ volatile("csrc sip, %0" ::"r"(2));
    call(SBI_HSM, SBI_HSM_HART_STOP, 0, 0, 0, 0);
  }
  reached[hart]++;
  call(SBI_HSM, SBI_HSM_HART_SUSPEND, SBI_HSM_SUSPEND_NON_RETENTIVE, address, (uint32_t)hart_sleeps,
       0);
  check(0, "does a non-retentive suspend not return?");
}

static void test_suspend(void) {
  uint32_t before = reached[1];
  struct result bad = call(SBI_HSM, SBI_HSM_HART_SUSPEND, 1, 0, 0, 0);
  check(bad.error == SBI_ERR_INVALID_PARAM, "is a reserved kind of suspend refused?");
  bad = call(SBI_HSM, SBI_HSM_HART_SUSPEND, 0x90000000, (uint32_t)payload_start, 0, 0);
  check(bad.error == SBI_ERR_INVALID_PARAM, "and a platform's?");
  bad = call(SBI_HSM, SBI_HSM_HART_SUSPEND, SBI_HSM_SUSPEND_NON_RETENTIVE, FIRMWARE_BASE, 0, 0);
  check(bad.error == SBI_ERR_INVALID_ADDRESS, "and one that would wake in the firmware?");
  start(1, hart_sleeps);
  await_count(1, before + 1);
  while (status(1) != SBI_HSM_SUSPENDED) {
  }
  bad = call(SBI_HSM, SBI_HSM_HART_START, 1, (uint32_t)payload_start, 0, 0);
  check(bad.error == SBI_ERR_ALREADY_AVAILABLE, "can a suspended hart not be started?");
  call(SBI_IPI, SBI_IPI_SEND, 2, 0, 0, 0);
  await_stopped(1);
  check(resumed == 1, "does an IPI wake it at its address, and stay pending?");
}

void payload_main(uint32_t hart, uint32_t tree) {
  check(hart == 0 && *(volatile uint32_t *)tree == 0xedfe0dd0, "is the device tree handed on?");
  test_base();
  test_protection();
  test_timer();
  test_start_stop();
  test_force_stop();
  test_fences();
  test_ipi();
  test_legacy();
  test_suspend();
  say("payload: all answers right\n");
  call(SBI_SRST, SBI_SRST_RESET, SBI_SRST_SHUTDOWN, SBI_SRST_NO_REASON, 0, 0);
}
