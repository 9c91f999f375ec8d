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

// Puts the waiter into its bucket if the word has the value; vm->lock held.
static s32 join(struct vm *vm, u32 word, u32 value, struct futex_waiter *w) {
  u32 now, frame;
  s32 error = find_key(vm, word, &w->key);
  if (!error) error = vm_resolve(vm, word, PROT_READ, &frame); // no fault with the bucket locked
  if (error) return error;
  struct bucket *b = lock_bucket(&w->key);
  error = read_word(vm, word, &now);
  if (!error && now != value) error = -EAGAIN;
  if (!error) list_add_last(&b->waiters, &w->link);
  unlock(&b->lock);
  return error;
}

s32 futex_wait(u32 word, u32 value, u64 deadline) {
  struct futex_waiter w = {.thread = this_thread()};
  struct vm *vm = w.thread->process->vm;
  list_init(&w.link);
  w.thread->woken = false;
  lock(&vm->lock);
  s32 error = join(vm, word, value, &w);
  unlock(&vm->lock);
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
