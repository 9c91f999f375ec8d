// ppoll: looks at all files, and joins the queue of each that has nothing to say; then sleeps, and
// looks again. Files are held by a reference as long as their queues are joined.
#include "scheduler.h"
#include "system_call.h"

struct polled {
  struct file *file; // NULL: nothing is joined
  struct waiter waiter;
};

static u32 look_at(const struct pollfd *fd, struct polled *p) {
  p->file = NULL;
  if (fd->fd < 0) return 0;
  struct file *file = file_of((u32)fd->fd);
  if (!file) return POLLNVAL;
  list_init(&p->waiter.link);
  u32 found = file_poll(file, (u16)fd->events, &p->waiter);
  if (list_is_empty(&p->waiter.link)) file_put(file);
  else p->file = file;
  return found;
}

// How many have something to say.
static u32 look_at_all(struct pollfd *fds, struct polled *polled, u32 n) {
  u32 count = 0;
  this_thread()->woken = false;
  for (u32 i = 0; i < n; i++) {
    fds[i].revents = (int16_t)look_at(&fds[i], &polled[i]);
    count += fds[i].revents != 0;
  }
  return count;
}

static void leave_all(struct polled *polled, u32 n) {
  for (u32 i = 0; i < n; i++) {
    if (!polled[i].file) continue;
    file_poll_end(polled[i].file, &polled[i].waiter);
    file_put(polled[i].file);
  }
}

static s32 wait_for_events(struct pollfd *fds, struct polled *polled, u32 n, u64 deadline) {
  for (;;) {
    s32 result = (s32)look_at_all(fds, polled, n);
    bool woken = result || time_ticks() >= deadline ||
                 scheduler_sleep(SLEEP_INTERRUPTIBLE, deadline);
    leave_all(polled, n);
    if (result) return result;
    if (time_ticks() >= deadline) return 0;
    if (!woken) return -ERESTART_UNHANDLED;
  }
}

static s32 poll(const u32 *a, struct pollfd *fds, struct polled *polled, u64 deadline) {
  u32 n = a[1];
  s32 error = copy_from_user(fds, a[0], n * sizeof *fds);
  if (error) return error;
  s32 result = wait_for_events(fds, polled, n, deadline);
  if (result < 0) return timeout_result(this_thread(), result, deadline);
  error = copy_to_user(a[0], fds, n * sizeof *fds);
  return error ? error : result;
}

s32 call_ppoll(const u32 *a) {
  struct thread *t = this_thread();
  u64 deadline, mask;
  if (a[1] > DESCRIPTORS_MAX) return -EINVAL;
  s32 error = timeout_from_user(a[2], &deadline);
  if (!error && a[3]) error = mask_from_user(a[3], a[4], &mask);
  if (error) return error;
  struct pollfd *fds = heap_allocate((a[1] + 1) * sizeof *fds);
  struct polled *polled = heap_allocate((a[1] + 1) * sizeof *polled);
  s32 result = -ENOMEM;
  if (fds && polled) {
    if (a[3]) signal_lend_mask(t, mask);
    result = poll(a, fds, polled, deadline);
    if (result != -ERESTART_UNHANDLED) signal_return_mask(t);
  }
  heap_free(polled);
  heap_free(fds);
  return result;
}
