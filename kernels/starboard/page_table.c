// Page tables and the TLBs of the CPUs that use them. A level-2 table is made when the first page
// under it is touched, and lives until the address space dies. A frame that is unmapped is given
// back only when no TLB has it any more.
#include "page_table.h"

#include "cpu.h"
#include "shared/sbi.h"

#define TABLE_BYTES (4u << 20) // of address space under one level-2 table
#define BATCH 64               // frames unmapped before the TLBs are told

void vm_use_kernel_half(u32 root) {
  memcpy((pte_t *)frame_linear(root) + KERNEL_ENTRY, kernel_root + KERNEL_ENTRY,
         (1024 - KERNEL_ENTRY) * sizeof(pte_t));
}

// --- Who uses the tables. A CPU says so before it reads an entry, and whoever changes an entry
// asks afterwards: either the CPU sees the new entry, or it is told.

static void say_used(struct vm *vm, u32 cpu, bool on) {
  u32 *word = &vm->cpus[cpu / 32], bit = 1u << cpu % 32;
  if (on) __atomic_or_fetch(word, bit, __ATOMIC_SEQ_CST);
  else __atomic_and_fetch(word, ~bit, __ATOMIC_SEQ_CST);
}

void vm_activate(struct vm *vm) {
  struct cpu *cpu = this_cpu();
  struct vm *old = cpu->vm;
  if (vm && vm == old) return; // from thread to thread of one process
  u32 physical = vm ? frame_physical(vm->root) : physical_of(kernel_root);
  if (vm) say_used(vm, cpu->number, true);
  csr_write(satp, SATP_SV32 | physical >> 12);
  sfence_all();
  if (vm) __asm__ volatile("fence.i" : : : "memory"); // code may have been written elsewhere
  if (old && old != vm) say_used(old, cpu->number, false);
  cpu->vm = vm;
}

void vm_shoot_down(struct vm *vm) {
  u32 self = cpu_number();
  sfence_all();
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  for (u32 i = 0; i * 32 < harts; i++) {
    u32 others = __atomic_load_n(&vm->cpus[i], __ATOMIC_SEQ_CST);
    if (self / 32 == i) others &= ~(1u << self % 32);
    if (others) sbi_remote_sfence_all(others, i * 32);
  }
}

// --- Entries

// The first entry from `at` on that is not zero, or `end`, a multiple of 8. Tables are mostly
// empty, and a relief reads all of them while every process stands still.
static u32 next_entry(const pte_t *table, u32 at, u32 end) {
  while (at < end) {
    const pte_t *e = table + at;
    if (at % 8 == 0 && !(e[0] | e[1] | e[2] | e[3] | e[4] | e[5] | e[6] | e[7])) at += 8;
    else if (!*e) at++;
    else break;
  }
  return at;
}

u32 vm_next_table(u32 root, u32 *index) {
  const pte_t *table = frame_linear(root);
  for (; (*index = next_entry(table, *index, KERNEL_ENTRY)) < KERNEL_ENTRY; ++*index) {
    if (table[*index] & PTE_V) return frame_of_physical(pte_physical(table[*index]));
  }
  return NO_FRAME;
}

void vm_visit(u32 root, void (*visit)(void *, u32, pte_t *, u32, u32), void *context) {
  pte_t *table = frame_linear(root);
  for (u32 i = 0; (i = next_entry(table, i, KERNEL_ENTRY)) < KERNEL_ENTRY; i++) {
    if (!(table[i] & PTE_V)) continue;
    u32 below = frame_of_physical(pte_physical(table[i]));
    pte_t *pages = frame_linear(below);
    for (u32 j = 0; (j = next_entry(pages, j, 1024)) < 1024; j++) {
      if (!(pages[j] & PTE_V)) continue;
      visit(context, i << 22 | j << 12, &pages[j], frame_of_physical(pte_physical(pages[j])), 0);
    }
    visit(context, i << 22, &table[i], below, 1);
  }
  visit(context, 0, NULL, root, 2);
}

pte_t *vm_entry(struct vm *vm, u32 address, bool make) {
  pte_t *root = (pte_t *)frame_linear(vm->root) + (address >> 22);
  if (!(*root & PTE_V)) {
    u32 table = make ? frame_allocate_zeroed() : NO_FRAME;
    if (table == NO_FRAME) return NULL;
    *root = pte_of(frame_physical(table), PTE_V);
  }
  return (pte_t *)linear(pte_physical(*root)) + (address >> 12 & 1023);
}

pte_t *vm_next_entry(struct vm *vm, u32 *address, u32 end) {
  while (*address < end) {
    pte_t *entry = vm_entry(vm, *address, false);
    if (entry && (*entry & PTE_V)) return entry;
    *address += entry ? PAGE_SIZE : TABLE_BYTES - *address % TABLE_BYTES;
  }
  return NULL;
}

void vm_unmap_pages(struct vm *vm, u32 start, u32 end) {
  u32 frames[BATCH], n;
  do {
    n = 0;
    for (pte_t *entry; n < BATCH && (entry = vm_next_entry(vm, &start, end)) != NULL;) {
      frames[n++] = frame_of_physical(pte_physical(*entry));
      *entry = 0;
      vm->frames--;
      start += PAGE_SIZE;
    }
    if (n) vm_shoot_down(vm);
    for (u32 i = 0; i < n; i++) frame_put(frames[i]);
  } while (n == BATCH);
}
