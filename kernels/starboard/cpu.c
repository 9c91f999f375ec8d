// Bringing CPUs up and down through the firmware's hart state management. A CPU that has been
// stopped keeps its structure and stack, and can be started again.
#include "cpu.h"

#include "frame.h"
#include "interrupt.h"
#include "process.h"
#include "scheduler.h"
#include "shared/sbi.h"
#include "shared/trap.h"

struct cpu *cpus[HARTS_MAX];
u32 harts;
bool cpus_stop;
static struct cpu first_cpu;
static u32 open_count;

u32 cpu_number(void) { return this_cpu()->number; }

static void cpu_init(struct cpu *cpu, u32 hart) {
  cpu->number = hart;
  scheduler_begin(cpu);
  cpus[hart] = cpu;
}

// Registers every CPU of this kernel has: traps to us, SIE off, counters open to programs.
static void set_registers(struct cpu *cpu) {
  __asm__ volatile("mv tp, %0" : : "r"(cpu));
  csr_write(sscratch, 0);
  csr_write(stvec, trap_vector);
  csr_write(scounteren, 7); // cycle, time, instret
  csr_clear(sstatus, SSTATUS_SIE);
}

void cpu_begin(u32 hart) {
  set_registers(&first_cpu);
  cpu_init(&first_cpu, hart);
  // Should it be stopped and started again, it uses the boot stack, which follows kernel_root.
  first_cpu.start.stack_top = (u32)kernel_root + PAGE_SIZE + KERNEL_STACK_SIZE;
  first_cpu.start.cpu = &first_cpu;
}

bool cpu_start_hart(u32 hart) {
  struct cpu *cpu = cpus[hart];
  if (!cpu) {
    u32 stack = frame_allocate(ZONE_NORMAL, 1);
    cpu = stack == NO_FRAME ? NULL : heap_allocate(sizeof *cpu);
    if (!cpu) {
      if (stack != NO_FRAME) frame_put(stack);
      return false;
    }
    cpu->start.stack_top = (u32)frame_linear(stack) + KERNEL_STACK_SIZE;
    cpu->start.cpu = cpu;
    cpu_init(cpu, hart);
  }
  firewall_assign(hart, own_node);
  s32 error = sbi_hart_start(hart, physical_of(_start_secondary), physical_of(&cpu->start));
  if (error) print("cpu %u does not start: SBI error %d", hart, error);
  return true;
}

u32 cpu_bytes(void) { return heap_block_bytes(sizeof(struct cpu)) + KERNEL_STACK_SIZE; }

void kernel_secondary_main(u32 hart, void *cpu) {
  (void)hart;
  set_registers(cpu);
  desk_mark(MARK_KERNEL, (u32)own_node << 12 | RELEASE);
  cpu_open(cpu);
  scheduler_idle();
}

void cpu_open(struct cpu *cpu) {
  csr_write(sie, SIE_SOFTWARE | SIE_TIMER | SIE_EXTERNAL); // a relief narrows it while it waits
  cpu->timer_programmed = 0;
  sbi_set_timer(~0ull);
  interrupts_open_cpu(cpu->number);
  lock(&cpu->run.lock);
  cpu->run.open = true;
  cpu->run.closing = false;
  unlock(&cpu->run.lock);
  __atomic_add_fetch(&open_count, 1, __ATOMIC_RELAXED);
  desk_mark(MARK_CPU_OPEN, cpu->number);
}

void cpu_interrupt(struct cpu *cpu) { sbi_send_ipi(cpu->number); }

void cpu_interrupt_others(void) {
  for (u32 i = 0; i < harts; i++) {
    if (cpus[i] && cpus[i] != this_cpu() && cpus[i]->run.open) cpu_interrupt(cpus[i]);
  }
}

u32 cpus_open(void) { return __atomic_load_n(&open_count, __ATOMIC_RELAXED); }

static u32 load_of(const struct cpu *cpu) {
  return cpu->run.ready.count + (cpu->run.current != NULL);
}

// Reads the other CPUs' loads without their locks: a guess that is out of date costs little.
struct cpu *cpu_choose(struct cpu *near) {
  struct cpu *best = near->run.open && !near->run.closing ? near : NULL;
  if (best && load_of(best) == 0) return best;
  for (u32 n = 1; n <= harts; n++) {
    struct cpu *cpu = cpus[(near->number + n) % harts];
    if (!cpu || !cpu->run.open || cpu->run.closing) continue;
    if (!best || load_of(cpu) < load_of(best)) best = cpu;
    if (load_of(best) == 0) break;
  }
  return best;
}

void cpu_close(struct cpu *cpu) {
  lock(&cpu->run.lock);
  bool was_open = cpu->run.open;
  cpu->run.open = false; // cpu_choose passes it over from here on
  unlock(&cpu->run.lock);
  if (!was_open) return;
  __atomic_sub_fetch(&open_count, 1, __ATOMIC_RELAXED);
  desk_mark(MARK_CPU_CLOSED, cpu->number);
}

void cpu_stop(void) {
  cpu_close(this_cpu());
  csr_write(sie, 0);
  sbi_hart_stop();
  for (;;) wait_for_interrupt();
}

void cpus_stop_others(void) {
  if (__atomic_exchange_n(&cpus_stop, true, __ATOMIC_SEQ_CST)) cpu_stop(); // another one does it
  cpu_interrupt_others();
  for (u32 i = 0; i < harts; i++) {
    // A CPU that was halted may by now run another kernel; only open ones are ours to stop.
    if (!cpus[i] || cpus[i] == this_cpu()) continue;
    while (__atomic_load_n(&cpus[i]->run.open, __ATOMIC_ACQUIRE)) {
    }
  }
}

void cpu_halt(struct cpu *cpu) {
  lock(&cpu->run.lock);
  cpu->run.closing = true;
  cpu->reschedule = true;
  unlock(&cpu->run.lock);
  cpu_interrupt(cpu);
  while (sbi_hart_status(cpu->number) != SBI_HSM_STOPPED) scheduler_yield();
}

void cpus_audit(void (*claim)(u32 frame)) {
  for (u32 i = 0; i < harts; i++) {
    if (!cpus[i] || cpus[i] == &first_cpu) continue;
    claim(frame_of_linear((void *)(cpus[i]->start.stack_top - KERNEL_STACK_SIZE)));
  }
}
