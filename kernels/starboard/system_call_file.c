// System calls on names, directories and what is known of files.
#include "console.h"
#include "system_call.h"

struct file *file_of(u32 descriptor) {
  return descriptor_file(&this_process()->descriptors, descriptor);
}

s32 path_from_user(u32 user, char **path) {
  *path = heap_allocate(PATH_MAX);
  if (!*path) return -ENOMEM;
  s32 length = copy_string_from_user(*path, user, PATH_MAX);
  if (length < 0) {
    heap_free(*path);
    *path = NULL;
  }
  return length < 0 ? length : 0;
}

// The directory at which a path starts, with a reference. Descriptors do not matter to an absolute
// path.
static s32 base_of(u32 directory, const char *path, struct inode **base) {
  if (*path == '/' || (s32)directory == AT_FDCWD) {
    *base = process_directory();
    return 0;
  }
  struct file *file = file_of(directory);
  if (!file) return -EBADF;
  bool fits = file->inode && inode_is_directory(file->inode);
  if (fits) inode_get(*base = file->inode);
  file_put(file);
  return fits ? 0 : -ENOTDIR;
}

s32 place_from_user(u32 directory, u32 user, struct place *place) {
  s32 error = path_from_user(user, &place->path);
  if (error) return error;
  error = base_of(directory, place->path, &place->base);
  if (error) heap_free(place->path);
  return error;
}

void place_end(struct place *place) {
  inode_put(place->base);
  heap_free(place->path);
}

// --- Directories and names

s32 call_getcwd(const u32 *a) {
  u32 size = MIN(a[1], (u32)PATH_MAX);
  char *path = heap_allocate(PATH_MAX);
  if (!path) return -ENOMEM;
  struct inode *directory = process_directory();
  s32 length = path_of(directory, path, size);
  inode_put(directory);
  if (length > 0) {
    s32 error = copy_to_user(a[0], path, (u32)length);
    if (error) length = error;
  }
  heap_free(path);
  return length;
}

s32 call_mkdirat(const u32 *a) {
  struct place at;
  struct inode *made;
  s32 error = place_from_user(a[0], a[1], &at);
  if (error) return error;
  error = path_open(at.base, at.path, O_CREAT | O_EXCL, S_IFDIR | (a[2] & 07777), 0, &made);
  if (!error) inode_put(made);
  place_end(&at);
  return error;
}

s32 call_unlinkat(const u32 *a) {
  struct place at;
  if (a[2] & ~(u32)AT_REMOVEDIR) return -EINVAL;
  s32 error = place_from_user(a[0], a[1], &at);
  if (error) return error;
  error = path_remove(at.base, at.path, a[2] & AT_REMOVEDIR);
  place_end(&at);
  return error;
}

s32 call_renameat2(const u32 *a) {
  struct place from, to;
  if (a[4]) return -EINVAL;
  s32 error = place_from_user(a[0], a[1], &from);
  if (error) return error;
  error = place_from_user(a[2], a[3], &to);
  if (!error) {
    error = path_rename(from.base, from.path, to.base, to.path);
    place_end(&to);
  }
  place_end(&from);
  return error;
}

s32 call_chdir(const u32 *a) {
  struct place at;
  struct inode *found;
  s32 error = place_from_user((u32)AT_FDCWD, a[0], &at);
  if (error) return error;
  error = path_find(at.base, at.path, &found);
  place_end(&at);
  if (error) return error;
  if (!inode_is_directory(found)) {
    inode_put(found);
    return -ENOTDIR;
  }
  struct process *p = this_process();
  lock(&tree_lock);
  struct inode *old = p->directory;
  p->directory = found;
  unlock(&tree_lock);
  inode_put(old);
  return 0;
}

s32 call_openat(const u32 *a) {
  struct place at;
  struct file *file;
  s32 error = place_from_user(a[0], a[1], &at);
  if (error) return error;
  error = file_open(at.base, at.path, a[2], a[3], &file);
  place_end(&at);
  if (error) return error;
  if (file->inode->device == DEVICE_CONSOLE) console_opened();
  return descriptor_add(&this_process()->descriptors, file, a[2], 0);
}

// One entry into a buffer of `room` bytes: its length, or 0 when it does not fit.
static u32 put_entry(u8 *to, u32 room, const struct directory_item *item) {
  u32 length = ROUND_UP(offsetof(struct linux_dirent64, name) + strlen(item->name) + 1, 8);
  if (length > room) return 0;
  struct linux_dirent64 *e = (struct linux_dirent64 *)to;
  memset(e, 0, length);
  e->ino = item->number;
  e->offset = item->next;
  e->length = (u16)length;
  e->type = (u8)(item->mode >> 12);
  string_copy(e->name, item->name, strlen(item->name) + 1);
  return length;
}

static s32 list_directory(struct file *file, u32 user, u32 size) {
  u64 buffer[64];
  struct directory_item item;
  u32 done = 0;
  s32 found;
  while ((found = directory_entry(file->inode, (u32)file->position, &item)) > 0) {
    u32 filled = put_entry((u8 *)buffer, MIN(size - done, (u32)sizeof buffer), &item);
    if (!filled) return done ? (s32)done : -EINVAL;
    s32 error = copy_to_user(user + done, buffer, filled);
    if (error) return done ? (s32)done : error;
    done += filled;
    file->position = item.next;
  }
  return done ? (s32)done : found;
}

s32 call_getdents64(const u32 *a) {
  struct file *file = file_of(a[0]);
  s32 result = -ENOTDIR;
  if (!file) return -EBADF;
  if (file->inode && inode_is_directory(file->inode)) {
    mutex_lock(&file->position_lock);
    result = list_directory(file, a[1], a[2]);
    mutex_unlock(&file->position_lock);
  }
  file_put(file);
  return result;
}

// --- What is known of a file

static void fill_status(const struct inode *inode, struct statx *s) {
  memset(s, 0, sizeof *s);
  s->mask = 0x7ff; // STATX_BASIC_STATS
  s->blksize = PAGE_SIZE;
  s->nlink = inode->links;
  s->mode = (u16)inode->mode;
  s->ino = inode->number;
  s->size = (inode->mode & S_IFMT) == S_IFBLK ? 0 : inode->size;
  s->blocks = (inode->size + 511) / 512;
  s->rdev_major = inode->device >> 8;
  s->rdev_minor = inode->device & 0xff;
}

// Of what has no inode.
static s32 put_status(u32 user, u32 mode) {
  struct statx s;
  memset(&s, 0, sizeof s);
  s.mask = 0x7ff;
  s.mode = (u16)mode;
  s.nlink = 1;
  s.blksize = PAGE_SIZE;
  return copy_to_user(user, &s, sizeof s);
}

// The inode a statx names, with a reference; NULL for a pipe or a socket, then with its mode.
static s32 find_for_status(const u32 *a, struct inode **found, u32 *mode) {
  struct place at;
  char first;
  s32 error = copy_from_user(&first, a[1], 1);
  if (error) return error;
  if (!first && (a[2] & AT_EMPTY_PATH) && (s32)a[0] != AT_FDCWD) {
    struct file *file = file_of(a[0]);
    if (!file) return -EBADF;
    *found = file->inode;
    *mode = file->socket ? S_IFSOCK | 0777 : S_IFIFO | 0600;
    if (*found) inode_get(*found);
    file_put(file);
    return 0;
  }
  error = place_from_user(a[0], a[1], &at);
  if (error) return error;
  bool self = !*at.path && (a[2] & AT_EMPTY_PATH);
  error = path_find(at.base, self ? "." : at.path, found);
  place_end(&at);
  return error;
}

s32 call_statx(const u32 *a) {
  struct inode *inode;
  struct statx status;
  u32 mode;
  s32 error = find_for_status(a, &inode, &mode);
  if (error) return error;
  if (!inode) return put_status(a[4], mode);
  fill_status(inode, &status);
  inode_put(inode);
  return copy_to_user(a[4], &status, sizeof status);
}
