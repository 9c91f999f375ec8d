// Address spaces: Sv32 tables, regions, demand paging, copy on write, and copies from and to user
// memory. An address space belongs to one process, and only that process changes it (or the
// exporter while it is frozen), so it needs no lock.
#ifndef LARBOARD_VM_H
#define LARBOARD_VM_H
#include "shared/riscv.h"
#include "shared/types.h"

struct inode;

#define REGIONS_MAX 24
#define USER_STACK_TOP 0xbffff000
#define USER_STACK_MAX (8 << 20)
#define USER_MAP_BASE 0x40000000

struct region { // the fields of struct record_region
  u32 start, end;       // page-aligned
  u32 protection, flags;
  struct inode *inode;  // held; NULL: anonymous
  u32 file_page, file_bytes;
};

struct space {
  u32 root;             // physical
  u32 regions;
  struct region region[REGIONS_MAX];
  u32 heap_start, heap_end;
};

bool space_create(struct space *s);
// A copy that shares every page; private writable pages become copy-on-write in both.
bool space_copy(struct space *to, struct space *from);
void space_destroy(struct space *s);
void space_activate(const struct space *s); // NULL: the kernel's own
u32 space_frames(const struct space *s);    // resident user frames

// The first index from `from` on whose entry is valid, or 1024: skips four empty entries at a time,
// as most tables are nearly empty.
static inline u32 table_next(const pte_t *table, u32 from) {
  for (u32 i = from; i < 1024; i++) {
    while (i % 4 == 0 && i < 1024 && !(table[i] | table[i + 1] | table[i + 2] | table[i + 3])) {
      i += 4;
    }
    if (i < 1024 && (table[i] & PTE_V)) return i;
  }
  return 1024;
}

// Adds a region (holding its inode), or false when the table is full.
bool space_add_region(struct space *s, const struct region *r);
struct region *space_find(struct space *s, u32 address);
bool space_is_unused(struct space *s, u32 start, u32 end);
void space_unmap(struct space *s, u32 start, u32 end);        // pages only
bool space_remove_range(struct space *s, u32 start, u32 end); // pages and regions
u32 space_find_hole(struct space *s, u32 bytes);              // address, or 0

enum access { ACCESS_READ = 1, ACCESS_WRITE = 2, ACCESS_EXECUTE = 4 }; // as PROT_*
bool space_allows(struct space *s, u32 address, enum access access);
// Makes the page at `address` ready for the access. False: no right, or no memory.
bool space_fault(struct space *s, u32 address, enum access access);

// The leaf entry for a page; NULL when there is no table (and create is false, or no memory).
pte_t *space_entry(u32 root, u32 address, bool create);

// The physical address of a user byte, its page made ready for the access; 0 when not accessible.
u32 space_resolve(struct space *s, u32 address, enum access access);

// User memory of `s`. False when any byte is not accessible; earlier ones may have been copied.
bool copy_from_user(struct space *s, void *to, u32 from, u32 n);
bool copy_to_user(struct space *s, u32 to, const void *from, u32 n);
// A NUL-terminated text; length without NUL, -EFAULT, or -ENAMETOOLONG when over size - 1.
s32 text_from_user(struct space *s, char *to, u32 from, u32 size);
#endif
