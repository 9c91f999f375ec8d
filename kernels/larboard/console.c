// The console, a terminal: the UART's received bytes, edited into lines (backspace, Ctrl-U, Ctrl-D)
// or raw, echoed, and read by processes; Ctrl-C and Ctrl-\ as signals; and whose terminal it is.
#include "larboard/process.h"
#include "larboard/signal.h"
#include "shared/string.h"
#include "shared/uart.h"

#define INPUT_MAX 256
#define CONTROL(c) ((c) & 0x1f)
#define INPUT_FLAGS ICRNL
#define LOCAL_FLAGS (ISIG | ICANON | ECHO)

static struct spinlock console_lock;
static struct { // console_lock
  u32 complete, used; // as in struct record_console
  u32 input_flags, local_flags;
  char bytes[INPUT_MAX];
} input;
static s32 owner_session, foreground; // process_lock; 0: nobody's

void console_begin(void) {
  input.input_flags = INPUT_FLAGS;
  input.local_flags = LOCAL_FLAGS;
}

// --- Input, console_lock held.

static bool has_mode(u32 flag) { return input.local_flags & flag; }

static void echo(const char *text) {
  if (has_mode(ECHO)) console_write(text, strlen(text));
}

static void erase_one(void) {
  if (input.used == input.complete) return;
  input.used--;
  echo("\b \b");
}

// The signal that a byte stands for, or 0.
static u32 signal_of(char c) {
  if (!has_mode(ISIG)) return 0;
  return c == CONTROL('C') ? SIGINT : c == CONTROL('\\') ? SIGQUIT : 0;
}

static void interrupt(char c, u32 signal) {
  const char shown[] = {'^', (char)(c | 0x40), 0};
  echo(shown);
  input.used = input.complete = 0; // what was typed goes with it
  lock(&process_lock);
  if (foreground) kill_group(foreground, signal);
  unlock(&process_lock);
}

static void receive_raw(char c) {
  if (input.used == INPUT_MAX) return;
  input.bytes[input.used++] = c;
  input.complete = input.used;
  if (has_mode(ECHO)) console_write(&c, 1);
}

static void receive_line(char c) {
  if (c == 0x7f || c == '\b') {
    erase_one();
  } else if (c == CONTROL('U')) {
    while (input.used > input.complete) erase_one();
  } else if (c == CONTROL('D')) {
    if (input.used < INPUT_MAX) input.bytes[input.used++] = CONTROL('D');
    input.complete = input.used;
  } else if (input.used < INPUT_MAX - 1 || (c == '\n' && input.used < INPUT_MAX)) {
    input.bytes[input.used++] = c;
    if (has_mode(ECHO)) console_write(&c, 1);
    if (c == '\n') input.complete = input.used;
  }
}

static void receive(char c) {
  u32 signal = signal_of(c);
  if (signal) {
    interrupt(c, signal);
    return;
  }
  if (c == '\r' && (input.input_flags & ICRNL)) c = '\n';
  if (has_mode(ICANON)) receive_line(c);
  else receive_raw(c);
}

void console_interrupt(void) {
  lock(&console_lock);
  u32 before = input.complete;
  for (int c; (c = uart_get()) >= 0;) receive((char)c);
  bool ready = input.complete > before;
  unlock(&console_lock);
  if (!ready) return;
  wake(&input);
  poll_notify();
}

// --- Reading and writing.

// Takes raw bytes, or bytes up to a line's end or a Ctrl-D, which is dropped; their number.
static u32 take(char *to, u32 n) {
  u32 taken = 0, used = 0;
  while (taken < n && used < input.complete) {
    char c = input.bytes[used++];
    if (has_mode(ICANON) && c == CONTROL('D')) break;
    to[taken++] = c;
    if (has_mode(ICANON) && c == '\n') break;
  }
  memmove(input.bytes, input.bytes + used, input.used - used);
  input.used -= used;
  input.complete -= used;
  return taken;
}

// A process that the terminal controls reads it in the foreground only.
static bool is_background(const struct process *p) {
  lock(&process_lock);
  bool background = owner_session && p->session == owner_session && p->group != foreground;
  unlock(&process_lock);
  return background;
}

s32 console_read(struct process *p, u32 address, u32 n, u32 flags) {
  char line[INPUT_MAX];
  if (n == 0) return 0;
  if (!user_is_accessible(&p->space, address, 1, ACCESS_WRITE)) return -EFAULT;
  s32 error = 0;
  bool undisturbed = true;
  lock(&console_lock);
  for (;;) {
    if (is_background(p)) error = -EIO;
    else if (input.complete) break;
    else if (flags & O_NONBLOCK) error = -EAGAIN;
    else if (!undisturbed) error = -ERESTART;
    if (error) break;
    undisturbed = sleep_on(&input, &console_lock);
  }
  u32 taken = error ? 0 : take(line, MIN(n, INPUT_MAX));
  unlock(&console_lock);
  if (error) return error;
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

u32 console_poll(void) {
  lock(&console_lock);
  u32 ready = POLLOUT | (input.complete ? POLLIN : 0);
  unlock(&console_lock);
  return ready;
}

// --- Control.

static s32 get_mode(struct process *p, u32 address) {
  struct termios mode = {.oflag = 5, .cflag = 0xbf}; // OPOST, ONLCR; CS8, CREAD, 38400 baud
  static const u8 keys[] = {CONTROL('C'), CONTROL('\\'), 0x7f, CONTROL('U'), CONTROL('D'), 0, 1};
  memcpy(mode.cc, keys, sizeof keys);
  lock(&console_lock);
  mode.iflag = input.input_flags;
  mode.lflag = input.local_flags;
  unlock(&console_lock);
  return copy_to_user(&p->space, address, &mode, sizeof mode) ? 0 : -EFAULT;
}

static s32 set_mode(struct process *p, u32 address) {
  struct termios mode;
  if (!copy_from_user(&p->space, &mode, address, sizeof mode)) return -EFAULT;
  lock(&console_lock);
  input.input_flags = mode.iflag & INPUT_FLAGS;
  input.local_flags = mode.lflag & LOCAL_FLAGS;
  if (!has_mode(ICANON)) input.complete = input.used; // no line has to end any more
  bool ready = input.complete != 0;
  unlock(&console_lock);
  if (ready) wake(&input);
  if (ready) poll_notify();
  return 0;
}

static s32 get_foreground(struct process *p, u32 address) {
  lock(&process_lock);
  bool mine = owner_session && p->session == owner_session;
  s32 group = foreground;
  unlock(&process_lock);
  if (!mine) return -ENOTTY;
  return copy_to_user(&p->space, address, &group, sizeof group) ? 0 : -EFAULT;
}

static s32 set_foreground(struct process *p, u32 address) {
  s32 group, error = 0;
  if (!copy_from_user(&p->space, &group, address, sizeof group)) return -EFAULT;
  lock(&process_lock);
  if (!owner_session || p->session != owner_session) error = -ENOTTY;
  else if (group < 0) error = -EINVAL;
  else if (!group_exists(group, owner_session)) error = -EPERM;
  else foreground = group;
  unlock(&process_lock);
  if (!error) wake(&input); // whoever is in the background now finds out
  return error;
}

s32 console_control(struct process *p, u32 request, u32 address) {
  switch (request) {
  case TCGETS: return get_mode(p, address);
  case TCSETS: return set_mode(p, address);
  case TIOCGPGRP: return get_foreground(p, address);
  case TIOCSPGRP: return set_foreground(p, address);
  default: return -ENOTTY;
  }
}

void console_open(struct process *p) {
  lock(&process_lock);
  if (p->pid == p->session && !owner_session) {
    owner_session = p->session;
    foreground = p->group;
  }
  unlock(&process_lock);
}

void console_leave(struct process *p) {
  if (owner_session != p->session) return;
  if (foreground) kill_group(foreground, SIGHUP);
  owner_session = foreground = 0;
}

// --- Across a relief.

void console_export(struct record_console *r) {
  r->irq = UART_IRQ;
  r->complete = input.complete;
  r->used = input.used;
  r->input_flags = input.input_flags;
  r->local_flags = input.local_flags;
  r->session = owner_session;
  r->group = foreground;
  memcpy(r->bytes, input.bytes, input.used);
}

void console_import(const struct record_console *r) {
  input.complete = r->complete;
  input.used = r->used;
  input.input_flags = r->input_flags;
  input.local_flags = r->local_flags;
  owner_session = r->session;
  foreground = r->group;
  memcpy(input.bytes, r->bytes, r->used);
}
