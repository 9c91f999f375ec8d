// Address spaces: regions and page tables. A level-2 table is made when the first page under it is
// touched, and lives until the address space dies. Nothing here is shared between CPUs: a process
// runs on one at a time, and its TLB entries are flushed when it is switched to.
#include "vm.h"

#include "abi/handover.h"
#include "cpu.h"
#include "inode.h"
#include "page_table.h"

void vm_use_kernel_half(u32 root) {
  memcpy((pte_t *)frame_linear(root) + KERNEL_ENTRY, kernel_root + KERNEL_ENTRY,
         (1024 - KERNEL_ENTRY) * sizeof(pte_t));
}

s32 vm_create(struct vm *vm) {
  vm->root = frame_allocate_zeroed();
  if (vm->root == NO_FRAME) return -ENOMEM;
  vm_use_kernel_half(vm->root);
  list_init(&vm->regions);
  vm->heap_start = vm->heap_end = vm->frames = 0;
  return 0;
}

void vm_activate(const struct vm *vm) {
  u32 physical = vm ? frame_physical(vm->root) : physical_of(kernel_root);
  csr_write(satp, SATP_SV32 | physical >> 12);
  sfence_all();
  if (vm) __asm__ volatile("fence.i" : : : "memory"); // code may have been written elsewhere
}

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

static void release_frame(void *context, u32 address, pte_t *entry, u32 frame, u32 depth) {
  (void)context, (void)address, (void)entry, (void)depth;
  frame_put(frame);
}

void region_drop(struct region *r) {
  if (r->inode) inode_put(r->inode);
  heap_free(r);
}

void vm_destroy(struct vm *vm) {
  LIST_FOR_EACH_SAFE(r, &vm->regions, struct region, link) {
    list_remove(&r->link);
    region_drop(r);
  }
  vm_visit(vm->root, release_frame, NULL);
  vm->root = NO_FRAME;
}

// --- Regions

struct region *vm_region(const struct vm *vm, u32 address) {
  LIST_FOR_EACH(r, &vm->regions, struct region, link) {
    if (address < r->end) return address >= r->start ? r : NULL;
  }
  return NULL;
}

bool vm_is_free(const struct vm *vm, u32 start, u32 end) {
  LIST_FOR_EACH(r, &vm->regions, struct region, link) {
    if (r->start < end && start < r->end) return false;
  }
  return true;
}

u32 vm_find_room(const struct vm *vm, u32 bytes) {
  u32 at = MAP_START, limit = STACK_TOP - STACK_MAX;
  LIST_FOR_EACH(r, &vm->regions, struct region, link) {
    if (r->end <= at) continue;
    if (r->start > at && r->start - at >= bytes) break;
    at = r->end;
  }
  return at < limit && bytes <= limit - at ? at : 0;
}

static void region_insert(struct vm *vm, struct region *r) {
  struct list *place = vm->regions.next;
  while (place != &vm->regions && LIST_ITEM(place, struct region, link)->start < r->start) {
    place = place->next;
  }
  list_add_before(place, &r->link);
}

s32 vm_add(struct vm *vm, u32 start, u32 end, u32 protection, u32 flags, struct inode *inode,
           u32 file_page, u32 file_bytes) {
  struct region *r = heap_allocate(sizeof *r);
  if (!r) return -ENOMEM;
  r->start = start;
  r->end = end;
  r->protection = protection;
  r->flags = flags;
  r->inode = inode;
  r->file_page = file_page;
  r->file_bytes = file_bytes;
  if (inode) inode_get(inode);
  region_insert(vm, r);
  return 0;
}

static void unmap_pages(struct vm *vm, u32 start, u32 end) {
  for (u32 address = start; address < end; address += PAGE_SIZE) {
    pte_t *entry = vm_entry(vm, address, false);
    if (!entry) {
      address |= (4u << 20) - PAGE_SIZE; // none in these 4 MiB
      if (address >= end) break;
      continue;
    }
    if (!(*entry & PTE_V)) continue;
    u32 frame = frame_of_physical(pte_physical(*entry));
    *entry = 0;
    sfence_page(address);
    frame_put(frame);
    vm->frames--;
  }
}

// Cuts `bytes` off the front of a region, which stays in place.
static void region_advance(struct region *r, u32 bytes) {
  r->start += bytes;
  r->file_page += r->inode ? bytes / PAGE_SIZE : 0;
  r->file_bytes = r->file_bytes > bytes ? r->file_bytes - bytes : 0;
}

static void region_shorten(struct region *r, u32 end) {
  r->end = end;
  r->file_bytes = MIN(r->file_bytes, end - r->start);
}

s32 vm_remove(struct vm *vm, u32 start, u32 end) {
  LIST_FOR_EACH_SAFE(r, &vm->regions, struct region, link) {
    if (r->end <= start || r->start >= end) continue;
    if (r->start < start && r->end > end) { // a hole: the rest becomes a region of its own
      s32 error = vm_add(vm, r->start, r->end, r->protection, r->flags, r->inode, r->file_page,
                         r->file_bytes);
      if (error) return error;
      struct region *copy = LIST_ITEM(r->link.previous, struct region, link);
      region_shorten(copy, start);
      region_advance(r, end - r->start);
    } else if (r->start < start) {
      region_shorten(r, start);
    } else if (r->end > end) {
      region_advance(r, end - r->start);
    } else {
      list_remove(&r->link);
      region_drop(r);
    }
  }
  unmap_pages(vm, start, end);
  return 0;
}

// --- The break

static struct region *heap_region(const struct vm *vm) {
  LIST_FOR_EACH(r, &vm->regions, struct region, link) {
    if (r->flags & REGION_HEAP) return r;
  }
  return NULL;
}

u32 vm_set_break(struct vm *vm, u32 end) {
  if (end < vm->heap_start || end > STACK_TOP - STACK_MAX) return vm->heap_end;
  u32 first = ROUND_UP(vm->heap_start, PAGE_SIZE), old = ROUND_UP(vm->heap_end, PAGE_SIZE);
  u32 new = ROUND_UP(end, PAGE_SIZE);
  struct region *heap = heap_region(vm);
  if (new > old) {
    u32 limit = frames_total(ZONE_NORMAL) + frames_total(ZONE_HIGHMEM);
    if (!vm_is_free(vm, old, new) || (new - first) / PAGE_SIZE > limit) return vm->heap_end;
    if (heap) heap->end = new;
    else if (vm_add(vm, first, new, PROT_READ | PROT_WRITE, REGION_HEAP, NULL, 0, 0)) {
      return vm->heap_end;
    }
  } else if (new < old && vm_remove(vm, new, old)) {
    return vm->heap_end;
  }
  return vm->heap_end = end;
}

// --- Fork

struct copying {
  struct vm *child;
  s32 error;
};

static void share_page(void *context, u32 address, pte_t *entry, u32 frame, u32 depth) {
  struct copying *c = context;
  if (depth || c->error) return;
  pte_t *copy = vm_entry(c->child, address, true);
  if (!copy) {
    c->error = -ENOMEM;
    return;
  }
  if (*entry & PTE_W) *entry = (*entry & ~(pte_t)PTE_W) | PTE_COW;
  *copy = *entry;
  frame_get(frame);
  c->child->frames++;
}

s32 vm_fork(struct vm *child, struct vm *parent) {
  s32 error = vm_create(child);
  if (error) return error;
  struct copying c = {child, 0};
  LIST_FOR_EACH(r, &parent->regions, struct region, link) {
    if (!c.error) {
      c.error = vm_add(child, r->start, r->end, r->protection, r->flags, r->inode, r->file_page,
                       r->file_bytes);
    }
  }
  child->heap_start = parent->heap_start;
  child->heap_end = parent->heap_end;
  if (!c.error) vm_visit(parent->root, share_page, &c);
  sfence_all(); // the parent's pages have become read-only
  if (c.error) vm_destroy(child);
  return c.error;
}
