// What inode.c and directory.c share: the lock of all of tmpfs, and what to do while holding it.
#ifndef LARBOARD_TREE_H
#define LARBOARD_TREE_H
#include "larboard/inode.h"
#include "shared/spinlock.h"

extern struct spinlock tree_lock;

bool name_is_dots(const char *name); // "." or ".."
struct inode *tree_new_inode(u32 mode, u32 device); // one hold, no link; NULL: no slot
void tree_unhold(struct inode *i);
void tree_free_if_unused(struct inode *i);
u32 tree_make_page(struct inode *i, u32 page);      // its frame, a hole filled; 0: no memory
// Drops the pages from `first` on, and the table when nothing of it is left.
void tree_drop_pages(struct inode *i, u32 first);
#endif
