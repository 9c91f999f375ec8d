// Futexes. Waiters hang in buckets by the hash of their key: of a shared mapping the inode and the
// offset, else the address space and the address. A waiter compares the word with its bucket
// locked, and whoever wakes has changed the word before it locks the bucket: none is lost.
#include "futex.h"

#include "page_table.h"
#include "process.h"
#include "scheduler.h"

#define BUCKETS 64

struct futex_key {
  const void *object;
  u32 offset;
};
struct futex_waiter {
  struct list link; // in its bucket, until it is woken
  struct futex_key key;
  struct thread *thread;
};
static struct bucket {
  struct spinlock lock;
  struct list waiters;
} buckets[BUCKETS];

static struct bucket *lock_bucket(const struct futex_key *key) {
  u32 hash = ((u32)key->object >> 5) + key->offset / 4 * 2654435761u;
  struct bucket *b = &buckets[(hash >> 16 ^ hash) % BUCKETS];
  lock(&b->lock);
  if (!b->waiters.next) list_init(&b->waiters);
  return b;
}

// vm->lock held.
static s32 find_key(struct vm *vm, u32 word, struct futex_key *key) {
  struct region *r = vm_region(vm, word);
  *key = (struct futex_key){vm, word};
  if (word % 4) return -EINVAL;
  if (word >= USER_END) return -EFAULT;
  if (r && (r->flags & REGION_SHARED)) {
    *key = (struct futex_key){r->inode, r->file_page * PAGE_SIZE + (word - r->start)};
  }
  return 0;
}

static s32 read_word(struct vm *vm, u32 word, u32 *value) {
  u32 frame;
  s32 error = vm_resolve(vm, word, PROT_READ, &frame);
  if (error) return error;
  u8 *window = kmap(frame);
  *value = __atomic_load_n((u32 *)(window + word % PAGE_SIZE), __ATOMIC_SEQ_CST);
  kunmap(window);
  return 0;
}

// Puts the waiter into its bucket if the word has the value. Its page is ready: no fault comes up
// with the bucket locked. vm->lock held.
static s32 join(struct vm *vm, u32 word, u32 value, struct futex_waiter *w) {
  u32 now;
  s32 error = find_key(vm, word, &w->key);
  if (error) return error;
  struct bucket *b = lock_bucket(&w->key);
  error = read_word(vm, word, &now);
  if (!error && now != value) error = -EAGAIN;
  if (!error) list_add_last(&b->waiters, &w->link);
  unlock(&b->lock);
  return error;
}

// --- Waiters that a freeze has unwound

#define ECALL 0x73
static u32 expected; // threads; atomic

// Whether its next instruction is the call to wait.
static bool is_about_to_wait(struct thread *t) {
  const u32 *x = t->frame->x;
  u32 instruction, operation = x[REG_A1] & ~(u32)FUTEX_PRIVATE_FLAG;
  if (x[REG_A7] != SYS_FUTEX_TIME64 || operation != FUTEX_WAIT || x[REG_PC] % 4) return false;
  struct vm *vm = t->process->vm;
  lock(&vm->lock);
  s32 error = read_word(vm, x[REG_PC], &instruction);
  unlock(&vm->lock);
  return !error && instruction == ECALL;
}

void futex_expect(struct thread *t) {
  t->is_expected = is_about_to_wait(t);
  if (t->is_expected) __atomic_add_fetch(&expected, 1, __ATOMIC_SEQ_CST);
}

void futex_expect_no_more(struct thread *t) {
  if (t->is_expected) __atomic_sub_fetch(&expected, 1, __ATOMIC_SEQ_CST);
  t->is_expected = false;
}

s32 futex_await_expected(void) {
  while (__atomic_load_n(&expected, __ATOMIC_SEQ_CST)) {
    if (thread_has_to_stop(this_thread(), SLEEP_KILLABLE)) return -ERESTART_CALL;
    scheduler_yield();
  }
  return 0;
}

// --- The calls

s32 futex_wait(u32 word, u32 value, u64 deadline) {
  struct futex_waiter w = {.thread = this_thread()};
  struct vm *vm = w.thread->process->vm;
  list_init(&w.link);
  w.thread->woken = false;
  u32 frame;
  s32 error = word % 4 ? -EINVAL : vm_lock_pages(vm, word, 4, PROT_READ, &frame);
  if (!error) {
    error = join(vm, word, value, &w);
    unlock(&vm->lock);
  }
  futex_expect_no_more(w.thread);
  if (error) return error;
  scheduler_sleep(SLEEP_INTERRUPTIBLE, deadline);
  struct bucket *b = lock_bucket(&w.key);
  bool woken = list_is_empty(&w.link);
  list_remove(&w.link);
  unlock(&b->lock);
  if (woken) return 0;
  return time_ticks() >= deadline ? -ETIMEDOUT : -ERESTART_UNHANDLED;
}

static bool is_same(const struct futex_key *a, const struct futex_key *b) {
  return a->object == b->object && a->offset == b->offset;
}

s32 futex_wake(u32 word, u32 count) {
  struct futex_key key;
  struct vm *vm = this_process()->vm;
  u32 n = 0;
  lock(&vm->lock);
  s32 error = find_key(vm, word, &key);
  unlock(&vm->lock);
  if (error) return error;
  struct bucket *b = lock_bucket(&key);
  LIST_FOR_EACH_SAFE(w, &b->waiters, struct futex_waiter, link) {
    if (n >= count) break;
    if (!is_same(&w->key, &key)) continue;
    list_remove(&w->link);
    scheduler_wake(w->thread);
    n++;
  }
  unlock(&b->lock);
  return (s32)n;
}
