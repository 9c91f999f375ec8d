// What start.S calls and provides.
#ifndef SHARED_BOOT_H
#define SHARED_BOOT_H
#include "shared/riscv.h"

// Where a secondary CPU starts: pass physical_of(&x) as the opaque argument of sbi_hart_start.
struct cpu_start {
  u32 stack_top; // virtual
  void *cpu;     // handed to kernel_secondary_main
};

extern pte_t kernel_root[1024];            // page-aligned; user half empty
extern char _image_start[], _text_end[], _image_end[];
void _start_secondary(void);               // physical_of() is the entry for sbi_hart_start

// Each kernel's own. `boot_argument` is the physical address of a device tree or a log page: tell
// them apart by the first word. On entry tp is undefined, interrupts are off, stvec is not set.
__attribute__((noreturn)) void kernel_main(u32 hart, u32 boot_argument);
__attribute__((noreturn)) void kernel_secondary_main(u32 hart, void *cpu);

// What /chosen says in "quarterdeck,successor": whether a cold boot is in another kernel's place,
// so that its phases are marked for the log desk.
enum successor {
  SUCCESSOR_NONE = 0,
  SUCCESSOR_AT_RESET = 1, // it marks the beginning of its boot itself
  SUCCESSOR_BY_KEXEC = 2, // whoever started it has done that
};

struct context {
  u32 ra, sp, s[12];
};
void context_switch(struct context *from, struct context *to);
#endif
