// Traps: system calls, page faults, interrupts; and what a fault in the kernel says.
#include "abi/syscall.h"
#include "larboard/gate.h"
#include "larboard/process.h"
#include "larboard/signal.h"
#include "larboard/system_call.h"
#include "larboard/virtio.h"
#include "shared/fault.h"
#include "shared/plic.h"
#include "shared/relief/relief.h"

// True while devices are let go of: nobody claims a source then. Who has it disabled cannot
// complete it any more, and it would stay claimed for ever.
static bool letting_go;

static void device_interrupt(void) {
  struct cpu *cpu = this_cpu();
  u32 source;
  __atomic_store_n(&cpu->serving, 1, __ATOMIC_SEQ_CST);
  while (!__atomic_load_n(&letting_go, __ATOMIC_SEQ_CST) &&
         (source = plic_claim(cpu->hart)) != 0) {
    if (source == UART_IRQ) console_interrupt();
    else virtio_interrupt(source);
    plic_complete(cpu->hart, source);
  }
  __atomic_store_n(&cpu->serving, 0, __ATOMIC_SEQ_CST);
}

void trap_disable_devices(void) {
  if (letting_go) return;
  __atomic_store_n(&letting_go, true, __ATOMIC_SEQ_CST);
  for (u32 hart = 0; hart < harts; hart++) {
    while (cpus[hart] && __atomic_load_n(&cpus[hart]->serving, __ATOMIC_SEQ_CST)) {
    }
  }
  for (u32 hart = 0; hart < harts; hart++) {
    if (cpus[hart]) cpu_enable_devices(hart, false);
  }
  virtio_mark_all(MARK_DEVICE_RELEASED);
}

void trap_enable_devices(void) {
  for (u32 hart = 0; hart < harts; hart++) {
    if (cpus[hart]) cpu_enable_devices(hart, true);
  }
  __atomic_store_n(&letting_go, false, __ATOMIC_SEQ_CST);
  virtio_mark_all(MARK_DEVICE_OWNED);
}

void trap_interrupt(u32 cause) {
  if (cause == CAUSE_S_TIMER) {
    scheduler_tick();
  } else if (cause == CAUSE_S_EXTERNAL) {
    device_interrupt();
  } else if (cause == CAUSE_S_SOFTWARE) {
    csr_clear(sip, SIE_SOFTWARE);
    offgoing_doorbell();
    oncoming_doorbell();
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

enum { ILLEGAL_OPCODE = 1, BREAKPOINT = 1, MISALIGNED = 1, NO_OBJECT = 2 }; // siginfo.code

static struct fault fault_of(const struct trap_frame *f, enum fault_result result) {
  bool exists = result == FAULT_NO_RIGHT || !is_page_fault(f->cause);
  u32 signal = result == FAULT_BEYOND_FILE ? SIGBUS : signal_of_cause(f->cause);
  u32 code = signal == SIGSEGV ? (exists ? SEGV_ACCERR : SEGV_MAPERR)
             : signal == SIGILL  ? ILLEGAL_OPCODE
             : signal == SIGTRAP ? BREAKPOINT
             : result == FAULT_BEYOND_FILE ? NO_OBJECT : MISALIGNED;
  bool at_pc = signal == SIGILL || signal == SIGTRAP;
  return (struct fault){signal, code, at_pc ? f->x[REG_PC] : f->tval};
}

// Brings in a page. FAULT_DONE too when the thread is held instead, for a page of a file that is
// the other kernel's: see gate.h.
static enum fault_result page_fault(struct thread *t, const struct trap_frame *f) {
  struct space *s = &t->process->space;
  bool free = gate_enter_fault(t);
  lock(&s->lock);
  enum fault_result result = space_fault(s, f->tval, access_of(f->cause));
  unlock(&s->lock);
  if (result == FAULT_NOT_LOADED) result = space_load_missing(); // and the access is made again
  if (free) gate_leave(t);
  if (free || result == FAULT_NO_REGION || result == FAULT_NO_RIGHT) return result;
  t->missed = false;
  t->held = result != FAULT_DONE;
  return FAULT_DONE;
}

// What is no system call and no interrupt: a page to bring in, or a signal.
static void exception(struct thread *t, const struct trap_frame *f) {
  struct process *p = t->process;
  enum fault_result result = is_page_fault(f->cause) ? page_fault(t, f) : FAULT_NO_REGION;
  if (is_page_fault(f->cause) && result == FAULT_DONE) return;
  struct fault fault = fault_of(f, result);
  lock(&process_lock);
  if (result == FAULT_NO_MEMORY && gate_defers_end(t, SIGKILL)) {
    // the gate has shut since: it ends when it has moved
  } else if (result == FAULT_NO_MEMORY) {
    print("%s (pid %d) is killed, out of memory, at pc %08x", p->name, p->pid, f->x[REG_PC]);
    process_end(p, CLD_KILLED, SIGKILL);
  } else {
    signal_fault(t, &fault);
  }
  unlock(&process_lock);
}

void trap_from_user(struct trap_frame *f) {
  struct thread *t = this_thread();
  t->user_ticks += time_ticks() - t->user_since;
  if (f->cause & CAUSE_INTERRUPT) trap_interrupt(f->cause);
  else if (f->cause == CAUSE_USER_ECALL) system_call(t);
  else exception(t, f);
  if (this_cpu()->stop || this_cpu()->preempt) thread_yield();
  thread_boundary(t);
}

void trap_from_kernel(struct trap_frame *f) {
  panic("kernel trap: cause %x, pc %08x, address %08x, ra %08x", f->cause, f->x[REG_PC], f->tval,
        f->x[REG_RA]);
}
