// fork: a child with the parent's registers but for a0, its memory shared copy on write, and its
// open files. All that can fail comes before the child is seen by anyone.
#include "process.h"
#include "scheduler.h"

s32 process_fork(void) {
  struct process *parent = this_process(), *child = process_make(parent->name);
  if (!child) return -ENOMEM;
  if (vm_fork(&child->vm, &parent->vm)) {
    process_unmake(child);
    return -ENOMEM;
  }
  child->has_memory = true;
  if (!descriptors_copy(&child->descriptors, &parent->descriptors)) {
    vm_destroy(&child->vm);
    process_unmake(child);
    return -ENOMEM;
  }
  child->directory = parent->directory;
  inode_get(child->directory);
  *child->frame = *parent->frame;
  child->frame->x[REG_A0] = 0;
  child->frame->x[REG_PC] += 4; // past the ecall
  child->virtual_time = parent->virtual_time;
  child->virtual_deadline = parent->virtual_deadline;
  lock(&process_table.lock);
  s32 pid = process_next_pid();
  process_enter(child, pid, parent);
  unlock(&process_table.lock);
  child->at_boundary = true;
  scheduler_start(child);
  return pid;
}
