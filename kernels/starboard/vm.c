// Address spaces and their regions: see vm.h. Regions are cut where a part of them is unmapped or
// protected otherwise, and never joined again.
#include "vm.h"

#include "cpu.h"
#include "inode.h"
#include "page_table.h"

static struct {
  struct spinlock lock;
  struct list all;
} address_spaces = {.all = {&address_spaces.all, &address_spaces.all}};

struct vm *vm_create(u32 root) {
  struct vm *vm = heap_allocate(sizeof *vm);
  if (!vm) return NULL;
  vm->root = root;
  if (root == NO_FRAME) {
    vm->root = frame_allocate_zeroed();
    if (vm->root != NO_FRAME) vm_use_kernel_half(vm->root);
  }
  if (vm->root == NO_FRAME) {
    heap_free(vm);
    return NULL;
  }
  list_init(&vm->regions);
  lock(&address_spaces.lock);
  list_add_last(&address_spaces.all, &vm->in_all);
  unlock(&address_spaces.lock);
  return vm;
}

static void release_frame(void *context, u32 address, pte_t *entry, u32 frame, u32 depth) {
  (void)context, (void)address, (void)entry, (void)depth;
  frame_put(frame);
}

static void region_drop(struct region *r) {
  list_remove(&r->link);
  if (r->inode) inode_put(r->inode);
  heap_free(r);
}

void vm_destroy(struct vm *vm) {
  lock(&address_spaces.lock);
  list_remove(&vm->in_all);
  unlock(&address_spaces.lock);
  LIST_FOR_EACH_SAFE(r, &vm->regions, struct region, link) region_drop(r);
  vm_visit(vm->root, release_frame, NULL);
  heap_free(vm);
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

// Makes `at` a border between regions, if it lies within one.
static s32 cut(struct vm *vm, u32 at) {
  struct region *r = vm_region(vm, at);
  if (!r || r->start == at) return 0;
  u32 bytes = at - r->start;
  s32 error = vm_add(vm, r->start, at, r->protection, r->flags, r->inode, r->file_page,
                     MIN(r->file_bytes, bytes));
  if (error) return error;
  r->start = at;
  r->file_page += r->inode ? bytes / PAGE_SIZE : 0;
  r->file_bytes -= MIN(r->file_bytes, bytes);
  return 0;
}

static s32 cut_out(struct vm *vm, u32 start, u32 end) {
  s32 error = cut(vm, start);
  return error ? error : cut(vm, end);
}

s32 vm_remove(struct vm *vm, u32 start, u32 end) {
  s32 error = cut_out(vm, start, end);
  if (error) return error;
  LIST_FOR_EACH_SAFE(r, &vm->regions, struct region, link) {
    if (r->start >= start && r->end <= end) region_drop(r);
  }
  vm_unmap_pages(vm, start, end);
  return 0;
}

static bool is_covered(const struct vm *vm, u32 start, u32 end) {
  LIST_FOR_EACH(r, &vm->regions, struct region, link) {
    if (r->end <= start) continue;
    if (r->start > start) return false;
    start = r->end;
    if (start >= end) return true;
  }
  return false;
}

static void protect_region(struct vm *vm, struct region *r, u32 protection) {
  r->protection = protection;
  u32 at = r->start;
  for (pte_t *entry; (entry = vm_next_entry(vm, &at, r->end)) != NULL; at += PAGE_SIZE) {
    *entry = pte_of(pte_physical(*entry), vm_entry_bits(r, false));
  }
}

static bool may_protect(const struct vm *vm, u32 start, u32 end, u32 protection) {
  LIST_FOR_EACH(r, &vm->regions, struct region, link) {
    if (r->end <= start || r->start >= end || !(r->flags & REGION_READ_ONLY_FILE)) continue;
    if (protection & PROT_WRITE) return false;
  }
  return true;
}

s32 vm_protect(struct vm *vm, u32 start, u32 end, u32 protection) {
  if (!is_covered(vm, start, end)) return -ENOMEM;
  if (!may_protect(vm, start, end, protection)) return -EACCES;
  s32 error = cut_out(vm, start, end);
  if (error) return error;
  LIST_FOR_EACH(r, &vm->regions, struct region, link) {
    if (r->start >= start && r->end <= end) protect_region(vm, r, protection);
  }
  vm_shoot_down(vm);
  return 0;
}

// --- The break

// Room from `old`, where the heap ends now, to `new`.
static s32 grow_heap(struct vm *vm, u32 old, u32 new) {
  u32 protection = PROT_READ | PROT_WRITE;
  LIST_FOR_EACH(r, &vm->regions, struct region, link) {
    if (!(r->flags & REGION_HEAP) || r->end != old || r->protection != protection) continue;
    r->end = new;
    return 0;
  }
  return vm_add(vm, old, new, protection, REGION_HEAP, NULL, 0, 0);
}

u32 vm_set_break(struct vm *vm, u32 end) {
  if (end < vm->heap_start || end > STACK_TOP - STACK_MAX) return vm->heap_end;
  u32 first = ROUND_UP(vm->heap_start, PAGE_SIZE), old = ROUND_UP(vm->heap_end, PAGE_SIZE);
  u32 new = ROUND_UP(end, PAGE_SIZE);
  if (new > old) {
    u32 limit = frames_total(ZONE_NORMAL) + frames_total(ZONE_HIGHMEM);
    if (!vm_is_free(vm, old, new) || (new - first) / PAGE_SIZE > limit) return vm->heap_end;
    if (grow_heap(vm, old, new)) return vm->heap_end;
  } else if (new < old && vm_remove(vm, new, old)) {
    return vm->heap_end;
  }
  return vm->heap_end = end;
}

// --- Fork, and files that shrink

static s32 share_page(struct vm *child, u32 address, pte_t *entry) {
  pte_t *copy = vm_entry(child, address, true);
  if (!copy) return -ENOMEM;
  if (*entry & PTE_W) *entry = (*entry & ~(pte_t)PTE_W) | PTE_COW;
  *copy = *entry;
  frame_get(frame_of_physical(pte_physical(*entry)));
  child->frames++;
  return 0;
}

// A region and its pages; those of a shared one are found again by faults.
static s32 copy_region(struct vm *child, struct vm *parent, const struct region *r) {
  s32 error = vm_add(child, r->start, r->end, r->protection, r->flags, r->inode, r->file_page,
                     r->file_bytes);
  u32 at = r->start;
  if (r->flags & REGION_SHARED) return error;
  for (pte_t *entry; !error && (entry = vm_next_entry(parent, &at, r->end)) != NULL;) {
    error = share_page(child, at, entry);
    at += PAGE_SIZE;
  }
  return error;
}

s32 vm_fork(struct vm **made, struct vm *parent) {
  struct vm *child = vm_create(NO_FRAME);
  s32 error = 0;
  if (!child) return -ENOMEM;
  lock(&parent->lock);
  lock(&child->lock);
  LIST_FOR_EACH(r, &parent->regions, struct region, link) {
    if (!error) error = copy_region(child, parent, r);
  }
  child->heap_start = parent->heap_start;
  child->heap_end = parent->heap_end;
  vm_shoot_down(parent); // its pages have become read-only
  unlock(&child->lock);
  unlock(&parent->lock);
  if (error) vm_destroy(child);
  *made = child;
  return error;
}

static void unmap_beyond(struct vm *vm, const struct inode *inode, u32 pages) {
  LIST_FOR_EACH(r, &vm->regions, struct region, link) {
    if (r->inode != inode) continue;
    u32 kept = pages > r->file_page ? pages - r->file_page : 0;
    u32 of_file = MIN(ROUND_UP(r->file_bytes, PAGE_SIZE), r->end - r->start);
    if (kept < of_file / PAGE_SIZE) {
      vm_unmap_pages(vm, r->start + kept * PAGE_SIZE, r->start + of_file);
    }
  }
}

void vm_file_shrank(const struct inode *inode, u64 size) {
  u32 pages = (u32)((size + PAGE_SIZE - 1) >> PAGE_SHIFT);
  lock(&address_spaces.lock);
  LIST_FOR_EACH(vm, &address_spaces.all, struct vm, in_all) {
    lock(&vm->lock);
    unmap_beyond(vm, inode, pages);
    unlock(&vm->lock);
  }
  unlock(&address_spaces.lock);
}

void vm_use_kernel_half_in_all(void) {
  lock(&address_spaces.lock);
  LIST_FOR_EACH(vm, &address_spaces.all, struct vm, in_all) vm_use_kernel_half(vm->root);
  unlock(&address_spaces.lock);
}

u32 vm_tables_in_all(void) {
  u32 count = 0;
  lock(&address_spaces.lock);
  LIST_FOR_EACH(vm, &address_spaces.all, struct vm, in_all) {
    count++;
    for (u32 i = 0; vm_next_table(vm->root, &i) != NO_FRAME; i++) count++;
  }
  unlock(&address_spaces.lock);
  return count;
}
