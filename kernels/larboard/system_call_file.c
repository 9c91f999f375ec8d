// System calls on descriptors: read, write, seek, duplicate, pipes, directories.
#include "larboard/system_call.h"
#include "abi/syscall.h"
#include "larboard/inode.h"
#include "larboard/process.h"
#include "shared/string.h"

// A further descriptor for the same file; the hold on it becomes the descriptor's.
static s32 duplicate(struct process *p, u32 descriptor, u32 lowest, u32 flags) {
  struct file *f = descriptor_hold(p, descriptor);
  s32 made = f ? descriptor_add(p, f, lowest, flags) : -EBADF;
  if (f && made < 0) file_release(f);
  return made;
}

s32 call_dup(struct process *p, const u32 *a) { return duplicate(p, a[0], 0, 0); }

s32 call_dup3(struct process *p, const u32 *a) {
  if (a[0] == a[1] || (a[2] & ~(u32)O_CLOEXEC)) return -EINVAL;
  if (a[1] >= DESCRIPTORS_MAX) return -EBADF;
  struct file *f = descriptor_hold(p, a[0]);
  return f ? descriptor_replace(p, f, a[1], a[2]) : -EBADF;
}

static s32 file_flags(struct process *p, u32 descriptor) {
  struct file *f = descriptor_hold(p, descriptor);
  s32 flags = f ? (s32)f->flags : -EBADF;
  if (f) file_release(f);
  return flags;
}

static s32 set_file_flags(struct process *p, u32 descriptor, u32 flags) {
  struct file *f = descriptor_hold(p, descriptor);
  if (!f) return -EBADF;
  file_set_flags(f, flags);
  file_release(f);
  return 0;
}

s32 call_fcntl(struct process *p, const u32 *a) {
  s32 own = descriptor_flags(p, a[0]);
  if (own < 0) return own;
  switch (a[1]) {
  case F_DUPFD:
  case F_DUPFD_CLOEXEC:
    if (a[2] >= DESCRIPTORS_MAX) return -EINVAL;
    return duplicate(p, a[0], a[2], a[1] == F_DUPFD ? 0 : O_CLOEXEC);
  case F_GETFD: return own ? FD_CLOEXEC : 0;
  case F_SETFD: return descriptor_set_flags(p, a[0], a[2] & FD_CLOEXEC ? O_CLOEXEC : 0);
  case F_GETFL: return file_flags(p, a[0]);
  case F_SETFL: return set_file_flags(p, a[0], a[2]);
  default: return -EINVAL;
  }
}

s32 call_ioctl(struct process *p, const u32 *a) {
  struct file *f = descriptor_hold(p, a[0]);
  if (!f) return -EBADF;
  bool terminal = f->inode && f->inode->device == DEVICE_CONSOLE;
  s32 result = terminal ? console_control(p, a[1], a[2]) : -ENOTTY;
  file_release(f);
  return result;
}

s32 call_close(struct process *p, const u32 *a) { return descriptor_close(p, a[0]); }

s32 call_read(struct process *p, const u32 *a) {
  struct file *f = descriptor_hold(p, a[0]);
  s32 done = f ? file_read(p, f, a[1], a[2]) : -EBADF;
  if (f) file_release(f);
  return done;
}

s32 call_write(struct process *p, const u32 *a) {
  struct file *f = descriptor_hold(p, a[0]);
  s32 done = f ? file_write(p, f, a[1], a[2]) : -EBADF;
  if (f) file_release(f);
  return done;
}

s32 call_pread(struct process *p, const u32 *a) {
  struct file *f = descriptor_hold(p, a[0]);
  s32 done = f ? file_read_at(p, f, a[1], a[2], (s64)((u64)a[4] << 32 | a[3])) : -EBADF;
  if (f) file_release(f);
  return done;
}

s32 call_pwrite(struct process *p, const u32 *a) {
  struct file *f = descriptor_hold(p, a[0]);
  s32 done = f ? file_write_at(p, f, a[1], a[2], (s64)((u64)a[4] << 32 | a[3])) : -EBADF;
  if (f) file_release(f);
  return done;
}

s32 call_llseek(struct process *p, const u32 *a) {
  struct file *f = descriptor_hold(p, a[0]);
  s64 position;
  s32 error = f ? file_seek(f, (s64)((u64)a[1] << 32 | a[2]), a[4], &position) : -EBADF;
  if (f) file_release(f);
  if (error) return error;
  return copy_to_user(&p->space, a[3], &position, sizeof position) ? 0 : -EFAULT;
}

static s32 truncate(struct file *f, u32 low, u32 high) {
  if (!f->inode || (f->inode->mode & S_IFMT) != S_IFREG) return -EINVAL;
  if ((f->flags & O_ACCMODE) == O_RDONLY) return -EINVAL;
  if ((s32)high < 0) return -EINVAL;
  if (high || low > FILE_PAGES_MAX << PAGE_SHIFT) return -EFBIG;
  inode_truncate(f->inode, low);
  return 0;
}

s32 call_ftruncate(struct process *p, const u32 *a) {
  struct file *f = descriptor_hold(p, a[0]);
  s32 error = f ? truncate(f, a[1], a[2]) : -EBADF;
  if (f) file_release(f);
  return error;
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
                     const struct directory_entry *entry, u32 mode) {
  u64 out[12]; // a linux_dirent64 with room for the name, aligned
  struct linux_dirent64 *head = (struct linux_dirent64 *)out;
  u32 length = ROUND_UP(offsetof(struct linux_dirent64, name) + strlen(entry->name) + 1, 8);
  if (*used + length > size) return -EINVAL;
  memset(out, 0, sizeof out);
  head->ino = entry->inode;
  head->offset = position;
  head->length = (u16)length;
  head->type = (u8)((mode & S_IFMT) >> 12);
  memcpy(head->name, entry->name, strlen(entry->name));
  if (!copy_to_user(&p->space, buffer + *used, out, length)) return -EFAULT;
  *used += length;
  return 0;
}

static s32 list_entries(struct process *p, struct file *f, u32 buffer, u32 size) {
  struct directory_entry entry;
  u32 used = 0, mode;
  if (!f->inode || (f->inode->mode & S_IFMT) != S_IFDIR) return -ENOTDIR;
  for (;;) {
    u32 position = f->position;
    s32 found = directory_next(f->inode, &position, &entry, &mode);
    if (found <= 0) return used || found == 0 ? (s32)used : found;
    s32 error = put_entry(p, buffer, size, &used, position, &entry, mode);
    if (error) return used ? (s32)used : error;
    f->position = position;
  }
}

s32 call_getdents(struct process *p, const u32 *a) {
  struct file *f = descriptor_hold(p, a[0]);
  s32 bytes = f ? list_entries(p, f, a[1], a[2]) : -EBADF;
  if (f) file_release(f);
  return bytes;
}
