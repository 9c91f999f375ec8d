// kexec: the image a program loaded, and the thread that carries out the relief. The program's
// call sleeps meanwhile; it returns 0 in the new kernel, or an error if the relief was aborted.
#include "abi/syscall.h"
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
  s32 caller;          // pid that waits
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

static struct inode *regular_file(struct process *p, u32 descriptor) {
  struct file *f = descriptor_file(p, descriptor);
  return f && f->inode && (f->inode->mode & S_IFMT) == S_IFREG ? f->inode : NULL;
}

s32 kexec_load(struct process *p, u32 image, u32 digest, u32 line_bytes, u32 line) {
  struct relief_request request;
  struct inode *file = regular_file(p, image), *expected = regular_file(p, digest);
  memset(&request, 0, sizeof request);
  if (!file || !expected) return -EBADF;
  if (line_bytes >= sizeof request.command_line - 16) return -EINVAL;
  if (!copy_from_user(&p->space, request.command_line, line, line_bytes)) return -EFAULT;
  s32 error = read_digest(expected, request.digest);
  if (error) return error;
  request.image = (struct image_source){file->size, file, read_image};
  inode_hold(file);
  lock(&kexec_lock);
  struct inode *old = kexec.running ? file : kexec.image;
  error = kexec.running ? -EBUSY : 0;
  if (!error) kexec.image = file, kexec.request = request;
  unlock(&kexec_lock);
  if (old) inode_release(old);
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
  };
  return reason < ABORT_REASONS && errors[reason] ? -(s32)errors[reason] : -ECANCELED;
}

s32 kexec_execute(struct process *p) {
  s32 result;
  lock(&kexec_lock);
  if (!kexec.image || kexec.running) {
    result = kexec.running ? -EBUSY : -EINVAL;
    unlock(&kexec_lock);
    return result;
  }
  kexec.running = kexec.wanted = true;
  kexec.caller = p->pid;
  p->in_kexec = true;
  wake(&kexec);
  bool waited = true;
  while (kexec.running && waited) waited = sleep_on(&kexec.running, &kexec_lock);
  // frozen for the transfer: the call has succeeded, unless an abort still says otherwise
  result = kexec.running ? 0 : kexec.result;
  if (!kexec.running) p->in_kexec = false;
  unlock(&kexec_lock);
  return result;
}

// An aborted relief's result, for a caller that already stands at its boundary with 0.
void kexec_tell_frozen_caller(enum abort_reason reason) {
  lock(&process_lock);
  struct process *p = process_find(kexec.caller);
  if (p && p->in_kexec && p->state == FROZEN) {
    process_frame(p)->x[REG_A0] = (u32)error_of(reason);
    p->in_kexec = false;
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
    kexec_forget();
    lock(&kexec_lock);
    kexec.result = error_of(reason);
    kexec.running = false;
    wake(&kexec.running);
  }
}

void kexec_begin(void) {
  process_start_thread(relief_thread, "relief");
  __atomic_store_n(&ready, true, __ATOMIC_RELEASE);
}

bool kexec_await_end(void) {
  bool waited = true;
  while (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE)) process_yield();
  lock(&kexec_lock);
  while (kexec.running && waited) waited = sleep_on(&kexec.running, &kexec_lock);
  unlock(&kexec_lock);
  return waited;
}
