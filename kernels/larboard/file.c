// Open files: a fixed table, shared by descriptors; and reading and writing by kind of inode.
#include "larboard/file.h"

#include "abi/syscall.h"
#include "larboard/frame.h"
#include "larboard/inode.h"
#include "larboard/process.h"
#include "shared/desk.h"
#include "shared/string.h"

static struct spinlock file_lock;
static struct file files[FILES_MAX];
u32 next_id = 1;

struct file *file_at(u32 slot) { return &files[slot]; }

u32 files_used(void) {
  u32 n = 0;
  for (u32 i = 0; i < FILES_MAX; i++) n += files[i].references != 0;
  return n;
}

u32 take_id(void) {
  lock(&file_lock);
  u32 id = next_id++;
  unlock(&file_lock);
  return id;
}

struct file *file_create(u32 kind, u32 flags) {
  struct file *f = NULL;
  lock(&file_lock);
  for (u32 i = 0; i < FILES_MAX && !f; i++) {
    if (files[i].references == 0) f = &files[i];
  }
  if (f) {
    memset(f, 0, sizeof *f);
    f->references = 1;
    f->id = next_id++;
    f->kind = kind;
    f->flags = flags;
  }
  unlock(&file_lock);
  return f;
}

void file_hold(struct file *f) {
  lock(&file_lock);
  f->references++;
  unlock(&file_lock);
}

void file_release(struct file *f) {
  lock(&file_lock);
  struct file last = *f;
  f->references--;
  unlock(&file_lock);
  if (last.references > 1) return;
  if (last.pipe) pipe_close(last.pipe, last.kind);
  if (last.inode) inode_release(last.inode);
}

struct file *descriptor_file(struct process *p, u32 descriptor) {
  return descriptor < DESCRIPTORS_MAX ? p->descriptors[descriptor].file : NULL;
}

s32 descriptor_add(struct process *p, struct file *f, u32 lowest, u32 flags) {
  for (u32 d = lowest; d < DESCRIPTORS_MAX; d++) {
    if (p->descriptors[d].file) continue;
    p->descriptors[d].file = f;
    p->descriptors[d].flags = flags & O_CLOEXEC;
    return (s32)d;
  }
  return -EMFILE;
}

s32 descriptor_close(struct process *p, u32 descriptor) {
  struct file *f = descriptor_file(p, descriptor);
  if (!f) return -EBADF;
  p->descriptors[descriptor].file = NULL;
  p->descriptors[descriptor].flags = 0;
  file_release(f);
  return 0;
}

// --- Regular files. User pages are made ready first, then bytes go from frame to frame.

static s32 read_regular(struct process *p, struct inode *i, u32 at, u32 address, u32 n) {
  for (u32 done = 0; done < n;) {
    u32 from = (at + done) % PAGE_SIZE, to = (address + done) % PAGE_SIZE;
    u32 piece = MIN(n - done, PAGE_SIZE - MAX(from, to));
    u32 user = space_resolve(&p->space, address + done, ACCESS_WRITE);
    if (!user) return done ? (s32)done : -EFAULT;
    u32 frame = inode_page_hold(i, (at + done) >> PAGE_SHIFT);
    if (frame) {
      memcpy(kmap(0, user), (u8 *)kmap(1, frame) + from, piece);
      frame_release(frame);
    } else {
      memset(kmap(0, user), 0, piece);
    }
    done += piece;
  }
  return (s32)n;
}

static s32 write_regular(struct process *p, struct inode *i, u32 at, u32 address, u32 n) {
  for (u32 done = 0; done < n;) {
    u32 to = (at + done) % PAGE_SIZE, from = (address + done) % PAGE_SIZE;
    u32 piece = MIN(n - done, PAGE_SIZE - MAX(from, to));
    u32 user = space_resolve(&p->space, address + done, ACCESS_READ);
    if (!user) return done ? (s32)done : -EFAULT;
    u32 frame = inode_page_make(i, (at + done) >> PAGE_SHIFT);
    if (!frame && done) return (s32)done;
    if (!frame) return at >> PAGE_SHIFT < FILE_PAGES_MAX ? -ENOSPC : -EFBIG;
    memcpy((u8 *)kmap(1, frame) + to, kmap(0, user), piece);
    frame_release(frame);
    done += piece;
    inode_grow(i, at + done);
  }
  return (s32)n;
}

// --- Devices.

static s32 zero_user(struct process *p, u32 address, u32 n) {
  for (u32 done = 0; done < n;) {
    u32 piece = MIN(n - done, PAGE_SIZE - (address + done) % PAGE_SIZE);
    u32 user = space_resolve(&p->space, address + done, ACCESS_WRITE);
    if (!user) return done ? (s32)done : -EFAULT;
    memset(kmap(0, user), 0, piece);
    done += piece;
  }
  return (s32)n;
}

// A line for the log desk, which reads it from this kernel's data.
static s32 desk_write(struct process *p, u32 address, u32 n) {
  static char text[DESK_TEXT_MAX + 1];
  static struct spinlock desk_lock;
  char copy[DESK_TEXT_MAX + 1];
  u32 length = MIN(n, DESK_TEXT_MAX);
  if (!copy_from_user(&p->space, copy, address, length)) return -EFAULT;
  if (length && copy[length - 1] == '\n') length--;
  copy[length] = 0;
  lock(&desk_lock);
  memcpy(text, copy, length + 1);
  desk_text(MARK_USER, (u32)p->pid, text);
  unlock(&desk_lock);
  return (s32)n;
}

static s32 read_device(struct process *p, u32 device, u64 at, u32 address, u32 n, u32 flags) {
  if (device == DEVICE_NULL) return 0;
  if (device == DEVICE_ZERO) return zero_user(p, address, n);
  if (device == DEVICE_CONSOLE) return console_read(p, address, n, flags);
  if (device == DEVICE_DISK) return block_transfer(p, at, address, n, false);
  return device == DEVICE_DESK ? 0 : -ENXIO;
}

static s32 write_device(struct process *p, u32 device, u64 at, u32 address, u32 n) {
  if (device == DEVICE_NULL || device == DEVICE_ZERO) return (s32)n;
  if (device == DEVICE_CONSOLE) return console_write_user(p, address, n);
  if (device == DEVICE_DESK) return desk_write(p, address, n);
  return device == DEVICE_DISK ? block_transfer(p, at, address, n, true) : -ENXIO;
}

u32 file_mode(const struct file *f) { return f->inode ? f->inode->mode : S_IFIFO | 0600; }

u64 file_size(const struct file *f) {
  if (!f->inode) return 0;
  return f->inode->device == DEVICE_DISK ? block_bytes() : f->inode->size;
}

// The range a read or write covers: the position moves on at once, so that two processes that
// share the file get ranges of their own; what was not done is given back.
static u32 take_range(struct file *f, u32 n, bool append) {
  lock(&file_lock);
  if (append) f->position = f->inode->size;
  u32 at = f->position;
  f->position += n;
  unlock(&file_lock);
  return at;
}

static void give_back(struct file *f, u32 at, u32 n, s32 done) {
  lock(&file_lock);
  if (f->position == at + n) f->position = at + (done > 0 ? (u32)done : 0);
  unlock(&file_lock);
}

s32 file_read(struct process *p, struct file *f, u32 address, u32 n) {
  if ((f->flags & O_ACCMODE) == O_WRONLY) return -EBADF;
  n = MIN(n, 0x7ffff000u);
  if (f->kind == FILE_PIPE_READ) return pipe_read(p, f->pipe, address, n, f->flags);
  struct inode *i = f->inode;
  u32 type = i->mode & S_IFMT;
  if (type == S_IFDIR) return -EISDIR;
  if (type == S_IFCHR) return read_device(p, i->device, 0, address, n, f->flags);
  u64 size = file_size(f);
  if (f->position >= size) return 0;
  n = (u32)MIN((u64)n, size - f->position);
  u32 at = take_range(f, n, false);
  s32 done = type == S_IFBLK ? read_device(p, i->device, at, address, n, f->flags)
                             : read_regular(p, i, at, address, n);
  give_back(f, at, n, done);
  return done;
}

s32 file_write(struct process *p, struct file *f, u32 address, u32 n) {
  if ((f->flags & O_ACCMODE) == O_RDONLY) return -EBADF;
  n = MIN(n, 0x7ffff000u);
  if (f->kind == FILE_PIPE_WRITE) return pipe_write(p, f->pipe, address, n, f->flags);
  struct inode *i = f->inode;
  u32 type = i->mode & S_IFMT;
  if (type == S_IFCHR) return write_device(p, i->device, 0, address, n);
  if (f->position + n < n) return -EFBIG;
  u32 at = take_range(f, n, (f->flags & O_APPEND) && type == S_IFREG);
  s32 done = type == S_IFBLK ? write_device(p, i->device, at, address, n)
                             : write_regular(p, i, at, address, n);
  give_back(f, at, n, done);
  return done;
}

s32 file_seek(struct file *f, s64 offset, u32 whence, s64 *position) {
  if (!f->inode || (f->inode->mode & S_IFMT) == S_IFCHR) return -ESPIPE;
  s64 base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? f->position : (s64)file_size(f);
  if (whence > SEEK_END || base + offset < 0 || base + offset > 0xffffffffll) return -EINVAL;
  f->position = (u32)(base + offset);
  *position = base + offset;
  return 0;
}

// --- Opening.

static s32 find_or_create(struct inode *start, const char *path, u32 flags, u32 mode,
                          struct inode **found) {
  s32 error = path_find(start, path, found);
  if (error == 0 && (flags & O_CREAT) && (flags & O_EXCL)) {
    inode_release(*found);
    return -EEXIST;
  }
  if (error != -ENOENT || !(flags & O_CREAT)) return error;
  struct inode *directory;
  char name[HANDOVER_FILE_NAME_MAX];
  error = path_parent(start, path, &directory, name);
  if (error) return error;
  error = inode_create(directory, name, S_IFREG | (mode & 0777), 0, found);
  inode_release(directory);
  // another process may have created it in between
  return error == -EEXIST && !(flags & O_EXCL) ? path_find(start, path, found) : error;
}

static s32 check_open(const struct inode *i, u32 flags) {
  bool directory = (i->mode & S_IFMT) == S_IFDIR;
  if (directory && (flags & O_ACCMODE) != O_RDONLY) return -EISDIR;
  if (!directory && (flags & O_DIRECTORY)) return -ENOTDIR;
  return i->device == DEVICE_DISK && !block_is_present() ? -ENXIO : 0;
}

s32 file_open(struct process *p, struct inode *start, const char *path, u32 flags, u32 mode) {
  struct inode *i;
  s32 error = find_or_create(start, path, flags, mode, &i);
  if (error) return error;
  error = check_open(i, flags);
  struct file *f = error ? NULL : file_create(FILE_INODE, flags & ~(u32)(O_CLOEXEC | O_CREAT));
  if (!error && !f) error = -ENFILE;
  if (error) {
    inode_release(i);
    return error;
  }
  f->inode = i;
  s32 descriptor = descriptor_add(p, f, 0, flags);
  if (descriptor < 0) file_release(f);
  else if ((flags & O_TRUNC) && (i->mode & S_IFMT) == S_IFREG) inode_truncate(i, 0);
  return descriptor;
}
