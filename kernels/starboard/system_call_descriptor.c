// System calls on descriptors and what they stand for. Each holds a reference to the file while it
// works, for another thread may close the descriptor.
#include "console.h"
#include "system_call.h"

#define BYTES_MAX 0x7ffff000u // as Linux: a count stays positive
#define SETTABLE (O_APPEND | O_NONBLOCK)

static struct descriptor_table *table(void) { return &this_process()->descriptors; }

s32 call_close(const u32 *a) { return descriptor_close(table(), a[0]); }

static s32 duplicate(u32 descriptor, u32 flags, u32 lowest) {
  if (lowest >= DESCRIPTORS_MAX) return -EINVAL;
  struct file *file = file_of(descriptor);
  return file ? descriptor_add(table(), file, flags, lowest) : -EBADF;
}

s32 call_dup(const u32 *a) { return duplicate(a[0], 0, 0); }

s32 call_dup3(const u32 *a) {
  if (a[0] == a[1] || (a[2] & ~(u32)O_CLOEXEC)) return -EINVAL;
  struct file *file = file_of(a[0]);
  return file ? descriptor_set(table(), a[1], file, a[2]) : -EBADF;
}

// --- fcntl

static s32 file_flags(u32 descriptor, bool set, u32 flags) {
  struct file *file = file_of(descriptor);
  if (!file) return -EBADF;
  if (set) file->flags = (file->flags & ~(u32)SETTABLE) | (flags & SETTABLE);
  s32 result = set ? 0 : (s32)file->flags;
  file_put(file);
  return result;
}

static s32 own_flags(u32 descriptor, bool set, u32 flags) {
  s32 result = descriptor_flags(table(), descriptor, set, flags & FD_CLOEXEC ? O_CLOEXEC : 0);
  if (result < 0) return result;
  return !set && (result & O_CLOEXEC) ? FD_CLOEXEC : 0;
}

s32 call_fcntl64(const u32 *a) {
  struct file *file = file_of(a[0]);
  if (!file) return -EBADF;
  file_put(file);
  switch (a[1]) {
    case F_DUPFD: return duplicate(a[0], 0, a[2]);
    case F_DUPFD_CLOEXEC: return duplicate(a[0], O_CLOEXEC, a[2]);
    case F_GETFD: return own_flags(a[0], false, 0);
    case F_SETFD: return own_flags(a[0], true, a[2]);
    case F_GETFL: return file_flags(a[0], false, 0);
    case F_SETFL: return file_flags(a[0], true, a[2]);
    default: return -EINVAL;
  }
}

// --- Pipes

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
  struct file *ends[2];
  s32 numbers[2];
  if (a[1] & ~(u32)(O_CLOEXEC | O_NONBLOCK)) return -EINVAL;
  s32 error = make_pipe(a[1] & O_NONBLOCK, ends);
  if (error) return error;
  for (u32 i = 0; i < 2; i++) {
    numbers[i] = descriptor_add(table(), ends[i], a[1], 0);
    if (numbers[i] < 0) error = numbers[i];
  }
  if (!error) error = copy_to_user(a[0], numbers, sizeof numbers);
  for (u32 i = 0; i < 2 && error; i++) {
    if (numbers[i] >= 0) descriptor_close(table(), (u32)numbers[i]);
  }
  return error;
}

// --- Reading, writing, seeking

static s32 seek(struct file *file, const u32 *a) {
  u64 position;
  s32 error = file_seek(file, (s64)((u64)a[1] << 32 | a[2]), a[4], &position);
  return error ? error : copy_to_user(a[3], &position, sizeof position);
}

static s32 truncate(struct file *file, const u32 *a) {
  u64 size = (u64)a[2] << 32 | a[1];
  if (!file->inode || !inode_is_regular(file->inode)) return -EINVAL;
  if ((file->flags & O_ACCMODE) == O_RDONLY || (s64)size < 0) return -EINVAL;
  if (size > FILE_BYTES_MAX) return -EFBIG;
  inode_truncate(file->inode, size);
  return 0;
}

static s32 read(struct file *file, const u32 *a) {
  return file_read(file, a[1], MIN(a[2], BYTES_MAX));
}
static s32 write(struct file *file, const u32 *a) {
  return file_write(file, a[1], MIN(a[2], BYTES_MAX));
}
static s32 read_at(struct file *file, const u32 *a) {
  return file_read_at(file, (u64)a[4] << 32 | a[3], a[1], MIN(a[2], BYTES_MAX));
}
static s32 write_at(struct file *file, const u32 *a) {
  return file_write_at(file, (u64)a[4] << 32 | a[3], a[1], MIN(a[2], BYTES_MAX));
}
static s32 control(struct file *file, const u32 *a) {
  bool is_console = file->inode && file->inode->device == DEVICE_CONSOLE;
  return is_console ? console_control(a[1], a[2]) : -ENOTTY;
}

static s32 with_file(const u32 *a, s32 (*action)(struct file *file, const u32 *a)) {
  struct file *file = file_of(a[0]);
  if (!file) return -EBADF;
  s32 result = action(file, a);
  file_put(file);
  return result;
}

s32 call_llseek(const u32 *a) { return with_file(a, seek); }
s32 call_ftruncate64(const u32 *a) { return with_file(a, truncate); }
s32 call_read(const u32 *a) { return with_file(a, read); }
s32 call_write(const u32 *a) { return with_file(a, write); }
s32 call_pread64(const u32 *a) { return with_file(a, read_at); }
s32 call_pwrite64(const u32 *a) { return with_file(a, write_at); }
s32 call_ioctl(const u32 *a) { return with_file(a, control); }
