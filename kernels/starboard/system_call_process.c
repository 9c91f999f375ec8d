// System calls on processes and their memory.
#include "abi/handover.h"
#include "scheduler.h"
#include "system_call.h"

s32 call_exit(const u32 *a) { process_exit(CLD_EXITED, a[0] & 0xff); }

s32 call_waitid(const u32 *a) {
  s32 found;
  u32 status = 0;
  if (a[0] != P_ALL && (a[0] != P_PID || (s32)a[1] <= 0)) return -EINVAL;
  if (!(a[3] & WEXITED)) return -EINVAL;
  s32 error = process_wait(a[0] == P_PID ? (s32)a[1] : 0, !(a[3] & WNOHANG), &found, &status);
  if (error || !a[2]) return error;
  struct siginfo info;
  memset(&info, 0, sizeof info);
  if (found) {
    info.signo = SIGCHLD;
    info.code = (s32)(status >> 16);
    info.pid = found;
    info.status = (s32)(status & 0xffff);
  }
  return copy_to_user(a[2], &info, sizeof info);
}

s32 call_sched_yield(const u32 *a) {
  (void)a;
  scheduler_yield();
  return 0;
}

s32 call_kill(const u32 *a) { return signal_send((s32)a[0], a[1]); }

s32 call_getpid(const u32 *a) {
  (void)a;
  return this_process()->pid;
}

s32 call_getppid(const u32 *a) {
  (void)a;
  lock(&process_table.lock);
  struct process *parent = this_process()->parent;
  s32 pid = parent ? parent->pid : 0;
  unlock(&process_table.lock);
  return pid;
}

s32 call_clone(const u32 *a) { return a[0] == SIGCHLD ? process_fork() : -EINVAL; }

// --- execve

// Adds the strings of a NULL-terminated user array. A NULL array is an empty one.
static s32 take_strings(struct exec_arguments *to, u32 user, u32 *count) {
  for (u32 i = 0; user; i++) {
    u32 string;
    s32 error = copy_from_user(&string, user + 4 * i, sizeof string);
    if (error) return error;
    if (!string) break;
    s32 length = copy_string_from_user(to->bytes + to->used, string, ARGUMENTS_MAX - to->used);
    if (length < 0) return length == -ENAMETOOLONG ? -E2BIG : length;
    to->used += (u32)length + 1;
    ++*count;
  }
  return 0;
}

static s32 exec_path(const u32 *a, const char *path) {
  struct exec_arguments arguments = {heap_allocate(ARGUMENTS_MAX), 0, 0, 0};
  struct inode *file;
  if (!arguments.bytes) return -ENOMEM;
  s32 error = take_strings(&arguments, a[1], &arguments.argc);
  if (!error) error = take_strings(&arguments, a[2], &arguments.envc);
  if (!error) error = path_find(this_process()->directory, path, &file);
  if (!error) {
    error = process_exec(file, path, &arguments);
    inode_put(file);
  }
  heap_free(arguments.bytes);
  return error;
}

s32 call_execve(const u32 *a) {
  char *path;
  s32 error = path_from_user(a[0], &path);
  if (error) return error;
  error = exec_path(a, path);
  heap_free(path);
  return error;
}

// --- Memory

s32 call_brk(const u32 *a) { return (s32)vm_set_break(&this_process()->vm, a[0]); }

// Where a mapping goes: the address, or 0.
static u32 choose_address(struct vm *vm, u32 hint, u32 bytes, u32 flags) {
  if (hint % PAGE_SIZE == 0 && hint >= PAGE_SIZE && hint < STACK_TOP - STACK_MAX &&
      bytes <= STACK_TOP - STACK_MAX - hint) {
    if (flags & MAP_FIXED) return vm_remove(vm, hint, hint + bytes) ? 0 : hint;
    if (vm_is_free(vm, hint, hint + bytes)) return hint;
  }
  return flags & MAP_FIXED ? 0 : vm_find_room(vm, bytes);
}

static s32 file_to_map(u32 descriptor, struct inode **inode) {
  struct file *file = file_of(descriptor);
  if (!file) return -EBADF;
  if (!file->inode || !inode_is_regular(file->inode)) return -ENODEV;
  if ((file->flags & O_ACCMODE) == O_WRONLY) return -EACCES;
  *inode = file->inode;
  return 0;
}

s32 call_mmap2(const u32 *a) {
  struct vm *vm = &this_process()->vm;
  struct inode *inode = NULL;
  u32 flags = a[3], bytes = ROUND_UP(a[1], PAGE_SIZE), protection = a[2] & 7, file_bytes = 0;
  if (a[1] == 0 || !(flags & MAP_PRIVATE) || (flags & MAP_SHARED)) return -EINVAL;
  if (bytes == 0) return -ENOMEM;
  if (!(flags & MAP_ANONYMOUS)) {
    s32 error = file_to_map(a[4], &inode);
    if (error) return error;
    file_bytes = bytes;
  }
  u32 total = frames_total(ZONE_NORMAL) + frames_total(ZONE_HIGHMEM);
  if (!inode && bytes / PAGE_SIZE > total) return -ENOMEM;
  u32 start = choose_address(vm, a[0], bytes, flags);
  if (!start) return flags & MAP_FIXED ? -EINVAL : -ENOMEM;
  s32 error = vm_add(vm, start, start + bytes, protection, 0, inode, inode ? a[5] : 0, file_bytes);
  return error ? error : (s32)start;
}

s32 call_munmap(const u32 *a) {
  u32 bytes = ROUND_UP(a[1], PAGE_SIZE);
  if (a[0] % PAGE_SIZE || bytes == 0 || a[0] >= USER_END || bytes > USER_END - a[0]) {
    return -EINVAL;
  }
  return vm_remove(&this_process()->vm, a[0], a[0] + bytes);
}

// --- Information

s32 call_processes(const u32 *a) {
  u32 count = MIN(a[1], process_table.count + 16);
  if (count == 0) return 0;
  struct process_info *table = heap_allocate(count * sizeof *table);
  if (!table) return -ENOMEM;
  s32 n = process_list(table, count);
  s32 error = copy_to_user(a[0], table, (u32)n * sizeof *table);
  heap_free(table);
  return error ? error : n;
}

s32 call_sysinfo(const u32 *a) {
  struct sysinfo s;
  memset(&s, 0, sizeof s);
  s.uptime = (s32)(time_ticks() / TIMEBASE_HZ);
  s.totalhigh = frames_total(ZONE_HIGHMEM);
  s.freehigh = frames_free(ZONE_HIGHMEM);
  s.totalram = frames_total(ZONE_NORMAL) + s.totalhigh;
  s.freeram = frames_free(ZONE_NORMAL) + s.freehigh;
  s.procs = (u16)process_table.count;
  s.mem_unit = PAGE_SIZE;
  return copy_to_user(a[0], &s, sizeof s);
}
