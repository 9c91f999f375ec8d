// kexec: the image a program loaded, and the thread that carries out the relief. The program's
// call sleeps meanwhile; it returns 0 in the new kernel, or an error if the relief was aborted.
#include "abi/syscall.h"
#include "larboard/gate.h"
#include "larboard/inode.h"
#include "larboard/process.h"
#include "larboard/system.h"
#include "shared/relief/relief.h"
#include "shared/string.h"

static struct spinlock kexec_lock;
static struct { // kexec_lock
  struct inode *image; // held
  struct relief_request request;
  bool wanted;         // the thread has work
  bool running;
  bool ending;         // ... but is over for whoever asked: what it took is given back
  s32 caller;          // tid that waits
  s32 result;
} kexec;
static bool ready; // the relief that made this kernel, if any, is over

static bool read_image(void *context, u32 offset, void *to, u32 n) {
  return inode_read(context, offset, to, n) == (s32)n;
}

static s32 hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static s32 read_digest(struct inode *file, u8 digest[32]) {
  char text[64];
  if (inode_read(file, 0, text, sizeof text) != sizeof text) return -EBADMSG;
  for (u32 i = 0; i < 32; i++) {
    s32 high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return -EBADMSG;
    digest[i] = (u8)(high << 4 | low);
  }
  return 0;
}

// The regular file of a descriptor, held; NULL: there is none.
static struct inode *regular_file(struct process *p, u32 descriptor) {
  struct file *f = descriptor_hold(p, descriptor);
  bool regular = f && f->inode && (f->inode->mode & S_IFMT) == S_IFREG;
  struct inode *i = regular ? f->inode : NULL;
  if (i) inode_hold(i);
  if (f) file_release(f);
  return i;
}

// The request but its image.
static s32 read_request(struct process *p, struct inode *expected, u32 line_bytes, u32 line,
                        struct relief_request *request) {
  memset(request, 0, sizeof *request);
  if (line_bytes >= sizeof request->command_line - 16) return -EINVAL;
  if (!copy_from_user(&p->space, request->command_line, line, line_bytes)) return -EFAULT;
  return read_digest(expected, request->digest);
}

// Takes over the hold on `image`, unless it returns an error.
static s32 accept(struct inode *image, struct relief_request *request) {
  request->image = (struct image_source){image->size, image, read_image};
  bool undisturbed = true;
  lock(&kexec_lock);
  while (kexec.ending && undisturbed) undisturbed = sleep_on(&kexec.running, &kexec_lock);
  struct inode *old = kexec.running ? NULL : kexec.image;
  s32 error = !undisturbed ? -ERESTART : kexec.running ? -EBUSY : 0;
  if (!error) kexec.image = image, kexec.request = *request;
  unlock(&kexec_lock);
  if (old) inode_release(old);
  return error;
}

s32 kexec_load(struct process *p, u32 image, u32 digest, u32 line_bytes, u32 line) {
  struct relief_request request;
  struct inode *file = regular_file(p, image), *expected = regular_file(p, digest);
  s32 error = file && expected ? read_request(p, expected, line_bytes, line, &request) : -EBADF;
  if (!error) error = accept(file, &request);
  if (file && error) inode_release(file);
  if (expected) inode_release(expected);
  return error;
}

void kexec_forget(void) {
  lock(&kexec_lock);
  struct inode *old = kexec.image;
  kexec.image = NULL;
  unlock(&kexec_lock);
  if (old) inode_release(old);
}

static s32 error_of(enum abort_reason reason) {
  static const u8 errors[ABORT_REASONS] = {
      [ABORT_DIGEST] = EBADMSG,           [ABORT_NOT_AN_IMAGE] = ELIBBAD,
      [ABORT_CONTRACT_VERSION] = EPROTO,  [ABORT_ZONE_NORMAL] = ENOMEM,
      [ABORT_MISSING_DRIVER] = ENODEV,    [ABORT_WATCHDOG] = ETIMEDOUT,
      [ABORT_MEMORY] = ENOMEM,            [ABORT_MISSING_FILE_SYSTEM] = ENODEV,
      [ABORT_OPERATOR] = EINTR,
  };
  return reason < ABORT_REASONS && errors[reason] ? -(s32)errors[reason] : -ECANCELED;
}

// Sleeps until the relief is over, or this thread is frozen or is to end. A signal asks the relief
// to end, which it may be too late for.
static void await_relief(const struct thread *t) {
  bool undisturbed = true;
  while (kexec.running && undisturbed) undisturbed = sleep_on(&kexec.running, &kexec_lock);
  if (!kexec.running || thread_has_to_unwind(t) || thread_must_end(t)) return;
  __atomic_store_n(&kexec.request.revoked, true, __ATOMIC_RELEASE);
  relief_wake();
  for (undisturbed = true; kexec.running && undisturbed;) {
    undisturbed = sleep_killably(&kexec.running, &kexec_lock);
  }
}

s32 kexec_execute(struct thread *t, bool only_load) {
  s32 result;
  lock(&kexec_lock);
  if (!kexec.image || kexec.running) {
    result = kexec.running ? -EBUSY : -EINVAL;
    unlock(&kexec_lock);
    return result;
  }
  kexec.running = kexec.wanted = true;
  kexec.request.revoked = false;
  kexec.request.only_load = only_load;
  kexec.caller = t->tid;
  t->in_kexec = true;
  gate_leave(t); // it uses no service while it waits
  wake(&kexec);
  await_relief(t);
  // frozen for the transfer: the call has succeeded, unless an abort still says otherwise
  result = kexec.running ? 0 : kexec.result;
  if (!kexec.running) t->in_kexec = false;
  unlock(&kexec_lock);
  return result;
}

// An aborted relief's result, for a caller that already stands at its boundary with 0.
void kexec_tell_frozen_caller(enum abort_reason reason) {
  lock(&kexec_lock);
  kexec.ending = true;
  unlock(&kexec_lock);
  lock(&process_lock);
  struct thread *t = thread_find(kexec.caller);
  if (t && t->in_kexec && t->state == FROZEN) {
    thread_frame(t)->x[REG_A0] = (u32)error_of(reason);
    t->in_kexec = false;
  }
  unlock(&process_lock);
}

static void relief_thread(void) {
  unlock(&process_lock);
  lock(&kexec_lock);
  for (;;) {
    while (!kexec.wanted) sleep_firmly(&kexec, &kexec_lock);
    kexec.wanted = false;
    unlock(&kexec_lock);
    enum abort_reason reason = offgoing_relief(&kexec.request);
    if (reason) kexec_forget(); // else it is only loaded
    lock(&kexec_lock);
    kexec.result = reason ? error_of(reason) : 0;
    kexec.running = kexec.ending = false;
    wake(&kexec.running);
  }
}

void kexec_begin(void) {
  thread_start_kernel(relief_thread, "relief");
  __atomic_store_n(&ready, true, __ATOMIC_RELEASE);
}

bool kexec_await_end(void) {
  bool waited = true;
  while (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE)) thread_yield();
  lock(&kexec_lock);
  while (kexec.running && waited) waited = sleep_on(&kexec.running, &kexec_lock);
  unlock(&kexec_lock);
  return waited;
}
