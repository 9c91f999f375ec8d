// romfs on the disk, read-only: its format (romfs.c), and where it is mounted (mount.c); one mount
// at a time. Its inodes stand in the tree with tmpfs's, numbered by their headers, from when they
// are first named until the file system is unmounted; the cached pages of a file only as long as
// it is referenced. Names of a directory are read when they are first needed.
#ifndef STARBOARD_ROMFS_H
#define STARBOARD_ROMFS_H
#include "inode.h"

// --- The format. These wait for the disk: no spinlock may be held.

s32 romfs_root(struct inode **root);  // with a reference; -EINVAL: there is no romfs
s32 romfs_list(struct inode *directory); // its names become entries, unless they are
s32 romfs_load_page(struct inode *file, u32 index); // into the page cache

// --- The mount.

s32 mount_romfs(struct inode *directory); // of tmpfs
s32 unmount(struct inode *root);          // -EBUSY if it is in use beyond this reference
bool is_mounted(void);
// tree_lock held: the root in the place of the directory that it covers, and back.
struct inode *mount_cover(struct inode *inode);
struct inode *mount_uncover(struct inode *inode);

bool mount_record(struct record_mount *r); // false: nothing is mounted
void mount_adopt(struct inode *directory, struct inode *root);
#endif
