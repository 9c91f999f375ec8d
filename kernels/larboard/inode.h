// Inodes in a fixed table, each with an array of its cached pages: tmpfs's, and those of romfs
// (romfs.h) that are in use; directories; paths. Whoever reaches a page of romfs loads it first.
// Errors are negative errno values.
#ifndef LARBOARD_INODE_H
#define LARBOARD_INODE_H
#include "abi/handover.h"
#include "abi/syscall.h"
#include "larboard/vm.h"
#include "shared/types.h"

#define INODES_MAX 1024
#define INODE_DIRECT 8
#define FILE_PAGES_MAX (INODE_DIRECT + PAGE_SIZE / 4)
#define PATH_LENGTH_MAX 256
#define ROOT_INODE 1

struct inode { // all under tree_lock
  u32 number;  // 0: free
  u32 mode, device, links;
  u32 holds;   // open files, regions, working directories, callers
  u32 size;
  u32 parent;  // directories of tmpfs: for ".."
  u32 disk_offset; // romfs: of the data, or of a directory's first header
  u32 direct[INODE_DIRECT]; // frames by page; 0: a hole
  u32 table;                // one frame of further entries, or 0
  bool apart, moving;       // shared memory without a name, of processes that are: process.h
};

// A directory's pages are arrays of these, in ZONE_NORMAL.
struct directory_entry {
  u32 inode; // 0: free
  char name[HANDOVER_FILE_NAME_MAX];
};

static inline bool inode_is_directory(const struct inode *i) {
  return (i->mode & S_IFMT) == S_IFDIR;
}

static inline bool inode_is_romfs(const struct inode *i) { return i->number & INODE_ROMFS; }

void tree_begin(void); // an empty root
void inode_hold(struct inode *i);
void inode_release(struct inode *i); // frees it with the last link and hold

// Paths. What is found is held for the caller.
s32 path_find(struct inode *start, const char *path, struct inode **found);
// The directory that holds the last component, and that component.
s32 path_parent(struct inode *start, const char *path, struct inode **directory,
                char name[HANDOVER_FILE_NAME_MAX]);
s32 inode_create(struct inode *directory, const char *name, u32 mode, u32 device,
                 struct inode **created);
s32 inode_unlink(struct inode *directory, const char *name, bool remove_directory);
// A file without a name, held: what an anonymous shared mapping maps. NULL: no slot.
struct inode *inode_create_unnamed(u32 size);
s32 inode_rename(struct inode *from, const char *from_name, struct inode *to, const char *to_name);
s32 path_of(struct inode *directory, char *buffer, u32 size); // absolute; its length

// The frame of a page, held, or 0 for a hole.
u32 inode_page_hold(struct inode *i, u32 page);
// The same for writing: a hole is filled. 0: no memory, or beyond FILE_PAGES_MAX.
u32 inode_page_make(struct inode *i, u32 page);
// The same for a shared mapping, in *frame: -ENXIO beyond the end of the file, or -ENOMEM.
s32 inode_page_share(struct inode *i, u32 page, u32 *frame);
// Whether the page has to come from the disk first, by inode_load_page: 0 or an error. That waits:
// no spinlock may be held. A loaded page stays while the inode is held.
bool inode_must_load(struct inode *i, u32 page);
s32 inode_load_page(struct inode *i, u32 page);
bool inode_has_page(struct inode *i, u32 page); // not beyond the end, a hole or not
void inode_grow(struct inode *i, u32 size); // size = max(size, `size`)
void inode_truncate(struct inode *i, u32 size); // mappings lose the pages too
// Kernel memory to and from a file; bytes done, or an error.
s32 inode_read(struct inode *i, u32 at, void *to, u32 n);
s32 inode_write(struct inode *i, u32 at, const void *from, u32 n);
// The entry at or after *position, which it moves on, and its mode: 1, 0 at the end, or an error.
s32 directory_next(struct inode *directory, u32 *position, struct directory_entry *entry,
                   u32 *mode);

// For the exporter and importer, which run alone.
struct inode *inode_at(u32 slot); // any slot below INODES_MAX
struct inode *inode_numbered(u32 number);
u32 inode_page(const struct inode *i, u32 page); // the frame, or 0; not held
struct inode *inode_import(const struct record_inode *r);
bool inode_import_page(struct inode *i, u32 page, u32 physical);
u32 directory_import_pages(u32 position); // pages of a directory that has an entry there
bool directory_import_entry(struct inode *directory, const struct record_entry *r);
u32 inodes_used(void);
extern u32 next_inode;
#endif
