// Futexes: sleeping on a word of user memory until somebody says that it has changed. Waiters are
// threads that sleep on futex_lock, found by their key; the word is read under that lock, so nobody
// who has changed it can look for waiters between the reading and the sleep.
#include "larboard/futex.h"

#include "larboard/frame.h"
#include "larboard/gate.h"
#include "larboard/inode.h"
#include "larboard/signal.h"
#include "larboard/time.h"

static struct spinlock futex_lock;

// The same word of memory has the same key in every space that shares it.
static bool find_key(struct process *p, u32 address, struct futex_key *key) {
  struct space *s = &p->space;
  lock(&s->lock);
  const struct region *r = space_find(s, address);
  *key = (struct futex_key){(u32)s, address};
  if (r && (r->flags & REGION_SHARED)) {
    *key = (struct futex_key){r->inode->number,
                              (r->file_page << PAGE_SHIFT) + address - r->start};
  }
  unlock(&s->lock);
  return r != NULL;
}

static bool is_waiter(const struct thread *t, const struct futex_key *key) {
  return t->state == SLEEPING && t->channel == &futex_lock && t->futex.object == key->object &&
         t->futex.address == key->address;
}

// --- Waiters that a freeze has unwound.

#define ECALL 0x73
static u32 expected; // process_lock

// Whether its next instruction is the call to wait.
static bool is_about_to_wait(struct thread *t) {
  const u32 *x = thread_frame(t)->x;
  u32 instruction, operation = x[REG_A1] & ~(u32)FUTEX_PRIVATE_FLAG;
  return x[REG_A7] == SYS_FUTEX_TIME64 && operation == FUTEX_WAIT &&
         copy_from_user(&t->process->space, &instruction, x[REG_PC], sizeof instruction) &&
         instruction == ECALL;
}

void futex_expect(struct thread *t) {
  if (t->futex_expected || !is_about_to_wait(t)) return;
  t->futex_expected = true;
  expected++;
}

void futex_expect_no_more(struct thread *t) {
  if (t->futex_expected) expected--;
  t->futex_expected = false;
}

bool futex_await_expected(void) {
  const struct thread *t = this_thread();
  while (__atomic_load_n(&expected, __ATOMIC_ACQUIRE)) {
    if (thread_has_to_unwind(t) || thread_must_end(t) || signal_is_waiting(t)) return false;
    thread_yield();
  }
  return true;
}

static void arrive(struct thread *t) {
  lock(&process_lock);
  futex_expect_no_more(t);
  unlock(&process_lock);
}

// --- The calls.

s32 futex_wake(struct process *p, u32 address, u32 most) {
  struct futex_key key;
  s32 woken = 0;
  if (address % 4) return -EINVAL;
  if (!find_key(p, address, &key)) return -EFAULT;
  lock(&futex_lock);
  lock(&process_lock);
  for (u32 i = 0; i < threads_end && (u32)woken < most; i++) {
    if (!is_waiter(&threads[i], &key)) continue;
    threads[i].futex_woken = true;
    thread_ready(&threads[i]);
    woken++;
  }
  unlock(&process_lock);
  unlock(&futex_lock);
  return woken;
}

// The word, without waiting for the disk: futex_wait has seen to it that it is there.
static bool read_word(struct process *p, u32 address, u32 *word) {
  lock(&p->space.lock);
  u32 physical = space_resolve(&p->space, address, ACCESS_READ);
  if (physical) *word = *(const u32 *)kmap(0, physical);
  unlock(&p->space.lock);
  if (!physical) space_forget_missing();
  return physical != 0;
}

// futex_lock held. 0 when woken, -EAGAIN, -EFAULT, -ETIMEDOUT, or ERESTART when disturbed.
static s32 wait_locked(struct process *p, u32 address, u32 value, u64 deadline) {
  struct thread *t = this_thread();
  u32 now;
  if (!find_key(p, address, &t->futex)) return -EFAULT;
  if (!read_word(p, address, &now)) return -EFAULT;
  if (now != value) return -EAGAIN;
  t->futex_woken = false;
  arrive(t); // wakers find it from the moment that futex_lock is free
  bool undisturbed = sleep_until(&futex_lock, &futex_lock, deadline);
  if (t->futex_woken) return 0;
  return undisturbed ? -ETIMEDOUT : -ERESTART;
}

static s32 wait_until(struct process *p, u32 address, u32 value, u32 timeout) {
  struct thread *t = this_thread();
  u64 deadline = ~0ull;
  if (address % 4) return -EINVAL;
  s32 error = time_deadline(t, RESTART_TIMEOUT, timeout, false, &deadline);
  if (error) return error;
  if (!user_is_accessible(&p->space, address, sizeof value, ACCESS_READ)) return -EFAULT;
  lock(&futex_lock);
  s32 result = wait_locked(p, address, value, deadline);
  unlock(&futex_lock);
  if (result != -ERESTART || !timeout) return result;
  time_keep_deadline(t, RESTART_TIMEOUT, deadline);
  return -ERESTART_UNHANDLED;
}

s32 futex_wait(struct process *p, u32 address, u32 value, u32 timeout) {
  s32 result = wait_until(p, address, value, timeout);
  arrive(this_thread());
  return result;
}
