// Process groups and sessions, and sending signals to processes, groups and threads.
#include "larboard/process.h"
#include "larboard/signal.h"

bool group_exists(s32 group, s32 session) {
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    const struct process *p = &processes[i];
    if (p->state >= PROCESS_ALIVE && p->group == group && p->session == session) return true;
  }
  return false;
}

// process_lock held.
static s32 set_group(struct process *caller, s32 pid, s32 group) {
  struct process *p = process_find(pid ? pid : caller->pid);
  if (group < 0) return -EINVAL;
  if (!p || (p != caller && p->parent_pid != caller->pid)) return -ESRCH;
  if (p != caller && p->executed) return -EACCES;
  if (!group) group = p->pid;
  if (p->session != caller->session || p->session == p->pid) return -EPERM;
  if (group != p->pid && !group_exists(group, p->session)) return -EPERM;
  p->group = group;
  return 0;
}

s32 process_set_group(s32 pid, s32 group) {
  lock(&process_lock);
  s32 error = set_group(this_process(), pid, group);
  unlock(&process_lock);
  return error;
}

s32 process_new_session(void) {
  struct process *p = this_process();
  bool leads = false;
  lock(&process_lock);
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    leads = leads || (processes[i].state >= PROCESS_ALIVE && processes[i].group == p->pid);
  }
  if (!leads) p->group = p->session = p->pid;
  unlock(&process_lock);
  return leads ? -EPERM : p->pid;
}

u32 kill_group(s32 group, u32 signal) {
  u32 n = 0;
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    struct process *p = &processes[i];
    if (p->state < PROCESS_ALIVE || p->group != group) continue;
    if (signal) signal_send(p, NULL, signal);
    n++;
  }
  return n;
}

// All but init and the caller. process_lock held.
static u32 kill_all(const struct process *caller, u32 signal) {
  u32 n = 0;
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    struct process *p = &processes[i];
    if (p->state < PROCESS_ALIVE || p->pid == 1 || p == caller) continue;
    if (signal) signal_send(p, NULL, signal);
    n++;
  }
  return n;
}

s32 kill_process(s32 pid, u32 signal) {
  struct process *caller = this_process(), *p = NULL;
  u32 found;
  if (!signal_is_offered(signal)) return -EINVAL;
  lock(&process_lock);
  if (pid == -1) found = kill_all(caller, signal);
  else if (pid == 0) found = kill_group(caller->group, signal);
  else if (pid < 0) found = kill_group(-pid, signal);
  else found = (p = process_find(pid)) != NULL;
  if (p && signal) signal_send(p, NULL, signal);
  unlock(&process_lock);
  return found ? 0 : -ESRCH;
}

s32 kill_thread(s32 pid, s32 tid, u32 signal) {
  if (!signal_is_offered(signal) || tid <= 0 || pid < 0) return -EINVAL;
  lock(&process_lock);
  struct thread *t = thread_find(tid);
  bool found = t && t->state != ENDED && (!pid || t->process->pid == pid);
  if (found && signal) signal_send(t->process, t, signal);
  unlock(&process_lock);
  return found ? 0 : -ESRCH;
}
