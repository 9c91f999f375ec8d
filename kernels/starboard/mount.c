// The mount of the file system on the disk, and the calls that make and end it. A path that comes
// to the directory which it covers goes on at its root.
#include "boot.h"
#include "romfs.h"
#include "system_call.h"
#include "virtio_block.h"

static struct { // tree_lock; both referenced, or NULL
  struct inode *directory, *root;
} mounted;

bool is_mounted(void) { return mounted.root != NULL; }

struct inode *mount_cover(struct inode *inode) {
  return inode && inode == mounted.directory ? mounted.root : inode;
}

struct inode *mount_uncover(struct inode *inode) {
  return inode && inode == mounted.root ? mounted.directory : inode;
}

// Puts the root there, whose reference becomes the mount's; tree_lock held.
static s32 cover(struct inode *directory, struct inode *root) {
  if (mounted.root) return -EBUSY;
  if (directory->links == 0) return -ENOENT;
  directory->references++;
  mounted.directory = directory;
  mounted.root = root;
  return 0;
}

s32 mount_romfs(struct inode *directory) {
  struct inode *root;
  if (!has_driver(DISK_FILE_SYSTEM)) return -ENODEV;
  if (!disk_is_present()) return -ENXIO;
  if (!inode_is_directory(directory)) return -ENOTDIR;
  if (inode_is_romfs(directory) || directory == root_inode) return -EBUSY;
  s32 error = romfs_root(&root);
  if (error) return error;
  lock(&tree_lock);
  error = cover(directory, root);
  if (error) root->references--;
  if (!mounted.root) inodes_forget_romfs();
  unlock(&tree_lock);
  return error;
}

// Whether something of it is referenced, besides by the mount and `own` times the root.
static bool is_in_use(u32 own) {
  LIST_FOR_EACH(inode, &all_inodes, struct inode, in_all) {
    if (!inode_is_romfs(inode)) continue;
    if (inode->references > (inode == mounted.root ? 1 + own : 0)) return true;
  }
  return false;
}

s32 unmount(struct inode *root) {
  struct inode *directory = NULL;
  s32 error = 0;
  lock(&tree_lock);
  if (root != mounted.root) error = -EINVAL;
  else if (is_in_use(1)) error = -EBUSY;
  if (!error) {
    directory = mounted.directory;
    mounted.root = mounted.directory = NULL;
    root->references = 0;
    inodes_forget_romfs();
  }
  unlock(&tree_lock);
  inode_put(directory ? directory : root);
  return error;
}

bool mount_record(struct record_mount *r) {
  if (!mounted.root) return false;
  r->directory = mounted.directory->number;
  r->root = mounted.root->number;
  r->device = DEVICE_DISK;
  string_copy(r->type, DISK_FILE_SYSTEM, sizeof r->type);
  return true;
}

void mount_adopt(struct inode *directory, struct inode *root) {
  mounted.directory = directory;
  mounted.root = root;
  inode_get(directory);
  inode_get(root);
}

// --- The calls

static s32 find_from_user(u32 user, struct inode **found) {
  struct place at;
  s32 error = place_from_user((u32)AT_FDCWD, user, &at);
  if (error) return error;
  error = path_find(at.base, at.path, found);
  place_end(&at);
  return error;
}

static s32 check_disk(u32 user) {
  struct inode *disk;
  s32 error = find_from_user(user, &disk);
  if (error) return error;
  bool is_disk = disk->device == DEVICE_DISK;
  inode_put(disk);
  return is_disk ? 0 : -EINVAL;
}

s32 call_mount(const u32 *a) {
  char type[HANDOVER_NAME_MAX];
  struct inode *directory;
  s32 length = copy_string_from_user(type, a[2], sizeof type);
  if (length < 0 && length != -ENAMETOOLONG) return length;
  bool known = length >= 0 && strcmp(type, DISK_FILE_SYSTEM) == 0;
  s32 error = find_from_user(a[1], &directory);
  if (error) return error;
  error = known ? check_disk(a[0]) : -ENODEV;
  if (!error) error = mount_romfs(directory);
  inode_put(directory);
  return error;
}

s32 call_umount2(const u32 *a) {
  struct inode *root;
  if (a[1]) return -EINVAL;
  s32 error = find_from_user(a[0], &root);
  return error ? error : unmount(root);
}
