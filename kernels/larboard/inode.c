// tmpfs: inodes and their pages. The page cache is the file: an inode's pages are frames in an
// array, found by index. tree_lock guards all of it. Data is copied without the lock, from frames
// that are held.
#include "larboard/inode.h"

#include "abi/syscall.h"
#include "larboard/frame.h"
#include "larboard/romfs.h"
#include "larboard/tree.h"
#include "shared/spinlock.h"
#include "shared/string.h"

struct spinlock tree_lock;
static struct inode inodes[INODES_MAX];
u32 next_inode = ROOT_INODE;

struct inode *inode_at(u32 slot) { return &inodes[slot]; }

// An inode lies at or after the slot that its number names, so the first look mostly finds it.
static struct inode *search_slot(u32 home, u32 number) {
  for (u32 n = 0; n < INODES_MAX; n++) {
    struct inode *i = &inodes[(home + n) % INODES_MAX];
    if (i->number == number) return i;
  }
  return NULL;
}

struct inode *inode_numbered(u32 number) { return number ? search_slot(number, number) : NULL; }

u32 inodes_used(void) {
  u32 n = 0;
  for (u32 i = 0; i < INODES_MAX; i++) n += inodes[i].number != 0;
  return n;
}

static struct inode *free_slot(u32 for_number) { return search_slot(for_number, 0); }

// --- Pages: tree_lock held.

static u32 *page_slot(struct inode *i, u32 page, bool create) {
  if (page < INODE_DIRECT) return &i->direct[page];
  if (page >= FILE_PAGES_MAX) return NULL;
  if (!i->table && create) i->table = frame_take_zeroed(ZONE_NORMAL);
  return i->table ? (u32 *)linear(i->table) + (page - INODE_DIRECT) : NULL;
}

u32 inode_page(const struct inode *i, u32 page) {
  u32 *slot = page_slot((struct inode *)i, page, false);
  return slot ? *slot : 0;
}

u32 tree_make_page(struct inode *i, u32 page) {
  u32 *slot = page_slot(i, page, true);
  if (!slot) return 0;
  if (!*slot) *slot = frame_take_zeroed((i->mode & S_IFMT) == S_IFDIR ? ZONE_NORMAL : ZONE_HIGHMEM);
  return *slot;
}

// Drops the pages from `first` on, and the table when nothing of it is left.
void tree_drop_pages(struct inode *i, u32 first) {
  for (u32 page = first; page < FILE_PAGES_MAX; page++) {
    u32 *slot = page_slot(i, page, false);
    if (!slot) break;
    if (*slot) frame_release(*slot);
    *slot = 0;
  }
  if (first <= INODE_DIRECT && i->table) {
    frame_release(i->table);
    i->table = 0;
  }
}

void tree_free_if_unused(struct inode *i) {
  if (i->holds || (i->links && !inode_is_romfs(i))) return;
  tree_drop_pages(i, 0);
  memset(i, 0, sizeof *i);
}

void inode_hold(struct inode *i) {
  lock(&tree_lock);
  i->holds++;
  unlock(&tree_lock);
}

void tree_unhold(struct inode *i) {
  if (i->holds == 0) panic("inode %u is released twice", i->number);
  i->holds--;
  tree_free_if_unused(i);
}

void inode_release(struct inode *i) {
  lock(&tree_lock);
  tree_unhold(i);
  unlock(&tree_lock);
}

u32 inode_page_hold(struct inode *i, u32 page) {
  lock(&tree_lock);
  u32 frame = inode_page(i, page);
  if (frame) frame_hold(frame);
  unlock(&tree_lock);
  return frame;
}

u32 inode_page_make(struct inode *i, u32 page) {
  lock(&tree_lock);
  u32 frame = tree_make_page(i, page);
  if (frame) frame_hold(frame);
  unlock(&tree_lock);
  return frame;
}

void inode_grow(struct inode *i, u32 size) {
  lock(&tree_lock);
  if (size > i->size) i->size = size;
  unlock(&tree_lock);
}

static u32 page_count(const struct inode *i) { return (i->size + PAGE_SIZE - 1) >> PAGE_SHIFT; }

s32 inode_page_share(struct inode *i, u32 page, u32 *frame) {
  lock(&tree_lock);
  bool within = page < page_count(i);
  *frame = within ? tree_make_page(i, page) : 0;
  if (*frame) frame_hold(*frame);
  unlock(&tree_lock);
  return *frame ? 0 : within ? -ENOMEM : -ENXIO;
}

bool inode_must_load(struct inode *i, u32 page) {
  if (!inode_is_romfs(i)) return false;
  lock(&tree_lock);
  bool must = page < page_count(i) && !inode_page(i, page);
  unlock(&tree_lock);
  return must;
}

s32 inode_load_page(struct inode *i, u32 page) {
  return inode_must_load(i, page) ? romfs_load_page(i, page) : 0;
}

bool inode_has_page(struct inode *i, u32 page) {
  lock(&tree_lock);
  bool within = page < page_count(i);
  unlock(&tree_lock);
  return within;
}

void inode_truncate(struct inode *i, u32 size) {
  lock(&tree_lock);
  bool shrinks = size < i->size;
  if (shrinks) {
    tree_drop_pages(i, (size + PAGE_SIZE - 1) >> PAGE_SHIFT);
    u32 last = size % PAGE_SIZE ? inode_page(i, size >> PAGE_SHIFT) : 0;
    if (last) memset((u8 *)kmap(0, last) + size % PAGE_SIZE, 0, PAGE_SIZE - size % PAGE_SIZE);
  }
  i->size = size;
  unlock(&tree_lock);
  // whoever found a page before has mapped it by the time its space's lock is free
  if (shrinks) spaces_drop_file(i, (size + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

s32 inode_read(struct inode *i, u32 at, void *to, u32 n) {
  if (at >= i->size) return 0;
  n = MIN(n, i->size - at);
  for (u32 done = 0; done < n;) {
    u32 offset = (at + done) % PAGE_SIZE, piece = MIN(n - done, PAGE_SIZE - offset);
    s32 error = inode_load_page(i, (at + done) >> PAGE_SHIFT);
    if (error) return error;
    u32 frame = inode_page_hold(i, (at + done) >> PAGE_SHIFT);
    if (frame) memcpy((u8 *)to + done, (u8 *)kmap(0, frame) + offset, piece);
    else memset((u8 *)to + done, 0, piece);
    if (frame) frame_release(frame);
    done += piece;
  }
  return (s32)n;
}

s32 inode_write(struct inode *i, u32 at, const void *from, u32 n) {
  for (u32 done = 0; done < n;) {
    u32 offset = (at + done) % PAGE_SIZE, piece = MIN(n - done, PAGE_SIZE - offset);
    u32 frame = inode_page_make(i, (at + done) >> PAGE_SHIFT);
    if (!frame) return done ? (s32)done : -ENOSPC;
    memcpy((u8 *)kmap(0, frame) + offset, (const u8 *)from + done, piece);
    frame_release(frame);
    done += piece;
    inode_grow(i, at + done);
  }
  return (s32)n;
}

struct inode *tree_new_inode(u32 mode, u32 device) {
  struct inode *i = free_slot(next_inode);
  if (!i) return NULL;
  memset(i, 0, sizeof *i);
  i->number = next_inode++;
  i->mode = mode;
  i->device = device;
  i->holds = 1;
  return i;
}

struct inode *inode_create_unnamed(u32 size) {
  lock(&tree_lock);
  struct inode *i = tree_new_inode(S_IFREG | 0600, 0);
  if (i) i->size = size;
  unlock(&tree_lock);
  return i;
}

// --- Import: runs alone, before any process does; but for romfs, with tree_lock.

struct inode *inode_import(const struct record_inode *r) {
  struct inode *i = free_slot(r->inode);
  if (!i) return NULL;
  memset(i, 0, sizeof *i);
  i->number = r->inode;
  i->mode = r->mode;
  i->device = r->device;
  i->links = r->links;
  i->size = inode_is_directory(i) ? 0 : r->size[0]; // a directory grows as its entries come
  i->parent = r->inode;
  i->disk_offset = r->disk_offset;
  return i;
}

bool inode_import_page(struct inode *i, u32 page, u32 physical) {
  u32 *slot = page_slot(i, page, true);
  if (!slot) return false;
  *slot = physical;
  return true;
}
