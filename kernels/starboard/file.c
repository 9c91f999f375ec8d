// Open files. What is seekable keeps a position, held locked over a read or write, so that
// processes which share an open file take turns; pipes and terminals have none.
#include "file.h"

#include "console.h"
#include "process.h"
#include "socket.h"
#include "virtio_console.h"

static struct spinlock files_lock;
struct list all_files = {&all_files, &all_files};
u32 next_id = 1;

u32 next_object_id(void) { return __atomic_fetch_add(&next_id, 1, __ATOMIC_RELAXED); }

struct file *file_make_numbered(u32 id, u32 kind, u32 flags, struct inode *i, struct pipe *p) {
  struct file *file = heap_allocate(sizeof *file);
  if (!file) return NULL;
  file->references = 1;
  file->id = id;
  file->kind = kind;
  file->flags = flags & ~(u32)(O_CREAT | O_EXCL | O_TRUNC | O_DIRECTORY | O_CLOEXEC);
  file->inode = i;
  file->pipe = p;
  mutex_init(&file->position_lock);
  if (p) pipe_opened(p, kind);
  lock(&files_lock);
  list_add_last(&all_files, &file->in_all);
  unlock(&files_lock);
  return file;
}

struct file *file_make(u32 kind, u32 flags, struct inode *inode, struct pipe *pipe) {
  return file_make_numbered(next_object_id(), kind, flags, inode, pipe);
}

void file_get(struct file *file) {
  __atomic_add_fetch(&file->references, 1, __ATOMIC_RELAXED);
}

void file_put(struct file *file) {
  if (__atomic_sub_fetch(&file->references, 1, __ATOMIC_ACQ_REL) != 0) return;
  lock(&files_lock);
  list_remove(&file->in_all);
  unlock(&files_lock);
  if (file->inode) inode_put(file->inode);
  if (file->pipe) pipe_closed(file->pipe, file->kind);
  if (file->socket) socket_close(file->socket);
  heap_free(file);
}

static s32 check_open(struct inode *inode, u32 flags) {
  bool writes = (flags & O_ACCMODE) != O_RDONLY;
  if (inode_is_directory(inode)) return writes || (flags & O_CREAT) ? -EISDIR : 0;
  if (flags & O_DIRECTORY) return -ENOTDIR;
  if (inode_is_romfs(inode) && (writes || (flags & O_TRUNC))) return -EROFS;
  return inode_is_regular(inode) ? 0 : device_open(inode->device);
}

s32 file_open(struct inode *base, const char *path, u32 flags, u32 mode, struct file **file) {
  struct inode *inode;
  if ((flags & O_ACCMODE) == O_ACCMODE) return -EINVAL;
  s32 error = path_open(base, path, flags, S_IFREG | (mode & 07777), 0, &inode);
  if (error) return error;
  error = check_open(inode, flags);
  *file = error ? NULL : file_make(FILE_INODE, flags, inode, NULL);
  if (!error && !*file) error = -ENOMEM;
  if (error) {
    inode_put(inode);
    return error;
  }
  bool writes = (flags & O_ACCMODE) != O_RDONLY;
  if ((flags & O_TRUNC) && writes && inode_is_regular(inode)) inode_truncate(inode, 0);
  return 0;
}

static bool is_seekable(const struct file *file) {
  if (!file->inode) return false;
  return (file->inode->mode & S_IFMT) != S_IFCHR;
}

static s32 read_object(struct file *file, u64 at, u32 user, u32 n) {
  if (inode_is_regular(file->inode)) return inode_read(file->inode, at, user, n);
  return device_read(file->inode->device, at, user, n, file->flags);
}

static s32 write_object(struct file *file, u64 *at, u32 user, u32 n) {
  struct inode *inode = file->inode;
  if (!inode_is_regular(inode)) return device_write(inode->device, *at, user, n, file->flags);
  if (file->flags & O_APPEND) {
    lock(&inode->lock);
    *at = inode->size;
    unlock(&inode->lock);
  }
  return inode_write(inode, *at, user, n);
}

s32 file_read(struct file *file, u32 user, u32 n) {
  if ((file->flags & O_ACCMODE) == O_WRONLY) return -EBADF;
  if (file->kind == FILE_PIPE_READ) return pipe_read(file->pipe, user, n, file->flags);
  if (file->socket) return socket_read(file->socket, user, n, file->flags & O_NONBLOCK);
  if (inode_is_directory(file->inode)) return -EISDIR;
  if (!is_seekable(file)) return device_read(file->inode->device, 0, user, n, file->flags);
  mutex_lock(&file->position_lock);
  s32 done = read_object(file, file->position, user, n);
  if (done > 0) file->position += (u32)done;
  mutex_unlock(&file->position_lock);
  return done;
}

s32 file_write(struct file *file, u32 user, u32 n) {
  if ((file->flags & O_ACCMODE) == O_RDONLY) return -EBADF;
  if (file->kind == FILE_PIPE_WRITE) return pipe_write(file->pipe, user, n, file->flags);
  if (file->socket) return socket_write(file->socket, user, n, file->flags & O_NONBLOCK);
  if (!is_seekable(file)) return device_write(file->inode->device, 0, user, n, file->flags);
  mutex_lock(&file->position_lock);
  s32 done = write_object(file, &file->position, user, n);
  if (done > 0) file->position += (u32)done;
  mutex_unlock(&file->position_lock);
  return done;
}

// Why there is no reading or writing at a position, or 0.
static s32 check_at(const struct file *file, u64 at, u32 wrong_mode) {
  if ((s64)at < 0) return -EINVAL;
  if ((file->flags & O_ACCMODE) == wrong_mode) return -EBADF;
  if (file->inode && inode_is_directory(file->inode)) return -EISDIR;
  return is_seekable(file) ? 0 : -ESPIPE;
}

s32 file_read_at(struct file *file, u64 at, u32 user, u32 n) {
  s32 error = check_at(file, at, O_WRONLY);
  return error ? error : read_object(file, at, user, n);
}

s32 file_write_at(struct file *file, u64 at, u32 user, u32 n) {
  s32 error = check_at(file, at, O_RDONLY);
  return error ? error : write_object(file, &at, user, n);
}

u32 file_poll(struct file *file, u32 events, struct waiter *w) {
  if (file->pipe) return pipe_poll(file->pipe, file->kind, events, w);
  if (file->socket) return socket_poll(file->socket, events, w);
  if (file->inode->device == DEVICE_CONSOLE) return console_poll(events, w);
  if (file->inode->device == DEVICE_HVC) return hvc_poll(events, w);
  return events & (POLLIN | POLLOUT);
}

static struct spinlock *poll_lock(const struct file *file) {
  if (file->pipe) return &file->pipe->lock;
  if (file->socket) return &sockets.lock;
  return file->inode->device == DEVICE_HVC ? hvc_lock() : console_lock();
}

void file_poll_end(struct file *file, struct waiter *w) {
  struct spinlock *l = poll_lock(file);
  lock(l);
  list_remove(&w->link);
  unlock(l);
}

u32 write_resume(u32 n) {
  struct thread *t = this_thread();
  u32 done = t->restart == RESTART_WRITE ? MIN(t->restart_done, n) : 0;
  t->restart = RESTART_NONE;
  t->restart_done = 0;
  return done;
}

// A signal ends a write that has begun; for a relief it stays where it is.
s32 write_stop(u32 done, s32 error, bool signals) {
  struct thread *t = this_thread();
  if (error == -ERESTART_CALL && done && !signal_is_due(t)) {
    t->restart = RESTART_WRITE;
    t->restart_done = done;
    return error;
  }
  if (error == -EPIPE && signals) signal_self(SIGPIPE);
  return done ? (s32)done : error;
}

static u64 end_of(const struct file *file) {
  return inode_is_regular(file->inode) ? file->inode->size : device_bytes(file->inode->device);
}

s32 file_seek(struct file *file, s64 offset, u32 whence, u64 *position) {
  if (!is_seekable(file)) return -ESPIPE;
  if (whence > SEEK_END) return -EINVAL;
  mutex_lock(&file->position_lock);
  u64 base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? file->position : end_of(file);
  s64 target = (s64)base + offset;
  s32 error = target < 0 || target > (s64)1 << 40 ? -EINVAL : 0;
  if (!error) *position = file->position = (u64)target;
  mutex_unlock(&file->position_lock);
  return error;
}
