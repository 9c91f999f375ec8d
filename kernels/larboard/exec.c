// exec: reads the program headers, lays out regions that are filled by page faults, and builds the
// initial stack as Linux does: argc, argv, NULL, envp, NULL, auxiliary vector, texts.
// The new space is complete before the old one goes, so any failure leaves the caller as it was.
#include "larboard/exec.h"

#include "abi/syscall.h"
#include "larboard/frame.h"
#include "larboard/inode.h"
#include "larboard/signal.h"
#include "shared/elf.h"
#include "shared/string.h"

#define ARGUMENT_BYTES PAGE_SIZE
#define ARGUMENTS_MAX 128
#define AUXILIARY_PAGE_SIZE 6

static const u32 trampoline[] = {0x08b00893, 0x00000073}; // li a7, SYS_RT_SIGRETURN; ecall
_Static_assert(SYS_RT_SIGRETURN == 0x8b, "the trampoline's immediate");

struct arguments { // texts one after the other in a frame
  u32 frame, used;
  u32 counts[2];   // arguments, environment
};

// One PT_LOAD as one or two regions: what the file fills, and whole pages of zeros behind it.
static s32 map_segment(struct space *s, struct inode *file, const struct elf_segment *e) {
  u32 start = e->address & -PAGE_SIZE, skew = e->address - start;
  u32 end = ROUND_UP(e->address + e->memory_bytes, PAGE_SIZE);
  if (e->memory_bytes == 0) return 0;
  if (e->at % PAGE_SIZE != skew || e->file_bytes > e->memory_bytes || start < PAGE_SIZE ||
      end < start || end > USER_STACK_TOP - USER_STACK_MAX || e->memory_bytes > USER_END) {
    return -ENOEXEC;
  }
  if (!space_is_unused(s, start, end)) return -ENOEXEC;
  struct region r = {start, end, 0, 0, file, e->at >> PAGE_SHIFT, skew + e->file_bytes};
  if (e->flags & SEGMENT_READ) r.protection |= PROT_READ;
  if (e->flags & SEGMENT_WRITE) r.protection |= PROT_WRITE;
  if (e->flags & SEGMENT_EXECUTE) r.protection |= PROT_EXEC;
  if (e->file_bytes == 0) r.inode = NULL, r.file_page = 0, r.file_bytes = 0;
  s->heap_start = MAX(s->heap_start, end);
  return space_add_region(s, &r) ? 0 : -ENOMEM;
}

static s32 map_program(struct space *s, struct inode *file, u32 *entry) {
  struct elf_header h;
  if (inode_read(file, 0, &h, sizeof h) != sizeof h) return -ENOEXEC;
  if (!elf_is_sound(&h, ELF_EXECUTABLE)) return -ENOEXEC;
  for (u32 i = 0; i < h.program_entries; i++) {
    struct elf_segment e;
    if (inode_read(file, h.program_at + i * sizeof e, &e, sizeof e) != sizeof e) return -ENOEXEC;
    s32 error = e.type == SEGMENT_LOAD ? map_segment(s, file, &e) : 0;
    if (error) return error;
  }
  struct region stack = {USER_STACK_TOP - USER_STACK_MAX, USER_STACK_TOP, PROT_READ | PROT_WRITE,
                         REGION_STACK, NULL, 0, 0};
  s->heap_end = s->heap_start;
  *entry = h.entry;
  if (s->heap_start == 0 || h.entry % 4) return -ENOEXEC;
  return space_add_region(s, &stack) ? 0 : -ENOMEM;
}

static s32 add_text(struct arguments *a, const char *text) {
  u32 n = strlen(text) + 1;
  if (a->used + n > ARGUMENT_BYTES) return -E2BIG;
  memcpy((char *)linear(a->frame) + a->used, text, n);
  a->used += n;
  return 0;
}

static s32 collect(struct process *p, struct arguments *a, u32 vector, u32 which) {
  for (; vector; vector += 4) {
    u32 text;
    if (!copy_from_user(&p->space, &text, vector, 4)) return -EFAULT;
    if (!text) break;
    if (a->counts[0] + a->counts[1] == ARGUMENTS_MAX || a->used == ARGUMENT_BYTES) return -E2BIG;
    s32 n = text_from_user(&p->space, (char *)linear(a->frame) + a->used, text,
                           ARGUMENT_BYTES - a->used);
    if (n < 0) return n == -ENAMETOOLONG ? -E2BIG : n;
    a->used += (u32)n + 1;
    a->counts[which]++;
  }
  return 0;
}

// Writes the initial stack; its pointer, or 0 without memory.
static u32 build_stack(struct space *s, const struct arguments *a) {
  u32 texts = (USER_STACK_TOP - a->used) & -16u;
  u32 words[ARGUMENTS_MAX + 8], n = 0, at = 0;
  words[n++] = a->counts[0];
  for (u32 which = 0; which < 2; which++) {
    for (u32 i = 0; i < a->counts[which]; i++) {
      words[n++] = texts + at;
      at += strlen((char *)linear(a->frame) + at) + 1;
    }
    words[n++] = 0;
  }
  words[n++] = AUXILIARY_PAGE_SIZE;
  words[n++] = PAGE_SIZE;
  words[n++] = 0;
  words[n++] = 0;
  u32 sp = (texts - n * 4) & -16u;
  if (!copy_to_user(s, texts, linear(a->frame), a->used)) return 0;
  return copy_to_user(s, sp, words, n * 4) ? sp : 0;
}

// The frame of the caller's own trampoline, held, if it is as exec made it; 0 otherwise.
static u32 inherit_trampoline(struct space *s) {
  u32 frame = 0;
  lock(&s->lock);
  const pte_t *entry = s->root ? space_entry(s->root, USER_TRAMPOLINE, false) : NULL;
  if (entry && (*entry & PTE_V) && !(*entry & PTE_W)) frame = pte_physical(*entry);
  if (frame && memcmp(kmap(0, frame), trampoline, sizeof trampoline) != 0) frame = 0;
  if (frame) frame_hold(frame);
  unlock(&s->lock);
  return frame;
}

// Where handlers return to: a page that init is given, and that goes on from program to program.
static s32 map_trampoline(struct space *fresh, struct space *old) {
  struct region r = {USER_TRAMPOLINE, USER_TRAMPOLINE + PAGE_SIZE, PROT_READ | PROT_EXEC, 0, NULL,
                     0, 0};
  pte_t *entry = space_entry(fresh->root, USER_TRAMPOLINE, true);
  u32 frame = entry ? inherit_trampoline(old) : 0;
  if (entry && !frame) {
    frame = frame_take_zeroed(ZONE_HIGHMEM);
    if (frame) memcpy(kmap(0, frame), trampoline, sizeof trampoline);
  }
  if (!frame) return -ENOMEM;
  *entry = pte_of(frame, PTE_V | PTE_U | PTE_R | PTE_X | PTE_A);
  return space_add_region(fresh, &r) ? 0 : -ENOMEM;
}

// Nothing can fail any more. The caller is the only thread.
static void enter_program(struct process *p, struct space *fresh, u32 entry, u32 sp,
                          const char *path) {
  struct thread *t = this_thread();
  struct trap_frame *frame = thread_frame(t);
  space_replace(&p->space, fresh);
  descriptors_close_all(p, O_CLOEXEC);
  lock(&process_lock);
  signal_reset_handlers(p);
  p->executed = true;
  unlock(&process_lock);
  t->clear_tid = 0;
  memset(frame->x, 0, sizeof frame->x);
  frame->x[REG_PC] = entry;
  frame->x[REG_SP] = sp;
  frame->status = SSTATUS_SPIE;
  const char *name = path;
  for (const char *c = path; *c; c++) {
    if (*c == '/' && c[1]) name = c + 1;
  }
  memset(p->name, 0, sizeof p->name);
  string_copy(p->name, name, sizeof p->name);
}

static s32 find_program(struct process *p, const char *path, struct inode **file) {
  struct inode *directory = directory_hold(p);
  s32 error = path_find(directory, path, file);
  inode_release(directory);
  if (error || ((*file)->mode & S_IFMT) == S_IFREG) return error;
  inode_release(*file);
  return -EACCES;
}

static s32 load(struct process *p, const char *path, const struct arguments *a) {
  struct space fresh;
  struct inode *file;
  u32 entry, sp = 0;
  s32 error = find_program(p, path, &file);
  if (error) return error;
  memset(&fresh, 0, sizeof fresh);
  error = space_create(&fresh) ? map_program(&fresh, file, &entry) : -ENOMEM;
  if (!error) error = map_trampoline(&fresh, &p->space);
  if (!error && !(sp = build_stack(&fresh, a))) error = -ENOMEM;
  inode_release(file); // its regions hold it
  if (!error && !process_end_others()) error = -EAGAIN; // nobody is left to see it
  if (!error) enter_program(p, &fresh, entry, sp, path);
  else if (fresh.root) space_destroy(&fresh);
  return error;
}

s32 exec_user(struct process *p, u32 path_address, u32 arguments, u32 environment) {
  char path[PATH_LENGTH_MAX];
  struct arguments a = {frame_take(ZONE_NORMAL), 0, {0, 0}};
  if (!a.frame) return -ENOMEM;
  s32 error = text_from_user(&p->space, path, path_address, sizeof path);
  if (error >= 0) error = collect(p, &a, arguments, 0);
  if (!error) error = collect(p, &a, environment, 1);
  if (!error) error = load(p, path, &a);
  frame_release(a.frame);
  return error;
}

s32 exec_first(struct process *p, const char *path) {
  struct arguments a = {frame_take(ZONE_NORMAL), 0, {1, 0}};
  if (!a.frame) return -ENOMEM;
  s32 error = add_text(&a, path);
  if (!error) error = load(p, path, &a);
  frame_release(a.frame);
  return error;
}
