// System calls on files, directories and descriptors.
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

s32 base_of(u32 directory, struct inode **base) {
  *base = this_process()->directory;
  if ((s32)directory == AT_FDCWD) return 0;
  struct file *file = file_of(directory);
  if (!file) return -EBADF;
  *base = file->inode;
  return file->inode && inode_is_directory(file->inode) ? 0 : -ENOTDIR;
}

// The base for a path: descriptors do not matter to an absolute one.
static s32 base_for(u32 directory, const char *path, struct inode **base) {
  return base_of(*path == '/' ? (u32)AT_FDCWD : directory, base);
}

s32 call_getcwd(const u32 *a) {
  u32 size = MIN(a[1], (u32)PATH_MAX);
  char *path = heap_allocate(PATH_MAX);
  if (!path) return -ENOMEM;
  s32 length = path_of(this_process()->directory, path, size);
  if (length > 0) {
    s32 error = copy_to_user(a[0], path, (u32)length);
    if (error) length = error;
  }
  heap_free(path);
  return length;
}

s32 call_dup(const u32 *a) {
  struct file *file = file_of(a[0]);
  if (!file) return -EBADF;
  file_get(file);
  s32 number = descriptor_add(&this_process()->descriptors, file, 0);
  if (number < 0) file_put(file);
  return number;
}

s32 call_dup3(const u32 *a) {
  struct file *file = file_of(a[0]);
  if (a[0] == a[1] || (a[2] & ~(u32)O_CLOEXEC)) return -EINVAL;
  if (!file) return -EBADF;
  file_get(file);
  s32 number = descriptor_set(&this_process()->descriptors, a[1], file, a[2]);
  if (number < 0) file_put(file);
  return number;
}

s32 call_mkdirat(const u32 *a) {
  char *path;
  struct inode *base, *made;
  s32 error = path_from_user(a[1], &path);
  if (error) return error;
  error = base_for(a[0], path, &base);
  if (!error) {
    error = path_open(base, path, O_CREAT | O_EXCL, S_IFDIR | (a[2] & 07777), 0, &made);
  }
  if (!error) inode_put(made);
  heap_free(path);
  return error;
}

s32 call_unlinkat(const u32 *a) {
  char *path;
  struct inode *base;
  if (a[2] & ~(u32)AT_REMOVEDIR) return -EINVAL;
  s32 error = path_from_user(a[1], &path);
  if (error) return error;
  error = base_for(a[0], path, &base);
  if (!error) error = path_remove(base, path, a[2] & AT_REMOVEDIR);
  heap_free(path);
  return error;
}

s32 call_ftruncate64(const u32 *a) {
  struct file *file = file_of(a[0]);
  u64 size = (u64)a[2] << 32 | a[1];
  if (!file) return -EBADF;
  if (!file->inode || !inode_is_regular(file->inode)) return -EINVAL;
  if ((file->flags & O_ACCMODE) == O_RDONLY || (s64)size < 0) return -EINVAL;
  if (size > FILE_BYTES_MAX) return -EFBIG;
  inode_truncate(file->inode, size);
  return 0;
}

s32 call_chdir(const u32 *a) {
  char *path;
  struct inode *found;
  struct process *p = this_process();
  s32 error = path_from_user(a[0], &path);
  if (error) return error;
  error = path_find(p->directory, path, &found);
  heap_free(path);
  if (error) return error;
  if (!inode_is_directory(found)) {
    inode_put(found);
    return -ENOTDIR;
  }
  inode_put(p->directory);
  p->directory = found;
  return 0;
}

s32 call_openat(const u32 *a) {
  char *path;
  struct inode *base;
  struct file *file;
  s32 error = path_from_user(a[1], &path);
  if (error) return error;
  error = base_for(a[0], path, &base);
  if (!error) error = file_open(base, path, a[2], a[3], &file);
  heap_free(path);
  if (error) return error;
  s32 number = descriptor_add(&this_process()->descriptors, file, a[2]);
  if (number < 0) file_put(file);
  return number;
}

s32 call_close(const u32 *a) { return descriptor_close(&this_process()->descriptors, a[0]); }

static s32 make_pipe(u32 flags, struct file *ends[2]) {
  struct pipe *pipe = pipe_make(next_object_id(), NO_FRAME);
  if (!pipe) return -ENOMEM;
  pipe_opened(pipe, FILE_PIPE_READ); // holds it while the two files are made
  ends[0] = file_make(FILE_PIPE_READ, flags | O_RDONLY, NULL, pipe);
  ends[1] = file_make(FILE_PIPE_WRITE, flags | O_WRONLY, NULL, pipe);
  bool whole = ends[0] && ends[1];
  for (u32 i = 0; i < 2 && !whole; i++) {
    if (ends[i]) file_put(ends[i]);
  }
  pipe_closed(pipe, FILE_PIPE_READ);
  return whole ? 0 : -ENOMEM;
}

s32 call_pipe2(const u32 *a) {
  struct descriptor_table *t = &this_process()->descriptors;
  struct file *ends[2];
  s32 numbers[2] = {-1, -1};
  if (a[1] & ~(u32)(O_CLOEXEC | O_NONBLOCK)) return -EINVAL;
  s32 error = make_pipe(a[1] & O_NONBLOCK, ends);
  if (error) return error;
  for (u32 i = 0; i < 2; i++) {
    if (!error) numbers[i] = descriptor_add(t, ends[i], a[1]);
    if (numbers[i] < 0) file_put(ends[i]);
    if (numbers[i] < 0 && !error) error = numbers[i];
  }
  if (!error) error = copy_to_user(a[0], numbers, sizeof numbers);
  for (u32 i = 0; i < 2 && error; i++) {
    if (numbers[i] >= 0) descriptor_close(t, (u32)numbers[i]);
  }
  return error;
}

// One entry into a buffer of `room` bytes: its length, or 0 when it does not fit.
static u32 put_entry(u8 *to, u32 room, u32 position, const char *name, u32 number, u32 mode) {
  u32 length = ROUND_UP(offsetof(struct linux_dirent64, name) + strlen(name) + 1, 8);
  if (length > room) return 0;
  struct linux_dirent64 *e = (struct linux_dirent64 *)to;
  memset(e, 0, length);
  e->ino = number;
  e->offset = position + 1;
  e->length = (u16)length;
  e->type = (u8)(mode >> 12);
  string_copy(e->name, name, strlen(name) + 1);
  return length;
}

s32 call_getdents64(const u32 *a) {
  struct file *file = file_of(a[0]);
  if (!file) return -EBADF;
  if (!file->inode || !inode_is_directory(file->inode)) return -ENOTDIR;
  u64 buffer[64];
  char name[HANDOVER_FILE_NAME_MAX];
  u32 done = 0, number, mode, filled = 0;
  mutex_lock(&file->position_lock);
  s32 error = 0;
  while (!error && directory_entry(file->inode, (u32)file->position, name, &number, &mode)) {
    u32 room = MIN(a[2] - done, (u32)sizeof buffer);
    filled = put_entry((u8 *)buffer, room, (u32)file->position, name, number, mode);
    if (!filled) break;
    error = copy_to_user(a[1] + done, buffer, filled);
    if (error) break;
    done += filled;
    file->position++;
  }
  bool too_small = !done && !filled && !error &&
                   directory_entry(file->inode, (u32)file->position, name, &number, &mode);
  mutex_unlock(&file->position_lock);
  if (done) return (s32)done;
  return error ? error : too_small ? -EINVAL : 0;
}

s32 call_llseek(const u32 *a) {
  struct file *file = file_of(a[0]);
  u64 position;
  if (!file) return -EBADF;
  s32 error = file_seek(file, (s64)((u64)a[1] << 32 | a[2]), a[4], &position);
  return error ? error : copy_to_user(a[3], &position, sizeof position);
}

#define BYTES_MAX 0x7ffff000u // as Linux: a count stays positive

s32 call_read(const u32 *a) {
  struct file *file = file_of(a[0]);
  return file ? file_read(file, a[1], MIN(a[2], BYTES_MAX)) : -EBADF;
}

s32 call_write(const u32 *a) {
  struct file *file = file_of(a[0]);
  return file ? file_write(file, a[1], MIN(a[2], BYTES_MAX)) : -EBADF;
}

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

static s32 put_pipe_status(u32 user) {
  struct statx s;
  memset(&s, 0, sizeof s);
  s.mask = 0x7ff;
  s.mode = S_IFIFO | 0600;
  s.nlink = 1;
  s.blksize = PAGE_SIZE;
  return copy_to_user(user, &s, sizeof s);
}

// The inode a statx names, with a reference; NULL for a pipe.
static s32 find_for_status(const u32 *a, struct inode **found) {
  char *path;
  struct inode *base;
  s32 error = path_from_user(a[1], &path);
  if (error) return error;
  *found = NULL;
  if (!*path && (a[2] & AT_EMPTY_PATH) && (s32)a[0] != AT_FDCWD) {
    struct file *file = file_of(a[0]);
    if (!file) error = -EBADF;
    else if (file->inode) inode_get(*found = file->inode);
  } else {
    bool self = !*path && (a[2] & AT_EMPTY_PATH);
    error = base_for(a[0], path, &base);
    if (!error) error = path_find(base, self ? "." : path, found);
  }
  heap_free(path);
  return error;
}

s32 call_statx(const u32 *a) {
  struct inode *inode;
  struct statx status;
  s32 error = find_for_status(a, &inode);
  if (error) return error;
  if (!inode) return put_pipe_status(a[4]);
  fill_status(inode, &status);
  inode_put(inode);
  return copy_to_user(a[4], &status, sizeof status);
}
