// System calls on processes and threads.
#include "larboard/system_call.h"
#include "abi/syscall.h"
#include "larboard/exec.h"
#include "larboard/process.h"
#include "shared/string.h"

// A first thread's status is the process's, should the others end by themselves too; else the last
// one's.
s32 call_exit(struct process *p, const u32 *a) {
  struct thread *t = this_thread();
  lock(&process_lock);
  if (!p->ending && !p->has_status) {
    p->wait_status = CLD_EXITED << 16 | (a[0] & 0xff);
    p->has_status = t->tid == p->pid;
  }
  unlock(&process_lock);
  thread_end();
}

s32 call_exit_group(struct process *p, const u32 *a) {
  lock(&process_lock);
  process_end(p, CLD_EXITED, a[0] & 0xff);
  unlock(&process_lock);
  thread_end();
}

s32 call_clone(struct process *p, const u32 *a) {
  const u32 optional = CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID |
                       CLONE_CHILD_SETTID;
  (void)p;
  if (a[0] == SIGCHLD) return process_fork(a[1]);
  if ((a[0] & ~optional) != CLONE_THREAD_FLAGS) return -EINVAL;
  return thread_clone(a[0], a[1], a[2], a[3], a[4]);
}

s32 call_execve(struct process *p, const u32 *a) {
  s32 error = exec_user(p, a[0], a[1], a[2]);
  return error ? error : SYSTEM_CALL_ENTERED;
}

s32 call_waitid(struct process *p, const u32 *a) {
  (void)p;
  return process_wait((s32)a[0], (s32)a[1], a[3], a[2]);
}

s32 call_getpid(struct process *p, const u32 *a) {
  (void)a;
  return p->pid;
}

s32 call_getppid(struct process *p, const u32 *a) {
  (void)a;
  return p->parent_pid;
}

s32 call_gettid(struct process *p, const u32 *a) {
  (void)p, (void)a;
  return this_thread()->tid;
}

s32 call_set_tid_address(struct process *p, const u32 *a) {
  (void)p;
  this_thread()->clear_tid = a[0];
  return this_thread()->tid;
}

s32 call_setpgid(struct process *p, const u32 *a) {
  (void)p;
  return process_set_group((s32)a[0], (s32)a[1]);
}

static s32 group_or_session(struct process *p, s32 pid, bool session) {
  lock(&process_lock);
  const struct process *found = pid ? process_find(pid) : p;
  s32 result = !found ? -ESRCH : session ? found->session : found->group;
  unlock(&process_lock);
  return result;
}

s32 call_getpgid(struct process *p, const u32 *a) { return group_or_session(p, (s32)a[0], false); }

s32 call_getsid(struct process *p, const u32 *a) { return group_or_session(p, (s32)a[0], true); }

s32 call_setsid(struct process *p, const u32 *a) {
  (void)p, (void)a;
  return process_new_session();
}

s32 call_yield(struct process *p, const u32 *a) {
  (void)p, (void)a;
  thread_yield();
  return 0;
}

// Of all its threads, one that runs or could counts for the process.
static void describe_threads(const struct process *p, struct process_info *info) {
  u32 at = 0;
  info->state = p->state == PROCESS_ZOMBIE ? 'Z' : 'S';
  for (struct thread *t; (t = thread_next(p, &at)) != NULL;) {
    info->threads++;
    if (info->state == 'R') continue;
    info->cpu = (u8)t->hart;
    if (t->state == RUNNING || t->state == RUNNABLE) info->state = 'R';
  }
}

// Fills `info` from the slot; false when the slot has no process.
static bool describe_process(u32 slot, struct process_info *info) {
  struct process *p = &processes[slot];
  lock(&process_lock);
  bool ok = p->state >= PROCESS_ALIVE;
  if (ok) {
    memset(info, 0, sizeof *info);
    info->pid = p->pid;
    info->parent_pid = p->parent_pid;
    info->group = p->group;
    info->session = p->session;
    info->descriptors = (u16)descriptors_used(p);
    info->frames = space_frames(&p->space);
    info->user_ticks = process_user_ticks(p);
    memcpy(info->name, p->name, sizeof info->name);
    describe_threads(p, info);
  }
  unlock(&process_lock);
  return ok;
}

s32 call_processes(struct process *p, const u32 *a) {
  u32 n = 0;
  for (u32 slot = 0; slot < PROCESSES_MAX && n < a[1]; slot++) {
    struct process_info info;
    if (!describe_process(slot, &info)) continue;
    if (!copy_to_user(&p->space, a[0] + n * sizeof info, &info, sizeof info)) return -EFAULT;
    n++;
  }
  return (s32)n;
}
