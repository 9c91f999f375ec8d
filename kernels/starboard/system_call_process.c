// System calls on processes, threads, groups and sessions.
#include "abi/handover.h"
#include "message_log.h"
#include "scheduler.h"
#include "shared/relief/relief.h"
#include "system_call.h"

s32 call_exit(const u32 *a) {
  struct process *p = this_process();
  lock(&process_table.lock); // the last one ends the process
  bool waits = process_freezing && p->thread_count == 1;
  unlock(&process_table.lock);
  if (waits) return -ERESTART_CALL;
  thread_exit(CLD_EXITED, a[0] & 0xff);
}

s32 call_exit_group(const u32 *a) {
  lock(&process_table.lock);
  process_end(this_process(), CLD_EXITED, a[0] & 0xff);
  unlock(&process_table.lock);
  return -ERESTART_CALL; // ends at the boundary; or after a freeze
}

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

s32 call_gettid(const u32 *a) {
  (void)a;
  return this_thread()->tid;
}

s32 call_set_tid_address(const u32 *a) {
  this_thread()->clear_tid = a[0];
  return this_thread()->tid;
}

s32 call_clone(const u32 *a) {
  const u32 optional = CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID |
                       CLONE_CHILD_SETTID;
  if (a[0] == SIGCHLD) return process_fork(a[1]);
  if ((a[0] & ~optional) != CLONE_THREAD_FLAGS) return -EINVAL;
  return thread_clone(a[0], a[1], a[2], a[3], a[4]);
}

s32 call_setpgid(const u32 *a) { return group_set((s32)a[0], (s32)a[1]); }
s32 call_getpgid(const u32 *a) { return group_get((s32)a[0], false); }
s32 call_getsid(const u32 *a) { return group_get((s32)a[0], true); }
s32 call_setsid(const u32 *a) {
  (void)a;
  return session_begin();
}

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
  struct inode *file, *directory = process_directory();
  if (!arguments.bytes) {
    inode_put(directory);
    return -ENOMEM;
  }
  s32 error = take_strings(&arguments, a[1], &arguments.argc);
  if (!error) error = take_strings(&arguments, a[2], &arguments.envc);
  if (!error) error = path_find(directory, path, &file);
  inode_put(directory);
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

s32 call_uname(const u32 *a) {
  struct utsname name;
  memset(&name, 0, sizeof name);
  u32 length = 0;
  while (kernel_name[length] != ' ') length++; // "starboard 2.8.2"
  memcpy(name.sysname, kernel_name, length);
  string_copy(name.nodename, "quarterdeck", sizeof name.nodename);
  string_copy(name.release, kernel_name + length + 1, sizeof name.release);
  string_copy(name.version, "#1 SMP", sizeof name.version);
  string_copy(name.machine, "riscv32", sizeof name.machine);
  string_copy(name.domain, "(none)", sizeof name.domain);
  return copy_to_user(a[0], &name, sizeof name);
}

s32 call_syslog(const u32 *a) {
  if (a[0] == SYSLOG_SIZE_BUFFER) return MESSAGE_LOG_BYTES;
  if (a[0] != SYSLOG_READ_ALL || !a[1] || (s32)a[2] < 0) return -EINVAL;
  return message_log_read(a[1], a[2]);
}
