// Between vm.c and fault.c: entries of page tables, and regions by address.
#ifndef STARBOARD_PAGE_TABLE_H
#define STARBOARD_PAGE_TABLE_H
#include "vm.h"

#define KERNEL_ENTRY (KERNEL_VIRTUAL >> 22) // first of the root's entries that are the kernel's

// The entry for a page; NULL when its table does not exist and is not made.
pte_t *vm_entry(struct vm *vm, u32 address, bool make);
struct region *vm_region(const struct vm *vm, u32 address);
#endif
