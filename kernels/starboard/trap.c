// Traps: system calls, page faults and interrupts from user mode, and faults of the kernel itself,
// which end it. Every way back to user mode goes through process_boundary().
#include "interrupt.h"
#include "process.h"
#include "scheduler.h"
#include "system_call.h"
#include "shared/fault.h"

static u32 access_of(u32 cause) {
  switch (cause) {
    case CAUSE_FETCH_PAGE: return PROT_EXEC;
    case CAUSE_LOAD_PAGE: return PROT_READ;
    default: return PROT_WRITE;
  }
}

static void user_page_fault(struct process *p, struct trap_frame *frame) {
  s32 error = vm_fault(&p->vm, frame->tval, access_of(frame->cause));
  if (!error) return;
  if (error == -ENOMEM) print("out of memory: process %d (%s) is killed", p->pid, p->name);
  signal_raise(p, error == -ENOMEM ? SIGKILL : error == -EIO ? SIGBUS : SIGSEGV);
}

static void user_exception(struct process *p, struct trap_frame *frame) {
  switch (frame->cause) {
    case CAUSE_USER_ECALL: system_call(p, frame); break;
    case CAUSE_FETCH_PAGE:
    case CAUSE_LOAD_PAGE:
    case CAUSE_STORE_PAGE: user_page_fault(p, frame); break;
    default: signal_raise(p, signal_of_cause(frame->cause));
  }
}

void trap_from_user(struct trap_frame *frame) {
  struct cpu *cpu = this_cpu();
  struct process *p = cpu->run.current;
  p->user_ticks += time_ticks() - cpu->user_since;
  if (frame->cause & CAUSE_INTERRUPT) interrupt_take(frame->cause);
  else user_exception(p, frame);
  process_boundary(p);
}

void trap_from_kernel(struct trap_frame *frame) {
  struct process *p = this_process();
  panic("kernel fault on cpu %u: cause %x pc %x tval %x ra %x, process %d, image at %x",
        cpu_number(), frame->cause, frame->x[REG_PC], frame->tval, frame->x[REG_RA],
        p ? p->pid : -1, (u32)_image_start);
}
