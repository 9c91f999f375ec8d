// Interrupts and traps: see interrupt.c and trap.c.
#ifndef STARBOARD_INTERRUPT_H
#define STARBOARD_INTERRUPT_H
#include "kernel.h"

void interrupts_poll(void);            // takes whatever is pending on this CPU
void interrupt_take(u32 cause);        // one interrupt, from user mode
// Device sources; each has a handler. All go to one CPU, which changes when that one closes.
void interrupts_add_source(u32 source, void (*handler)(void));
void interrupts_open_cpu(u32 hart);    // a CPU begins to take processes, perhaps interrupts
void interrupts_close_cpu(u32 hart);   // routes its sources to another open CPU
void interrupts_route_to(u32 hart);
void interrupts_mark_devices(u32 code); // a mark for each source, for the log desk
void interrupts_quiesce(void);         // masks all sources; returns when no handler runs
void interrupts_resume(void);
#endif
