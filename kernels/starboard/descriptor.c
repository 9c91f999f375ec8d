// A process's table of descriptors: an array that doubles when it is full. Only its own process
// touches it.
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

s32 descriptor_add(struct descriptor_table *t, struct file *file, u32 flags) {
  u32 n = 0;
  while (n < t->length && t->slots[n].file) n++;
  if (n >= DESCRIPTORS_MAX) return -EMFILE;
  if (!descriptors_reserve(t, n + 1)) return -ENOMEM;
  t->slots[n] = (struct descriptor){file, flags & O_CLOEXEC};
  t->used++;
  return (s32)n;
}

s32 descriptor_set(struct descriptor_table *t, u32 number, struct file *file, u32 flags) {
  if (number >= DESCRIPTORS_MAX) return -EBADF;
  if (!descriptors_reserve(t, number + 1)) return -ENOMEM;
  struct file *old = t->slots[number].file;
  t->slots[number] = (struct descriptor){file, flags & O_CLOEXEC};
  if (old) file_put(old);
  else t->used++;
  return (s32)number;
}

struct file *descriptor_file(const struct descriptor_table *t, u32 number) {
  return number < t->length ? t->slots[number].file : NULL;
}

s32 descriptor_close(struct descriptor_table *t, u32 number) {
  struct file *file = descriptor_file(t, number);
  if (!file) return -EBADF;
  t->slots[number].file = NULL;
  t->used--;
  file_put(file);
  return 0;
}

bool descriptors_copy(struct descriptor_table *to, const struct descriptor_table *from) {
  if (!descriptors_reserve(to, from->length)) return false;
  for (u32 n = 0; n < from->length; n++) {
    if (!from->slots[n].file) continue;
    to->slots[n] = from->slots[n];
    file_get(to->slots[n].file);
  }
  to->used = from->used;
  return true;
}

void descriptors_close(struct descriptor_table *t, u32 flags) {
  for (u32 n = 0; n < t->length; n++) {
    if (t->slots[n].file && (flags == 0 || (t->slots[n].flags & flags))) descriptor_close(t, n);
  }
  if (flags) return;
  heap_free(t->slots);
  memset(t, 0, sizeof *t);
}
