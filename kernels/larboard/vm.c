// Address spaces. The user half of a root table is private, the kernel half a copy of kernel_root.
// A page is brought in when it is first touched: from the page cache, shared and read-only while
// nobody writes; or zero-filled.
#include "larboard/vm.h"

#include "abi/handover.h"
#include "abi/syscall.h"
#include "larboard/frame.h"
#include "larboard/inode.h"
#include "shared/boot.h"
#include "shared/string.h"

#define USER_ENTRIES (USER_END >> 22)

bool space_create(struct space *s) {
  memset(s, 0, sizeof *s);
  s->root = frame_take_zeroed(ZONE_NORMAL);
  if (!s->root) return false;
  pte_t *root = linear(s->root);
  memcpy(root + USER_ENTRIES, kernel_root + USER_ENTRIES, PAGE_SIZE - USER_ENTRIES * 4);
  return true;
}

void space_activate(const struct space *s) {
  u32 root = s ? s->root : (u32)kernel_root - LINEAR_OFFSET;
  csr_write(satp, SATP_SV32 | root >> PAGE_SHIFT);
  sfence_all();
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

static void unmap_entry(pte_t *entry) {
  if (*entry & PTE_V) frame_release(pte_physical(*entry));
  *entry = 0;
}

void space_unmap(struct space *s, u32 start, u32 end) {
  for (u32 at = start; at < end;) {
    pte_t *entry = space_entry(s->root, at, false);
    if (!entry) {
      at = (at | 0x3fffff) + 1; // no table: the next 4 MiB
      continue;
    }
    unmap_entry(entry);
    at += PAGE_SIZE;
  }
  sfence_all();
}

void space_destroy(struct space *s) {
  pte_t *root = linear(s->root);
  for (u32 i = table_next(root, 0); i < USER_ENTRIES; i = table_next(root, i + 1)) {
    pte_t *table = linear(pte_physical(root[i]));
    for (u32 j = table_next(table, 0); j < 1024; j = table_next(table, j + 1)) {
      unmap_entry(&table[j]);
    }
    frame_release(pte_physical(root[i]));
  }
  frame_release(s->root);
  for (u32 i = 0; i < s->regions; i++) {
    if (s->region[i].inode) inode_release(s->region[i].inode);
  }
  memset(s, 0, sizeof *s);
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
  for (u32 at = r->start; at < r->end;) {
    pte_t *entry = space_entry(from->root, at, false);
    if (!entry) {
      at = (at | 0x3fffff) + 1;
      continue;
    }
    if ((*entry & PTE_V) && !copy_entry(entry, to->root, at, r->flags & REGION_SHARED)) {
      return false;
    }
    at += PAGE_SIZE;
  }
  return true;
}

bool space_copy(struct space *to, struct space *from) {
  if (!space_create(to)) return false;
  to->heap_start = from->heap_start;
  to->heap_end = from->heap_end;
  bool ok = true;
  for (u32 i = 0; i < from->regions && ok; i++) {
    ok = space_add_region(to, &from->region[i]) && copy_pages(to, from, &from->region[i]);
  }
  sfence_all(); // the parent's pages lost their write permission
  if (!ok) space_destroy(to);
  return ok;
}

u32 space_frames(const struct space *s) {
  u32 n = 0;
  const pte_t *root = linear(s->root);
  for (u32 i = table_next(root, 0); i < USER_ENTRIES; i = table_next(root, i + 1)) {
    const pte_t *table = linear(pte_physical(root[i]));
    for (u32 j = table_next(table, 0); j < 1024; j = table_next(table, j + 1)) n++;
  }
  return n;
}

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

// Moves a region's start up to `start`, keeping the file's bytes in place.
static void trim_front(struct region *r, u32 start) {
  u32 cut = start - r->start;
  r->file_page += cut >> PAGE_SHIFT;
  r->file_bytes -= MIN(r->file_bytes, cut);
  r->start = start;
}

bool space_remove_range(struct space *s, u32 start, u32 end) {
  u32 splits = 0;
  for (u32 i = 0; i < s->regions; i++) {
    splits += s->region[i].start < start && end < s->region[i].end;
  }
  if (s->regions + splits > REGIONS_MAX) return false;
  space_unmap(s, start, end);
  for (u32 i = 0; i < s->regions;) {
    struct region *r = &s->region[i];
    if (end <= r->start || r->end <= start) {
      i++;
    } else if (r->start < start && end < r->end) { // in the middle: two remain
      struct region tail = *r;
      trim_front(&tail, end);
      r->end = start;
      r->file_bytes = MIN(r->file_bytes, start - r->start);
      space_add_region(s, &tail);
      i++;
    } else if (r->start < start) {
      r->end = start;
      r->file_bytes = MIN(r->file_bytes, start - r->start);
      i++;
    } else if (end < r->end) {
      trim_front(r, end);
      i++;
    } else {
      if (r->inode) inode_release(r->inode);
      *r = s->region[--s->regions];
    }
  }
  return true;
}

static u32 entry_bits(const struct region *r, bool writable) {
  u32 bits = PTE_V | PTE_U | PTE_R | PTE_A; // write without read does not exist in Sv32
  if (r->protection & PROT_EXEC) bits |= PTE_X;
  if (writable) return bits | PTE_W | PTE_D;
  return r->protection & PROT_WRITE ? bits | PTE_COW : bits;
}

// A private copy of a frame's first `n` bytes, zeros behind them; 0 without memory.
static u32 copy_frame(u32 from, u32 n) {
  u32 to = frame_take(ZONE_HIGHMEM);
  if (!to) return 0;
  u8 *page = kmap(0, to);
  memcpy(page, kmap(1, from), n);
  memset(page + n, 0, PAGE_SIZE - n);
  return to;
}

// A page that is not there yet.
static bool bring_in(struct region *r, u32 page, pte_t *entry, bool write) {
  u32 offset = page - r->start, file = 0, frame;
  u32 from_file = r->inode && offset < r->file_bytes ? MIN(PAGE_SIZE, r->file_bytes - offset) : 0;
  if (from_file) file = inode_page_hold(r->inode, r->file_page + (offset >> PAGE_SHIFT));
  if (file && from_file == PAGE_SIZE && !write) {
    *entry = pte_of(file, entry_bits(r, false)); // the cache's own frame
    return true;
  }
  if (file) {
    frame = copy_frame(file, from_file);
    frame_release(file);
  } else {
    frame = frame_take_zeroed(ZONE_HIGHMEM);
  }
  if (!frame) return false;
  *entry = pte_of(frame, entry_bits(r, r->protection & PROT_WRITE));
  return true;
}

// A store to a page shared by copy on write: the last holder keeps the frame.
static bool break_sharing(pte_t *entry) {
  u32 frame = pte_physical(*entry);
  u32 bits = (*entry & 0x3ff & ~(u32)PTE_COW) | PTE_W | PTE_D;
  if (frame_references(frame) > 1) {
    u32 copy = copy_frame(frame, PAGE_SIZE);
    if (!copy) return false;
    frame_release(frame);
    frame = copy;
  }
  *entry = pte_of(frame, bits);
  return true;
}

bool space_allows(struct space *s, u32 address, enum access access) {
  struct region *r = address < USER_END ? space_find(s, address) : NULL;
  return r && (r->protection & access);
}

bool space_fault(struct space *s, u32 address, enum access access) {
  if (!space_allows(s, address, access)) return false;
  struct region *r = space_find(s, address);
  pte_t *entry = space_entry(s->root, address, true);
  if (!entry) return false;
  bool ok = true;
  if (!(*entry & PTE_V)) ok = bring_in(r, address & -PAGE_SIZE, entry, access == ACCESS_WRITE);
  else if (access == ACCESS_WRITE && (*entry & PTE_COW)) ok = break_sharing(entry);
  sfence_page(address);
  if (access == ACCESS_EXECUTE) __asm__ volatile("fence.i" : : : "memory");
  return ok;
}

// See vm.h.
u32 space_resolve(struct space *s, u32 address, enum access access) {
  if (address >= USER_END) return 0;
  u32 need = PTE_V | PTE_U | (access == ACCESS_WRITE ? PTE_W : PTE_R);
  pte_t *entry = space_entry(s->root, address, false);
  if (!entry || (*entry & need) != need) {
    if (!space_fault(s, address, access)) return 0;
    entry = space_entry(s->root, address, false);
  }
  return pte_physical(*entry) + address % PAGE_SIZE;
}

bool copy_from_user(struct space *s, void *to, u32 from, u32 n) {
  while (n) {
    u32 piece = MIN(n, PAGE_SIZE - from % PAGE_SIZE);
    u32 physical = space_resolve(s, from, ACCESS_READ);
    if (!physical) return false;
    memcpy(to, kmap(0, physical), piece);
    to = (u8 *)to + piece;
    from += piece;
    n -= piece;
  }
  return true;
}

bool copy_to_user(struct space *s, u32 to, const void *from, u32 n) {
  while (n) {
    u32 piece = MIN(n, PAGE_SIZE - to % PAGE_SIZE);
    u32 physical = space_resolve(s, to, ACCESS_WRITE);
    if (!physical) return false;
    memcpy(kmap(0, physical), from, piece);
    from = (const u8 *)from + piece;
    to += piece;
    n -= piece;
  }
  return true;
}

s32 text_from_user(struct space *s, char *to, u32 from, u32 size) {
  for (u32 n = 0; n < size;) {
    u32 piece = MIN(size - n, PAGE_SIZE - from % PAGE_SIZE);
    u32 physical = space_resolve(s, from, ACCESS_READ);
    if (!physical) return -EFAULT;
    const char *page = kmap(0, physical);
    for (u32 i = 0; i < piece; i++, n++) {
      to[n] = page[i];
      if (!to[n]) return (s32)n;
    }
    from += piece;
  }
  return -ENAMETOOLONG;
}
