// Process groups and sessions. They are only numbers in each process: a group exists while a
// process is in it.
#include "console.h"
#include "process.h"

bool group_is_in_session(s32 group, s32 session) {
  FOR_EACH_PROCESS(p) {
    if (p->group == group && p->session == session) return true;
  }
  return false;
}

// Why p cannot be moved to `group`, or 0.
static s32 check_move(const struct process *p, s32 group) {
  const struct process *self = this_process();
  if (!p || p->zombie || (p != self && p->parent != self)) return -ESRCH;
  if (p != self && p->session != self->session) return -EPERM;
  if (p != self && p->executed) return -EACCES;
  if (p->session == p->pid) return -EPERM;
  return group == p->pid || group_is_in_session(group, self->session) ? 0 : -EPERM;
}

s32 group_set(s32 pid, s32 group) {
  if (group < 0) return -EINVAL;
  lock(&process_table.lock);
  struct process *p = pid ? process_find(pid) : this_process();
  if (!group && p) group = p->pid;
  s32 error = check_move(p, group);
  if (!error) p->group = group;
  unlock(&process_table.lock);
  return error;
}

s32 group_get(s32 pid, bool session) {
  lock(&process_table.lock);
  const struct process *p = pid ? process_find(pid) : this_process();
  s32 number = !p ? -ESRCH : session ? p->session : p->group;
  unlock(&process_table.lock);
  return number;
}

s32 session_begin(void) {
  struct process *self = this_process();
  s32 result = self->pid;
  lock(&process_table.lock);
  FOR_EACH_PROCESS(p) {
    if (p->group == self->pid) result = -EPERM;
  }
  if (result > 0) self->group = self->session = self->pid;
  unlock(&process_table.lock);
  return result;
}

void session_end(struct process *leader) {
  s32 group = console_release(leader->session);
  if (!group) return;
  signal_group(group, SIGHUP, true);
  signal_group(group, SIGCONT, true);
}
