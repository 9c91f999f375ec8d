// System calls: unpacks arguments, checks them, and calls the subject's own file. A table by
// number; each entry gets the process and its six arguments.
#include "abi/syscall.h"

#include "larboard/exec.h"
#include "larboard/frame.h"
#include "larboard/inode.h"
#include "larboard/process.h"
#include "larboard/system.h"
#include "shared/string.h"

typedef s32 call(struct process *p, const u32 *a);

// --- Paths.

// The directory a path starts from, held.
static s32 start_of(struct process *p, u32 directory, struct inode **start) {
  struct file *f = (s32)directory == AT_FDCWD ? NULL : descriptor_file(p, directory);
  if ((s32)directory != AT_FDCWD && !f) return -EBADF;
  if (f && !f->inode) return -ENOTDIR;
  *start = f ? f->inode : p->directory;
  inode_hold(*start);
  return 0;
}

static s32 path_arguments(struct process *p, const u32 *a, char *path, struct inode **start) {
  s32 error = text_from_user(&p->space, path, a[1], PATH_LENGTH_MAX);
  return error < 0 ? error : start_of(p, a[0], start);
}

static s32 call_openat(struct process *p, const u32 *a) {
  char path[PATH_LENGTH_MAX];
  struct inode *start;
  s32 error = path_arguments(p, a, path, &start);
  if (error) return error;
  s32 descriptor = file_open(p, start, path, a[2], a[3]);
  inode_release(start);
  return descriptor;
}

static s32 call_mkdirat(struct process *p, const u32 *a) {
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

static s32 call_unlinkat(struct process *p, const u32 *a) {
  char path[PATH_LENGTH_MAX], name[HANDOVER_FILE_NAME_MAX];
  struct inode *start, *directory;
  if (a[2] & ~(u32)AT_REMOVEDIR) return -EINVAL;
  s32 error = path_arguments(p, a, path, &start);
  if (error) return error;
  error = path_parent(start, path, &directory, name);
  inode_release(start);
  if (error) return error == -EEXIST ? -EBUSY : error;
  error = inode_unlink(directory, name, a[2] & AT_REMOVEDIR);
  inode_release(directory);
  return error;
}

static s32 call_chdir(struct process *p, const u32 *a) {
  char path[PATH_LENGTH_MAX];
  struct inode *found;
  s32 error = text_from_user(&p->space, path, a[0], sizeof path);
  if (error >= 0) error = path_find(p->directory, path, &found);
  if (error) return error;
  if ((found->mode & S_IFMT) != S_IFDIR) {
    inode_release(found);
    return -ENOTDIR;
  }
  inode_release(p->directory);
  p->directory = found;
  return 0;
}

static s32 call_getcwd(struct process *p, const u32 *a) {
  char path[PATH_LENGTH_MAX];
  s32 length = path_of(p->directory, path, sizeof path);
  if (length < 0) return length;
  if ((u32)length + 1 > a[1]) return -ERANGE;
  return copy_to_user(&p->space, a[0], path, (u32)length + 1) ? length + 1 : -EFAULT;
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

static s32 call_statx(struct process *p, const u32 *a) {
  char path[PATH_LENGTH_MAX];
  s32 length = text_from_user(&p->space, path, a[1], sizeof path);
  if (length < 0) return length;
  struct file *f = descriptor_file(p, a[0]);
  if (length == 0 && (a[2] & AT_EMPTY_PATH)) {
    return f ? fill_statx(p, f->inode, file_mode(f), file_size(f), a[4]) : -EBADF;
  }
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

// --- Descriptors.

static s32 call_dup(struct process *p, const u32 *a) {
  struct file *f = descriptor_file(p, a[0]);
  s32 descriptor = f ? descriptor_add(p, f, 0, 0) : -EBADF;
  if (descriptor >= 0) file_hold(f);
  return descriptor;
}

static s32 call_dup3(struct process *p, const u32 *a) {
  struct file *f = descriptor_file(p, a[0]);
  if (!f || a[1] >= DESCRIPTORS_MAX) return -EBADF;
  if (a[0] == a[1] || (a[2] & ~(u32)O_CLOEXEC)) return -EINVAL;
  file_hold(f);
  descriptor_close(p, a[1]);
  return descriptor_add(p, f, a[1], a[2]);
}

static s32 call_close(struct process *p, const u32 *a) { return descriptor_close(p, a[0]); }

static s32 call_read(struct process *p, const u32 *a) {
  struct file *f = descriptor_file(p, a[0]);
  return f ? file_read(p, f, a[1], a[2]) : -EBADF;
}

static s32 call_write(struct process *p, const u32 *a) {
  struct file *f = descriptor_file(p, a[0]);
  return f ? file_write(p, f, a[1], a[2]) : -EBADF;
}

static s32 call_llseek(struct process *p, const u32 *a) {
  struct file *f = descriptor_file(p, a[0]);
  s64 position;
  if (!f) return -EBADF;
  s32 error = file_seek(f, (s64)((u64)a[1] << 32 | a[2]), a[4], &position);
  if (error) return error;
  return copy_to_user(&p->space, a[3], &position, sizeof position) ? 0 : -EFAULT;
}

static s32 call_ftruncate(struct process *p, const u32 *a) {
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

static s32 call_pipe2(struct process *p, const u32 *a) {
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

static s32 call_getdents(struct process *p, const u32 *a) {
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

// --- Memory.

static s32 call_brk(struct process *p, const u32 *a) {
  struct space *s = &p->space;
  u32 end = a[0], old_page = ROUND_UP(s->heap_end, PAGE_SIZE), new_page = ROUND_UP(end, PAGE_SIZE);
  if (end < s->heap_start || end > USER_MAP_BASE) return (s32)s->heap_end;
  if (new_page < old_page) {
    space_remove_range(s, new_page, old_page);
  } else if (new_page > old_page) {
    struct region *heap = old_page > s->heap_start ? space_find(s, old_page - 1) : NULL;
    if (!space_is_unused(s, old_page, new_page)) return (s32)s->heap_end;
    struct region r = {old_page, new_page, PROT_READ | PROT_WRITE, REGION_HEAP, NULL, 0, 0};
    if (heap && (heap->flags & REGION_HEAP)) heap->end = new_page;
    else if (!space_add_region(s, &r)) return (s32)s->heap_end;
  }
  s->heap_end = end;
  return (s32)end;
}

static s32 map_file(struct process *p, const u32 *a, struct region *r) {
  struct file *f = descriptor_file(p, a[4]);
  if (!f) return -EBADF;
  if (!f->inode || (f->inode->mode & S_IFMT) != S_IFREG) return -ENODEV;
  if ((f->flags & O_ACCMODE) == O_WRONLY) return -EACCES;
  u32 length = r->end - r->start;
  u64 at = (u64)a[5] << PAGE_SHIFT;
  r->inode = f->inode;
  r->file_page = a[5];
  r->file_bytes = at < f->inode->size ? (u32)MIN((u64)length, f->inode->size - at) : 0;
  return 0;
}

static s32 call_mmap(struct process *p, const u32 *a) {
  struct space *s = &p->space;
  u32 address = a[0], length = ROUND_UP(a[1], PAGE_SIZE), flags = a[3];
  if (a[1] == 0 || length == 0 || address % PAGE_SIZE || !(flags & (MAP_PRIVATE | MAP_SHARED))) {
    return -EINVAL;
  }
  if (flags & MAP_SHARED) return -ENODEV; // not yet
  if (length > USER_END) return -ENOMEM;
  if (flags & MAP_FIXED) {
    if (address < PAGE_SIZE || address > USER_STACK_TOP - length) return -ENOMEM;
  } else {
    bool hint_fits = address >= PAGE_SIZE && address < USER_STACK_TOP - length &&
                     space_is_unused(s, address, address + length);
    if (!hint_fits) address = space_find_hole(s, length);
    if (!address) return -ENOMEM;
  }
  struct region r = {address, address + length, a[2] & 7, 0, NULL, 0, 0};
  s32 error = flags & MAP_ANONYMOUS ? 0 : map_file(p, a, &r);
  if (error) return error;
  if (s->regions == REGIONS_MAX) return -ENOMEM;
  if ((flags & MAP_FIXED) && !space_remove_range(s, address, address + length)) return -ENOMEM;
  return space_add_region(s, &r) ? (s32)address : -ENOMEM;
}

static s32 call_munmap(struct process *p, const u32 *a) {
  u32 length = ROUND_UP(a[1], PAGE_SIZE);
  if (a[0] % PAGE_SIZE || length == 0 || a[0] > USER_END || length > USER_END - a[0]) return -EINVAL;
  return space_remove_range(&p->space, a[0], a[0] + length) ? 0 : -ENOMEM;
}

// --- Processes.

static s32 call_exit(struct process *p, const u32 *a) {
  (void)p;
  process_exit(CLD_EXITED, a[0] & 0xff);
}

static s32 call_clone(struct process *p, const u32 *a) {
  (void)p;
  return a[0] == SIGCHLD ? process_fork() : -EINVAL;
}

static s32 call_execve(struct process *p, const u32 *a) {
  s32 error = exec_user(p, a[0], a[1], a[2]);
  return error ? error : SYSTEM_CALL_ENTERED;
}

static s32 call_waitid(struct process *p, const u32 *a) {
  (void)p;
  return process_wait((s32)a[0], (s32)a[1], a[3], a[2]);
}

static s32 call_kill(struct process *p, const u32 *a) {
  (void)p;
  return process_kill((s32)a[0], a[1]);
}

static s32 call_getpid(struct process *p, const u32 *a) {
  (void)a;
  return p->pid;
}

static s32 call_getppid(struct process *p, const u32 *a) {
  (void)a;
  return p->parent_pid;
}

static s32 call_yield(struct process *p, const u32 *a) {
  (void)p, (void)a;
  process_yield();
  return 0;
}

static char state_letter(const struct process *p) {
  return p->state == ZOMBIE ? 'Z' : p->state == SLEEPING ? 'S' : 'R';
}

// Fills `info` from the slot; false when the slot has no user process.
static bool describe_process(u32 slot, struct process_info *info) {
  struct process *p = &processes[slot];
  lock(&process_lock);
  bool ok = p->pid > 0 && p->state != UNUSED && p->state != EMBRYO;
  if (ok) {
    memset(info, 0, sizeof *info);
    info->pid = p->pid;
    info->parent_pid = p->parent_pid;
    info->state = state_letter(p);
    info->cpu = (u8)p->hart;
    info->user_ticks = p->user_ticks;
    memcpy(info->name, p->name, sizeof info->name);
    for (u32 d = 0; d < DESCRIPTORS_MAX; d++) info->descriptors += p->descriptors[d].file != NULL;
    // only a process that stands still has tables that can be walked from here
    if (p->state == SLEEPING || p == this_process()) info->frames = space_frames(&p->space);
  }
  unlock(&process_lock);
  return ok;
}

static s32 call_processes(struct process *p, const u32 *a) {
  u32 n = 0;
  for (u32 slot = 0; slot < PROCESSES_MAX && n < a[1]; slot++) {
    struct process_info info;
    if (!describe_process(slot, &info)) continue;
    if (!copy_to_user(&p->space, a[0] + n * sizeof info, &info, sizeof info)) return -EFAULT;
    n++;
  }
  return (s32)n;
}

// --- Time.

static s32 call_clock_gettime(struct process *p, const u32 *a) {
  if (a[0] > CLOCK_MONOTONIC) return -EINVAL;
  u64 ticks = time_ticks();
  struct timespec64 t = {(s64)(ticks / TIMEBASE_HZ),
                         (s64)(ticks % TIMEBASE_HZ) * (1000000000 / TIMEBASE_HZ)};
  return copy_to_user(&p->space, a[1], &t, sizeof t) ? 0 : -EFAULT;
}

// Where a sleep ends, in ticks: rounded up, and as far as it goes when it overflows.
static u64 deadline_of(const struct timespec64 *t, bool absolute) {
  if (t->seconds > 1000000000) return ~0ull - 1;
  u64 ticks = (u64)t->seconds * TIMEBASE_HZ +
              ((u64)t->nanoseconds * (TIMEBASE_HZ / 1000000) + 999) / 1000;
  return absolute ? ticks : time_ticks() + ticks;
}

static s32 call_nanosleep(struct process *p, const u32 *a) {
  static struct spinlock sleep_lock; // nobody wakes these sleepers: only to satisfy sleep_until
  struct timespec64 t;
  if (a[0] > CLOCK_MONOTONIC || (a[1] & ~(u32)TIMER_ABSTIME)) return -EINVAL;
  if (!copy_from_user(&p->space, &t, a[2], sizeof t)) return -EFAULT;
  if (t.seconds < 0 || t.nanoseconds < 0 || t.nanoseconds >= 1000000000) return -EINVAL;
  u64 deadline = p->restart == RESTART_SLEEP ? p->restart_deadline : deadline_of(&t, a[1]);
  p->restart = RESTART_NONE;
  lock(&sleep_lock);
  bool slept = true;
  while (slept && time_ticks() < deadline) slept = sleep_until(p, &sleep_lock, deadline);
  unlock(&sleep_lock);
  if (slept) return 0;
  p->restart = RESTART_SLEEP;
  p->restart_deadline = deadline;
  return -ERESTART;
}

// --- The system.

static s32 call_sysinfo(struct process *p, const u32 *a) {
  struct sysinfo s;
  memset(&s, 0, sizeof s);
  s.uptime = (s32)(time_ticks() / TIMEBASE_HZ);
  s.mem_unit = PAGE_SIZE;
  s.totalram = frame_table.frames;
  s.freeram = frames_free();
  s.totalhigh = frame_table.frames - frame_table.normal;
  s.freehigh = frame_table.free_high;
  s.procs = (u16)process_count();
  return copy_to_user(&p->space, a[0], &s, sizeof s) ? 0 : -EFAULT;
}

static s32 call_reboot(struct process *p, const u32 *a) {
  if (a[0] != REBOOT_MAGIC1 || a[1] != REBOOT_MAGIC2) return -EINVAL;
  switch (a[2]) {
  case REBOOT_RESTART: system_restart();
  case REBOOT_HALT: system_power_off(true);
  case REBOOT_POWER_OFF: system_power_off(false);
  case REBOOT_KEXEC: return kexec_execute(p);
  default: return -EINVAL;
  }
}

static s32 call_kexec_load(struct process *p, const u32 *a) {
  return kexec_load(p, a[0], a[1], a[2], a[3]);
}

static const struct {
  u32 number;
  call *handler;
} calls[] = {
    {SYS_READ, call_read},
    {SYS_WRITE, call_write},
    {SYS_CLOCK_GETTIME64, call_clock_gettime},
    {SYS_CLOCK_NANOSLEEP_TIME64, call_nanosleep},
    {SYS_LLSEEK, call_llseek},
    {SYS_OPENAT, call_openat},
    {SYS_CLOSE, call_close},
    {SYS_CLONE, call_clone},
    {SYS_EXECVE, call_execve},
    {SYS_EXIT, call_exit},
    {SYS_EXIT_GROUP, call_exit},
    {SYS_WAITID, call_waitid},
    {SYS_BRK, call_brk},
    {SYS_MMAP2, call_mmap},
    {SYS_MUNMAP, call_munmap},
    {SYS_PIPE2, call_pipe2},
    {SYS_DUP, call_dup},
    {SYS_DUP3, call_dup3},
    {SYS_GETPID, call_getpid},
    {SYS_GETPPID, call_getppid},
    {SYS_KILL, call_kill},
    {SYS_SCHED_YIELD, call_yield},
    {SYS_GETCWD, call_getcwd},
    {SYS_CHDIR, call_chdir},
    {SYS_MKDIRAT, call_mkdirat},
    {SYS_UNLINKAT, call_unlinkat},
    {SYS_FTRUNCATE64, call_ftruncate},
    {SYS_GETDENTS64, call_getdents},
    {SYS_STATX, call_statx},
    {SYS_SYSINFO, call_sysinfo},
    {SYS_PROCESSES, call_processes},
    {SYS_REBOOT, call_reboot},
    {SYS_KEXEC_FILE_LOAD, call_kexec_load},
};

void system_call(struct process *p) {
  struct trap_frame *f = process_frame(p);
  s32 result = -ENOSYS;
  for (u32 i = 0; i < ARRAY_LENGTH(calls); i++) {
    if (calls[i].number != f->x[REG_A7]) continue;
    u32 arguments[6];
    memcpy(arguments, &f->x[REG_A0], sizeof arguments);
    result = calls[i].handler(p, arguments);
    break;
  }
  if (result == -ERESTART || result == SYSTEM_CALL_ENTERED) return;
  f->x[REG_A0] = (u32)result;
  f->x[REG_PC] += 4;
}
