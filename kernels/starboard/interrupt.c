// Interrupts. The timer and software interrupts are each CPU's own. Device sources are enabled in
// the PLIC context of one CPU, the home; when it closes, another open one becomes home. Masking a
// source loses nothing: it stays pending at the PLIC or asserted by the device.
#include "interrupt.h"

#include "console.h"
#include "cpu.h"
#include "scheduler.h"
#include "shared/plic.h"
#include "shared/relief/relief.h"

#define NOWHERE 0xffffffffu

static struct { // interrupts.lock, also held over a handler
  struct spinlock lock;
  void (*handlers[PLIC_SOURCES])(void);
  u32 home; // hart
  bool quiet;
} interrupts = {.home = NOWHERE};

static void enable_all(u32 hart, bool on) {
  for (u32 source = 1; source < PLIC_SOURCES; source++) {
    if (!interrupts.handlers[source]) continue;
    if (on) plic_set_priority(source, 1);
    plic_enable(hart, source, on);
  }
  plic_set_threshold(hart, 0);
}

void interrupts_add_source(u32 source, void (*handler)(void)) {
  if (source == 0 || source >= PLIC_SOURCES) return;
  lock(&interrupts.lock);
  interrupts.handlers[source] = handler;
  if (interrupts.home != NOWHERE && !interrupts.quiet) enable_all(interrupts.home, true);
  unlock(&interrupts.lock);
}

void interrupts_route_to(u32 hart) {
  lock(&interrupts.lock);
  if (interrupts.home != NOWHERE) enable_all(interrupts.home, false);
  interrupts.home = hart;
  if (!interrupts.quiet) enable_all(hart, true);
  unlock(&interrupts.lock);
}

void interrupts_open_cpu(u32 hart) {
  if (interrupts.home == NOWHERE) interrupts_route_to(hart);
}

void interrupts_close_cpu(u32 hart) {
  if (interrupts.home != hart) return;
  for (u32 i = 0; i < harts; i++) {
    if (!cpus[i] || !cpus[i]->run.open || i == hart) continue;
    interrupts_route_to(i);
    return;
  }
}

void interrupts_mark_devices(u32 code) {
  for (u32 source = 1; source < PLIC_SOURCES; source++) {
    if (interrupts.handlers[source]) desk_mark(code, source);
  }
}

void interrupts_quiesce(void) {
  lock(&interrupts.lock); // no handler runs now
  if (!interrupts.quiet) interrupts_mark_devices(MARK_DEVICE_RELEASED);
  interrupts.quiet = true;
  if (interrupts.home != NOWHERE) enable_all(interrupts.home, false);
  unlock(&interrupts.lock);
}

void interrupts_resume(void) {
  lock(&interrupts.lock);
  interrupts.quiet = false;
  if (interrupts.home != NOWHERE) enable_all(interrupts.home, true);
  interrupts_mark_devices(MARK_DEVICE_OWNED);
  unlock(&interrupts.lock);
}

static void take_external(void) {
  u32 hart = this_cpu()->number;
  lock(&interrupts.lock);
  for (u32 source; (source = plic_claim(hart)) != 0;) {
    if (source < PLIC_SOURCES && interrupts.handlers[source]) interrupts.handlers[source]();
    plic_complete(hart, source);
  }
  unlock(&interrupts.lock);
  console_send_signals();
}

static void take_software(void) {
  csr_clear(sip, SIE_SOFTWARE);
  offgoing_doorbell();
  oncoming_doorbell();
  struct cpu *cpu = this_cpu();
  cpu->timer_dirty = true; // a closing CPU may have left its timers here
}

void interrupt_take(u32 cause) {
  if (cause == CAUSE_S_SOFTWARE) take_software();
  else if (cause == CAUSE_S_TIMER) scheduler_timer();
  else if (cause == CAUSE_S_EXTERNAL) take_external();
}

void interrupts_poll(void) {
  u32 pending = csr_read(sip) & csr_read(sie);
  if (pending & SIE_SOFTWARE) take_software();
  if (pending & SIE_TIMER) scheduler_timer();
  if (pending & SIE_EXTERNAL) take_external();
}
