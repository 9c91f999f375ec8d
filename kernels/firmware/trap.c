// Traps that reach M-mode: the timer (passed down as STIP), the software interrupt (a mailbox to
// serve) and ecall from S-mode. All else is delegated, so anything else is a panic: it says where,
// and ends the machine with a failure.
#include "abi/machine.h"
#include "abi/sbi.h"
#include "firmware/firmware.h"

#define CAUSE_INTERRUPT 0x80000000u
#define CAUSE_SOFTWARE (CAUSE_INTERRUPT | 3)
#define CAUSE_TIMER (CAUSE_INTERRUPT | 7)
#define CAUSE_ECALL_SUPERVISOR 9
#define ECALL_BYTES 4
#define PANIC_CODE 2

// Reports the trap's registers on the console, and ends the machine.
void trap_panic(void) {
  console_text("firmware: unexpected trap: hart ");
  console_hex(csr_read(mhartid));
  console_text(" mcause ");
  console_hex(csr_read(mcause));
  console_text(" mepc ");
  console_hex(csr_read(mepc));
  console_text(" mtval ");
  console_hex(csr_read(mtval));
  console_text("\n");
  machine_end(FINISHER_FAIL | PANIC_CODE << 16);
}

// An SBI call: legacy ones answer in a0 alone.
static void handle_call(struct frame *frame) {
  uint32_t extension = frame->a[7];
  csr_write(mepc, csr_read(mepc) + ECALL_BYTES);
  struct result result = sbi_call(extension, frame->a[6], frame->a);
  frame->a[0] = (uint32_t)result.error;
  if (extension >= SBI_BASE) frame->a[1] = result.value;
}

// Called by entry.S with the registers of S- or U-mode.
void trap_handle(struct frame *frame) {
  switch (csr_read(mcause)) {
    case CAUSE_TIMER: hart_timer_fired(); break;
    case CAUSE_SOFTWARE: hart_serve(); break;
    case CAUSE_ECALL_SUPERVISOR: handle_call(frame); break;
    default: trap_panic();
  }
}
