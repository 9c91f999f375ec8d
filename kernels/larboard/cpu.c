// CPUs: starting, halting, and interrupting them. A CPU here is a hart that runs this kernel; the
// structure, a page, and its scheduler stack are frames taken when it starts and given back when
// it halts, but for the boot CPU's, which are part of the image.
#include "larboard/cpu.h"

#include "larboard/frame.h"
#include "larboard/process.h"
#include "larboard/virtio.h"
#include "shared/desk.h"
#include "shared/firewall.h"
#include "shared/plic.h"
#include "shared/relief/relief.h"
#include "shared/sbi.h"
#include "shared/string.h"

struct cpu *cpus[HARTS_MAX];
u32 harts;
static struct cpu boot_cpu;

u32 cpu_number(void) { return this_cpu()->hart; }

static void announce(u32 hart) {
  desk_mark(MARK_KERNEL, frame_table.node << 12 | kernel_release);
  desk_mark(MARK_CPU_OPEN, hart);
}

void cpu_boot(u32 hart) {
  boot_cpu.hart = hart;
  boot_cpu.open = 1;
  set_this_cpu(&boot_cpu);
  cpus[hart] = &boot_cpu;
  csr_write(stvec, (u32)trap_vector);
  csr_write(sscratch, 0);
  csr_write(scounteren, 7); // user programs may read cycle, time and instret
}

void kernel_secondary_main(u32 hart, void *argument) {
  struct cpu *cpu = argument;
  set_this_cpu(cpu);
  csr_write(stvec, (u32)trap_vector);
  csr_write(sscratch, 0);
  csr_write(scounteren, 7);
  sfence_all();
  announce(hart);
  cpu_enable_devices(hart, true);
  __atomic_store_n(&cpu->open, 1, __ATOMIC_RELEASE);
  scheduler_run();
}

bool cpu_start(u32 hart) {
  u32 stack = frame_take_run(KERNEL_STACK_SIZE / PAGE_SIZE + 1, NULL);
  if (!stack) return false;
  struct cpu *cpu = memset(linear(stack + KERNEL_STACK_SIZE), 0, PAGE_SIZE);
  cpu->hart = hart;
  cpu->stack_physical = stack;
  cpu->start.stack_top = (u32)linear(stack + KERNEL_STACK_SIZE);
  cpu->start.cpu = cpu;
  cpus[hart] = cpu;
  firewall_assign(hart, frame_table.node);
  u32 entry = (u32)_start_secondary - LINEAR_OFFSET;
  if (sbi_hart_start(hart, entry, physical_of(&cpu->start)) == 0) return true;
  cpus[hart] = NULL;
  for (u32 at = 0; at <= KERNEL_STACK_SIZE; at += PAGE_SIZE) frame_release(stack + at);
  return false;
}

void cpu_interrupt(u32 hart) { sbi_send_ipi(hart); }

void cpu_enable_devices(u32 hart, bool on) {
  plic_set_threshold(hart, 0);
  plic_enable(hart, UART_IRQ, on);
  virtio_enable(hart, on);
}

// The other CPU stops as soon as it leaves the kernel: not worth a slice of somebody else's.
static void await_stopped(u32 hart) {
  while (sbi_hart_status(hart) != SBI_HSM_STOPPED) {
  }
}

// Frees a stopped CPU's structure.
static void forget(u32 hart) {
  struct cpu *cpu = cpus[hart];
  u32 stack = cpu->stack_physical;
  cpus[hart] = NULL;
  for (u32 at = 0; stack && at <= KERNEL_STACK_SIZE; at += PAGE_SIZE) frame_release(stack + at);
}

s32 cpu_halt_one(void) {
  u32 self = this_cpu()->hart;
  for (u32 hart = harts; hart-- > 0;) {
    if (hart == self || !cpus[hart] || !cpus[hart]->open) continue;
    cpus[hart]->stop = 1;
    cpu_interrupt(hart);
    await_stopped(hart);
    forget(hart);
    return (s32)hart;
  }
  return -1;
}

void cpu_stop_others(void) {
  u32 self = this_cpu()->hart;
  for (u32 hart = 0; hart < harts; hart++) {
    if (hart == self || !cpus[hart]) continue;
    cpus[hart]->stop = 1;
    cpu_interrupt(hart);
    await_stopped(hart);
  }
}

void cpu_stop_this(void) {
  u32 self = this_cpu()->hart;
  desk_mark(MARK_CPU_CLOSED, self);
  csr_write(sie, 0);
  sbi_set_timer(~0ull);
  sbi_hart_stop();
  panic("hart %u did not stop", self);
}
