// System calls that take paths: open, make, remove, look at.
#include "larboard/system_call.h"
#include "abi/syscall.h"
#include "larboard/inode.h"
#include "larboard/process.h"
#include "larboard/romfs.h"
#include "shared/string.h"

// The directory a path starts from, held.
static s32 start_of(struct process *p, u32 directory, struct inode **start) {
  if ((s32)directory == AT_FDCWD) {
    *start = directory_hold(p);
    return 0;
  }
  struct file *f = descriptor_hold(p, directory);
  if (!f) return -EBADF;
  *start = f->inode;
  if (f->inode) inode_hold(f->inode);
  file_release(f);
  return *start ? 0 : -ENOTDIR;
}

static s32 path_arguments(struct process *p, const u32 *a, char *path, struct inode **start) {
  s32 error = text_from_user(&p->space, path, a[1], PATH_LENGTH_MAX);
  return error < 0 ? error : start_of(p, a[0], start);
}

s32 call_openat(struct process *p, const u32 *a) {
  char path[PATH_LENGTH_MAX];
  struct inode *start;
  s32 error = path_arguments(p, a, path, &start);
  if (error) return error;
  s32 descriptor = file_open(p, start, path, a[2], a[3]);
  inode_release(start);
  return descriptor;
}

s32 call_mkdirat(struct process *p, const u32 *a) {
  char path[PATH_LENGTH_MAX], name[HANDOVER_FILE_NAME_MAX];
  struct inode *start, *directory, *made;
  s32 error = path_arguments(p, a, path, &start);
  if (error) return error;
  error = path_parent(start, path, &directory, name);
  inode_release(start);
  if (error) return error;
  error = inode_create(directory, name, S_IFDIR | (a[2] & 0777), 0, &made);
  inode_release(directory);
  if (!error) inode_release(made);
  return error;
}

// The directory and the name that a user's path means.
static s32 parent_of(struct process *p, u32 directory, u32 address, struct inode **parent,
                     char name[HANDOVER_FILE_NAME_MAX]) {
  char path[PATH_LENGTH_MAX];
  struct inode *start;
  const u32 a[] = {directory, address};
  s32 error = path_arguments(p, a, path, &start);
  if (error) return error;
  error = path_parent(start, path, parent, name);
  inode_release(start);
  return error == -EEXIST ? -EBUSY : error; // the root
}

s32 call_unlinkat(struct process *p, const u32 *a) {
  char name[HANDOVER_FILE_NAME_MAX];
  struct inode *directory;
  if (a[2] & ~(u32)AT_REMOVEDIR) return -EINVAL;
  s32 error = parent_of(p, a[0], a[1], &directory, name);
  if (error) return error;
  error = inode_unlink(directory, name, a[2] & AT_REMOVEDIR);
  inode_release(directory);
  return error;
}

s32 call_renameat(struct process *p, const u32 *a) {
  char name[HANDOVER_FILE_NAME_MAX], new_name[HANDOVER_FILE_NAME_MAX];
  struct inode *from, *to;
  if (a[4]) return -EINVAL;
  s32 error = parent_of(p, a[0], a[1], &from, name);
  if (error) return error;
  error = parent_of(p, a[2], a[3], &to, new_name);
  if (!error) {
    error = inode_rename(from, name, to, new_name);
    inode_release(to);
  }
  inode_release(from);
  return error;
}

// The inode of a user's path, held.
static s32 find_user(struct process *p, u32 address, struct inode **found) {
  char path[PATH_LENGTH_MAX];
  s32 error = text_from_user(&p->space, path, address, sizeof path);
  if (error < 0) return error;
  struct inode *start = directory_hold(p);
  error = path_find(start, path, found);
  inode_release(start);
  return error;
}

s32 call_chdir(struct process *p, const u32 *a) {
  struct inode *found;
  s32 error = find_user(p, a[0], &found);
  if (error) return error;
  if ((found->mode & S_IFMT) != S_IFDIR) {
    inode_release(found);
    return -ENOTDIR;
  }
  directory_change(p, found);
  return 0;
}

s32 call_getcwd(struct process *p, const u32 *a) {
  char path[PATH_LENGTH_MAX];
  struct inode *directory = directory_hold(p);
  s32 length = path_of(directory, path, sizeof path);
  inode_release(directory);
  if (length < 0) return length;
  if ((u32)length + 1 > a[1]) return -ERANGE;
  return copy_to_user(&p->space, a[0], path, (u32)length + 1) ? length + 1 : -EFAULT;
}

// Whether a user's path names the disk: 0, or an error.
static s32 check_disk(struct process *p, u32 address) {
  struct inode *disk;
  s32 error = find_user(p, address, &disk);
  if (error) return error;
  bool is_disk = disk->device == DEVICE_DISK;
  inode_release(disk);
  return is_disk ? 0 : -EINVAL;
}

s32 call_mount(struct process *p, const u32 *a) {
  char type[HANDOVER_NAME_MAX];
  struct inode *directory;
  s32 error = text_from_user(&p->space, type, a[2], sizeof type);
  if (error == -EFAULT) return error;
  bool known = error >= 0 && strcmp(type, "romfs") == 0;
  error = find_user(p, a[1], &directory);
  if (error) return error;
  error = known ? check_disk(p, a[0]) : -ENODEV;
  if (!error) error = romfs_mount(directory);
  inode_release(directory);
  return error;
}

s32 call_umount(struct process *p, const u32 *a) {
  struct inode *root;
  if (a[1]) return -EINVAL;
  s32 error = find_user(p, a[0], &root);
  return error ? error : romfs_unmount(root);
}

static s32 fill_statx(struct process *p, const struct inode *i, u32 mode, u64 size, u32 to) {
  struct statx s;
  memset(&s, 0, sizeof s);
  s.mask = 0x7ff;
  s.blksize = PAGE_SIZE;
  s.nlink = i ? i->links : 1;
  s.mode = (u16)mode;
  s.ino = i ? i->number : 0;
  s.size = size;
  s.blocks = (size + 511) / 512;
  s.rdev_major = i ? i->device >> 8 : 0;
  s.rdev_minor = i ? i->device & 0xff : 0;
  return copy_to_user(&p->space, to, &s, sizeof s) ? 0 : -EFAULT;
}

static s32 stat_descriptor(struct process *p, u32 descriptor, u32 to) {
  struct file *f = descriptor_hold(p, descriptor);
  s32 error = f ? fill_statx(p, f->inode, file_mode(f), file_size(f), to) : -EBADF;
  if (f) file_release(f);
  return error;
}

s32 call_statx(struct process *p, const u32 *a) {
  char path[PATH_LENGTH_MAX];
  s32 length = text_from_user(&p->space, path, a[1], sizeof path);
  if (length < 0) return length;
  if (length == 0 && (a[2] & AT_EMPTY_PATH)) return stat_descriptor(p, a[0], a[4]);
  struct inode *start, *found;
  s32 error = start_of(p, a[0], &start);
  if (error) return error;
  error = path_find(start, path, &found);
  inode_release(start);
  if (error) return error;
  u64 size = found->device == DEVICE_DISK ? block_bytes() : found->size;
  error = fill_statx(p, found, found->mode, size, a[4]);
  inode_release(found);
  return error;
}
