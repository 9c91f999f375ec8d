// Between the files of the address space: entries of page tables, regions by address, and TLBs.
#ifndef STARBOARD_PAGE_TABLE_H
#define STARBOARD_PAGE_TABLE_H
#include "abi/handover.h"
#include "vm.h"

#define KERNEL_ENTRY (KERNEL_VIRTUAL >> 22) // first of the root's entries that are the kernel's

// All with vm->lock held.
// The entry for a page; NULL when its table does not exist and is not made.
pte_t *vm_entry(struct vm *vm, u32 address, bool make);
// The first mapped page in [*address, end): its entry, and where it is; NULL: none.
pte_t *vm_next_entry(struct vm *vm, u32 *address, u32 end);
struct region *vm_region(const struct vm *vm, u32 address);
// An entry's bits for a page of the region, which is the address space's own to store to, or not.
u32 vm_entry_bits(const struct region *r, bool own);
// Without the lock, while nobody changes it: the first level-2 table at or after entry *index of a
// root, or NO_FRAME.
u32 vm_next_table(u32 root, u32 *index);
// Every CPU that uses these tables forgets what its TLB holds.
void vm_shoot_down(struct vm *vm);
// Unmaps the range's pages and gives their frames back.
void vm_unmap_pages(struct vm *vm, u32 start, u32 end);
#endif
