// Copies from and to user memory, a page at a time: each page is made ready and reached while its
// address space is locked, so that no other thread takes it away meanwhile.
#include "abi/syscall.h"
#include "larboard/frame.h"
#include "larboard/vm.h"
#include "shared/string.h"

bool copy_from_user(struct space *s, void *to, u32 from, u32 n) {
  for (u32 done = 0, piece; done < n; done += piece) {
    piece = MIN(n - done, PAGE_SIZE - (from + done) % PAGE_SIZE);
    u32 physical = space_lock_page(s, from + done, ACCESS_READ);
    if (physical) memcpy((u8 *)to + done, kmap(0, physical), piece);
    unlock(&s->lock);
    if (!physical) return false;
  }
  return true;
}

bool copy_to_user(struct space *s, u32 to, const void *from, u32 n) {
  for (u32 done = 0, piece; done < n; done += piece) {
    piece = MIN(n - done, PAGE_SIZE - (to + done) % PAGE_SIZE);
    u32 physical = space_lock_page(s, to + done, ACCESS_WRITE);
    if (physical) memcpy(kmap(0, physical), (const u8 *)from + done, piece);
    unlock(&s->lock);
    if (!physical) return false;
  }
  return true;
}

bool clear_user(struct space *s, u32 address, u32 n) {
  for (u32 done = 0, piece; done < n; done += piece) {
    piece = MIN(n - done, PAGE_SIZE - (address + done) % PAGE_SIZE);
    u32 physical = space_lock_page(s, address + done, ACCESS_WRITE);
    if (physical) memset(kmap(0, physical), 0, piece);
    unlock(&s->lock);
    if (!physical) return false;
  }
  return true;
}

bool user_is_accessible(struct space *s, u32 address, u32 n, enum access access) {
  bool ok = address + n >= address;
  for (u32 at = address; ok && at < address + n; at = (at | (PAGE_SIZE - 1)) + 1) {
    ok = space_lock_page(s, at, access) != 0;
    unlock(&s->lock);
  }
  return ok;
}

// Copies a part of one page up to a NUL: its length, `n` when there is none, or -EFAULT.
static s32 text_piece(struct space *s, char *to, u32 from, u32 n) {
  u32 length = 0;
  u32 physical = space_lock_page(s, from, ACCESS_READ);
  const char *page = physical ? kmap(0, physical) : NULL;
  while (page && length < n && (to[length] = page[length]) != 0) length++;
  unlock(&s->lock);
  return page ? (s32)length : -EFAULT;
}

s32 text_from_user(struct space *s, char *to, u32 from, u32 size) {
  for (u32 n = 0; n < size;) {
    u32 piece = MIN(size - n, PAGE_SIZE - (from + n) % PAGE_SIZE);
    s32 length = text_piece(s, to + n, from + n, piece);
    if (length < 0) return length;
    n += (u32)length;
    if ((u32)length < piece) return (s32)n;
  }
  return -ENAMETOOLONG;
}
