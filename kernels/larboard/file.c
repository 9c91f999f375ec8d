// Open files: a fixed table, shared by descriptors; and reading and writing by kind of inode.
#include "larboard/file.h"

#include "abi/syscall.h"
#include "larboard/frame.h"
#include "larboard/hvc.h"
#include "larboard/inode.h"
#include "larboard/process.h"
#include "larboard/socket.h"
#include "shared/desk.h"
#include "shared/string.h"

struct spinlock file_lock;
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
  if (last.socket) socket_close(last.socket);
  if (last.inode) inode_release(last.inode);
}

// --- Regular files: bytes go from frame to frame, a piece of a page at a time.

// One piece between a user page and a frame of the file (0: a hole, to be read as zeros). The
// user's page cannot go while its space is locked.
static bool move_piece(struct process *p, u32 address, u32 frame, u32 offset, u32 n, bool write) {
  u32 user = space_lock_page(&p->space, address, write ? ACCESS_READ : ACCESS_WRITE);
  if (user && write) memcpy((u8 *)kmap(1, frame) + offset, kmap(0, user), n);
  else if (user && frame) memcpy(kmap(0, user), (u8 *)kmap(1, frame) + offset, n);
  else if (user) memset(kmap(0, user), 0, n);
  unlock(&p->space.lock);
  return user != 0;
}

static s32 read_regular(struct process *p, struct inode *i, u32 at, u32 address, u32 n) {
  for (u32 done = 0; done < n;) {
    u32 from = (at + done) % PAGE_SIZE, to = (address + done) % PAGE_SIZE;
    u32 piece = MIN(n - done, PAGE_SIZE - MAX(from, to));
    s32 error = inode_load_page(i, (at + done) >> PAGE_SHIFT);
    if (error) return done ? (s32)done : error;
    u32 frame = inode_page_hold(i, (at + done) >> PAGE_SHIFT);
    bool ok = move_piece(p, address + done, frame, from, piece, false);
    if (frame) frame_release(frame);
    if (!ok) return done ? (s32)done : -EFAULT;
    done += piece;
  }
  return (s32)n;
}

static s32 write_regular(struct process *p, struct inode *i, u32 at, u32 address, u32 n) {
  for (u32 done = 0; done < n;) {
    u32 to = (at + done) % PAGE_SIZE, from = (address + done) % PAGE_SIZE;
    u32 piece = MIN(n - done, PAGE_SIZE - MAX(from, to));
    if (!user_is_accessible(&p->space, address + done, piece, ACCESS_READ)) {
      return done ? (s32)done : -EFAULT; // before a page is made for nothing
    }
    u32 frame = inode_page_make(i, (at + done) >> PAGE_SHIFT);
    if (!frame && done) return (s32)done;
    if (!frame) return at >> PAGE_SHIFT < FILE_PAGES_MAX ? -ENOSPC : -EFBIG;
    bool ok = move_piece(p, address + done, frame, to, piece, true);
    frame_release(frame);
    if (!ok) return done ? (s32)done : -EFAULT;
    done += piece;
    inode_grow(i, at + done);
  }
  return (s32)n;
}

// --- Devices.

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
  if (device == DEVICE_ZERO) return clear_user(&p->space, address, n) ? (s32)n : -EFAULT;
  if (device == DEVICE_CONSOLE) return console_read(p, address, n, flags);
  if (device == DEVICE_DISK) return block_transfer(p, at, address, n, false);
  if (device == DEVICE_HVC) return hvc_read(p, address, n, flags);
  return device == DEVICE_DESK ? 0 : -ENXIO;
}

static s32 write_device(struct process *p, u32 device, u64 at, u32 address, u32 n, u32 flags) {
  if (device == DEVICE_NULL || device == DEVICE_ZERO) return (s32)n;
  if (device == DEVICE_CONSOLE) return console_write_user(p, address, n);
  if (device == DEVICE_DESK) return desk_write(p, address, n);
  if (device == DEVICE_HVC) return hvc_write(p, address, n, flags);
  return device == DEVICE_DISK ? block_transfer(p, at, address, n, true) : -ENXIO;
}

u32 file_mode(const struct file *f) {
  return f->inode ? f->inode->mode : f->socket ? S_IFSOCK | 0777 : S_IFIFO | 0600;
}

u64 file_size(const struct file *f) {
  if (!f->inode) return 0;
  return f->inode->device == DEVICE_DISK ? block_bytes() : f->inode->size;
}

// The range a read or write covers: the position moves on at once, so that two threads that
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

static u32 type_of(const struct file *f) { return f->inode ? f->inode->mode & S_IFMT : S_IFIFO; }

// How much of n bytes at a position there is to read.
static u32 bytes_from(const struct file *f, u64 at, u32 n) {
  u64 size = file_size(f);
  return at >= size ? 0 : (u32)MIN((u64)n, size - at);
}

static s32 read_from(struct process *p, struct file *f, u32 at, u32 address, u32 n) {
  if (type_of(f) == S_IFREG) return read_regular(p, f->inode, at, address, n);
  return read_device(p, f->inode->device, at, address, n, f->flags);
}

static s32 write_to(struct process *p, struct file *f, u32 at, u32 address, u32 n) {
  if (type_of(f) == S_IFREG) return write_regular(p, f->inode, at, address, n);
  return write_device(p, f->inode->device, at, address, n, f->flags);
}

s32 file_read(struct process *p, struct file *f, u32 address, u32 n) {
  if ((f->flags & O_ACCMODE) == O_WRONLY) return -EBADF;
  n = MIN(n, 0x7ffff000u);
  if (f->kind == FILE_PIPE_READ) return pipe_read(p, f->pipe, address, n, f->flags);
  if (f->socket) return socket_read(p, f->socket, address, n, f->flags & O_NONBLOCK);
  if (type_of(f) == S_IFDIR) return -EISDIR;
  if (type_of(f) == S_IFCHR) return read_from(p, f, 0, address, n);
  n = bytes_from(f, f->position, n);
  if (n == 0) return 0;
  u32 at = take_range(f, n, false);
  s32 done = read_from(p, f, at, address, n);
  give_back(f, at, n, done);
  return done;
}

s32 file_write(struct process *p, struct file *f, u32 address, u32 n) {
  if ((f->flags & O_ACCMODE) == O_RDONLY) return -EBADF;
  n = MIN(n, 0x7ffff000u);
  if (f->kind == FILE_PIPE_WRITE) return pipe_write(p, f->pipe, address, n, f->flags);
  if (f->socket) return socket_write(p, f->socket, address, n, f->flags & O_NONBLOCK);
  if (type_of(f) == S_IFCHR) return write_to(p, f, 0, address, n);
  if (f->position + n < n) return -EFBIG;
  u32 at = take_range(f, n, (f->flags & O_APPEND) && type_of(f) == S_IFREG);
  s32 done = write_to(p, f, at, address, n);
  give_back(f, at, n, done);
  return done;
}

static bool is_stream(u32 device) { return device == DEVICE_CONSOLE || device == DEVICE_HVC; }

u32 write_begin(u32 n) {
  struct thread *t = this_thread();
  u32 done = t->restart == RESTART_WRITE ? MIN(t->restart_done, n) : 0;
  t->restart = RESTART_NONE;
  return done;
}

s32 write_end(s32 put, u32 done) {
  struct thread *t = this_thread();
  if (put == -ERESTART && done) {
    t->restart = RESTART_WRITE;
    t->restart_done = done;
  }
  return put == -ERESTART || (put < 0 && !done) ? put : (s32)done;
}

// Whether a position means anything: not for pipes, sockets and consoles.
static s32 check_position(const struct file *f, s64 at) {
  if (at < 0) return -EINVAL;
  return !f->inode || is_stream(f->inode->device) ? -ESPIPE : 0;
}

s32 file_read_at(struct process *p, struct file *f, u32 address, u32 n, s64 at) {
  s32 error = check_position(f, at);
  if (error) return error;
  if ((f->flags & O_ACCMODE) == O_WRONLY) return -EBADF;
  if (type_of(f) == S_IFDIR) return -EISDIR;
  n = MIN(n, 0x7ffff000u);
  if (type_of(f) != S_IFCHR) n = bytes_from(f, (u64)at, n);
  return n ? read_from(p, f, (u32)at, address, n) : 0;
}

s32 file_write_at(struct process *p, struct file *f, u32 address, u32 n, s64 at) {
  s32 error = check_position(f, at);
  if (error) return error;
  if ((f->flags & O_ACCMODE) == O_RDONLY) return -EBADF;
  n = MIN(n, 0x7ffff000u);
  if ((f->flags & O_APPEND) && type_of(f) == S_IFREG) at = f->inode->size; // as Linux does
  if (at > 0xffffffffll - n) return -EFBIG;
  return n ? write_to(p, f, (u32)at, address, n) : 0;
}

void file_set_flags(struct file *f, u32 flags) {
  const u32 settable = O_APPEND | O_NONBLOCK;
  lock(&file_lock);
  f->flags = (f->flags & ~settable) | (flags & settable);
  unlock(&file_lock);
}

u32 file_poll(const struct file *f) {
  if (f->pipe) return pipe_poll(f->pipe, f->kind);
  if (f->socket) return socket_poll(f->socket);
  if (f->inode->device == DEVICE_HVC) return hvc_poll();
  return f->inode->device == DEVICE_CONSOLE ? console_poll() : POLLIN | POLLOUT;
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
  bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
  if (inode_is_romfs(i) && writes) return -EROFS;
  bool missing = (i->device == DEVICE_DISK && !block_is_present()) ||
                 (i->device == DEVICE_HVC && !hvc_is_present());
  return missing ? -ENXIO : 0;
}

s32 file_open(struct process *p, struct inode *start, const char *path, u32 flags, u32 mode) {
  struct inode *i;
  s32 error = find_or_create(start, path, flags, mode, &i);
  if (error) return error;
  error = check_open(i, flags);
  const u32 passing = O_CLOEXEC | O_CREAT | O_EXCL | O_TRUNC; // for the call, not for the file
  struct file *f = error ? NULL : file_create(FILE_INODE, flags & ~passing);
  if (!error && !f) error = -ENFILE;
  if (error) {
    inode_release(i);
    return error;
  }
  f->inode = i;
  s32 descriptor = descriptor_add(p, f, 0, flags);
  if (descriptor < 0) {
    file_release(f);
    return descriptor;
  }
  if ((flags & O_TRUNC) && (i->mode & S_IFMT) == S_IFREG) inode_truncate(i, 0);
  if (i->device == DEVICE_CONSOLE) console_open(p);
  return descriptor;
}
