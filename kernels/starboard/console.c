// The console over the UART: output is polled, input comes by interrupt into a buffer of 256 bytes
// and is edited there by line (backspace, Ctrl-U). A read gets at most one line. Ctrl-D ends a line
// without being part of it; it stands in the buffer as itself.
#include "console.h"

#include "interrupt.h"
#include "process.h"
#include "shared/uart.h"

#define CONTROL(c) ((c) & 0x1f)
#define DELETE 0x7f

static struct { // console.lock
  struct spinlock lock;
  struct wait_queue readers;
  u32 irq;
  u32 complete; // bytes of whole lines
  u32 used;
  char bytes[256];
} console;
_Static_assert(sizeof console.bytes == sizeof ((struct record_console *)0)->bytes, "the contract");

static void erase(void) {
  if (console.used == console.complete) return;
  console.used--;
  console_write("\b \b", 3);
}

static void keep(char c) {
  console.bytes[console.used++] = c;
  if (c != CONTROL('D')) console_write(&c, 1);
  if (c != '\n' && c != CONTROL('D')) return;
  console.complete = console.used;
  wake_all(&console.readers);
}

static void receive(char c) {
  u32 room = sizeof console.bytes - console.used;
  if (c == '\r') c = '\n';
  if (c == '\b' || c == DELETE) {
    erase();
  } else if (c == CONTROL('U')) {
    while (console.used > console.complete) erase();
  } else if (room > 1 || (room == 1 && (c == '\n' || c == CONTROL('D')))) {
    keep(c); // the last byte is for a line's end
  }
}

static void console_interrupt(void) {
  lock(&console.lock);
  for (int c; (c = uart_get()) >= 0;) receive((char)c);
  unlock(&console.lock);
}

void console_begin(u32 irq) {
  wait_queue_init(&console.readers);
  console.irq = irq;
  interrupts_add_source(irq, console_interrupt);
  uart_enable_receive();
}

// Takes up to a line from the buffer. console.lock held.
static u32 take(char *to, u32 n) {
  u32 taken = 0, at = 0;
  while (at < console.complete && taken < n) {
    char c = console.bytes[at++];
    if (c == CONTROL('D')) break;
    to[taken++] = c;
    if (c == '\n') break;
  }
  memmove(console.bytes, console.bytes + at, console.used - at);
  console.used -= at;
  console.complete -= at;
  return taken;
}

s32 console_read(u32 user, u32 n, u32 flags) {
  char line[sizeof console.bytes];
  u32 frame, taken = 0;
  s32 error = n ? vm_resolve(&this_process()->vm, user, PROT_WRITE, &frame) : 0;
  if (error || n == 0) return error;
  lock(&console.lock);
  while (!console.complete && !error) {
    if (flags & O_NONBLOCK) error = -EAGAIN;
    else if (!wait_on(&console.readers, &console.lock)) error = -ERESTART_CALL;
  }
  if (!error) taken = take(line, n);
  unlock(&console.lock);
  if (!error) error = copy_to_user(user, line, taken);
  return error ? error : (s32)taken;
}

s32 console_write_user(u32 user, u32 n) {
  char piece[128];
  for (u32 done = 0; done < n;) {
    u32 length = MIN(n - done, sizeof piece);
    s32 error = copy_from_user(piece, user + done, length);
    if (error) return done ? (s32)done : error;
    console_write(piece, length);
    done += length;
  }
  return (s32)n;
}

void console_record(struct record_console *r) {
  r->irq = console.irq;
  r->complete = console.complete;
  r->used = console.used;
  memcpy(r->bytes, console.bytes, console.used);
}

void console_adopt(const struct record_console *r) {
  console_begin(r->irq);
  console.complete = r->complete;
  console.used = r->used;
  memcpy(console.bytes, r->bytes, r->used);
}
