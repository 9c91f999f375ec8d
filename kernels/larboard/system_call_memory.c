// System calls on memory: the break, and mappings. Regions are laid out here; pages come by faults.
#include "larboard/system_call.h"
#include "abi/syscall.h"
#include "larboard/inode.h"
#include "larboard/process.h"

s32 call_brk(struct process *p, const u32 *a) {
  struct space *s = &p->space;
  u32 end = a[0], old_page = ROUND_UP(s->heap_end, PAGE_SIZE), new_page = ROUND_UP(end, PAGE_SIZE);
  if (end < s->heap_start || end > USER_MAP_BASE) return (s32)s->heap_end;
  if (new_page < old_page) {
    space_remove_range(s, new_page, old_page);
  } else if (new_page > old_page) {
    struct region *heap = old_page > s->heap_start ? space_find(s, old_page - 1) : NULL;
    if (!space_is_unused(s, old_page, new_page)) return (s32)s->heap_end;
    struct region r = {old_page, new_page, PROT_READ | PROT_WRITE, REGION_HEAP, NULL, 0, 0};
    if (heap && (heap->flags & REGION_HEAP)) heap->end = new_page;
    else if (!space_add_region(s, &r)) return (s32)s->heap_end;
  }
  s->heap_end = end;
  return (s32)end;
}

static s32 map_file(struct process *p, const u32 *a, struct region *r) {
  struct file *f = descriptor_file(p, a[4]);
  if (!f) return -EBADF;
  if (!f->inode || (f->inode->mode & S_IFMT) != S_IFREG) return -ENODEV;
  if ((f->flags & O_ACCMODE) == O_WRONLY) return -EACCES;
  u32 length = r->end - r->start;
  u64 at = (u64)a[5] << PAGE_SHIFT;
  r->inode = f->inode;
  r->file_page = a[5];
  r->file_bytes = at < f->inode->size ? (u32)MIN((u64)length, f->inode->size - at) : 0;
  return 0;
}

s32 call_mmap(struct process *p, const u32 *a) {
  struct space *s = &p->space;
  u32 address = a[0], length = ROUND_UP(a[1], PAGE_SIZE), flags = a[3];
  if (a[1] == 0 || length == 0 || address % PAGE_SIZE || !(flags & (MAP_PRIVATE | MAP_SHARED))) {
    return -EINVAL;
  }
  if (flags & MAP_SHARED) return -ENODEV; // not yet
  if (length > USER_END) return -ENOMEM;
  if (flags & MAP_FIXED) {
    if (address < PAGE_SIZE || address > USER_STACK_TOP - length) return -ENOMEM;
  } else {
    bool hint_fits = address >= PAGE_SIZE && address < USER_STACK_TOP - length &&
                     space_is_unused(s, address, address + length);
    if (!hint_fits) address = space_find_hole(s, length);
    if (!address) return -ENOMEM;
  }
  struct region r = {address, address + length, a[2] & 7, 0, NULL, 0, 0};
  s32 error = flags & MAP_ANONYMOUS ? 0 : map_file(p, a, &r);
  if (error) return error;
  if (s->regions == REGIONS_MAX) return -ENOMEM;
  if ((flags & MAP_FIXED) && !space_remove_range(s, address, address + length)) return -ENOMEM;
  return space_add_region(s, &r) ? (s32)address : -ENOMEM;
}

s32 call_munmap(struct process *p, const u32 *a) {
  u32 length = ROUND_UP(a[1], PAGE_SIZE);
  if (a[0] % PAGE_SIZE || length == 0) return -EINVAL;
  if (a[0] > USER_END || length > USER_END - a[0]) return -EINVAL;
  return space_remove_range(&p->space, a[0], a[0] + length) ? 0 : -ENOMEM;
}
