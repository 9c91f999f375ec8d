// Address spaces. The user half of a root table is private, the kernel half a copy of kernel_root.
// A page is brought in when it is first touched: from the page cache, shared and read-only while
// nobody writes, or for good in a shared region; or zero-filled. A page without any right keeps its
// frame in an entry that user mode may not use.
#include "larboard/vm.h"

#include "abi/handover.h"
#include "abi/syscall.h"
#include "larboard/frame.h"
#include "larboard/gate.h"
#include "larboard/inode.h"
#include "larboard/process.h"
#include "shared/boot.h"
#include "shared/sbi.h"
#include "shared/string.h"

#define USER_ENTRIES (USER_END >> 22)

static struct spinlock spaces_lock;

void space_clear(struct space *s) {
  memset(&s->root, 0, sizeof *s - offsetof(struct space, root));
}

void space_use_kernel_half(u32 root_physical) {
  pte_t *root = linear(root_physical);
  memcpy(root + USER_ENTRIES, kernel_root + USER_ENTRIES, PAGE_SIZE - USER_ENTRIES * 4);
}

bool space_create(struct space *s) {
  space_clear(s);
  s->root = frame_take_zeroed(ZONE_NORMAL);
  if (!s->root) return false;
  space_use_kernel_half(s->root);
  return true;
}

// This CPU is noted before it fetches an entry, so whoever changes one afterwards sees it.
void space_activate(struct space *s) {
  struct cpu *cpu = this_cpu();
  u32 root = s ? s->root : (u32)kernel_root - LINEAR_OFFSET;
  u32 word = cpu->hart / 32, bit = 1u << cpu->hart % 32;
  struct space *before = cpu->space;
  cpu->space = s;
  if (s) __atomic_fetch_or(&s->harts[word], bit, __ATOMIC_SEQ_CST);
  csr_write(satp, SATP_SV32 | root >> PAGE_SHIFT);
  sfence_all();
  if (before && before != s) __atomic_fetch_and(&before->harts[word], ~bit, __ATOMIC_SEQ_CST);
}

// Entries of s have lost rights: no CPU that runs it may go on with what it remembers.
static void shoot_down(const struct space *s) {
  u32 self = this_cpu()->hart;
  sfence_all();
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  for (u32 base = 0; base < harts; base += 32) {
    u32 mask = __atomic_load_n(&s->harts[base / 32], __ATOMIC_SEQ_CST);
    if (self / 32 == base / 32) mask &= ~(1u << self % 32);
    if (mask) sbi_remote_sfence_all(mask, base);
  }
}

pte_t *space_entry(u32 root, u32 address, bool create) {
  pte_t *top = (pte_t *)linear(root) + (address >> 22);
  if (!(*top & PTE_V)) {
    if (!create) return NULL;
    u32 table = frame_take_zeroed(ZONE_NORMAL);
    if (!table) return NULL;
    *top = pte_of(table, PTE_V);
  }
  return (pte_t *)linear(pte_physical(*top)) + (address >> PAGE_SHIFT & 1023);
}

// The entry at or after *at, with *at moved to it; NULL at `end`. Skips what has no table.
static pte_t *next_entry(const struct space *s, u32 *at, u32 end) {
  while (*at < end) {
    pte_t *entry = space_entry(s->root, *at, false);
    if (entry) return entry;
    *at = (*at | 0x3fffff) + 1;
  }
  return NULL;
}

// Unmaps pages. Entries turn invalid first; the frames go when no CPU can reach them any more.
static void unmap(struct space *s, u32 start, u32 end) {
  pte_t *entry;
  bool any = false;
  for (u32 at = start; (entry = next_entry(s, &at, end)) != NULL; at += PAGE_SIZE) {
    any = any || (*entry & PTE_V);
    *entry &= ~(u32)PTE_V;
  }
  if (!any) return;
  shoot_down(s);
  for (u32 at = start; (entry = next_entry(s, &at, end)) != NULL; at += PAGE_SIZE) {
    if (*entry) frame_release(pte_physical(*entry));
    *entry = 0;
  }
}

void space_destroy(struct space *s) {
  lock(&s->lock);
  pte_t *root = linear(s->root);
  for (u32 i = table_next(root, 0); i < USER_ENTRIES; i = table_next(root, i + 1)) {
    pte_t *table = linear(pte_physical(root[i]));
    for (u32 j = table_next(table, 0); j < 1024; j = table_next(table, j + 1)) {
      frame_release(pte_physical(table[j]));
    }
    frame_release(pte_physical(root[i]));
  }
  frame_release(s->root);
  for (u32 i = 0; i < s->regions; i++) {
    if (s->region[i].inode) inode_release(s->region[i].inode);
  }
  space_clear(s);
  unlock(&s->lock);
}

static void move_contents(struct space *to, struct space *from) {
  memcpy(&to->root, &from->root, sizeof *to - offsetof(struct space, root));
}

void space_replace(struct space *s, struct space *fresh) {
  struct space old;
  memset(&old, 0, sizeof old);
  lock(&s->lock);
  move_contents(&old, s);
  move_contents(s, fresh);
  unlock(&s->lock);
  space_activate(s);
  if (old.root) space_destroy(&old);
}

// One page for a fork: the child maps the same frame, and private writable ones turn read-only.
static bool copy_entry(pte_t *from, u32 child_root, u32 address, bool shared) {
  pte_t *to = space_entry(child_root, address, true);
  if (!to) return false;
  if (!shared && (*from & (PTE_W | PTE_COW))) *from = (*from & ~(u32)PTE_W) | PTE_COW;
  *to = *from;
  frame_hold(pte_physical(*from));
  return true;
}

static bool copy_pages(struct space *to, struct space *from, const struct region *r) {
  pte_t *entry;
  for (u32 at = r->start; (entry = next_entry(from, &at, r->end)) != NULL; at += PAGE_SIZE) {
    if ((*entry & PTE_V) && !copy_entry(entry, to->root, at, r->flags & REGION_SHARED)) {
      return false;
    }
  }
  return true;
}

static bool copy_contents(struct space *to, struct space *from) {
  if (!space_create(to)) return false;
  to->heap_start = from->heap_start;
  to->heap_end = from->heap_end;
  bool ok = true;
  for (u32 i = 0; i < from->regions && ok; i++) {
    ok = space_add_region(to, &from->region[i]) && copy_pages(to, from, &from->region[i]);
  }
  shoot_down(from); // its pages lost their write permission
  return ok;
}

bool space_copy(struct space *to, struct space *from) {
  lock(&spaces_lock);
  lock(&from->lock);
  lock(&to->lock);
  bool ok = copy_contents(to, from);
  unlock(&to->lock);
  unlock(&from->lock);
  unlock(&spaces_lock);
  if (!ok && to->root) space_destroy(to);
  return ok;
}

u32 space_tables(const struct space *s) {
  const pte_t *root = linear(s->root);
  u32 n = 1;
  for (u32 i = table_next(root, 0); i < USER_ENTRIES; i = table_next(root, i + 1)) n++;
  return n;
}

u32 space_frames(struct space *s) {
  u32 n = 0;
  lock(&s->lock);
  const pte_t *root = s->root ? linear(s->root) : NULL;
  for (u32 i = root ? table_next(root, 0) : USER_ENTRIES; i < USER_ENTRIES;
       i = table_next(root, i + 1)) {
    const pte_t *table = linear(pte_physical(root[i]));
    for (u32 j = table_next(table, 0); j < 1024; j = table_next(table, j + 1)) n++;
  }
  unlock(&s->lock);
  return n;
}

static void drop_file(struct space *s, const struct inode *inode, u32 first) {
  for (u32 i = 0; i < s->regions; i++) {
    const struct region *r = &s->region[i];
    u32 end = r->end;
    if (r->inode != inode) continue;
    if (!(r->flags & REGION_SHARED)) end = MIN(end, r->start + ROUND_UP(r->file_bytes, PAGE_SIZE));
    u32 skip = first > r->file_page ? first - r->file_page : 0;
    if (skip < (end - r->start) >> PAGE_SHIFT) unmap(s, r->start + (skip << PAGE_SHIFT), end);
  }
}

void spaces_drop_file(const struct inode *i, u32 first) {
  lock(&spaces_lock);
  for (u32 slot = 0; slot < PROCESSES_MAX; slot++) {
    struct space *s = &processes[slot].space;
    if (!__atomic_load_n(&s->root, __ATOMIC_RELAXED)) continue;
    lock(&s->lock);
    drop_file(s, i, first);
    unlock(&s->lock);
  }
  unlock(&spaces_lock);
}

// --- Regions.

bool space_add_region(struct space *s, const struct region *r) {
  if (s->regions == REGIONS_MAX) return false;
  if (r->inode) inode_hold(r->inode);
  s->region[s->regions++] = *r;
  return true;
}

struct region *space_find(struct space *s, u32 address) {
  for (u32 i = 0; i < s->regions; i++) {
    if (address >= s->region[i].start && address < s->region[i].end) return &s->region[i];
  }
  return NULL;
}

bool space_is_unused(struct space *s, u32 start, u32 end) {
  for (u32 i = 0; i < s->regions; i++) {
    if (start < s->region[i].end && s->region[i].start < end) return false;
  }
  return true;
}

u32 space_find_hole(struct space *s, u32 bytes) {
  u32 at = USER_MAP_BASE;
  for (u32 i = 0; i < s->regions;) {
    struct region *r = &s->region[i];
    if (at < r->end && r->start < at + bytes) {
      at = r->end;
      i = 0;
    } else {
      i++;
    }
    if (at + bytes > USER_STACK_TOP - USER_STACK_MAX || at + bytes < at) return 0;
  }
  return at;
}

// Makes two regions of the one that has `at` inside it. There is room.
static void split(struct space *s, u32 at) {
  struct region *r = space_find(s, at);
  if (!r || r->start == at) return;
  struct region tail = *r;
  u32 cut = at - r->start;
  tail.start = r->end = at;
  if (r->inode) tail.file_page += cut >> PAGE_SHIFT;
  tail.file_bytes -= MIN(tail.file_bytes, cut);
  r->file_bytes = MIN(r->file_bytes, cut);
  space_add_region(s, &tail);
}

// Splits at both ends of a range, or does nothing when the table is too full for that.
static bool split_around(struct space *s, u32 start, u32 end) {
  const struct region *first = space_find(s, start), *last = space_find(s, end);
  u32 splits = (first && first->start < start) + (last && last->start < end);
  if (s->regions + splits > REGIONS_MAX) return false;
  split(s, start);
  split(s, end);
  return true;
}

static bool is_anonymous(const struct region *r) { return !r->inode; }

void space_merge(struct space *s) {
  for (u32 i = 0; i < s->regions; i++) {
    struct region *r = &s->region[i], *next = space_find(s, r->end);
    if (!next || !is_anonymous(r) || !is_anonymous(next)) continue;
    if (next->protection != r->protection || next->flags != r->flags) continue;
    r->end = next->end;
    *next = s->region[--s->regions];
    i = ~0u; // the last one has moved: from the start
  }
}

bool space_remove_range(struct space *s, u32 start, u32 end) {
  if (!split_around(s, start, end)) return false;
  unmap(s, start, end);
  for (u32 i = 0; i < s->regions;) {
    struct region *r = &s->region[i];
    if (r->start >= end || r->end <= start) {
      i++;
      continue;
    }
    struct inode *inode = r->inode;
    *r = s->region[--s->regions];
    if (inode) inode_release(inode);
  }
  space_merge(s);
  return true;
}

static u32 entry_bits(const struct region *r, bool writable) {
  u32 bits = PTE_V | PTE_R | PTE_A; // write without read does not exist in Sv32
  if (r->protection) bits |= PTE_U;
  if (r->protection & PROT_EXEC) bits |= PTE_X;
  if (!(r->protection & PROT_WRITE)) return bits;
  return writable ? bits | PTE_W | PTE_D : bits | PTE_COW;
}

bool space_is_mapped(struct space *s, u32 start, u32 end) {
  for (u32 at = start; at < end;) {
    const struct region *r = space_find(s, at);
    if (!r) return false;
    at = r->end;
  }
  return true;
}

// Whether every region in the range may have these rights.
static bool may_protect(const struct space *s, u32 start, u32 end, u32 protection) {
  for (u32 i = 0; i < s->regions; i++) {
    const struct region *r = &s->region[i];
    if (r->start >= end || r->end <= start) continue;
    if ((r->flags & REGION_READ_ONLY_FILE) && (protection & PROT_WRITE)) return false;
  }
  return true;
}

// Gives the pages of a region the rights it has now. Private ones are writable after a fault, which
// finds out whether somebody shares them.
static void protect_pages(struct space *s, const struct region *r) {
  pte_t *entry;
  bool writable = r->flags & REGION_SHARED;
  for (u32 at = r->start; (entry = next_entry(s, &at, r->end)) != NULL; at += PAGE_SIZE) {
    if (*entry & PTE_V) *entry = pte_of(pte_physical(*entry), entry_bits(r, writable));
  }
}

s32 space_protect(struct space *s, u32 start, u32 end, u32 protection) {
  if (!space_is_mapped(s, start, end)) return -ENOMEM;
  if (!may_protect(s, start, end, protection)) return -EACCES;
  if (!split_around(s, start, end)) return -ENOMEM;
  for (u32 i = 0; i < s->regions; i++) {
    struct region *r = &s->region[i];
    if (r->start < start || r->end > end || r->start >= r->end) continue;
    r->protection = protection;
    protect_pages(s, r);
  }
  shoot_down(s);
  space_merge(s);
  return 0;
}

// --- Faults.

// A private copy of a frame's first `n` bytes, zeros behind them; 0 without memory.
static u32 copy_frame(u32 from, u32 n) {
  u32 to = frame_take(ZONE_HIGHMEM);
  if (!to) return 0;
  u8 *page = kmap(0, to);
  memcpy(page, kmap(1, from), n);
  memset(page + n, 0, PAGE_SIZE - n);
  return to;
}

// Notes what is to be read from the disk, which cannot be waited for here.
static enum fault_result miss(const struct region *r, u32 file_page) {
  struct thread *t = this_thread();
  if (t->missing) inode_release(t->missing);
  inode_hold(r->inode);
  t->missing = r->inode;
  t->missing_page = file_page;
  return FAULT_NOT_LOADED;
}

// A page of a shared region: the file's own, a hole filled.
static enum fault_result bring_in_shared(const struct region *r, u32 page, pte_t *entry) {
  u32 frame, file_page = r->file_page + ((page - r->start) >> PAGE_SHIFT);
  if (inode_must_load(r->inode, file_page)) return miss(r, file_page);
  s32 error = inode_page_share(r->inode, file_page, &frame);
  if (error) return error == -ENXIO ? FAULT_BEYOND_FILE : FAULT_NO_MEMORY;
  *entry = pte_of(frame, entry_bits(r, true));
  return FAULT_DONE;
}

// A page that is not there yet.
static enum fault_result bring_in(const struct region *r, u32 page, pte_t *entry, bool write) {
  u32 offset = page - r->start, file_page = r->file_page + (offset >> PAGE_SHIFT), file = 0, frame;
  if (r->flags & REGION_SHARED) return bring_in_shared(r, page, entry);
  u32 from_file = r->inode && offset < r->file_bytes ? MIN(PAGE_SIZE, r->file_bytes - offset) : 0;
  if (from_file && !inode_has_page(r->inode, file_page)) return FAULT_BEYOND_FILE;
  if (from_file && inode_must_load(r->inode, file_page)) return miss(r, file_page);
  if (from_file) file = inode_page_hold(r->inode, file_page);
  if (file && from_file == PAGE_SIZE && !write) {
    *entry = pte_of(file, entry_bits(r, false)); // the cache's own frame
    return FAULT_DONE;
  }
  if (file) {
    frame = copy_frame(file, from_file);
    frame_release(file);
  } else {
    frame = frame_take_zeroed(ZONE_HIGHMEM);
  }
  if (!frame) return FAULT_NO_MEMORY;
  *entry = pte_of(frame, entry_bits(r, true));
  return FAULT_DONE;
}

// A store to a page shared by copy on write: the last holder keeps the frame.
static enum fault_result break_sharing(struct space *s, pte_t *entry) {
  u32 frame = pte_physical(*entry);
  u32 bits = (*entry & 0x3ff & ~(u32)PTE_COW) | PTE_W | PTE_D;
  if (frame_references(frame) == 1) {
    *entry = pte_of(frame, bits);
    return FAULT_DONE;
  }
  u32 copy = copy_frame(frame, PAGE_SIZE);
  if (!copy) return FAULT_NO_MEMORY;
  *entry = pte_of(copy, bits);
  shoot_down(s); // other CPUs still read the old frame
  frame_release(frame);
  return FAULT_DONE;
}

bool space_own_page(struct space *s, u32 address) {
  pte_t *entry = space_entry(s->root, address, false);
  u32 frame = pte_physical(*entry), copy = copy_frame(frame, PAGE_SIZE);
  if (!copy) return false;
  *entry = pte_of(copy, *entry & 0x3ff);
  shoot_down(s);
  frame_release(frame);
  return true;
}

// The stack, made longer to reach down to `address`; NULL if that is not where it may grow.
static struct region *grow_stack(struct space *s, u32 address) {
  u32 start = address & -PAGE_SIZE;
  for (u32 i = 0; i < s->regions; i++) {
    struct region *r = &s->region[i];
    bool below = (r->flags & REGION_STACK) && start < r->start &&
                 start >= USER_STACK_TOP - USER_STACK_MAX;
    if (!below || !space_is_unused(s, start, r->start)) continue;
    r->start = start;
    return r;
  }
  return NULL;
}

enum fault_result space_fault(struct space *s, u32 address, enum access access) {
  const struct region *r = address < USER_END ? space_find(s, address) : NULL;
  if (!r && address < USER_END) r = grow_stack(s, address);
  if (!r) return FAULT_NO_REGION;
  if (!(r->protection & access)) return FAULT_NO_RIGHT;
  pte_t *entry = space_entry(s->root, address, true);
  if (!entry) return FAULT_NO_MEMORY;
  enum fault_result result = FAULT_DONE;
  if (!(*entry & PTE_V)) result = bring_in(r, address & -PAGE_SIZE, entry, access == ACCESS_WRITE);
  else if (access == ACCESS_WRITE && (*entry & PTE_COW)) result = break_sharing(s, entry);
  sfence_page(address);
  if (access == ACCESS_EXECUTE) __asm__ volatile("fence.i" : : : "memory");
  return result;
}

// See vm.h.
u32 space_resolve(struct space *s, u32 address, enum access access) {
  if (address >= USER_END) return 0;
  u32 need = PTE_V | PTE_U | (access == ACCESS_WRITE ? PTE_W : PTE_R);
  pte_t *entry = space_entry(s->root, address, false);
  if (!entry || (*entry & need) != need) {
    if (space_fault(s, address, access) != FAULT_DONE) return 0;
    entry = space_entry(s->root, address, false);
  }
  return pte_physical(*entry) + address % PAGE_SIZE;
}

enum fault_result space_load_missing(void) {
  struct thread *t = this_thread();
  struct inode *i = t->missing;
  if (!i) return FAULT_DONE;
  t->missing = NULL;
  if (!gate_is_open()) { // the disk is not this kernel's any more, or soon will not be
    t->missed = true;
    inode_release(i);
    return FAULT_BEYOND_FILE;
  }
  s32 error = inode_load_page(i, t->missing_page);
  inode_release(i);
  return !error ? FAULT_DONE : error == -ENOMEM ? FAULT_NO_MEMORY : FAULT_BEYOND_FILE;
}

void space_forget_missing(void) {
  struct thread *t = this_thread();
  if (t->missing) inode_release(t->missing);
  t->missing = NULL;
}

u32 space_lock_page(struct space *s, u32 address, enum access access) {
  for (;;) {
    lock(&s->lock);
    u32 physical = space_resolve(s, address, access);
    if (physical || !this_thread()->missing) return physical;
    if (lock_is_held(&process_lock)) {
      space_forget_missing();
      return 0;
    }
    unlock(&s->lock);
    if (space_load_missing() == FAULT_DONE) continue;
    lock(&s->lock);
    return 0;
  }
}
