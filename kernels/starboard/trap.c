// Traps: system calls, page faults and interrupts from user mode, and faults of the kernel itself,
// which end it. Every way back to user mode goes through thread_boundary().
#include "gate.h"
#include "interrupt.h"
#include "process.h"
#include "scheduler.h"
#include "system_call.h"
#include "shared/fault.h"

enum { CODE_FIRST = 1, BUS_NO_ADDRESS = 2 }; // siginfo.code; the first of a signal: as it says

static u32 access_of(u32 cause) {
  switch (cause) {
    case CAUSE_FETCH_PAGE: return PROT_EXEC;
    case CAUSE_LOAD_PAGE: return PROT_READ;
    default: return PROT_WRITE;
  }
}

// Makes the page usable. 0 too if the thread is held instead, for a page that the kernel with the
// services has to give it.
static s32 bring_in(struct thread *t, const struct trap_frame *frame) {
  struct vm *vm = t->process->vm;
  bool free = gate_enter_fault(t);
  lock(&vm->lock);
  s32 error = vm_fault(vm, frame->tval, access_of(frame->cause));
  unlock(&vm->lock);
  if (error == -NOT_LOADED && free) error = vm_load(vm, frame->tval); // and it is accessed again
  if (free) gate_leave(t);
  if (free || error == -EFAULT || error == -EACCES) return error;
  t->held = error != 0;
  return 0;
}

static void user_page_fault(struct thread *t, struct trap_frame *frame) {
  s32 error = bring_in(t, frame);
  switch (error) {
    case 0: break;
    case -ENOMEM:
      print("out of memory: process %d (%s) is killed", t->process->pid, t->process->name);
      signal_end_process(SIGKILL);
      break;
    case -EIO: signal_fault(t, SIGBUS, BUS_NO_ADDRESS, frame->tval); break;
    case -EACCES: signal_fault(t, SIGSEGV, SEGV_ACCERR, frame->tval); break;
    default: signal_fault(t, SIGSEGV, SEGV_MAPERR, frame->tval);
  }
}

// Other exceptions: an access gives its address, an instruction its own.
static void other_exception(struct thread *t, struct trap_frame *frame) {
  u32 signal = signal_of_cause(frame->cause);
  bool own = frame->cause == CAUSE_ILLEGAL || frame->cause == CAUSE_BREAKPOINT;
  signal_fault(t, signal, signal == SIGSEGV ? SEGV_ACCERR : CODE_FIRST,
               own ? frame->x[REG_PC] : frame->tval);
}

static void user_exception(struct thread *t, struct trap_frame *frame) {
  switch (frame->cause) {
    case CAUSE_USER_ECALL: system_call(t, frame); break;
    case CAUSE_FETCH_PAGE:
    case CAUSE_LOAD_PAGE:
    case CAUSE_STORE_PAGE: user_page_fault(t, frame); break;
    default: other_exception(t, frame);
  }
}

void trap_from_user(struct trap_frame *frame) {
  struct cpu *cpu = this_cpu();
  struct thread *t = cpu->run.current;
  t->user_ticks += time_ticks() - cpu->user_since;
  if (frame->cause & CAUSE_INTERRUPT) interrupt_take(frame->cause);
  else user_exception(t, frame);
  thread_boundary(t);
}

void trap_from_kernel(struct trap_frame *frame) {
  struct thread *t = this_thread();
  panic("kernel fault on cpu %u: cause %x pc %x tval %x ra %x, thread %d, image at %x",
        cpu_number(), frame->cause, frame->x[REG_PC], frame->tval, frame->x[REG_RA],
        t ? t->tid : -1, (u32)_image_start);
}
