// From birth to death: fork, exit, wait, kill, and what a process does at its user/kernel boundary.
#include "abi/syscall.h"
#include "larboard/frame.h"
#include "larboard/inode.h"
#include "larboard/process.h"
#include "larboard/system.h"
#include "shared/desk.h"
#include "shared/string.h"

static void copy_descriptors(struct process *child, const struct process *parent) {
  for (u32 d = 0; d < DESCRIPTORS_MAX; d++) {
    child->descriptors[d] = parent->descriptors[d];
    if (child->descriptors[d].file) file_hold(child->descriptors[d].file);
  }
}

s32 process_fork(void) {
  struct process *parent = this_process(), *child = process_create(process_first_return);
  if (!child) return -EAGAIN;
  if (!space_copy(&child->space, &parent->space)) {
    process_discard(child);
    return -ENOMEM;
  }
  *process_frame(child) = *process_frame(parent);
  process_frame(child)->x[REG_A0] = 0;
  process_frame(child)->x[REG_PC] += 4;
  copy_descriptors(child, parent);
  child->directory = parent->directory;
  inode_hold(child->directory);
  memcpy(child->name, parent->name, sizeof child->name);
  lock(&process_lock);
  s32 pid = child->pid = next_pid++;
  child->parent_pid = parent->pid;
  process_ready(child);
  unlock(&process_lock);
  return pid;
}

static void reparent(s32 pid) {
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    if (processes[i].state != UNUSED && processes[i].parent_pid == pid) processes[i].parent_pid = 1;
  }
}

void process_exit(u32 code, u32 status) {
  struct process *p = this_process();
  if (p->pid == 1) {
    print("init has exited with status %u", status);
    system_power_off(true);
  }
  for (u32 d = 0; d < DESCRIPTORS_MAX; d++) descriptor_close(p, d);
  inode_release(p->directory);
  p->directory = NULL;
  space_activate(NULL);
  space_destroy(&p->space);
  desk_value(MARK_PROCESS_EXIT, (u32)p->pid, code << 16 | status);
  lock(&process_lock);
  reparent(p->pid);
  p->wait_status = code << 16 | status;
  p->state = ZOMBIE;
  struct process *parent = process_find(p->parent_pid), *init = process_find(1);
  if (parent) wake_locked(parent);
  if (init && init != parent) wake_locked(init); // it may have got zombies by reparenting
  if (process_freezing) wake_locked(&process_freezing);
  process_switch();
  panic("a zombie runs");
}

static bool is_child(const struct process *p, const struct process *parent, s32 type, s32 id) {
  return p->state != UNUSED && p->state != EMBRYO && p->pid > 0 &&
         p->parent_pid == parent->pid && (type == P_ALL || p->pid == id);
}

// A zombie child that matches; in *any whether there is any such child at all.
static struct process *find_zombie(const struct process *parent, s32 type, s32 id, bool *any) {
  *any = false;
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    struct process *p = &processes[i];
    if (!is_child(p, parent, type, id)) continue;
    *any = true;
    if (p->state == ZOMBIE) return p;
  }
  return NULL;
}

s32 process_wait(s32 id_type, s32 id, u32 options, u32 info_address) {
  struct process *p = this_process(), *zombie;
  struct siginfo info;
  bool any;
  if ((id_type != P_ALL && id_type != P_PID) || !(options & WEXITED)) return -EINVAL;
  if (id_type == P_PID && id <= 0) return -EINVAL;
  memset(&info, 0, sizeof info);
  lock(&process_lock);
  while (!(zombie = find_zombie(p, id_type, id, &any))) {
    if (!any || (options & WNOHANG) || !sleep_on(p, &process_lock)) break;
  }
  if (zombie) {
    info.signo = SIGCHLD;
    info.code = (s32)(zombie->wait_status >> 16);
    info.pid = zombie->pid;
    info.status = (s32)(zombie->wait_status & 0xffff);
  }
  unlock(&process_lock);
  if (!zombie && !any) return -ECHILD;
  if (!zombie && !(options & WNOHANG)) return -ERESTART;
  // the zombie is ours alone: copy first, so that a bad pointer loses nothing
  if (info_address && !copy_to_user(&p->space, info_address, &info, sizeof info)) return -EFAULT;
  if (zombie) process_discard(zombie);
  return 0;
}

static bool is_ignored(u32 signal) {
  return signal == SIGCHLD || signal == 18 || signal == 23 || signal == 28; // CONT URG WINCH
}

s32 process_kill(s32 pid, u32 signal) {
  if (signal > NSIG) return -EINVAL;
  if (pid <= 0) return -ESRCH; // no process groups
  s32 result = 0;
  lock(&process_lock);
  struct process *p = process_find(pid);
  if (!p) {
    result = -ESRCH;
  } else if (signal && !is_ignored(signal) && pid != 1 && p->state != ZOMBIE) {
    p->signals |= 1ull << (signal - 1);
    if (p->state == SLEEPING && p->interruptible) {
      p->woken_early = true;
      process_ready(p);
    } else if (p->state == RUNNING && p->hart != this_cpu()->hart) {
      cpu_interrupt(p->hart);
    }
  }
  unlock(&process_lock);
  return result;
}

// The lowest pending signal; all that are ever pending end the process.
static u32 fatal_signal(const struct process *p) {
  for (u32 s = 1; s <= NSIG; s++) {
    if (p->signals >> (s - 1) & 1) return s;
  }
  return 0;
}

void process_boundary(struct process *p) {
  lock(&process_lock);
  while (process_freezing || p->signals) {
    if (process_freezing) {
      p->state = FROZEN;
      desk_mark(MARK_PROCESS_FROZEN, (u32)p->pid);
      wake_locked(&process_freezing);
      process_switch();
    } else {
      u32 signal = fatal_signal(p);
      unlock(&process_lock);
      process_exit(CLD_KILLED, signal);
    }
  }
  unlock(&process_lock);
  p->user_since = time_ticks();
}
