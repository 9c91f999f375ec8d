// fork: a child with one thread, whose registers are the parent's but for a0, its memory shared
// copy on write, its open files, and its signal actions. All that can fail comes before the child
// is seen by anyone.
#include "process.h"
#include "scheduler.h"

static void inherit(struct process *child, const struct process *parent) {
  memcpy(child->actions, parent->actions, sizeof child->actions);
  child->group = parent->group;
  child->session = parent->session;
}

// table.lock held. The child's pid, or -ERESTART_CALL: the parent is to end.
static s32 enter(struct process *child, struct thread *t) {
  if (thread_has_to_die(this_thread())) return -ERESTART_CALL;
  s32 pid = process_next_pid();
  inherit(child, this_process());
  process_enter(child, pid, this_process());
  process_add_thread(child, t, pid);
  t->at_boundary = true;
  return pid;
}

static s32 copy_parts(struct process *child, struct process *parent) {
  s32 error = vm_fork(&child->vm, parent->vm);
  if (error) return error;
  if (descriptors_copy(&child->descriptors, &parent->descriptors)) return 0;
  vm_destroy(child->vm);
  return -ENOMEM;
}

s32 process_fork(u32 stack) {
  struct process *parent = this_process(), *child = process_make(parent->name);
  struct thread *t = child ? thread_make() : NULL;
  s32 pid = t ? copy_parts(child, parent) : -ENOMEM;
  if (pid) {
    if (t) thread_unmake(t);
    heap_free(child);
    return pid;
  }
  child->directory = process_directory();
  thread_copy_registers(t, stack);
  lock(&process_table.lock);
  pid = enter(child, t);
  unlock(&process_table.lock);
  if (pid > 0) {
    scheduler_start(t);
    return pid;
  }
  thread_unmake(t);
  inode_put(child->directory);
  descriptors_close(&child->descriptors, 0);
  vm_destroy(child->vm);
  heap_free(child);
  return pid;
}
