// An address space: regions, and the Sv32 page tables that hold what has been touched so far. All
// threads of a process share it, on any CPU.
#ifndef STARBOARD_VM_H
#define STARBOARD_VM_H
#include "frame.h"
#include "list.h"

struct inode;

struct region {
  struct list link; // in order of address
  u32 start, end;   // page-aligned
  u32 protection;   // PROT_*
  u32 flags;        // REGION_*
  struct inode *inode; // NULL: anonymous and private
  u32 file_page;    // page of the file at `start`
  u32 file_bytes;   // bytes from there that come from the file
};
struct vm {
  struct list in_all; // address_spaces.lock
  u32 cpus[HARTS_MAX / 32]; // those that use its tables; atomic
  struct spinlock lock;     // guards the rest, and user memory while it is copied
  u32 root;                 // frame of the root table
  struct list regions;
  u32 heap_start, heap_end;
  u32 frames;               // mapped
};

#define STACK_TOP USER_TRAMPOLINE
#define STACK_MAX (8u << 20)
#define MAP_START 0x40000000u // where mmap2 begins to look for room

// NO_FRAME: with a new root table; else one that another kernel left. NULL without memory.
struct vm *vm_create(u32 root);
void vm_destroy(struct vm *vm); // no CPU uses it
s32 vm_fork(struct vm **child, struct vm *parent); // the parent's pages become copy on write
void vm_activate(struct vm *vm);                   // NULL: the kernel's own root
// Unmaps what lies beyond the new end of a file, everywhere.
void vm_file_shrank(const struct inode *inode, u64 size);

// --- With vm->lock held.

// A new region; the range must be free and whole pages. NULL inode: anonymous. -ENOMEM.
s32 vm_add(struct vm *vm, u32 start, u32 end, u32 protection, u32 flags, struct inode *inode,
           u32 file_page, u32 file_bytes);
bool vm_is_free(const struct vm *vm, u32 start, u32 end);
u32 vm_find_room(const struct vm *vm, u32 bytes); // an address, or 0
s32 vm_remove(struct vm *vm, u32 start, u32 end);
s32 vm_protect(struct vm *vm, u32 start, u32 end, u32 protection); // or -ENOMEM, -EACCES
u32 vm_set_break(struct vm *vm, u32 end);         // the break afterwards

// Makes the page usable for `access` (one PROT_*): 0, -EFAULT (nothing there), -EACCES, -ENOMEM,
// -EIO (beyond the file), or -NOT_LOADED: vm_load comes first.
s32 vm_fault(struct vm *vm, u32 address, u32 access);
// The same for the kernel's own access, and the frame, which stays as long as the lock is held.
// -EFAULT, -ENOMEM or -NOT_LOADED.
s32 vm_resolve(struct vm *vm, u32 address, u32 access, u32 *frame);

// --- Without.

// Reads the page of a file that is missing at the address from the disk. 0, -ENOMEM, or -EIO.
s32 vm_load(struct vm *vm, u32 address);
// Takes the lock with the pages of [address, address + n) ready, which are at most two, and gives
// their frames. Without the lock: -EFAULT or -ENOMEM. This may wait for the disk.
s32 vm_lock_pages(struct vm *vm, u32 address, u32 n, u32 access, u32 *frames);

// Visits every mapped page and then every table, `depth` 0 for user pages, 1 for level-2 tables,
// 2 for the root. Only the user half. Nobody changes them meanwhile.
void vm_visit(u32 root, void (*visit)(void *context, u32 address, pte_t *entry, u32 frame,
                                      u32 depth),
              void *context);
void vm_use_kernel_half(u32 root); // replaces the root's upper entries by this kernel's
void vm_use_kernel_half_in_all(void);
u32 vm_tables_in_all(void);        // page tables, roots included

// User memory of this process, or of `vm`. -EFAULT or -ENOMEM.
s32 copy_from_user(void *to, u32 from, u32 n);
s32 copy_to_user(u32 to, const void *from, u32 n);
s32 copy_to_vm(struct vm *vm, u32 to, const void *from, u32 n);
// A terminated string: its length, -EFAULT, or -ENAMETOOLONG when it does not end within `size`.
s32 copy_string_from_user(char *to, u32 from, u32 size);
#endif
