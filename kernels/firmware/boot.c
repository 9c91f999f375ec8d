// Cold boot: hart 0 reads the device tree, says who exists, and goes to the kernel; the others stay
// STOPPED until the kernel starts them. Where the kernel lies the reset code says, as it does to
// OpenSBI's dynamic firmware; else it is at KERNEL_BASE. Each hart sets its own PMP, delegation and
// counters before it enters S-mode (Privileged ISA 1.12, 3.1 and 3.7).
#include "abi/machine.h"
#include "abi/sbi.h"
#include "firmware/firmware.h"

#define PMP_READ_WRITE_EXECUTE 0x07
#define PMP_NAPOT 0x18

#define MSTATUS_SIE (1u << 1)
#define MSTATUS_MPIE (1u << 7)
#define MSTATUS_MPP (3u << 11)
#define MSTATUS_MPP_SUPERVISOR (1u << 11)
#define MSTATUS_RESET (MSTATUS_SIE | MSTATUS_MPIE | MSTATUS_MPP | 0xfffe0000u)

// All that S-mode can handle: causes 0-8 (to ecall from U), and page faults 12, 13, 15.
#define DELEGATED_EXCEPTIONS 0xb1ffu
#define COUNTERS 7u // cycle, time, instret

struct hart harts[HARTS_MAX];
uint32_t hart_count = 1;
uint32_t ram_start = RAM_BASE, ram_last = 0xffffffff;

void enter_supervisor(uint32_t hart, uint32_t argument, void *stack_top) __attribute__((noreturn));
void boot_main(uint32_t hart, uint32_t tree, uint32_t info) __attribute__((noreturn));
extern char stacks[];

// Closes the firmware's region to S and U, and opens all else.
static void protect_firmware(void) {
  csr_write(pmpaddr0, (FIRMWARE_BASE >> 2) | ((FIRMWARE_SIZE >> 3) - 1));
  csr_write(pmpaddr1, 0xffffffffu);
  csr_write(pmpcfg0, PMP_NAPOT | (PMP_NAPOT | PMP_READ_WRITE_EXECUTE) << 8);
}

// Enters S-mode in the state that SBI 2.0, 9.1 asks for; interrupts are as the callers below say.
static void __attribute__((noreturn)) enter(uint32_t address, uint32_t argument) {
  uint32_t hart = csr_read(mhartid);
  protect_firmware();
  csr_write(medeleg, DELEGATED_EXCEPTIONS);
  csr_write(mideleg, INTERRUPTS_SUPERVISOR);
  csr_write(mcounteren, COUNTERS);
  csr_write(satp, 0);
  csr_clear(mstatus, MSTATUS_RESET);
  csr_set(mstatus, MSTATUS_MPP_SUPERVISOR);
  csr_write(mepc, address);
  __asm__ volatile("sfence.vma; fence.i" ::: "memory");
  enter_supervisor(hart, argument, stacks + ((hart + 1) << STACK_SHIFT));
}

// A hart that starts: nothing is enabled, and nothing pending from its life before.
void hart_enter_supervisor(uint32_t address, uint32_t argument) {
  csr_write(mie, INTERRUPT_MSI);
  csr_clear(mip, INTERRUPTS_SUPERVISOR);
  enter(address, argument);
}

// A hart that wakes from a non-retentive suspend: what woke it stays pending, its timer goes on.
void hart_resume(uint32_t address, uint32_t argument) {
  enter(address, argument);
}

// What the reset code leaves for a dynamic firmware (OpenSBI's fw_dynamic.h).
struct next_stage {
  uint32_t magic, version, address, mode, options, boot_hart;
};
#define NEXT_STAGE_MAGIC 0x4942534fu
#define NEXT_MODE_SUPERVISOR 1u

// The kernel's address. `info` is believed only where the boot ROM is, and its address only where
// S-mode may run: on a machine that was given this firmware as its kernel, it is the firmware's.
static uint32_t kernel_address(uint32_t info) {
  const struct next_stage *next = (const struct next_stage *)info;
  uint32_t room = BOOT_ROM_SIZE - sizeof *next;
  if (info % 4 || info - BOOT_ROM_BASE > room) return KERNEL_BASE;
  if (next->magic != NEXT_STAGE_MAGIC || next->mode != NEXT_MODE_SUPERVISOR) return KERNEL_BASE;
  return hart_is_executable(next->address) ? next->address : KERNEL_BASE;
}

// Hart 0, with .bss cleared.
void boot_main(uint32_t hart, uint32_t tree, uint32_t info) {
  console_start();
  harts[hart].present = 1;
  tree_read((const void *)tree);
  for (uint32_t other = 0; other < hart_count; other++)
    if (other != hart) harts[other].state = SBI_HSM_STOPPED;
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  hart_enter_supervisor(kernel_address(info), tree);
}
