// ppoll. Sleepers wait for any change at all: whoever changes a pipe or the console moves a count
// on, and they look again. A change between the look and the sleep shows in the count.
#include "abi/syscall.h"
#include "larboard/file.h"
#include "larboard/process.h"
#include "larboard/signal.h"
#include "larboard/time.h"

#define POLL_MAX DESCRIPTORS_MAX

static struct spinlock poll_lock;
static u32 changes; // poll_lock
static u32 pollers; // atomic: with none, nobody needs to be told

void poll_notify(void) {
  if (__atomic_load_n(&pollers, __ATOMIC_SEQ_CST) == 0) return;
  lock(&poll_lock);
  changes++;
  wake(&changes);
  unlock(&poll_lock);
}

static u32 read_changes(void) {
  lock(&poll_lock);
  u32 now = changes;
  unlock(&poll_lock);
  return now;
}

// Fills revents; how many are not 0.
static s32 look(struct process *p, struct pollfd *fds, u32 n) {
  s32 ready = 0;
  for (u32 i = 0; i < n; i++) {
    u32 always = POLLERR | POLLHUP;
    struct file *f = fds[i].fd < 0 ? NULL : descriptor_hold(p, (u32)fds[i].fd);
    u32 found = fds[i].fd < 0 ? 0 : POLLNVAL;
    if (f) found = file_poll(f) & ((u16)fds[i].events | always);
    if (f) file_release(f);
    fds[i].revents = (int16_t)found;
    ready += found != 0;
  }
  return ready;
}

// Sleeps until something changes. False: a signal, a freeze, or the deadline.
static bool await_change(u32 seen, u64 deadline) {
  bool slept = true;
  lock(&poll_lock);
  if (changes == seen) slept = sleep_until(&changes, &poll_lock, deadline);
  unlock(&poll_lock);
  return slept;
}

static s32 poll_until(struct process *p, struct pollfd *fds, u32 n, u64 deadline) {
  __atomic_add_fetch(&pollers, 1, __ATOMIC_SEQ_CST);
  s32 result = 0;
  bool undisturbed = true;
  for (;;) {
    u32 seen = read_changes();
    result = look(p, fds, n);
    if (result || !undisturbed || time_ticks() >= deadline) break;
    undisturbed = await_change(seen, deadline);
  }
  __atomic_sub_fetch(&pollers, 1, __ATOMIC_SEQ_CST);
  return result || undisturbed ? result : -ERESTART_UNHANDLED;
}

s32 poll_user(struct process *p, const u32 *a) {
  struct pollfd fds[POLL_MAX];
  struct thread *t = this_thread();
  u32 bytes = a[1] * sizeof *fds, mask[2];
  u64 deadline = ~0ull;
  if (a[1] > POLL_MAX) return -EINVAL;
  if (!copy_from_user(&p->space, fds, a[0], bytes)) return -EFAULT;
  s32 error = time_deadline(t, RESTART_TIMEOUT, a[2], false, &deadline);
  if (error) return error;
  if (a[3] && a[4] != sizeof mask) return -EINVAL;
  if (a[3] && !copy_from_user(&p->space, mask, a[3], sizeof mask)) return -EFAULT;
  if (a[3]) {
    lock(&process_lock);
    signal_borrow_mask(t, (u64)mask[1] << 32 | mask[0]);
    unlock(&process_lock);
  }
  s32 result = poll_until(p, fds, a[1], deadline);
  if (result == -ERESTART_UNHANDLED) {
    if (a[2]) time_keep_deadline(t, RESTART_TIMEOUT, deadline);
    return result;
  }
  lock(&process_lock);
  signal_return_mask(t); // at once: what only the other mask lets through stays pending
  unlock(&process_lock);
  return copy_to_user(&p->space, a[0], fds, bytes) ? result : -EFAULT;
}
