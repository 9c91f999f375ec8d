// romfs, read-only, on the block device; one mount at a time. Its inodes stand in the table of
// inode.h, numbered by their headers, with their cached pages, while somebody holds them. All of
// this may wait for the disk: no spinlock may be held.
#ifndef LARBOARD_ROMFS_H
#define LARBOARD_ROMFS_H
#include "larboard/inode.h"

s32 romfs_mount(struct inode *directory);  // of tmpfs
s32 romfs_unmount(struct inode *root);     // -EBUSY when anything else is held; drops this hold
bool romfs_is_mounted(void);

// The entry of a directory, held; not for ".." of the root.
s32 romfs_find(struct inode *directory, const char *name, struct inode **found);
// The directory above one that is not the root, held, and the name there.
s32 romfs_name(struct inode *directory, struct inode **parent, char name[HANDOVER_FILE_NAME_MAX]);
// The entry at *position, which moves on: 1, 0 at the end, or an error.
s32 romfs_next(struct inode *directory, u32 *position, struct directory_entry *entry, u32 *mode);
// Brings a page of a file into the cache.
s32 romfs_load_page(struct inode *i, u32 page);

// tree_lock held: across the mount, in both directions.
struct inode *romfs_cover(struct inode *i);   // the root in the place of the directory it covers
struct inode *romfs_uncover(struct inode *i); // and back

bool romfs_export(struct record_mount *r);    // false: nothing is mounted
void romfs_import(const struct record_mount *r);
#endif
