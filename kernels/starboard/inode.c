// Inodes and the bytes of files. A page is a frame with one reference from the radix tree, and one
// more for each mapping and for whoever copies from or to it, so a file may shrink meanwhile.
#include "inode.h"

#include "process.h"
#include "romfs.h"

#define HASH 128

struct spinlock tree_lock;
struct list all_inodes = {&all_inodes, &all_inodes};
struct inode *root_inode;
u32 next_inode = 1;
static struct inode *by_number[HASH]; // tree_lock

void tree_begin(void) {
  lock(&tree_lock);
  root_inode = inode_make(0, S_IFDIR | 0755, 0);
  if (!root_inode) panic("no memory for the root directory");
  root_inode->links = 1;
  root_inode->parent = root_inode;
  unlock(&tree_lock);
}

struct inode *inode_make(u32 number, u32 mode, u32 device) {
  struct inode *inode = heap_allocate(sizeof *inode);
  if (!inode) return NULL;
  inode->number = number ? number : next_inode++;
  inode->mode = mode;
  inode->device = device;
  list_init(&inode->entries);
  list_add_last(&all_inodes, &inode->in_all);
  inode->hash_next = by_number[inode->number % HASH];
  by_number[inode->number % HASH] = inode;
  return inode;
}

struct inode *inode_find_number(u32 number) {
  struct inode *inode = by_number[number % HASH];
  while (inode && inode->number != number) inode = inode->hash_next;
  return inode;
}

// Takes a dead inode out of all tables; tree_lock held. The caller frees it without the lock.
static void inode_unlist(struct inode *inode) {
  struct inode **slot = &by_number[inode->number % HASH];
  while (*slot != inode) slot = &(*slot)->hash_next;
  *slot = inode->hash_next;
  list_remove(&inode->in_all);
}

void inode_discard(struct inode *inode) {
  inode_unlist(inode);
  heap_free(inode);
}

// Drops the pages from `index` on; inode->lock held, or nobody else has the inode.
static void drop_pages(struct inode *inode, u32 index) {
  u32 frame;
  while ((frame = radix_next(&inode->pages, &index)) != NO_FRAME) {
    radix_remove(&inode->pages, index);
    frame_put(frame);
  }
}

static void inode_free(struct inode *inode) {
  drop_pages(inode, 0);
  heap_free(inode);
}

void inode_get(struct inode *inode) {
  lock(&tree_lock);
  inode->references++;
  unlock(&tree_lock);
}

void inode_put(struct inode *inode) {
  lock(&tree_lock);
  bool unused = --inode->references == 0, dead = unused && inode->links == 0;
  if (dead) inode_unlist(inode);
  if (unused && inode_is_romfs(inode)) { // the disk still has them
    lock(&inode->lock);
    drop_pages(inode, 0);
    unlock(&inode->lock);
  }
  unlock(&tree_lock);
  if (dead) inode_free(inode);
}

struct inode *inode_make_unnamed(u32 bytes) {
  lock(&tree_lock);
  struct inode *inode = inode_make(0, S_IFREG | 0600, 0);
  if (inode) inode->references = 1;
  unlock(&tree_lock);
  if (inode) inode->size = bytes;
  return inode;
}

void inodes_drop_orphans(void) {
  LIST_FOR_EACH_SAFE(inode, &all_inodes, struct inode, in_all) {
    inode_get(inode);
    inode_put(inode);
  }
}

void entries_drop(struct inode *directory) {
  LIST_FOR_EACH_SAFE(e, &directory->entries, struct entry, link) {
    list_remove(&e->link);
    heap_free(e);
  }
}

void inodes_forget_romfs(void) {
  LIST_FOR_EACH_SAFE(inode, &all_inodes, struct inode, in_all) {
    if (!inode_is_romfs(inode) || inode->references) continue;
    entries_drop(inode);
    inode_unlist(inode);
    inode_free(inode);
  }
}

// --- Pages

static u32 pages_of(u64 size) { return (u32)((size + PAGE_SIZE - 1) >> PAGE_SHIFT); }

s32 inode_page(struct inode *inode, u32 index, bool make, u32 *frame) {
  s32 error = 0;
  lock(&inode->lock);
  *frame = radix_find(&inode->pages, index);
  if (*frame == NO_FRAME && !make && index >= pages_of(inode->size)) {
    error = -ENXIO;
  } else if (*frame == NO_FRAME && inode_is_romfs(inode)) {
    error = -NOT_LOADED;
  } else if (*frame == NO_FRAME) {
    *frame = frame_allocate_user_zeroed();
    if (*frame == NO_FRAME) {
      error = -ENOMEM;
    } else if (!radix_add(&inode->pages, index, *frame)) {
      frame_put(*frame);
      error = -ENOMEM;
    }
  }
  if (!error) frame_get(*frame);
  unlock(&inode->lock);
  return error;
}

s32 inode_load(struct inode *inode, u32 index) {
  if (!inode_is_romfs(inode)) return 0;
  lock(&inode->lock);
  bool missing = index < pages_of(inode->size) && radix_find(&inode->pages, index) == NO_FRAME;
  unlock(&inode->lock);
  return missing ? romfs_load_page(inode, index) : 0;
}

s32 inode_add_page(struct inode *inode, u32 index, u32 frame) {
  lock(&inode->lock);
  bool there = radix_find(&inode->pages, index) != NO_FRAME; // another thread was first
  bool added = !there && radix_add(&inode->pages, index, frame);
  unlock(&inode->lock);
  if (!added) frame_put(frame);
  return there || added ? 0 : -ENOMEM;
}

// Like inode_page for reading, but a hole stays one: NO_FRAME, to be read as zeros.
static u32 page_to_read(struct inode *inode, u32 index) {
  lock(&inode->lock);
  u32 frame = radix_find(&inode->pages, index);
  if (frame != NO_FRAME) frame_get(frame);
  unlock(&inode->lock);
  return frame;
}

// Copies within one page of the file and one page of user memory.
static s32 copy_piece(u32 page, u32 offset, u32 user, u32 n, bool to_user) {
  u32 frame;
  struct vm *vm = this_process()->vm;
  s32 error = vm_lock_pages(vm, user, n, to_user ? PROT_WRITE : PROT_READ, &frame);
  if (error) return error;
  u8 *memory = (u8 *)kmap(frame), *file = page == NO_FRAME ? NULL : (u8 *)kmap(page);
  if (!file) memset(memory + user % PAGE_SIZE, 0, n);
  else if (to_user) memcpy(memory + user % PAGE_SIZE, file + offset, n);
  else memcpy(file + offset, memory + user % PAGE_SIZE, n);
  if (file) kunmap(file);
  kunmap(memory);
  unlock(&vm->lock);
  return 0;
}

static u32 piece_of(u64 at, u32 user, u32 n) {
  u32 piece = MIN(n, PAGE_SIZE - (u32)at % PAGE_SIZE);
  return MIN(piece, PAGE_SIZE - user % PAGE_SIZE);
}

s32 inode_read(struct inode *inode, u64 at, u32 user, u32 n) {
  lock(&inode->lock);
  u64 size = inode->size;
  unlock(&inode->lock);
  if (at >= size) return 0;
  n = (u32)MIN((u64)n, size - at);
  u32 done = 0;
  for (u32 piece; done < n; done += piece) {
    piece = piece_of(at + done, user + done, n - done);
    s32 error = inode_load(inode, (u32)((at + done) >> PAGE_SHIFT));
    if (error) return done ? (s32)done : error;
    u32 frame = page_to_read(inode, (u32)((at + done) >> PAGE_SHIFT));
    error = copy_piece(frame, (u32)(at + done) % PAGE_SIZE, user + done, piece, true);
    if (frame != NO_FRAME) frame_put(frame);
    if (error) return done ? (s32)done : error;
  }
  return (s32)done;
}

static void grow_to(struct inode *inode, u64 size) {
  lock(&inode->lock);
  if (size > inode->size) inode->size = size;
  unlock(&inode->lock);
}

// Drops a page that was made for a write that failed, if it lies beyond the end.
static void drop_beyond_end(struct inode *inode) {
  lock(&inode->lock);
  drop_pages(inode, pages_of(inode->size));
  unlock(&inode->lock);
}

// The page to write to, once the user's bytes are known to be there: a bad pointer makes no page.
static s32 page_to_write(struct inode *inode, u64 at, u32 user, u32 *frame) {
  u8 byte;
  s32 error = copy_from_user(&byte, user, 1);
  return error ? error : inode_page(inode, (u32)(at >> PAGE_SHIFT), true, frame);
}

s32 inode_write(struct inode *inode, u64 at, u32 user, u32 n) {
  if (n && at >= FILE_BYTES_MAX) return -EFBIG;
  n = (u32)MIN((u64)n, FILE_BYTES_MAX - at);
  u32 done = 0, frame;
  s32 error = 0;
  for (u32 piece; done < n; done += piece) {
    piece = piece_of(at + done, user + done, n - done);
    error = page_to_write(inode, at + done, user + done, &frame);
    if (error) break;
    error = copy_piece(frame, (u32)(at + done) % PAGE_SIZE, user + done, piece, false);
    frame_put(frame);
    if (error) break;
    grow_to(inode, at + done + piece);
  }
  if (error) drop_beyond_end(inode);
  if (error == -ENOMEM) error = -ENOSPC;
  return done || n == 0 ? (s32)done : error;
}

bool inode_read_kernel(struct inode *inode, u32 at, void *to, u32 n) {
  if (at > inode->size || n > inode->size - at) return false;
  for (u32 piece; n; n -= piece, at += piece, to = (u8 *)to + piece) {
    piece = MIN(n, PAGE_SIZE - at % PAGE_SIZE);
    if (inode_load(inode, at >> PAGE_SHIFT)) return false;
    u32 frame = page_to_read(inode, at >> PAGE_SHIFT);
    if (frame == NO_FRAME) {
      memset(to, 0, piece);
      continue;
    }
    u8 *window = kmap(frame);
    memcpy(to, window + at % PAGE_SIZE, piece);
    kunmap(window);
    frame_put(frame);
  }
  return true;
}

// Bytes of a frame (of the initramfs), which must not cross its end.
bool inode_write_kernel(struct inode *inode, u32 at, u32 from_frame, u32 offset, u32 n) {
  for (u32 piece; n; n -= piece, at += piece, offset += piece) {
    u32 frame;
    piece = MIN(n, PAGE_SIZE - at % PAGE_SIZE);
    if (inode_page(inode, at >> PAGE_SHIFT, true, &frame)) return false;
    u8 *from = (u8 *)kmap(from_frame), *to = (u8 *)kmap(frame);
    memcpy(to + at % PAGE_SIZE, from + offset, piece);
    kunmap(to);
    kunmap(from);
    frame_put(frame);
    grow_to(inode, at + piece);
  }
  return true;
}

void inode_truncate(struct inode *inode, u64 size) {
  lock(&inode->lock);
  bool shorter = size < inode->size;
  inode->size = size;
  u32 tail = shorter && size % PAGE_SIZE ? radix_find(&inode->pages, (u32)(size >> PAGE_SHIFT))
                                         : NO_FRAME;
  if (tail != NO_FRAME) { // what grows back reads as zeros
    u8 *window = kmap(tail);
    memset(window + size % PAGE_SIZE, 0, PAGE_SIZE - (u32)size % PAGE_SIZE);
    kunmap(window);
  }
  unlock(&inode->lock);
  if (!shorter) return;
  vm_file_shrank(inode, size);
  drop_beyond_end(inode);
}
