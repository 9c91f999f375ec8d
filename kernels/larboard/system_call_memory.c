// System calls on memory: the break, mappings, and futexes. Regions are laid out here; pages come
// by faults.
#include "larboard/system_call.h"
#include "abi/syscall.h"
#include "larboard/futex.h"
#include "larboard/inode.h"
#include "larboard/process.h"

// The heap's region that ends at `end`, if it can simply be made longer.
static struct region *heap_end_region(struct space *s, u32 end) {
  struct region *r = end > s->heap_start ? space_find(s, end - 1) : NULL;
  bool plain = r && (r->flags & REGION_HEAP) && r->protection == (PROT_READ | PROT_WRITE);
  return plain ? r : NULL;
}

static u32 move_break(struct space *s, u32 end) {
  u32 old_page = ROUND_UP(s->heap_end, PAGE_SIZE), new_page = ROUND_UP(end, PAGE_SIZE);
  if (end < s->heap_start || end > USER_MAP_BASE) return s->heap_end;
  if (new_page < old_page && !space_remove_range(s, new_page, old_page)) return s->heap_end;
  if (new_page > old_page) {
    struct region *heap = heap_end_region(s, old_page);
    if (!space_is_unused(s, old_page, new_page)) return s->heap_end;
    struct region r = {old_page, new_page, PROT_READ | PROT_WRITE, REGION_HEAP, NULL, 0, 0};
    if (heap) heap->end = new_page;
    else if (!space_add_region(s, &r)) return s->heap_end;
  }
  s->heap_end = end;
  return end;
}

s32 call_brk(struct process *p, const u32 *a) {
  lock(&p->space.lock);
  u32 end = move_break(&p->space, a[0]);
  unlock(&p->space.lock);
  return (s32)end;
}

// What a mapping of this file may be, as its descriptor was opened.
static s32 check_mapping(const struct file *f, const struct region *r) {
  u32 access = f->flags & O_ACCMODE;
  if (!f->inode || (f->inode->mode & S_IFMT) != S_IFREG) return -ENODEV;
  if (access == O_WRONLY) return -EACCES;
  bool stores = (r->flags & REGION_SHARED) && (r->protection & PROT_WRITE);
  return stores && access != O_RDWR ? -EACCES : 0;
}

// Completes a region with the file's inode, held.
static s32 back_by_file(struct process *p, u32 descriptor, u32 page, struct region *r) {
  struct file *f = descriptor_hold(p, descriptor);
  if (!f) return -EBADF;
  s32 error = check_mapping(f, r);
  if (!error) {
    r->inode = f->inode;
    r->file_page = page;
    bool read_only = (r->flags & REGION_SHARED) && (f->flags & O_ACCMODE) == O_RDONLY;
    if (read_only) r->flags |= REGION_READ_ONLY_FILE;
    r->file_bytes = r->end - r->start; // what lies beyond the file's end is found by the fault
    inode_hold(r->inode);
  }
  file_release(f);
  return error;
}

static s32 back_by_nothing(struct region *r) {
  if (!(r->flags & REGION_SHARED)) return 0;
  u32 bytes = r->end - r->start;
  if (bytes > FILE_PAGES_MAX << PAGE_SHIFT) return -ENOMEM;
  r->inode = inode_create_unnamed(bytes);
  r->file_bytes = bytes;
  return r->inode ? 0 : -ENOMEM;
}

// Puts the region at its address, or at a hole. Its address, or -ENOMEM; space locked.
static s32 place(struct space *s, struct region *r, u32 flags) {
  u32 length = r->end - r->start, start = r->start;
  if (s->regions == REGIONS_MAX) return -ENOMEM;
  if (flags & MAP_FIXED) {
    if (start < PAGE_SIZE || start > USER_STACK_TOP - length) return -ENOMEM;
    if (!space_remove_range(s, start, start + length)) return -ENOMEM;
  } else {
    bool hint_fits = start >= PAGE_SIZE && start < USER_STACK_TOP - length &&
                     space_is_unused(s, start, start + length);
    if (!hint_fits) start = space_find_hole(s, length);
    if (!start) return -ENOMEM;
  }
  r->start = start;
  r->end = start + length;
  return space_add_region(s, r) ? (s32)start : -ENOMEM;
}

s32 call_mmap(struct process *p, const u32 *a) {
  u32 address = a[0], length = ROUND_UP(a[1], PAGE_SIZE), flags = a[3];
  u32 kind = flags & (MAP_PRIVATE | MAP_SHARED);
  if (a[1] == 0 || address % PAGE_SIZE || (kind != MAP_PRIVATE && kind != MAP_SHARED)) {
    return -EINVAL;
  }
  if (length == 0 || length > USER_END) return -ENOMEM;
  if (!(flags & MAP_FIXED) && address > USER_END) address = 0;
  struct region r = {address, address + length, a[2] & (PROT_READ | PROT_WRITE | PROT_EXEC),
                     kind == MAP_SHARED ? REGION_SHARED : 0, NULL, 0, 0};
  s32 result = flags & MAP_ANONYMOUS ? back_by_nothing(&r) : back_by_file(p, a[4], a[5], &r);
  if (result) return result;
  lock(&p->space.lock);
  result = place(&p->space, &r, flags);
  space_merge(&p->space);
  unlock(&p->space.lock);
  if (r.inode) inode_release(r.inode); // the region has its own hold
  return result;
}

s32 call_munmap(struct process *p, const u32 *a) {
  u32 length = ROUND_UP(a[1], PAGE_SIZE);
  if (a[0] % PAGE_SIZE || length == 0) return -EINVAL;
  if (a[0] > USER_END || length > USER_END - a[0]) return -EINVAL;
  lock(&p->space.lock);
  bool ok = space_remove_range(&p->space, a[0], a[0] + length);
  unlock(&p->space.lock);
  return ok ? 0 : -ENOMEM;
}

s32 call_mprotect(struct process *p, const u32 *a) {
  u32 length = ROUND_UP(a[1], PAGE_SIZE);
  if (a[0] % PAGE_SIZE || a[2] & ~(u32)(PROT_READ | PROT_WRITE | PROT_EXEC)) return -EINVAL;
  if (a[1] == 0) return 0;
  if (length == 0 || a[0] > USER_END || length > USER_END - a[0]) return -ENOMEM;
  lock(&p->space.lock);
  s32 error = space_protect(&p->space, a[0], a[0] + length, a[2]);
  unlock(&p->space.lock);
  return error;
}

// Memory and file are one: there is only to see whether all of it is mapped.
s32 call_msync(struct process *p, const u32 *a) {
  const u32 async = 1, invalidate = 2, sync = 4;
  u32 length = ROUND_UP(a[1], PAGE_SIZE);
  bool known = !(a[2] & ~(async | invalidate | sync)) && (a[2] & (async | sync)) != (async | sync);
  if (a[0] % PAGE_SIZE || !known) return -EINVAL;
  if (a[0] > USER_END || length < a[1] || length > USER_END - a[0]) return -ENOMEM;
  lock(&p->space.lock);
  bool mapped = space_is_mapped(&p->space, a[0], a[0] + length);
  unlock(&p->space.lock);
  return mapped ? 0 : -ENOMEM;
}

s32 call_futex(struct process *p, const u32 *a) {
  switch (a[1] & ~(u32)FUTEX_PRIVATE_FLAG) {
  case FUTEX_WAIT: return futex_wait(p, a[0], a[2], a[3]);
  case FUTEX_WAKE: return futex_await_expected() ? futex_wake(p, a[0], a[2]) : -ERESTART;
  default: return -ENOSYS;
  }
}
