// The console: see console.c.
#ifndef STARBOARD_CONSOLE_H
#define STARBOARD_CONSOLE_H
#include "abi/handover.h"
#include "kernel.h"

void console_begin(u32 irq); // receives by interrupt
s32 console_read(u32 user, u32 n, u32 flags);
s32 console_write_user(u32 user, u32 n);
void console_record(struct record_console *r);
void console_adopt(const struct record_console *r);
#endif
