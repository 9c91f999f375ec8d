// kexec_file_load keeps an image, its digest and its command line; reboot(REBOOT_KEXEC) has the
// relief thread hand the watch over to it. The caller waits. When processes are frozen for the
// transfer it is put at its boundary as if the call had returned 0, which is what happens under
// the new kernel; if the relief is aborted after that, a0 is changed before it goes on.
#include "kexec.h"

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
  s32 result;          // of the last one
} kexec;
static struct process *relief_thread;

struct process *kexec_thread(void) { return relief_thread; }

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

static s32 regular_file(u32 descriptor, struct inode **inode) {
  struct file *file = file_of(descriptor);
  if (!file || (file->flags & O_ACCMODE) == O_WRONLY) return -EBADF;
  *inode = file->inode;
  return file->inode && inode_is_regular(file->inode) ? 0 : -EINVAL;
}

s32 call_kexec_file_load(const u32 *a) {
  struct inode *image, *digest_file, *old;
  u8 digest[32];
  char line[HANDOVER_COMMAND_LINE_MAX - sizeof "relieving "];
  s32 error = regular_file(a[0], &image);
  if (!error) error = regular_file(a[1], &digest_file);
  if (error) return error;
  if (a[2] > sizeof line || a[4] != 0) return -EINVAL;
  if (a[2]) error = copy_from_user(line, a[3], a[2]);
  if (error) return error;
  if (a[2] && line[a[2] - 1]) return -EINVAL; // as Linux: the length includes the NUL
  if (!a[2]) line[0] = 0;
  error = read_digest(digest_file, digest);
  if (error) return error;
  inode_get(image);
  lock(&kexec.lock);
  bool busy = kexec.begun != kexec.finished;
  old = busy ? image : kexec.image;
  if (!busy) {
    kexec.image = image;
    memcpy(kexec.digest, digest, sizeof digest);
    string_copy(kexec.command_line, line, sizeof kexec.command_line);
  }
  unlock(&kexec.lock);
  if (old) inode_put(old);
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
    case ABORT_MISSING_DRIVER: return -ENODEV;
    case ABORT_WATCHDOG: return -ETIMEDOUT;
    default: return -ECANCELED;
  }
}

static s32 await_result(struct process *p) {
  s32 result = -ERESTART_CALL;
  lock(&kexec.lock);
  while (kexec.finished < p->relieving) {
    if (wait_on(&kexec.done, &kexec.lock)) continue;
    unlock(&kexec.lock);
    return process_freezing ? 0 : -ERESTART_CALL;
  }
  result = kexec.result;
  p->relieving = 0;
  unlock(&kexec.lock);
  return result;
}

// Processes run while the relief that brought them here is still being completed. Until it is, the
// relief thread and its queues do not exist.
static void await_thread(void) {
  while (!__atomic_load_n(&relief_thread, __ATOMIC_ACQUIRE)) scheduler_yield();
}

s32 kexec_execute(struct process *p) {
  s32 error = 0;
  await_thread();
  lock(&kexec.lock);
  if (!kexec.image) error = -EINVAL;
  else if (kexec.begun != kexec.finished) error = -EBUSY;
  else p->relieving = ++kexec.begun;
  wake_all(&kexec.asked);
  unlock(&kexec.lock);
  return error ? error : await_result(p);
}

void kexec_tell_frozen(enum abort_reason reason) {
  LIST_FOR_EACH(p, &process_table.all, struct process, in_table) {
    if (p->zombie || !p->relieving) continue;
    p->frame->x[REG_A0] = (u32)error_of(reason);
    p->relieving = 0;
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
  static struct relief_request request;
  __atomic_store_n(&relief_thread, this_process(), __ATOMIC_RELEASE);
  for (;;) {
    lock(&kexec.lock);
    while (kexec.begun == kexec.finished) wait_on_firmly(&kexec.asked, &kexec.lock);
    request.image = (struct image_source){(u32)kexec.image->size, kexec.image, read_image};
    memcpy(request.digest, kexec.digest, sizeof request.digest);
    string_copy(request.command_line, kexec.command_line, sizeof request.command_line);
    unlock(&kexec.lock);
    enum abort_reason reason = offgoing_relief(&request);
    lock(&kexec.lock);
    kexec.result = error_of(reason);
    kexec.finished = kexec.begun;
    wake_all(&kexec.done);
    unlock(&kexec.lock);
  }
}

void kexec_begin(void) {
  wait_queue_init(&kexec.asked);
  wait_queue_init(&kexec.done);
  if (!process_start_thread("relief", carry_out_reliefs)) print("no memory for the relief thread");
}
