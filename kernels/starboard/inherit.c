// Inheriting memory: see inherit.h. Which frame is a copy of which stands in the table of frames,
// where neither is in a list of free blocks: a frame of the off-going kernel has its copy + 1 in
// `next`, and how often that was taken in `references`; the copy has the original + 1 in
// `previous`. Nothing of the off-going kernel's is stored to but, where it is adopted, the kernel's
// half of each root.
#include "inherit.h"

#include "page_table.h"
#include "shared/relief/words.h"

#define ENTRY_BITS 0x3ff

static const struct log_page *relief_log; // NULL: nothing is being inherited
static u32 copies_made;                   // frames

bool frame_is_offered(const struct log_page *log, u32 physical, u32 limit) {
  u32 frame = frame_of_physical(physical);
  return physical % PAGE_SIZE == 0 && physical >= RAM_BASE && frame < limit &&
         ledger[frame] == log->offgoing_node;
}

static bool copies(void) { return relief_log->memory_mode == MEMORY_COPY; }

static void pair(u32 old, u32 fresh) {
  frame_table[old].next = fresh + 1;
  frame_table[fresh].previous = old + 1;
}

// Runs of frames are added as such; the off-going kernel's list of them is in its order.
static bool take_given_frames(const struct log_page *log) {
  struct words given = {.list = log->given_physical};
  for (u32 i = 0, run; i < log->given_frames; i += run) {
    u32 first = frame_of_physical(*word_at(&given, i));
    for (run = 0; i + run < log->given_frames; run++) {
      u32 frame = frame_of_physical(*word_at(&given, i + run));
      if (frame != first + run) break;
      if (frame >= ram_frames || ledger[frame] != own_node) return false;
      if (frame_table[frame].kind != FRAME_FOREIGN) return false;
    }
    if (run == 0) return false;
    frames_add(first, run);
  }
  return true;
}

bool inherit_begin(const struct log_page *log) {
  relief_log = log;
  if (log->memory_mode == MEMORY_ADOPT) return true;
  return log->memory_mode <= MEMORY_COPY && take_given_frames(log);
}

bool inherit_reserve(u32 physical, enum zone zone) {
  u32 old = frame_of_physical(physical), fresh = NO_FRAME;
  if (!copies() || frame_table[old].next) return true;
  if (zone == ZONE_HIGHMEM) fresh = frame_allocate(ZONE_HIGHMEM, 0);
  if (fresh == NO_FRAME) fresh = frame_allocate(ZONE_NORMAL, 0);
  if (fresh == NO_FRAME) return false;
  pair(old, fresh);
  return true;
}

void inherit_unreserve(void) {
  for (u32 old = 0; copies() && old < ram_frames; old++) {
    struct frame *f = &frame_table[old];
    if (f->kind != FRAME_FOREIGN || !f->next || f->references) continue;
    frame_table[f->next - 1].previous = 0;
    frame_put(f->next - 1);
    f->next = 0;
  }
}

static void reserve_visited(void *context, u32 address, pte_t *entry, u32 frame, u32 depth) {
  (void)address, (void)entry;
  bool *fits = context;
  u32 physical = frame_physical(frame);
  if (depth || !*fits) return;
  *fits = frame_is_offered(relief_log, physical, ram_frames) &&
          inherit_reserve(physical, ZONE_HIGHMEM);
}

bool inherit_reserve_space(u32 root_physical, u32 *tables) {
  bool fits = true;
  if (relief_log->memory_mode == MEMORY_ADOPT) return true;
  u32 root = frame_of_physical(root_physical), table;
  *tables += 1;
  for (u32 i = 0; (table = vm_next_table(root, &i)) != NO_FRAME; i++) {
    if (!frame_is_offered(relief_log, frame_physical(table), normal_frames)) return false;
    *tables += 1;
  }
  if (copies()) vm_visit(root, reserve_visited, &fits);
  return fits;
}

// The copy of a frame. Its first reference is the one with which it was reserved.
static u32 copied(u32 old) {
  if (!frame_table[old].next) panic("import: no room is reserved for frame %u", old);
  u32 fresh = frame_table[old].next - 1;
  if (frame_table[old].references++) frame_get(fresh);
  else frame_copy(fresh, old), copies_made++;
  return fresh;
}

u32 inherit_frame(u32 physical) {
  u32 frame = frame_of_physical(physical);
  if (copies()) return copied(frame);
  frame_adopt(frame);
  return frame;
}

static void adopt_visited(void *context, u32 address, pte_t *entry, u32 frame, u32 depth) {
  struct vm *vm = context;
  (void)address, (void)entry;
  frame_adopt(frame);
  vm->frames += depth == 0;
}

// Tables come with the first page under them; the other kernel's stay with it.
static void map_visited(void *context, u32 address, pte_t *entry, u32 frame, u32 depth) {
  struct vm *vm = context;
  if (depth) return;
  pte_t *own = vm_entry(vm, address, true);
  if (!own) panic("import: no frame for a page table");
  *own = pte_of(frame_physical(inherit_frame(frame_physical(frame))), *entry & ENTRY_BITS);
  vm->frames++;
}

struct vm *inherit_space(u32 root_physical) {
  bool adopts = relief_log->memory_mode == MEMORY_ADOPT;
  u32 root = frame_of_physical(root_physical);
  struct vm *vm = vm_create(adopts ? root : NO_FRAME);
  if (!vm) return NULL;
  vm_visit(root, adopts ? adopt_visited : map_visited, vm);
  if (adopts) vm_use_kernel_half(root);
  else pair(root, vm->root), frame_table[root].references = 1;
  return vm;
}

u32 inherit_original(u32 frame) {
  bool others = relief_log && relief_log->memory_mode != MEMORY_ADOPT;
  u32 old = others ? frame_table[frame].previous : 0;
  return frame_physical(old ? old - 1 : frame);
}

u32 inherit_current(u32 physical) {
  u32 frame = frame_of_physical(physical);
  return copies() ? frame_table[frame].next - 1 : frame;
}

void inherit_end(void) {
  desk_value(MARK_FRAMES_COPIED, 0, copies_made);
  copies_made = 0;
  relief_log = NULL;
}
