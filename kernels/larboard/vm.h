// Address spaces: Sv32 tables, regions, demand paging, copy on write, and copies from and to user
// memory. All threads of a process share one, so it has a lock, and the CPUs that run it are told
// when an entry loses a right. A user frame is reached under the lock only: what is mapped then
// cannot go.
#ifndef LARBOARD_VM_H
#define LARBOARD_VM_H
#include "abi/syscall.h"
#include "shared/riscv.h"
#include "shared/spinlock.h"
#include "shared/types.h"

struct inode;

#define REGIONS_MAX 48
#define USER_STACK_TOP USER_TRAMPOLINE
#define USER_STACK_MAX (8 << 20)
#define USER_MAP_BASE 0x40000000

struct region { // the fields of struct record_region
  u32 start, end;       // page-aligned
  u32 protection, flags;
  struct inode *inode;  // held; NULL: anonymous
  u32 file_page, file_bytes;
};

struct space {
  struct spinlock lock;
  u32 harts[HARTS_MAX / 32]; // CPUs that run it: changed by themselves, atomically
  // lock:
  u32 root;             // physical; 0: there is none
  u32 regions;
  struct region region[REGIONS_MAX];
  u32 heap_start, heap_end;
};

void space_clear(struct space *s); // all but the lock and the harts
bool space_create(struct space *s);
void space_use_kernel_half(u32 root_physical); // its kernel entries become this kernel's
// A copy that shares every page; private writable pages become copy-on-write in both.
bool space_copy(struct space *to, struct space *from);
void space_destroy(struct space *s);
// Puts `fresh` in the place of what s has, which is destroyed. s runs on this CPU alone.
void space_replace(struct space *s, struct space *fresh);
void space_activate(struct space *s);    // NULL: the kernel's own
u32 space_frames(struct space *s);       // resident user frames
// Pages of a file from `first` on are gone: no space maps them any more.
void spaces_drop_file(const struct inode *i, u32 first);

u32 space_tables(const struct space *s);    // page tables, the root included

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

// --- With the lock held, as all below until copy_from_user.

// Adds a region (holding its inode), or false when the table is full.
bool space_add_region(struct space *s, const struct region *r);
struct region *space_find(struct space *s, u32 address);
bool space_is_unused(struct space *s, u32 start, u32 end);
bool space_is_mapped(struct space *s, u32 start, u32 end); // all of it
// Joins neighbours that differ in nothing, so that many small mappings are few regions.
void space_merge(struct space *s);
bool space_remove_range(struct space *s, u32 start, u32 end); // false: the table is full
s32 space_protect(struct space *s, u32 start, u32 end, u32 protection);
u32 space_find_hole(struct space *s, u32 bytes);              // address, or 0

// Gives s a page of its own in the place of one that it only reads, and shares. False: no memory.
bool space_own_page(struct space *s, u32 address);

enum access { ACCESS_READ = 1, ACCESS_WRITE = 2, ACCESS_EXECUTE = 4 }; // as PROT_*
enum fault_result { FAULT_DONE, FAULT_NO_REGION, FAULT_NO_RIGHT, FAULT_BEYOND_FILE,
                    FAULT_NO_MEMORY, FAULT_NOT_LOADED };
// Makes the page at `address` ready for the access. FAULT_NOT_LOADED: space_load_missing is to be
// called without the lock, and then this again.
enum fault_result space_fault(struct space *s, u32 address, enum access access);

// The leaf entry for a page; NULL when there is no table (and create is false, or no memory).
pte_t *space_entry(u32 root, u32 address, bool create);

// The physical address of a user byte, its page made ready for the access; 0 when not accessible.
u32 space_resolve(struct space *s, u32 address, enum access access);

// Without the lock, as all below: brings in the page of a file that the last fault of this thread
// found missing. FAULT_DONE, or what hinders.
enum fault_result space_load_missing(void);
void space_forget_missing(void); // instead, where that cannot be waited for
// Takes the lock and resolves; waits for the disk if need be, but not under process_lock.
u32 space_lock_page(struct space *s, u32 address, enum access access);

// --- user_memory.c: these take the lock. Between two pages another thread may change the mapping.

// User memory of `s`. False when any byte is not accessible; earlier ones may have been copied.
bool copy_from_user(struct space *s, void *to, u32 from, u32 n);
bool copy_to_user(struct space *s, u32 to, const void *from, u32 n);
// A NUL-terminated text; length without NUL, -EFAULT, or -ENAMETOOLONG when over size - 1.
s32 text_from_user(struct space *s, char *to, u32 from, u32 size);
bool user_is_accessible(struct space *s, u32 address, u32 n, enum access access); // at this moment
bool clear_user(struct space *s, u32 address, u32 n);
#endif
