// Descriptors and the working directory: what a process has open, shared by its threads. file_lock
// guards them all.
#include "larboard/file.h"
#include "larboard/inode.h"
#include "larboard/process.h"

struct file *descriptor_hold(struct process *p, u32 descriptor) {
  lock(&file_lock);
  struct file *f = descriptor < DESCRIPTORS_MAX ? p->descriptors[descriptor].file : NULL;
  if (f) f->references++;
  unlock(&file_lock);
  return f;
}

s32 descriptor_add(struct process *p, struct file *f, u32 lowest, u32 flags) {
  s32 found = -EMFILE;
  lock(&file_lock);
  for (u32 d = lowest; d < DESCRIPTORS_MAX && found < 0; d++) {
    if (!p->descriptors[d].file) found = (s32)d;
  }
  if (found >= 0) p->descriptors[found] = (struct descriptor){f, flags & O_CLOEXEC};
  unlock(&file_lock);
  return found;
}

s32 descriptor_replace(struct process *p, struct file *f, u32 descriptor, u32 flags) {
  lock(&file_lock);
  struct file *old = p->descriptors[descriptor].file;
  p->descriptors[descriptor] = (struct descriptor){f, flags & O_CLOEXEC};
  unlock(&file_lock);
  if (old) file_release(old);
  return (s32)descriptor;
}

s32 descriptor_close(struct process *p, u32 descriptor) {
  if (descriptor >= DESCRIPTORS_MAX) return -EBADF;
  lock(&file_lock);
  struct file *f = p->descriptors[descriptor].file;
  p->descriptors[descriptor] = (struct descriptor){NULL, 0};
  unlock(&file_lock);
  if (f) file_release(f);
  return f ? 0 : -EBADF;
}

s32 descriptor_flags(struct process *p, u32 descriptor) {
  lock(&file_lock);
  bool is_open = descriptor < DESCRIPTORS_MAX && p->descriptors[descriptor].file;
  s32 flags = is_open ? (s32)p->descriptors[descriptor].flags : -EBADF;
  unlock(&file_lock);
  return flags;
}

s32 descriptor_set_flags(struct process *p, u32 descriptor, u32 flags) {
  lock(&file_lock);
  bool is_open = descriptor < DESCRIPTORS_MAX && p->descriptors[descriptor].file;
  if (is_open) p->descriptors[descriptor].flags = flags & O_CLOEXEC;
  unlock(&file_lock);
  return is_open ? 0 : -EBADF;
}

void descriptors_copy(struct process *to, struct process *from) {
  lock(&file_lock);
  for (u32 d = 0; d < DESCRIPTORS_MAX; d++) {
    to->descriptors[d] = from->descriptors[d];
    if (to->descriptors[d].file) to->descriptors[d].file->references++;
  }
  to->directory = from->directory;
  inode_hold(to->directory);
  unlock(&file_lock);
}

void descriptors_close_all(struct process *p, u32 flags) {
  for (u32 d = 0; d < DESCRIPTORS_MAX; d++) {
    if ((p->descriptors[d].flags & flags) == flags) descriptor_close(p, d);
  }
}

u32 descriptors_used(const struct process *p) {
  u32 n = 0;
  for (u32 d = 0; d < DESCRIPTORS_MAX; d++) n += p->descriptors[d].file != NULL;
  return n;
}

struct inode *directory_hold(struct process *p) {
  lock(&file_lock);
  struct inode *directory = p->directory;
  inode_hold(directory);
  unlock(&file_lock);
  return directory;
}

void directory_change(struct process *p, struct inode *to) {
  lock(&file_lock);
  struct inode *old = p->directory;
  p->directory = to;
  unlock(&file_lock);
  if (old) inode_release(old);
}
