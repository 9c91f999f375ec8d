// Page faults: filling a page on first touch, growing the stack, and parting shared pages on the
// first store. Also copies between kernel and user memory, which resolve each page by software
// first, so that a bad pointer is an error and never a fault of the kernel.
#include "gate.h"
#include "inode.h"
#include "page_table.h"
#include "process.h"

// The stack region that may grow down to `address`, grown.
static struct region *grow_stack(struct vm *vm, u32 address) {
  u32 page = address & ~(PAGE_SIZE - 1u), below = 0;
  LIST_FOR_EACH(r, &vm->regions, struct region, link) {
    if (r->start > address) {
      if (!(r->flags & REGION_STACK) || STACK_TOP - page > STACK_MAX || page < below) return NULL;
      r->start = page;
      return r;
    }
    below = r->end;
  }
  return NULL;
}

u32 vm_entry_bits(const struct region *r, bool own) {
  u32 bits = PTE_V | PTE_R | PTE_A | PTE_D;
  if (r->protection) bits |= PTE_U; // without, nobody but the kernel gets at what is there
  if (r->protection & PROT_EXEC) bits |= PTE_X;
  if (r->protection & PROT_WRITE) bits |= own || (r->flags & REGION_SHARED) ? PTE_W : PTE_COW;
  return bits;
}

static void set_entry(pte_t *entry, u32 address, u32 frame, u32 bits) {
  *entry = pte_of(frame_physical(frame), bits);
  sfence_page(address);
  if (bits & PTE_X) __asm__ volatile("fence.i" : : : "memory");
}

static void map_frame(struct vm *vm, pte_t *entry, u32 address, u32 frame, u32 bits) {
  set_entry(entry, address, frame, bits);
  vm->frames++;
}

// A page of a file: the page cache's own if it is mapped shared, or if all of it comes from the
// file and it is not stored to; else a copy whose end is zero.
static s32 fill_from_file(struct vm *vm, struct region *r, u32 page, pte_t *entry, bool store) {
  u32 offset = page - r->start, bytes = MIN(r->file_bytes - offset, (u32)PAGE_SIZE), cached;
  s32 error = inode_page(r->inode, r->file_page + offset / PAGE_SIZE, false, &cached);
  if (error) return error == -ENXIO ? -EIO : error;
  if ((r->flags & REGION_SHARED) || (bytes == PAGE_SIZE && !store)) {
    map_frame(vm, entry, page, cached, vm_entry_bits(r, false));
    return 0;
  }
  u32 frame = frame_allocate_user();
  if (frame != NO_FRAME) {
    frame_copy(frame, cached);
    u8 *window = kmap(frame);
    memset(window + bytes, 0, PAGE_SIZE - bytes);
    kunmap(window);
    map_frame(vm, entry, page, frame, vm_entry_bits(r, true));
  }
  frame_put(cached);
  return frame == NO_FRAME ? -ENOMEM : 0;
}

static s32 fill(struct vm *vm, struct region *r, u32 page, pte_t *entry, bool store) {
  if (r->inode && page - r->start < r->file_bytes) {
    return fill_from_file(vm, r, page, entry, store);
  }
  u32 frame = frame_allocate_user_zeroed();
  if (frame == NO_FRAME) return -ENOMEM;
  map_frame(vm, entry, page, frame, vm_entry_bits(r, true));
  return 0;
}

// A store to a page that others may share: the last holder keeps it, others get a copy.
static s32 part(struct vm *vm, struct region *r, u32 page, pte_t *entry) {
  u32 old = frame_of_physical(pte_physical(*entry)), frame = old;
  if (frame_references(old) > 1) {
    frame = frame_allocate_user();
    if (frame == NO_FRAME) return -ENOMEM;
    frame_copy(frame, old);
  }
  set_entry(entry, page, frame, vm_entry_bits(r, true));
  if (frame == old) return 0;
  vm_shoot_down(vm); // other threads still read the old one
  frame_put(old);
  return 0;
}

// Whether the page is in a file's cache and not mapped yet, or nowhere: then it has to be asked of
// the kernel that has the file now. Memory of processes alone is their own.
static bool is_elsewhere(const struct region *r, u32 page) {
  if (!r->inode || r->inode->apart || page - r->start >= r->file_bytes) return false;
  return radix_find(&r->inode->pages, r->file_page + (page - r->start) / PAGE_SIZE) == NO_FRAME;
}

s32 vm_fault(struct vm *vm, u32 address, u32 access) {
  if (address >= USER_END) return -EFAULT;
  struct region *r = vm_region(vm, address);
  if (!r) r = grow_stack(vm, address);
  if (!r) return -EFAULT;
  u32 allowed = r->protection | (r->protection & PROT_WRITE ? PROT_READ : 0);
  if (!(allowed & access)) return -EACCES;
  u32 page = address & ~(PAGE_SIZE - 1u);
  pte_t *entry = vm_entry(vm, page, true);
  if (!entry) return -ENOMEM;
  bool open = gate_state() == GATE_OPEN;
  if (!(*entry & PTE_V) && !open && is_elsewhere(r, page)) return -NOT_LOADED;
  if (!(*entry & PTE_V)) return fill(vm, r, page, entry, access == PROT_WRITE);
  if (access == PROT_WRITE && !(*entry & PTE_W) && !(r->flags & REGION_SHARED)) {
    return part(vm, r, page, entry);
  }
  // Another thread was first, or the entry is another kernel's.
  set_entry(entry, page, frame_of_physical(pte_physical(*entry)),
            vm_entry_bits(r, (*entry & PTE_W) != 0));
  return 0;
}

// --- The kernel's own access

s32 vm_resolve(struct vm *vm, u32 address, u32 access, u32 *frame) {
  if (address >= USER_END) return -EFAULT;
  u32 needed = PTE_V | PTE_U | (access == PROT_WRITE ? PTE_W : PTE_R);
  pte_t *entry = vm_entry(vm, address, false);
  if (!entry || (*entry & needed) != needed) {
    s32 error = vm_fault(vm, address, access);
    if (error) return error == -ENOMEM || error == -NOT_LOADED ? error : -EFAULT;
    entry = vm_entry(vm, address, false);
  }
  *frame = frame_of_physical(pte_physical(*entry));
  return 0;
}

s32 vm_load(struct vm *vm, u32 address) {
  if (gate_is_in_the_way(this_thread())) return -EIO;
  lock(&vm->lock);
  struct region *r = vm_region(vm, address);
  struct inode *inode = r ? r->inode : NULL; // else it was unmapped: the next access tells
  u32 index = r ? r->file_page + (address - r->start) / PAGE_SIZE : 0;
  if (inode) inode_get(inode);
  unlock(&vm->lock);
  s32 error = inode ? inode_load(inode, index) : 0;
  if (inode) inode_put(inode);
  return error;
}

s32 vm_lock_pages(struct vm *vm, u32 address, u32 n, u32 access, u32 *frames) {
  u32 first = PAGE_SIZE - address % PAGE_SIZE;
  for (;;) {
    u32 at = address;
    lock(&vm->lock);
    s32 error = vm_resolve(vm, at, access, &frames[0]);
    if (!error && n > first) error = vm_resolve(vm, at += first, access, &frames[1]);
    if (!error) return 0;
    unlock(&vm->lock);
    if (error == -NOT_LOADED) error = vm_load(vm, at);
    if (error) return error == -ENOMEM ? error : -EFAULT;
  }
}

static u32 piece_of(u32 address, u32 n) { return MIN(n, PAGE_SIZE - address % PAGE_SIZE); }

// Within one page.
static s32 copy_piece(struct vm *vm, u32 user, void *kernel, u32 n, u32 access) {
  u32 frame;
  s32 error = vm_lock_pages(vm, user, n, access, &frame);
  if (error) return error;
  u8 *window = kmap(frame);
  if (access == PROT_WRITE) memcpy(window + user % PAGE_SIZE, kernel, n);
  else memcpy(kernel, window + user % PAGE_SIZE, n);
  kunmap(window);
  unlock(&vm->lock);
  return 0;
}

s32 copy_to_vm(struct vm *vm, u32 to, const void *from, u32 n) {
  s32 error = 0;
  for (u32 piece; n && !error; n -= piece, to += piece, from = (const u8 *)from + piece) {
    piece = piece_of(to, n);
    error = copy_piece(vm, to, (void *)from, piece, PROT_WRITE);
  }
  return error;
}

s32 copy_to_user(u32 to, const void *from, u32 n) {
  return copy_to_vm(this_process()->vm, to, from, n);
}

s32 copy_from_user(void *to, u32 from, u32 n) {
  struct vm *vm = this_process()->vm;
  s32 error = 0;
  for (u32 piece; n && !error; n -= piece, from += piece, to = (u8 *)to + piece) {
    piece = piece_of(from, n);
    error = copy_piece(vm, from, to, piece, PROT_READ);
  }
  return error;
}

s32 copy_string_from_user(char *to, u32 from, u32 size) {
  for (u32 at = 0; at < size;) {
    u32 piece = piece_of(from + at, MIN(size - at, 64u)); // most strings are short
    s32 error = copy_from_user(to + at, from + at, piece);
    if (error) return error;
    for (u32 end = at + piece; at < end; at++) {
      if (!to[at]) return (s32)at;
    }
  }
  return -ENAMETOOLONG;
}
