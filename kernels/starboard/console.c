// The console over the UART: output is polled, input comes by interrupt into a buffer of 256 bytes.
// In canonical mode it is edited there by line (backspace, Ctrl-U), and a read gets at most one
// line. Ctrl-D ends a line without being part of it; it stands in the buffer as itself. In raw mode
// each byte can be read at once. It is the terminal of one session, whose foreground group gets
// the signals of Ctrl-C and Ctrl-\.
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
  u32 complete; // bytes that can be read: of whole lines, or all
  u32 used;
  u32 input_flags, local_flags;
  s32 session, group;
  u32 typed_signal; // to be sent to `group`; 0: none
  char bytes[256];
} console = {.input_flags = ICRNL, .local_flags = ISIG | ICANON | ECHO};
_Static_assert(sizeof console.bytes == sizeof ((struct record_console *)0)->bytes, "the contract");

struct spinlock *console_lock(void) { return &console.lock; }

static bool is_canonical(void) { return console.local_flags & ICANON; }

static void echo(const char *text, u32 n) {
  if (console.local_flags & ECHO) console_write(text, n);
}

static void erase(void) {
  if (console.used == console.complete) return;
  console.used--;
  echo("\b \b", 3);
}

static void keep(char c) {
  bool ends = is_canonical() && (c == '\n' || c == CONTROL('D'));
  console.bytes[console.used++] = c;
  if (!is_canonical() || c != CONTROL('D')) echo(&c, 1);
  if (is_canonical() && !ends) return;
  console.complete = console.used;
  wake_all(&console.readers);
}

// Ctrl-C and Ctrl-\: what was typed before is gone.
static bool is_signal(char c) {
  u32 signal = c == CONTROL('C') ? SIGINT : c == CONTROL('\\') ? SIGQUIT : 0;
  if (!signal || !(console.local_flags & ISIG)) return false;
  console.used = console.complete = 0;
  console.typed_signal = signal;
  echo(signal == SIGINT ? "^C" : "^\\", 2);
  return true;
}

static void receive(char c) {
  u32 room = sizeof console.bytes - console.used;
  if (c == '\r' && (console.input_flags & ICRNL)) c = '\n';
  if (is_signal(c)) return;
  if (!is_canonical()) {
    if (room) keep(c);
  } else if (c == '\b' || c == DELETE) {
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

void console_send_signals(void) {
  if (!console.typed_signal) return;
  lock(&process_table.lock);
  lock(&console.lock);
  u32 signal = console.typed_signal;
  s32 group = console.group;
  console.typed_signal = 0;
  unlock(&console.lock);
  if (signal && group) signal_group(group, signal, true);
  unlock(&process_table.lock);
}

void console_begin(u32 irq) {
  wait_queue_init(&console.readers);
  console.irq = irq;
  interrupts_add_source(irq, console_interrupt);
  uart_enable_receive();
}

// Takes up to a line from the buffer, or all in raw mode. console.lock held.
static u32 take(char *to, u32 n) {
  u32 taken = 0, at = 0;
  while (at < console.complete && taken < n) {
    char c = console.bytes[at++];
    if (is_canonical() && c == CONTROL('D')) break;
    to[taken++] = c;
    if (is_canonical() && c == '\n') break;
  }
  memmove(console.bytes, console.bytes + at, console.used - at);
  console.used -= at;
  console.complete -= at;
  return taken;
}

// Only the foreground group of the session reads. console.lock held.
static bool is_in_background(void) {
  const struct process *p = this_process();
  return console.session && p->session == console.session && p->group != console.group;
}

// Whether what is read could be stored; a line is not taken in vain.
static s32 check_writable(u32 user) {
  struct vm *vm = this_process()->vm;
  u32 frame;
  s32 error = vm_lock_pages(vm, user, 1, PROT_WRITE, &frame);
  if (!error) unlock(&vm->lock);
  return error;
}

s32 console_read(u32 user, u32 n, u32 flags) {
  char line[sizeof console.bytes];
  u32 taken = 0;
  s32 error = n ? check_writable(user) : 0;
  if (error || n == 0) return error;
  lock(&console.lock);
  while (!error) {
    if (is_in_background()) error = -EIO;
    else if (console.complete) break;
    else if (flags & O_NONBLOCK) error = -EAGAIN;
    else if (!wait_on(&console.readers, &console.lock)) error = -ERESTART_CALL;
  }
  if (!error) taken = take(line, MIN(n, sizeof line));
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

u32 console_poll(u32 events, struct waiter *w) {
  u32 found = events & POLLOUT;
  lock(&console.lock);
  if (console.complete) found |= events & POLLIN;
  if (!found) wait_join(&console.readers, w);
  unlock(&console.lock);
  return found;
}

// --- Whose terminal it is, and its mode

void console_opened(void) {
  lock(&process_table.lock);
  lock(&console.lock);
  const struct process *p = this_process();
  if (p->session == p->pid && !console.session) {
    console.session = p->session;
    console.group = p->group;
  }
  unlock(&console.lock);
  unlock(&process_table.lock);
}

s32 console_release(s32 session) {
  s32 group = 0;
  lock(&console.lock);
  if (console.session == session) {
    group = console.group;
    console.session = console.group = 0;
  }
  unlock(&console.lock);
  return group;
}

static s32 set_group(s32 group) {
  s32 error = group < 0 ? -EINVAL : 0;
  lock(&process_table.lock);
  lock(&console.lock);
  s32 session = this_process()->session;
  if (!console.session || console.session != session) error = -ENOTTY;
  if (!error && !group_is_in_session(group, session)) error = -EPERM;
  if (!error) console.group = group;
  if (!error) wake_all(&console.readers); // they may have got into the background
  unlock(&console.lock);
  unlock(&process_table.lock);
  return error;
}

static s32 get_group(s32 *group) {
  lock(&console.lock);
  bool ours = console.session && console.session == this_process()->session;
  *group = console.group;
  unlock(&console.lock);
  return ours ? 0 : -ENOTTY;
}

static void set_mode(const struct termios *t) {
  lock(&console.lock);
  console.input_flags = t->iflag & ICRNL;
  console.local_flags = t->lflag & (ISIG | ICANON | ECHO);
  if (!is_canonical()) console.complete = console.used;
  if (console.complete) wake_all(&console.readers);
  unlock(&console.lock);
}

s32 console_control(u32 request, u32 user) {
  struct termios t;
  s32 group, error;
  memset(&t, 0, sizeof t);
  switch (request) {
    case TCGETS:
      t.iflag = console.input_flags;
      t.lflag = console.local_flags;
      return copy_to_user(user, &t, sizeof t);
    case TCSETS:
      error = copy_from_user(&t, user, sizeof t);
      if (!error) set_mode(&t);
      return error;
    case TIOCGPGRP:
      error = get_group(&group);
      return error ? error : copy_to_user(user, &group, sizeof group);
    case TIOCSPGRP:
      error = copy_from_user(&group, user, sizeof group);
      return error ? error : set_group(group);
    default: return -ENOTTY;
  }
}

// --- The relief

void console_record(struct record_console *r) {
  r->irq = console.irq;
  r->complete = console.complete;
  r->used = console.used;
  r->input_flags = console.input_flags;
  r->local_flags = console.local_flags;
  r->session = console.session;
  r->group = console.group;
  memcpy(r->bytes, console.bytes, console.used);
}

void console_adopt(const struct record_console *r) {
  console_begin(r->irq);
  console.complete = r->complete;
  console.used = r->used;
  console.input_flags = r->input_flags;
  console.local_flags = r->local_flags;
  console.session = r->session;
  console.group = r->group;
  memcpy(console.bytes, r->bytes, r->used);
}
