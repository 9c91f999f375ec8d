// exec: a static ELF32 program into a new address space, with Linux's initial stack (System V ABI,
// RISC-V supplement: argc, argv, envp, auxiliary vector). The old one goes when all is ready.
#include "abi/handover.h"
#include "process.h"
#include "shared/elf.h"

enum { AT_NULL = 0, AT_PAGESZ = 6, AUXILIARY_WORDS = 4 };

static bool read_header(struct inode *file, struct elf_header *h) {
  return inode_read_kernel(file, 0, h, sizeof *h) && elf_is_sound(h, ELF_EXECUTABLE);
}

static bool segment_is_sound(const struct inode *file, const struct elf_segment *s) {
  u32 limit = STACK_TOP - STACK_MAX;
  return s->address >= PAGE_SIZE && s->address < limit && s->memory_bytes <= limit - s->address &&
         s->file_bytes <= s->memory_bytes && s->at % PAGE_SIZE == s->address % PAGE_SIZE &&
         s->at <= file->size && s->file_bytes <= file->size - s->at;
}

static s32 add_segment(struct vm *vm, struct inode *file, const struct elf_segment *s) {
  u32 start = s->address & ~(PAGE_SIZE - 1u), skew = s->address - start;
  u32 end = ROUND_UP(s->address + s->memory_bytes, PAGE_SIZE), protection = 0;
  if (!segment_is_sound(file, s) || !vm_is_free(vm, start, end)) return -ENOEXEC;
  if (s->flags & SEGMENT_READ) protection |= PROT_READ;
  if (s->flags & SEGMENT_WRITE) protection |= PROT_WRITE;
  if (s->flags & SEGMENT_EXECUTE) protection |= PROT_EXEC;
  vm->heap_start = vm->heap_end = MAX(vm->heap_end, end);
  struct inode *backing = s->file_bytes ? file : NULL;
  return vm_add(vm, start, end, protection, 0, backing, backing ? s->at / PAGE_SIZE : 0,
                backing ? s->file_bytes + skew : 0);
}

// No lock is held over the reading, which may wait for the disk.
static s32 load(struct vm *vm, struct inode *file, u32 *entry) {
  struct elf_header h;
  struct elf_segment s;
  if (!read_header(file, &h)) return -ENOEXEC;
  for (u32 i = 0; i < h.program_entries; i++) {
    u64 at = (u64)h.program_at + i * sizeof s;
    if (at >> 32 || !inode_read_kernel(file, (u32)at, &s, sizeof s)) return -ENOEXEC;
    if (s.type != SEGMENT_LOAD || s.memory_bytes == 0) continue;
    lock(&vm->lock);
    s32 error = add_segment(vm, file, &s);
    unlock(&vm->lock);
    if (error) return error;
  }
  *entry = h.entry;
  return vm->heap_start ? 0 : -ENOEXEC;
}

// Strings at the top of the stack, below them the words; `table` has room for all of them.
static s32 build_stack(struct vm *vm, const struct exec_arguments *a, u32 *sp) {
  u32 words = 1 + a->argc + 1 + a->envc + 1 + AUXILIARY_WORDS, at = 0;
  u32 strings = (STACK_TOP - a->used) & ~15u;
  u32 *table = heap_allocate(words * sizeof *table), *word = table;
  if (!table) return -ENOMEM;
  *word++ = a->argc;
  for (u32 i = 0; i < a->argc + a->envc; i++) {
    if (i == a->argc) *word++ = 0;
    *word++ = strings + at;
    at += strlen(a->bytes + at) + 1;
  }
  if (a->envc == 0) *word++ = 0;
  *word++ = 0;
  *word++ = AT_PAGESZ;
  *word++ = PAGE_SIZE;
  *word++ = AT_NULL;
  *word++ = 0;
  *sp = (strings - words * sizeof *table) & ~15u;
  s32 error = copy_to_vm(vm, strings, a->bytes, a->used);
  if (!error) error = copy_to_vm(vm, *sp, table, words * sizeof *table);
  heap_free(table);
  return error;
}

// The page to which handlers return: li a7, SYS_RT_SIGRETURN; ecall.
static s32 add_trampoline(struct vm *vm) {
  static const u32 code[2] = {SYS_RT_SIGRETURN << 20 | 0x893, 0x73};
  lock(&vm->lock);
  s32 error = vm_add(vm, USER_TRAMPOLINE, USER_TRAMPOLINE + PAGE_SIZE,
                     PROT_READ | PROT_WRITE | PROT_EXEC, 0, NULL, 0, 0);
  unlock(&vm->lock);
  if (!error) error = copy_to_vm(vm, USER_TRAMPOLINE, code, sizeof code);
  if (error) return error;
  lock(&vm->lock);
  error = vm_protect(vm, USER_TRAMPOLINE, USER_TRAMPOLINE + PAGE_SIZE, PROT_READ | PROT_EXEC);
  unlock(&vm->lock);
  return error;
}

static s32 build(struct vm *vm, struct inode *file, const struct exec_arguments *a, u32 *entry,
                 u32 *sp) {
  s32 error = load(vm, file, entry);
  if (error) return error;
  lock(&vm->lock);
  error = vm_add(vm, STACK_TOP - PAGE_SIZE, STACK_TOP, PROT_READ | PROT_WRITE, REGION_STACK, NULL,
                 0, 0);
  unlock(&vm->lock);
  if (!error) error = add_trampoline(vm);
  return error ? error : build_stack(vm, a, sp);
}

static const char *last_name(const char *path) {
  const char *name = path;
  for (; *path; path++) {
    if (path[0] == '/' && path[1]) name = path + 1;
  }
  return name;
}

// Ends all other threads. False: this one is to end itself, or a freeze comes first.
static bool be_the_only_thread(struct process *p, struct thread *self) {
  lock(&process_table.lock);
  bool only = !process_freezing && !thread_has_to_die(self);
  if (only) {
    p->survivor = self;
    process_interrupt_threads(p);
    while (p->thread_count > 1) wait_on_firmly(&p->thread_ended, &process_table.lock);
    p->survivor = NULL;
    p->first_ended = false;
    if (self->tid != p->pid) process_rename_thread(self, p->pid);
    p->executed = true;
  }
  unlock(&process_table.lock);
  return only;
}

static void replace_memory(struct process *p, struct vm *fresh) {
  struct vm *old = p->vm;
  lock(&process_table.lock);
  p->vm = fresh;
  signal_reset_handlers(p);
  unlock(&process_table.lock);
  vm_activate(fresh);
  if (old) vm_destroy(old);
}

s32 process_exec(struct inode *file, const char *path, struct exec_arguments *arguments) {
  struct thread *self = this_thread();
  struct process *p = self->process;
  u32 entry, sp;
  if (!inode_is_regular(file)) return -EACCES;
  struct vm *fresh = vm_create(NO_FRAME);
  s32 error = fresh ? build(fresh, file, arguments, &entry, &sp) : -ENOMEM;
  if (!error && !be_the_only_thread(p, self)) error = -ERESTART_CALL;
  if (error) {
    if (fresh) vm_destroy(fresh);
    return error;
  }
  replace_memory(p, fresh);
  descriptors_close(&p->descriptors, O_CLOEXEC);
  self->clear_tid = 0;
  memset(self->frame->x, 0, sizeof self->frame->x);
  self->frame->x[REG_PC] = entry;
  self->frame->x[REG_SP] = sp;
  lock(&process_table.lock); // process_list may be reading it
  memset(p->name, 0, sizeof p->name);
  string_copy(p->name, last_name(path), sizeof p->name);
  unlock(&process_table.lock);
  return -REGISTERS_SET;
}
