// Forwarding: see forward.h. A table says of each call which of its arguments are addresses, and of
// how much; so a call is packed and unpacked by one piece of code. Whatever is unusual, such as a
// bad pointer or a buffer that does not fit, is left to the other kernel for later: it then sees
// the program itself, and answers as always.
#include "shared/relief/forward.h"

#include "abi/syscall.h"
#include "shared/relief/mailbox.h"
#include "shared/riscv.h"
#include "shared/sbi.h"
#include "shared/string.h"

#define BULK 4096 // bytes of a read or write that go at once: what a pipe takes as a whole
#define TEXT_MAX 256
#define ERRNO_MAX 511 // what is beyond says more than an error inside the kernels

enum shape {
  VALUE,
  NIL,       // must be 0
  TEXT,      // NUL-terminated
  IN, OUT,   // `unit` bytes; an IN may be 0
  IN_N,      // `unit` bytes for each that the argument `count` says
  OUT_N,     // the same, and as many units are filled as the result says
  INOUT_N,   // the same, and all come back
};
struct argument_form {
  u8 shape, count;
  u16 unit;
};
struct form {
  u16 number;
  u16 request; // of ioctl: for this one only
  struct argument_form arguments[6];
};

#define OF(type) sizeof(struct type)
#define V {VALUE, 0, 0}
#define MUST_BE_0 {NIL, 0, 0}
#define PATH {TEXT, 0, 0}
#define ONE(shape, bytes) {shape, 0, bytes}
#define SOME(shape, count, unit) {shape, count, unit}
static const struct form forms[] = {
    {SYS_READ, 0, {V, SOME(OUT_N, 2, 1)}},
    {SYS_WRITE, 0, {V, SOME(IN_N, 2, 1)}},
    {SYS_PREAD64, 0, {V, SOME(OUT_N, 2, 1)}},
    {SYS_PWRITE64, 0, {V, SOME(IN_N, 2, 1)}},
    {SYS_OPENAT, 0, {V, PATH}},
    {SYS_CLOSE, 0, {V}},
    {SYS_LLSEEK, 0, {V, V, V, ONE(OUT, 8)}},
    {SYS_DUP, 0, {V}},
    {SYS_DUP3, 0, {V}},
    {SYS_FCNTL64, 0, {V}},
    {SYS_IOCTL, TCGETS, {V, V, ONE(OUT, OF(termios))}},
    {SYS_IOCTL, TCSETS, {V, V, ONE(IN, OF(termios))}},
    {SYS_IOCTL, TIOCGPGRP, {V, V, ONE(OUT, 4)}},
    {SYS_IOCTL, TIOCSPGRP, {V, V, ONE(IN, 4)}},
    {SYS_MKDIRAT, 0, {V, PATH}},
    {SYS_UNLINKAT, 0, {V, PATH}},
    {SYS_RENAMEAT2, 0, {V, PATH, V, PATH}},
    {SYS_FTRUNCATE64, 0, {V}},
    {SYS_CHDIR, 0, {PATH}},
    {SYS_GETCWD, 0, {SOME(OUT_N, 1, 1)}},
    {SYS_PIPE2, 0, {ONE(OUT, 8)}},
    {SYS_GETDENTS64, 0, {V, SOME(OUT_N, 2, 1)}},
    {SYS_STATX, 0, {V, PATH, V, V, ONE(OUT, OF(statx))}},
    {SYS_PPOLL_TIME64, 0, {SOME(INOUT_N, 1, OF(pollfd)), V, ONE(IN, OF(timespec64)), MUST_BE_0}},
    {SYS_SOCKET, 0, {V}},
    {SYS_BIND, 0, {V, SOME(IN_N, 2, 1)}},
    {SYS_LISTEN, 0, {V}},
    {SYS_ACCEPT, 0, {V, MUST_BE_0, MUST_BE_0}},
    {SYS_ACCEPT4, 0, {V, MUST_BE_0, MUST_BE_0}},
    {SYS_CONNECT, 0, {V, SOME(IN_N, 2, 1)}},
    {SYS_SENDTO, 0, {V, SOME(IN_N, 2, 1), V, V, MUST_BE_0, MUST_BE_0}},
    {SYS_RECVFROM, 0, {V, SOME(OUT_N, 2, 1), V, V, MUST_BE_0, MUST_BE_0}},
    {SYS_SETSOCKOPT, 0, {V, V, V, SOME(IN_N, 4, 1)}},
    {SYS_SHUTDOWN, 0, {V}},
    {SYS_GETPPID, 0, {V}},
    {SYS_GETPGID, 0, {V}},
    {SYS_GETSID, 0, {V}},
    {SYS_SYSINFO, 0, {ONE(OUT, OF(sysinfo))}},
    {SYS_PROCESSES, 0, {SOME(OUT_N, 1, OF(process_info))}},
};

// Calls on what moves with a process, or on nothing.
static const u16 here[] = {
    SYS_BRK,           SYS_FUTEX_TIME64,    SYS_CLOCK_GETTIME64, SYS_CLOCK_NANOSLEEP_TIME64,
    SYS_GETITIMER,     SYS_SETITIMER,       SYS_SCHED_YIELD,     SYS_GETPID,
    SYS_GETTID,        SYS_SET_TID_ADDRESS, SYS_UNAME,           SYS_RT_SIGACTION,
    SYS_RT_SIGPENDING, SYS_RT_SIGPROCMASK,  SYS_RT_SIGRETURN,    SYS_RT_SIGSUSPEND,
};
static const u16 later[] = {
    SYS_CLONE,  SYS_EXECVE,  SYS_EXIT,     SYS_EXIT_GROUP, SYS_WAITID,  SYS_KILL,
    SYS_TKILL,  SYS_TGKILL,  SYS_MMAP2,    SYS_MUNMAP,     SYS_MPROTECT, SYS_MSYNC,
    SYS_MOUNT,  SYS_UMOUNT2, SYS_SETPGID,  SYS_SETSID,     SYS_SYSLOG,  SYS_REBOOT,
    SYS_GETSOCKNAME, SYS_GETPEERNAME, SYS_GETSOCKOPT, SYS_KEXEC_FILE_LOAD,
};

static bool is_in(const u16 *table, u32 length, u32 number) {
  for (u32 i = 0; i < length; i++) {
    if (table[i] == number) return true;
  }
  return false;
}

static const struct form *form_of(u32 number, const u32 *arguments) {
  for (u32 i = 0; i < ARRAY_LENGTH(forms); i++) {
    if (forms[i].number != number) continue;
    if (!forms[i].request || forms[i].request == arguments[1]) return &forms[i];
  }
  return NULL;
}

bool forward_is_known(u32 number) {
  for (u32 i = 0; i < ARRAY_LENGTH(forms); i++) {
    if (forms[i].number == number) return true;
  }
  return false;
}

enum call_place forward_place(u32 number, const u32 *arguments) {
  if (is_in(here, ARRAY_LENGTH(here), number)) return CALL_HERE;
  if (number == SYS_IOCTL || is_in(later, ARRAY_LENGTH(later), number)) {
    return form_of(number, arguments) ? CALL_THERE : CALL_LATER;
  }
  return forward_is_known(number) ? CALL_THERE : CALL_HERE; // there is no such call: -ENOSYS
}

// --- Packing.

struct parcel {
  const struct form *form;
  const u32 *from; // the program's arguments
  u32 at[6];       // where in `data` what an argument points to is
  u32 bytes[6];
  u32 used;
  u32 filled;      // bytes of `data` that the ghost needs to see
};

static bool room(struct parcel *p, u32 i, u32 bytes) {
  if (bytes > MAILBOX_DATA - p->used) return false;
  p->at[i] = p->used;
  p->bytes[i] = bytes;
  p->used = ROUND_UP(p->used + bytes, 8u);
  return p->used <= MAILBOX_DATA;
}

static bool pack_text(struct parcel *p, u32 i, struct mailbox_request *m) {
  char text[TEXT_MAX];
  s32 length = relief_user_text(text, p->from[i], sizeof text);
  if (length < 0 || !room(p, i, (u32)length + 1)) return false;
  memcpy(m->data + p->at[i], text, (u32)length + 1);
  p->filled = p->used;
  return true;
}

static bool pack_memory(struct parcel *p, u32 i, struct mailbox_request *m) {
  const struct argument_form *f = &p->form->arguments[i];
  bool counted = f->shape >= IN_N;
  u32 n = counted ? p->from[f->count] : 1;
  bool in = f->shape == IN || f->shape == IN_N || f->shape == INOUT_N;
  if (n > MAILBOX_DATA || !room(p, i, n * f->unit)) return false;
  if (in && !relief_user_read(m->data + p->at[i], p->from[i], p->bytes[i])) return false;
  if (in) p->filled = p->used;
  return f->shape == IN || f->shape == IN_N || relief_user_is_writable(p->from[i], p->bytes[i]);
}

static bool pack_argument(struct parcel *p, u32 i, u32 mailbox, struct mailbox_request *m) {
  u32 shape = p->form->arguments[i].shape;
  m->arguments[i] = p->from[i];
  if (shape == VALUE || (shape == IN && !p->from[i])) return true;
  if (shape == NIL) return p->from[i] == 0;
  bool ok = shape == TEXT ? pack_text(p, i, m) : pack_memory(p, i, m);
  m->arguments[i] = MAILBOX_WINDOW + mailbox * MAILBOX_BYTES +
                    (u32)offsetof(struct mailbox_reply, data) + p->at[i];
  return ok;
}

static bool pack(struct parcel *p, u32 mailbox, struct mailbox_request *m) {
  for (u32 i = 0; i < 6; i++) {
    if (!pack_argument(p, i, mailbox, m)) return false;
  }
  m->data_bytes = p->filled;
  return true;
}

static bool unpack(const struct parcel *p, const struct mailbox_reply *m, s32 result) {
  for (u32 i = 0; i < 6 && result >= 0; i++) {
    const struct argument_form *f = &p->form->arguments[i];
    u32 bytes = p->bytes[i];
    if (f->shape == OUT_N) bytes = (u32)MIN((u64)bytes, (u64)(u32)result * f->unit);
    else if (f->shape != OUT && f->shape != INOUT_N) continue;
    if (!relief_user_write(p->from[i], m->data + p->at[i], bytes)) return false;
  }
  return true;
}

// --- Sending.

static struct {
  const struct log_page *log; // NULL: nothing is forwarded
  u32 waiting[MAILBOXES_MAX / 32]; // by mailbox, atomic: a call is under way
  u32 calls;                  // atomic
} mail;

void forward_begin(const struct log_page *log) {
  memset(&mail, 0, sizeof mail);
  __atomic_store_n(&mail.log, log, __ATOMIC_RELEASE);
}

u32 forward_end(void) {
  __atomic_store_n(&mail.log, NULL, __ATOMIC_RELEASE);
  return mail.calls;
}

bool forward_has_reply(u32 mailbox) {
  return load_acquire(&mailbox_reply(mail.log, mailbox)->sequence) ==
         mailbox_request(mail.log, mailbox)->sequence;
}

bool forward_is_wanted(u32 mailbox) {
  return load_acquire(&mailbox_reply(mail.log, mailbox)->wanted) != 0;
}

void forward_cut_short(u32 mailbox) {
  struct mailbox_request *m = mailbox_request(mail.log, mailbox);
  store_release(&m->ended, m->sequence);
  sbi_send_ipi(mail.log->oncoming_hart);
}

void forward_doorbell(void) {
  const struct log_page *log = __atomic_load_n(&mail.log, __ATOMIC_ACQUIRE);
  for (u32 word = 0; log && word < ARRAY_LENGTH(mail.waiting); word++) {
    u32 bits = __atomic_load_n(&mail.waiting[word], __ATOMIC_ACQUIRE);
    for (u32 bit = 0; bits; bit++, bits >>= 1) {
      if ((bits & 1) && forward_has_reply(word * 32 + bit)) relief_wake_mailbox(word * 32 + bit);
    }
  }
}

static void send(u32 mailbox, struct mailbox_request *m) {
  u32 bit = 1u << mailbox % 32;
  __atomic_fetch_or(&mail.waiting[mailbox / 32], bit, __ATOMIC_ACQ_REL);
  __atomic_fetch_add(&mail.calls, 1, __ATOMIC_RELAXED);
  store_release(&m->sequence, m->sequence + 1);
  sbi_send_ipi(mail.log->oncoming_hart);
  relief_await_reply(mailbox);
  __atomic_fetch_and(&mail.waiting[mailbox / 32], ~bit, __ATOMIC_ACQ_REL);
}

// What the other side says is not believed further than it can be: a restart is one that there is,
// and an error one that programs know.
static struct restart restart_of(const struct mailbox_reply *reply) {
  struct restart none = {RESTART_NONE, 0, 0};
  struct restart r = {reply->restart, reply->restart_done,
                      (u64)reply->deadline[1] << 32 | reply->deadline[0]};
  return r.kind <= RESTART_TIMEOUT ? r : none;
}

static s32 result_of(const struct mailbox_reply *reply) {
  s32 result = *(const volatile s32 *)&reply->result;
  return result < -ERRNO_MAX ? -EIO : result;
}

static enum forward_end exchange(u32 mailbox, struct parcel *p, struct restart *restart,
                                 s32 *result) {
  struct mailbox_request *m = mailbox_request(mail.log, mailbox);
  const struct mailbox_reply *reply = mailbox_reply(mail.log, mailbox);
  if (!pack(p, mailbox, m)) return FORWARD_LATER;
  m->number = p->form->number;
  m->restart = restart->kind;
  m->restart_done = restart->done;
  m->deadline[0] = (u32)restart->deadline;
  m->deadline[1] = (u32)(restart->deadline >> 32);
  send(mailbox, m);
  if (reply->again) {
    *restart = restart_of(reply);
    if (m->ended != m->sequence) return FORWARD_LATER; // nobody here asked to end it
    return reply->unhandled ? FORWARD_UNHANDLED : FORWARD_AGAIN;
  }
  *restart = (struct restart){RESTART_NONE, 0, 0};
  s32 given = result_of(reply);
  *result = unpack(p, reply, given) ? given : -EFAULT;
  return FORWARD_DONE;
}

// A write of any length, piece by piece; `done` bytes of it may have gone before.
static enum forward_end write_all(u32 mailbox, const struct form *form, const u32 *arguments,
                                  struct restart *restart, s32 *result) {
  u32 n = arguments[2], done = restart->kind == RESTART_WRITE ? MIN(restart->done, n) : 0;
  do {
    u32 piece[6] = {arguments[0], arguments[1] + done, MIN(n - done, BULK)};
    struct parcel p = {.form = form, .from = piece};
    struct restart inner = {RESTART_NONE, 0, 0};
    enum forward_end end = exchange(mailbox, &p, &inner, result);
    if (end != FORWARD_DONE) {
      done += inner.kind == RESTART_WRITE ? MIN(inner.done, piece[2]) : 0;
      *restart = (struct restart){done ? RESTART_WRITE : RESTART_NONE, done, 0};
      return end;
    }
    if (*result < 0 && done == 0) return FORWARD_DONE;
    done += *result > 0 ? MIN((u32)*result, piece[2]) : 0;
    if (*result < (s32)piece[2]) break; // short, or an error that the next call will have
  } while (done < n);
  *restart = (struct restart){RESTART_NONE, 0, 0};
  *result = (s32)done;
  return FORWARD_DONE;
}

enum forward_end forward_call(u32 mailbox, u32 number, const u32 *arguments,
                              struct restart *restart, s32 *result) {
  const struct form *form = form_of(number, arguments);
  struct parcel p = {.form = form, .from = arguments};
  if (!mail.log || !form) return FORWARD_LATER;
  if (number == SYS_WRITE) return write_all(mailbox, form, arguments, restart, result);
  bool bulk = number == SYS_READ || number == SYS_PREAD64 || number == SYS_PWRITE64;
  if (bulk && arguments[2] > BULK) return FORWARD_LATER;
  return exchange(mailbox, &p, restart, result);
}
