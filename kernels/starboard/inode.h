// The tree: inodes, their names, and cached pages. The pages are all there is of a file of tmpfs;
// those of romfs.h come from the disk when they are needed, and so do its names.
#ifndef STARBOARD_INODE_H
#define STARBOARD_INODE_H
#include "abi/handover.h"
#include "list.h"
#include "radix.h"

#define NAME_MAX (HANDOVER_FILE_NAME_MAX - 1)
#define PATH_MAX 1024
#define FILE_BYTES_MAX 0x7fffffffu

struct entry { // tree_lock
  struct list link; // in the directory, in order of position
  struct inode *inode, *directory;
  u32 position; // in listings; of romfs: of its header on the disk
  char name[HANDOVER_FILE_NAME_MAX];
};
struct inode {
  u32 number, mode, device; // do not change
  u32 disk_offset;          // nor does this: of romfs's data, or of a directory's first header
  // Guarded by tree_lock.
  struct list in_all;
  struct inode *hash_next;
  struct list entries;      // of a directory
  bool is_listed;           // of romfs: they are all there
  struct inode *parent;     // of a directory that has a name
  u32 links;                // entries that name it; of romfs: 1, until it is unmounted
  u32 references;           // open files, regions, working directories
  bool apart, moving;       // memory that only processes map which are: moving.c
  // Guarded by `lock`.
  struct spinlock lock;
  u64 size;
  struct radix_tree pages;
};
extern struct spinlock tree_lock;
extern struct list all_inodes;  // in order of creation
extern struct inode *root_inode;
extern u32 next_inode;

void tree_begin(void);
static inline bool inode_is_directory(const struct inode *i) {
  return (i->mode & S_IFMT) == S_IFDIR;
}
static inline bool inode_is_regular(const struct inode *i) { return (i->mode & S_IFMT) == S_IFREG; }

static inline bool inode_is_romfs(const struct inode *i) { return i->number & INODE_ROMFS; }

// number 0: the next free one. No name, no reference. tree_lock held.
struct inode *inode_make(u32 number, u32 mode, u32 device);
struct inode *inode_find_number(u32 number); // tree_lock held
void inode_discard(struct inode *inode);     // undoes inode_make
void inode_get(struct inode *inode);
void inode_put(struct inode *inode);
struct inode *inode_make_unnamed(u32 bytes); // with a reference; for shared anonymous memory
void inodes_drop_orphans(void); // those without name and reference
// tree_lock held, as in the next two. Position 0: the first that is free. NULL: no memory.
struct entry *entry_add(struct inode *directory, const char *name, struct inode *inode,
                        u32 position);
void entries_drop(struct inode *directory); // of romfs
void inodes_forget_romfs(void);             // all of it that is not referenced

// All with references; 0 or a negative error. Relative paths start at `base`.
s32 path_find(struct inode *base, const char *path, struct inode **found);
// Finds or creates. `flags` O_CREAT | O_EXCL; a created one has `mode` and `device`.
s32 path_open(struct inode *base, const char *path, u32 flags, u32 mode, u32 device,
              struct inode **found);
s32 path_remove(struct inode *base, const char *path, bool directory);
s32 path_rename(struct inode *base, const char *path, struct inode *new_base, const char *new_path);
s32 path_of(struct inode *directory, char *text, u32 size); // length with NUL; -ERANGE, -ENOENT
// The entry at *position, "." and ".." first, and the position after it: 1, 0 at the end, or a
// negative error.
struct directory_item {
  u32 number, mode, next;
  char name[HANDOVER_FILE_NAME_MAX];
};
s32 directory_entry(struct inode *directory, u32 position, struct directory_item *item);

// The frame of a page, with a reference. A hole below the size becomes a zero page; beyond the
// size -ENXIO, unless `make`. -NOT_LOADED: inode_load comes first, with no spinlock held.
s32 inode_page(struct inode *inode, u32 index, bool make, u32 *frame);
s32 inode_load(struct inode *inode, u32 index); // 0 if nothing is to be done
s32 inode_add_page(struct inode *inode, u32 index, u32 frame); // takes the reference
s32 inode_read(struct inode *inode, u64 at, u32 user, u32 n);  // bytes, or a negative error
s32 inode_write(struct inode *inode, u64 at, u32 user, u32 n); // the same
bool inode_read_kernel(struct inode *inode, u32 at, void *to, u32 n); // all of it, or false
bool inode_write_kernel(struct inode *inode, u32 at, u32 from_frame, u32 offset, u32 n);
void inode_truncate(struct inode *inode, u64 size);
#endif
