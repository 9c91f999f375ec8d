// Traps: system calls, page faults, interrupts; and what a fault in the kernel says.
#include "abi/syscall.h"
#include "larboard/process.h"
#include "larboard/system_call.h"
#include "shared/fault.h"
#include "shared/plic.h"
#include "shared/relief/relief.h"

static void device_interrupt(void) {
  u32 hart = this_cpu()->hart;
  for (u32 source; (source = plic_claim(hart)) != 0;) {
    if (source == UART_IRQ) console_interrupt();
    else if (block_is_present() && source == block_irq()) block_interrupt();
    plic_complete(hart, source);
  }
}

void trap_interrupt(u32 cause) {
  if (cause == CAUSE_S_TIMER) {
    scheduler_tick();
  } else if (cause == CAUSE_S_EXTERNAL) {
    device_interrupt();
  } else if (cause == CAUSE_S_SOFTWARE) {
    csr_clear(sip, SIE_SOFTWARE);
    offgoing_doorbell();
  }
}

static enum access access_of(u32 cause) {
  return cause == CAUSE_FETCH_PAGE ? ACCESS_EXECUTE
         : cause == CAUSE_LOAD_PAGE ? ACCESS_READ
                                    : ACCESS_WRITE;
}

static bool is_page_fault(u32 cause) {
  return cause == CAUSE_FETCH_PAGE || cause == CAUSE_LOAD_PAGE || cause == CAUSE_STORE_PAGE;
}

// Ends the process that faulted: SIGKILL when there was no memory for its page, else by cause.
static void kill_faulting(struct process *p, const struct trap_frame *f) {
  bool memory = is_page_fault(f->cause) && space_allows(&p->space, f->tval, access_of(f->cause));
  u32 signal = memory ? SIGKILL : signal_of_cause(f->cause);
  print("%s (pid %d) is killed%s: cause %u at pc %08x, address %08x", p->name, p->pid,
        memory ? ", out of memory" : "", f->cause, f->x[REG_PC], f->tval);
  process_kill(p->pid, signal);
  if (p->pid == 1) process_exit(CLD_KILLED, signal);
}

void trap_from_user(struct trap_frame *f) {
  struct process *p = this_process();
  p->user_ticks += time_ticks() - p->user_since;
  if (f->cause & CAUSE_INTERRUPT) trap_interrupt(f->cause);
  else if (f->cause == CAUSE_USER_ECALL) system_call(p);
  else if (!is_page_fault(f->cause) || !space_fault(&p->space, f->tval, access_of(f->cause))) {
    kill_faulting(p, f);
  }
  if (this_cpu()->stop || this_cpu()->preempt) process_yield();
  process_boundary(p);
}

void trap_from_kernel(struct trap_frame *f) {
  panic("kernel trap: cause %x, pc %08x, address %08x, ra %08x", f->cause, f->x[REG_PC], f->tval,
        f->x[REG_RA]);
}
