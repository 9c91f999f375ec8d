// The console: see console.c.
#ifndef STARBOARD_CONSOLE_H
#define STARBOARD_CONSOLE_H
#include "abi/handover.h"
#include "kernel.h"

struct waiter;

void console_begin(u32 irq); // receives by interrupt
s32 console_read(u32 user, u32 n, u32 flags);
s32 console_write_user(u32 user, u32 n);
u32 console_poll(u32 events, struct waiter *w); // see file_poll
struct spinlock *console_lock(void);
s32 console_control(u32 request, u32 user); // ioctl
void console_opened(void);           // by this process, whose terminal it may become
s32 console_release(s32 session);    // it is nobody's; its foreground group, or 0
void console_send_signals(void);     // what was typed asks for, with no lock held
void console_record(struct record_console *r);
void console_adopt(const struct record_console *r);
#endif
