// kexec_file_load keeps an image, its digest and its command line; reboot(REBOOT_KEXEC) has the
// relief thread hand the watch over to it. The caller waits; a signal to it ends the relief, unless
// it is too late for that. When processes are frozen for the transfer it is put at its boundary as
// if the call had returned 0, which is what happens under the new kernel; if the relief is aborted
// after that, a0 is changed before it goes on.
#include "kexec.h"

#include "gate.h"
#include "scheduler.h"
#include "shared/relief/relief.h"
#include "system_call.h"

static struct { // kexec.lock
  struct spinlock lock;
  struct wait_queue asked, done;
  struct inode *image; // pinned by a reference
  u8 digest[32];
  char command_line[HANDOVER_COMMAND_LINE_MAX];
  u32 begun, finished; // reliefs
  bool ending;         // the last is over for whoever asked: what it took is given back
  s32 result;          // of the last one
} kexec;
static struct relief_request request; // of the relief under way
static struct thread *relief_thread;

struct thread *kexec_thread(void) { return relief_thread; }

// --- Loading

static s32 hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static s32 read_digest(struct inode *file, u8 digest[32]) {
  char text[64];
  if (!inode_read_kernel(file, 0, text, sizeof text)) return -EINVAL;
  for (u32 i = 0; i < 32; i++) {
    s32 high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return -EINVAL;
    digest[i] = (u8)(high << 4 | low);
  }
  return 0;
}

// With a reference.
static s32 regular_file(u32 descriptor, struct inode **inode) {
  struct file *file = file_of(descriptor);
  if (!file) return -EBADF;
  s32 error = 0;
  if ((file->flags & O_ACCMODE) == O_WRONLY) error = -EBADF;
  else if (!file->inode || !inode_is_regular(file->inode)) error = -EINVAL;
  else inode_get(*inode = file->inode);
  file_put(file);
  return error;
}

static s32 digest_from_file(u32 descriptor, u8 digest[32]) {
  struct inode *file;
  s32 error = regular_file(descriptor, &file);
  if (error) return error;
  error = read_digest(file, digest);
  inode_put(file);
  return error;
}

static s32 command_line_from_user(char *line, u32 user, u32 bytes) {
  if (bytes > HANDOVER_COMMAND_LINE_MAX - sizeof "relieving ") return -EINVAL;
  line[0] = 0;
  s32 error = bytes ? copy_from_user(line, user, bytes) : 0;
  if (error) return error;
  return bytes && line[bytes - 1] ? -EINVAL : 0; // as Linux: the length includes the NUL
}

s32 call_kexec_file_load(const u32 *a) {
  struct inode *image, *old;
  u8 digest[32];
  char line[HANDOVER_COMMAND_LINE_MAX];
  s32 error = a[4] ? -EINVAL : command_line_from_user(line, a[3], a[2]);
  if (!error) error = digest_from_file(a[1], digest);
  if (!error) error = regular_file(a[0], &image);
  if (error) return error;
  bool goes_on = true;
  lock(&kexec.lock);
  while (kexec.ending && goes_on) goes_on = wait_on(&kexec.done, &kexec.lock);
  bool busy = kexec.begun != kexec.finished;
  old = busy ? image : kexec.image;
  if (!busy) {
    kexec.image = image;
    memcpy(kexec.digest, digest, sizeof digest);
    string_copy(kexec.command_line, line, sizeof kexec.command_line);
  }
  unlock(&kexec.lock);
  if (old) inode_put(old);
  if (!goes_on) return -ERESTART_CALL;
  return busy ? -EBUSY : 0;
}

// --- The caller's side

static s32 error_of(enum abort_reason reason) {
  switch (reason) {
    case ABORT_DIGEST: return -EBADMSG;
    case ABORT_NOT_AN_IMAGE: return -ELIBBAD;
    case ABORT_CONTRACT_VERSION: return -EPROTO;
    case ABORT_ZONE_NORMAL:
    case ABORT_MEMORY: return -ENOMEM;
    case ABORT_MISSING_FILE_SYSTEM:
    case ABORT_MISSING_DRIVER: return -ENODEV;
    case ABORT_WATCHDOG: return -ETIMEDOUT;
    case ABORT_OPERATOR: return -EINTR;
    default: return -ECANCELED;
  }
}

// A signal asks the relief to end, and then waits until it has, or the thread is frozen for it.
static s32 await_result(struct thread *t) {
  s32 result;
  lock(&kexec.lock);
  while (kexec.finished < t->relieving) {
    bool undisturbed = request.revoked ? wait_on_killable(&kexec.done, &kexec.lock)
                                       : wait_on(&kexec.done, &kexec.lock);
    if (undisturbed) continue;
    if (thread_has_to_stop(t, SLEEP_KILLABLE)) {
      unlock(&kexec.lock);
      return process_freezing || t->process->freezing ? 0 : -ERESTART_CALL;
    }
    __atomic_store_n(&request.revoked, true, __ATOMIC_RELEASE);
    relief_wake();
  }
  result = kexec.result;
  t->relieving = 0;
  unlock(&kexec.lock);
  return result;
}

// Processes run while the relief that brought them here is still being completed. Until it is, the
// relief thread and its queues do not exist.
static void await_thread(void) {
  while (!__atomic_load_n(&relief_thread, __ATOMIC_ACQUIRE)) scheduler_yield();
}

s32 kexec_execute(struct thread *t, bool only_load) {
  s32 error = 0;
  await_thread();
  lock(&kexec.lock);
  if (!kexec.image) error = -EINVAL;
  else if (kexec.begun != kexec.finished) error = -EBUSY;
  else t->relieving = ++kexec.begun, request.revoked = false, request.only_load = only_load;
  wake_all(&kexec.asked);
  unlock(&kexec.lock);
  gate_leave(t); // while it waits it uses no service
  return error ? error : await_result(t);
}

void kexec_tell_frozen(enum abort_reason reason) {
  lock(&kexec.lock);
  kexec.ending = true;
  unlock(&kexec.lock);
  FOR_EACH_PROCESS(p) {
    LIST_FOR_EACH(t, &p->threads, struct thread, in_process) {
      if (!t->relieving || !t->stands) continue; // one that sleeps still learns it by itself
      t->frame->x[REG_A0] = (u32)error_of(reason);
      t->relieving = 0;
    }
  }
}

bool kexec_await_end(void) {
  bool ended = true;
  await_thread();
  lock(&kexec.lock);
  while (ended && kexec.begun != kexec.finished) ended = wait_on(&kexec.done, &kexec.lock);
  unlock(&kexec.lock);
  return ended;
}

// --- The relief thread

static bool read_image(void *context, u32 offset, void *to, u32 n) {
  return inode_read_kernel(context, offset, to, n);
}

static void carry_out_reliefs(void) {
  __atomic_store_n(&relief_thread, this_thread(), __ATOMIC_RELEASE);
  for (;;) {
    lock(&kexec.lock);
    while (kexec.begun == kexec.finished) wait_on_firmly(&kexec.asked, &kexec.lock);
    request.image = (struct image_source){(u32)kexec.image->size, kexec.image, read_image};
    memcpy(request.digest, kexec.digest, sizeof request.digest);
    string_copy(request.command_line, kexec.command_line, sizeof request.command_line);
    unlock(&kexec.lock);
    enum abort_reason reason = offgoing_relief(&request);
    lock(&kexec.lock);
    kexec.result = reason ? error_of(reason) : 0; // 0: it is only loaded
    kexec.finished = kexec.begun;
    kexec.ending = false;
    wake_all(&kexec.done);
    unlock(&kexec.lock);
  }
}

void kexec_begin(void) {
  wait_queue_init(&kexec.asked);
  wait_queue_init(&kexec.done);
  struct thread *t = thread_make_in_kernel(carry_out_reliefs);
  if (t) scheduler_start(t);
  else print("no memory for the relief thread");
}
