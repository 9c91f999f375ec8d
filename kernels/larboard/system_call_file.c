// System calls on descriptors: read, write, seek, duplicate, pipes, directories.
#include "larboard/system_call.h"
#include "abi/syscall.h"
#include "larboard/inode.h"
#include "larboard/process.h"
#include "shared/string.h"

s32 call_dup(struct process *p, const u32 *a) {
  struct file *f = descriptor_file(p, a[0]);
  s32 descriptor = f ? descriptor_add(p, f, 0, 0) : -EBADF;
  if (descriptor >= 0) file_hold(f);
  return descriptor;
}

s32 call_dup3(struct process *p, const u32 *a) {
  struct file *f = descriptor_file(p, a[0]);
  if (!f || a[1] >= DESCRIPTORS_MAX) return -EBADF;
  if (a[0] == a[1] || (a[2] & ~(u32)O_CLOEXEC)) return -EINVAL;
  file_hold(f);
  descriptor_close(p, a[1]);
  return descriptor_add(p, f, a[1], a[2]);
}

s32 call_close(struct process *p, const u32 *a) { return descriptor_close(p, a[0]); }

s32 call_read(struct process *p, const u32 *a) {
  struct file *f = descriptor_file(p, a[0]);
  return f ? file_read(p, f, a[1], a[2]) : -EBADF;
}

s32 call_write(struct process *p, const u32 *a) {
  struct file *f = descriptor_file(p, a[0]);
  return f ? file_write(p, f, a[1], a[2]) : -EBADF;
}

s32 call_llseek(struct process *p, const u32 *a) {
  struct file *f = descriptor_file(p, a[0]);
  s64 position;
  if (!f) return -EBADF;
  s32 error = file_seek(f, (s64)((u64)a[1] << 32 | a[2]), a[4], &position);
  if (error) return error;
  return copy_to_user(&p->space, a[3], &position, sizeof position) ? 0 : -EFAULT;
}

s32 call_ftruncate(struct process *p, const u32 *a) {
  struct file *f = descriptor_file(p, a[0]);
  if (!f) return -EBADF;
  if (!f->inode || (f->inode->mode & S_IFMT) != S_IFREG) return -EINVAL;
  if ((f->flags & O_ACCMODE) == O_RDONLY) return -EINVAL;
  if ((s32)a[2] < 0) return -EINVAL;
  if (a[2] || a[1] > FILE_PAGES_MAX << PAGE_SHIFT) return -EFBIG;
  inode_truncate(f->inode, a[1]);
  return 0;
}

static s32 open_pipe_end(struct process *p, struct pipe *pipe, u32 kind, u32 flags) {
  struct file *f = file_create(kind, (kind == FILE_PIPE_READ ? O_RDONLY : O_WRONLY) |
                                         (flags & O_NONBLOCK));
  if (!f) return -ENFILE;
  f->pipe = pipe;
  s32 descriptor = descriptor_add(p, f, 0, flags);
  if (descriptor < 0) {
    f->pipe = NULL; // the caller closes the pipe's end
    file_release(f);
  }
  return descriptor;
}

s32 call_pipe2(struct process *p, const u32 *a) {
  s32 ends[2];
  if (a[1] & ~(u32)(O_CLOEXEC | O_NONBLOCK)) return -EINVAL;
  struct pipe *pipe = pipe_create();
  if (!pipe) return -ENFILE;
  ends[0] = open_pipe_end(p, pipe, FILE_PIPE_READ, a[1]);
  if (ends[0] < 0) pipe_close(pipe, FILE_PIPE_READ);
  ends[1] = ends[0] < 0 ? ends[0] : open_pipe_end(p, pipe, FILE_PIPE_WRITE, a[1]);
  if (ends[1] < 0) pipe_close(pipe, FILE_PIPE_WRITE);
  bool ok = ends[1] >= 0 && copy_to_user(&p->space, a[0], ends, sizeof ends);
  if (ok) return 0;
  if (ends[0] >= 0) descriptor_close(p, (u32)ends[0]);
  if (ends[1] >= 0) descriptor_close(p, (u32)ends[1]);
  return ends[1] < 0 ? ends[1] : -EFAULT;
}

// One entry for getdents64 at `*used` of the user's buffer; false when it does not fit.
static s32 put_entry(struct process *p, u32 buffer, u32 size, u32 *used, u32 position,
                     const struct directory_entry *entry) {
  u64 out[12]; // a linux_dirent64 with room for the name, aligned
  struct linux_dirent64 *head = (struct linux_dirent64 *)out;
  u32 length = ROUND_UP(offsetof(struct linux_dirent64, name) + strlen(entry->name) + 1, 8);
  if (*used + length > size) return -EINVAL;
  struct inode *i = inode_numbered(entry->inode);
  memset(out, 0, sizeof out);
  head->ino = entry->inode;
  head->offset = position;
  head->length = (u16)length;
  head->type = i ? (u8)((i->mode & S_IFMT) >> 12) : 0;
  memcpy(head->name, entry->name, strlen(entry->name));
  if (!copy_to_user(&p->space, buffer + *used, out, length)) return -EFAULT;
  *used += length;
  return 0;
}

s32 call_getdents(struct process *p, const u32 *a) {
  struct file *f = descriptor_file(p, a[0]);
  struct directory_entry entry;
  u32 used = 0;
  if (!f) return -EBADF;
  if (!f->inode || (f->inode->mode & S_IFMT) != S_IFDIR) return -ENOTDIR;
  for (;;) {
    u32 position = f->position;
    if (!directory_next(f->inode, &position, &entry)) return (s32)used;
    s32 error = put_entry(p, a[1], a[2], &used, position, &entry);
    if (error) return used ? (s32)used : error;
    f->position = position;
  }
}
