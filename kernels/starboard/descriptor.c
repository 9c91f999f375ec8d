// A process's table of descriptors: an array that doubles when it is full. Its threads share it, so
// whoever uses a file holds a reference of its own. Files are closed without the table's lock.
#include "file.h"

#define LENGTH_FIRST 16

bool descriptors_reserve(struct descriptor_table *t, u32 length) {
  if (length <= t->length) return true;
  u32 larger = t->length ? t->length : LENGTH_FIRST;
  while (larger < length) larger *= 2;
  struct descriptor *slots = heap_allocate(larger * sizeof *slots);
  if (!slots) return false;
  if (t->length) memcpy(slots, t->slots, t->length * sizeof *slots);
  heap_free(t->slots);
  t->slots = slots;
  t->length = larger;
  return true;
}

static s32 add_locked(struct descriptor_table *t, struct file *file, u32 flags, u32 lowest) {
  u32 n = lowest;
  while (n < t->length && t->slots[n].file) n++;
  if (n >= DESCRIPTORS_MAX) return -EMFILE;
  if (!descriptors_reserve(t, n + 1)) return -ENOMEM;
  t->slots[n] = (struct descriptor){file, flags & O_CLOEXEC};
  t->used++;
  return (s32)n;
}

s32 descriptor_add(struct descriptor_table *t, struct file *file, u32 flags, u32 lowest) {
  lock(&t->lock);
  s32 number = add_locked(t, file, flags, lowest);
  unlock(&t->lock);
  if (number < 0) file_put(file);
  return number;
}

s32 descriptor_set(struct descriptor_table *t, u32 number, struct file *file, u32 flags) {
  struct file *old = NULL;
  s32 result = number < DESCRIPTORS_MAX ? (s32)number : -EBADF;
  lock(&t->lock);
  if (result >= 0 && !descriptors_reserve(t, number + 1)) result = -ENOMEM;
  if (result >= 0) {
    old = t->slots[number].file;
    t->slots[number] = (struct descriptor){file, flags & O_CLOEXEC};
    if (!old) t->used++;
  }
  unlock(&t->lock);
  if (result < 0) file_put(file);
  if (old) file_put(old);
  return result;
}

struct file *descriptor_file(struct descriptor_table *t, u32 number) {
  lock(&t->lock);
  struct file *file = number < t->length ? t->slots[number].file : NULL;
  if (file) file_get(file);
  unlock(&t->lock);
  return file;
}

s32 descriptor_flags(struct descriptor_table *t, u32 number, bool set, u32 flags) {
  s32 result = -EBADF;
  lock(&t->lock);
  if (number < t->length && t->slots[number].file) {
    if (set) t->slots[number].flags = flags & O_CLOEXEC;
    result = (s32)t->slots[number].flags;
  }
  unlock(&t->lock);
  return result;
}

s32 descriptor_close(struct descriptor_table *t, u32 number) {
  struct file *file = NULL;
  lock(&t->lock);
  if (number < t->length) file = t->slots[number].file;
  if (file) {
    t->slots[number].file = NULL;
    t->used--;
  }
  unlock(&t->lock);
  if (!file) return -EBADF;
  file_put(file);
  return 0;
}

bool descriptors_copy(struct descriptor_table *to, struct descriptor_table *from) {
  lock(&from->lock);
  bool room = descriptors_reserve(to, from->length);
  for (u32 n = 0; n < from->length && room; n++) {
    if (!from->slots[n].file) continue;
    to->slots[n] = from->slots[n];
    file_get(to->slots[n].file);
  }
  to->used = room ? from->used : 0;
  unlock(&from->lock);
  return room;
}

void descriptors_close(struct descriptor_table *t, u32 flags) {
  for (u32 n = 0; n < t->length; n++) {
    if (t->slots[n].file && (flags == 0 || (t->slots[n].flags & flags))) descriptor_close(t, n);
  }
  if (flags) return;
  heap_free(t->slots);
  memset(t, 0, sizeof *t);
}
