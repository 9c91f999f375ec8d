// The console: the UART's received bytes, edited into lines (backspace, Ctrl-U, Ctrl-D), echoed,
// and read by processes a line at a time.
#include "abi/syscall.h"
#include "larboard/file.h"
#include "larboard/process.h"
#include "shared/string.h"
#include "shared/uart.h"

#define INPUT_MAX 256
#define CONTROL(c) ((c) & 0x1f)

static struct spinlock console_lock;
static struct { // console_lock
  u32 complete, used; // as in struct record_console
  char bytes[INPUT_MAX];
} input;

static void echo(const char *text) { console_write(text, strlen(text)); }

static void erase_one(void) {
  if (input.used == input.complete) return;
  input.used--;
  echo("\b \b");
}

static void receive(char c) {
  if (c == '\r') c = '\n';
  if (c == 0x7f || c == '\b') {
    erase_one();
  } else if (c == CONTROL('U')) {
    while (input.used > input.complete) erase_one();
  } else if (c == CONTROL('D')) {
    if (input.used < INPUT_MAX) input.bytes[input.used++] = CONTROL('D');
    input.complete = input.used;
  } else if (input.used < INPUT_MAX - 1 || (c == '\n' && input.used < INPUT_MAX)) {
    input.bytes[input.used++] = c;
    console_write(&c, 1);
    if (c == '\n') input.complete = input.used;
  }
}

void console_interrupt(void) {
  lock(&console_lock);
  u32 before = input.complete;
  for (int c; (c = uart_get()) >= 0;) receive((char)c);
  bool ready = input.complete != before;
  unlock(&console_lock);
  if (ready) wake(&input);
}

// Takes bytes up to a line's end or a Ctrl-D, which is dropped; their number. Lock held.
static u32 take_line(char *to, u32 n) {
  u32 taken = 0, used = 0;
  while (taken < n && used < input.complete) {
    char c = input.bytes[used++];
    if (c == CONTROL('D')) break;
    to[taken++] = c;
    if (c == '\n') break;
  }
  memmove(input.bytes, input.bytes + used, input.used - used);
  input.used -= used;
  input.complete -= used;
  return taken;
}

s32 console_read(struct process *p, u32 address, u32 n, u32 flags) {
  char line[INPUT_MAX];
  if (n == 0) return 0;
  if (!space_resolve(&p->space, address, ACCESS_WRITE)) return -EFAULT;
  lock(&console_lock);
  while (input.complete == 0) {
    if ((flags & O_NONBLOCK) || !sleep_on(&input, &console_lock)) {
      unlock(&console_lock);
      return flags & O_NONBLOCK ? -EAGAIN : -ERESTART;
    }
  }
  u32 taken = take_line(line, MIN(n, INPUT_MAX));
  unlock(&console_lock);
  return copy_to_user(&p->space, address, line, taken) ? (s32)taken : -EFAULT;
}

s32 console_write_user(struct process *p, u32 address, u32 n) {
  char piece[128];
  for (u32 done = 0; done < n;) {
    u32 length = MIN(n - done, sizeof piece);
    if (!copy_from_user(&p->space, piece, address + done, length)) {
      return done ? (s32)done : -EFAULT;
    }
    console_write(piece, length);
    done += length;
  }
  return (s32)n;
}

void console_export(struct record_console *r) {
  r->irq = UART_IRQ;
  r->complete = input.complete;
  r->used = input.used;
  memcpy(r->bytes, input.bytes, input.used);
}

void console_import(const struct record_console *r) {
  input.complete = r->complete;
  input.used = r->used;
  memcpy(input.bytes, r->bytes, r->used);
}
