// System calls on memory.
#include "page_table.h"
#include "system_call.h"

enum { MS_ASYNC = 1, MS_INVALIDATE = 2, MS_SYNC = 4 }; // of msync

s32 call_brk(const u32 *a) {
  struct vm *vm = this_process()->vm;
  lock(&vm->lock);
  u32 end = vm_set_break(vm, a[0]);
  unlock(&vm->lock);
  return (s32)end;
}

// Where a mapping goes: the address, or 0.
static u32 choose_address(struct vm *vm, u32 hint, u32 bytes, u32 flags) {
  if (hint % PAGE_SIZE == 0 && hint >= PAGE_SIZE && hint < STACK_TOP - STACK_MAX &&
      bytes <= STACK_TOP - STACK_MAX - hint) {
    if (flags & MAP_FIXED) return vm_remove(vm, hint, hint + bytes) ? 0 : hint;
    if (vm_is_free(vm, hint, hint + bytes)) return hint;
  }
  return flags & MAP_FIXED ? 0 : vm_find_room(vm, bytes);
}

// The inode to map, with a reference; NULL for private memory.
static s32 object_to_map(const u32 *a, u32 bytes, struct inode **inode, u32 *flags) {
  *inode = NULL;
  *flags = a[3] & MAP_SHARED ? REGION_SHARED : 0;
  if (a[3] & MAP_ANONYMOUS) {
    if (a[3] & MAP_PRIVATE) return 0;
    *inode = inode_make_unnamed(bytes);
    return *inode ? 0 : -ENOMEM;
  }
  struct file *file = file_of(a[4]);
  if (!file) return -EBADF;
  u32 mode = file->flags & O_ACCMODE;
  s32 error = 0;
  if (!file->inode || !inode_is_regular(file->inode)) error = -ENODEV;
  else if (mode == O_WRONLY) error = -EACCES;
  else if ((a[3] & MAP_SHARED) && (a[2] & PROT_WRITE) && mode != O_RDWR) error = -EACCES;
  if (*flags && mode != O_RDWR) *flags |= REGION_READ_ONLY_FILE;
  if (!error) inode_get(*inode = file->inode);
  file_put(file);
  return error;
}

static s32 map(const u32 *a, u32 bytes, struct inode *inode, u32 flags) {
  struct vm *vm = this_process()->vm;
  u32 page = inode && !(a[3] & MAP_ANONYMOUS) ? a[5] : 0;
  lock(&vm->lock);
  u32 start = choose_address(vm, a[0], bytes, a[3]);
  s32 error = a[3] & MAP_FIXED ? -EINVAL : -ENOMEM;
  if (start) {
    error = vm_add(vm, start, start + bytes, a[2] & 7, flags, inode, page, inode ? bytes : 0);
  }
  unlock(&vm->lock);
  return error ? error : (s32)start;
}

s32 call_mmap2(const u32 *a) {
  struct inode *inode;
  u32 bytes = ROUND_UP(a[1], PAGE_SIZE), kind = a[3] & (MAP_SHARED | MAP_PRIVATE);
  if (a[1] == 0 || (kind != MAP_SHARED && kind != MAP_PRIVATE)) return -EINVAL;
  if (bytes == 0) return -ENOMEM;
  bool of_file = !(a[3] & MAP_ANONYMOUS);
  if (of_file && a[5] > FILE_BYTES_MAX / PAGE_SIZE) return -EINVAL;
  u32 total = frames_total(ZONE_NORMAL) + frames_total(ZONE_HIGHMEM);
  if (!of_file && bytes / PAGE_SIZE > total) return -ENOMEM;
  u32 flags;
  s32 error = object_to_map(a, bytes, &inode, &flags);
  if (error) return error;
  s32 result = map(a, bytes, inode, flags);
  if (inode) inode_put(inode);
  return result;
}

static bool is_user_range(u32 start, u32 bytes) {
  return start < USER_END && bytes <= USER_END - start;
}

s32 call_munmap(const u32 *a) {
  struct vm *vm = this_process()->vm;
  u32 bytes = ROUND_UP(a[1], PAGE_SIZE);
  if (a[0] % PAGE_SIZE || bytes == 0 || !is_user_range(a[0], bytes)) return -EINVAL;
  lock(&vm->lock);
  s32 error = vm_remove(vm, a[0], a[0] + bytes);
  unlock(&vm->lock);
  return error;
}

s32 call_mprotect(const u32 *a) {
  struct vm *vm = this_process()->vm;
  u32 bytes = ROUND_UP(a[1], PAGE_SIZE);
  if (a[0] % PAGE_SIZE || (a[2] & ~7u)) return -EINVAL;
  if (a[1] == 0) return 0;
  if (bytes == 0 || !is_user_range(a[0], bytes)) return -ENOMEM;
  lock(&vm->lock);
  s32 error = vm_protect(vm, a[0], a[0] + bytes, a[2]);
  unlock(&vm->lock);
  return error;
}

// Nothing to write back; only a range that is not all mapped is told.
s32 call_msync(const u32 *a) {
  struct vm *vm = this_process()->vm;
  u32 bytes = ROUND_UP(a[1], PAGE_SIZE), at = a[0];
  if (at % PAGE_SIZE || (a[2] & ~(u32)(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) ||
      (a[2] & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC)) {
    return -EINVAL;
  }
  if (a[1] && (!bytes || !is_user_range(at, bytes))) return -ENOMEM;
  lock(&vm->lock);
  for (struct region *r; at < a[0] + bytes && (r = vm_region(vm, at)) != NULL;) at = r->end;
  unlock(&vm->lock);
  return at >= a[0] + bytes ? 0 : -ENOMEM;
}
