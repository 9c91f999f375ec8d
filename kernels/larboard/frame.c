// The bitmap allocator. A search starts where the last one of its zone ended, a word at a time.
// The ledger is written here only: taking a frame does not change its owner, adopting does.
#include "larboard/frame.h"

#include "abi/handover.h"
#include "larboard/cpu.h"
#include "shared/riscv.h"
#include "shared/spinlock.h"
#include "shared/string.h"

#define NORMAL_RESERVE 64 // frames of ZONE_NORMAL that user memory never takes

struct frame_table frame_table;
static struct spinlock frame_lock;
static u32 hint[2]; // by zone, word index
static u32 early_at, early_limit;
void (*early_fail)(void);
static pte_t kmap_table[1024] __attribute__((aligned(PAGE_SIZE)));

void early_begin(u32 physical, u32 limit) {
  early_at = physical;
  early_limit = limit;
}

void *early_take(u32 bytes) {
  bytes = ROUND_UP(bytes, PAGE_SIZE);
  if (bytes > early_limit - early_at && early_fail) early_fail();
  if (bytes > early_limit - early_at) panic("no memory for %u bytes at boot", bytes);
  void *memory = linear(early_at);
  early_at += bytes;
  return memset(memory, 0, bytes);
}

u32 early_end(void) { return early_at; }

void frame_begin(u32 frames, u32 normal, u32 node, u8 *ledger) {
  struct frame_table *t = &frame_table;
  t->frames = frames;
  t->normal = MIN(normal, frames);
  t->node = node;
  t->references = early_take(frames * sizeof *t->references);
  t->bitmap = early_take(ROUND_UP(frames, 32) / 8);
  t->ledger = ledger ? ledger : early_take(frames);
  if (ledger) return;
  memset(t->ledger, (int)node, frames);
  memset(t->ledger, OWNER_FIRMWARE, FIRMWARE_SIZE >> PAGE_SHIFT);
}

static bool is_free(u32 frame) { return frame_table.bitmap[frame / 32] >> frame % 32 & 1; }

static u32 *free_count(u32 frame) {
  return frame < frame_table.normal ? &frame_table.free_normal : &frame_table.free_high;
}

static void set_free(u32 frame, bool free) {
  if (free) frame_table.bitmap[frame / 32] |= 1u << frame % 32;
  else frame_table.bitmap[frame / 32] &= ~(1u << frame % 32);
  *free_count(frame) += free ? 1 : -1u;
  // the lowest of ZONE_NORMAL go first, so that a relief finds a long run among the others
  if (free && frame < frame_table.normal) hint[0] = MIN(hint[0], frame / 32);
}

void frame_free_range(u32 first, u32 end) {
  lock(&frame_lock);
  for (u32 f = first; f < end; f++) {
    if (frame_table.references[f] || is_free(f)) panic("frame %u is freed twice", f);
    if (frame_table.ledger[f] != frame_table.node) panic("frame %u is not ours to free", f);
    set_free(f, true);
  }
  unlock(&frame_lock);
}

void frame_reserve_range(u32 start, u32 end) {
  for (u32 f = frame_of_physical(start); f < frame_of_physical(end); f++) {
    frame_table.references[f] = 1;
  }
}

// A free frame in [from, to), looking first at the word where the last search ended; or -1.
static s32 find_free(u32 from, u32 to, u32 *hint_word) {
  u32 first = from / 32, words = (to + 31) / 32 - first;
  u32 at = *hint_word >= first && *hint_word < first + words ? *hint_word : first;
  for (u32 n = 0; n <= words; n++) {
    u32 word = frame_table.bitmap[at];
    if (word) {
      for (u32 bit = 0; bit < 32; bit++) {
        u32 f = at * 32 + bit;
        if ((word >> bit & 1) && f >= from && f < to) {
          *hint_word = at;
          return (s32)f;
        }
      }
    }
    if (++at == first + words) at = first;
  }
  return -1;
}

u32 frame_take(enum zone zone) {
  s32 f = -1;
  struct frame_table *t = &frame_table;
  lock(&frame_lock);
  if (zone == ZONE_HIGHMEM && t->free_high) f = find_free(t->normal, t->frames, &hint[1]);
  u32 reserve = zone == ZONE_HIGHMEM ? NORMAL_RESERVE : 0;
  if (f < 0 && t->free_normal > reserve) f = find_free(0, t->normal, &hint[0]);
  if (f >= 0) {
    set_free((u32)f, false);
    t->references[f] = 1;
  }
  unlock(&frame_lock);
  return f < 0 ? 0 : frame_physical((u32)f);
}

u32 frame_take_zeroed(enum zone zone) {
  u32 physical = frame_take(zone);
  if (physical) memset(kmap(0, physical), 0, PAGE_SIZE);
  return physical;
}

u32 frame_take_run(u32 count, u32 *largest) {
  u32 run = 0, best = 0, found = 0;
  lock(&frame_lock);
  for (u32 f = 0; f < frame_table.normal && !found; f++) {
    if (f % 32 == 0 && frame_table.bitmap[f / 32] == 0) { // nothing free in the whole word
      f += 31;
      run = 0;
      continue;
    }
    run = is_free(f) ? run + 1 : 0;
    best = MAX(best, run);
    if (run == count) found = f + 1 - count;
  }
  for (u32 f = found; found && f < found + count; f++) {
    set_free(f, false);
    frame_table.references[f] = 1;
  }
  unlock(&frame_lock);
  if (largest) *largest = best;
  return found ? frame_physical(found) : 0;
}

void frame_hold(u32 physical) {
  u32 f = frame_of_physical(physical);
  lock(&frame_lock);
  if (frame_table.references[f] == 0 || frame_table.references[f] == 0xffff) {
    panic("frame %u is held with %u references", f, frame_table.references[f]);
  }
  frame_table.references[f]++;
  unlock(&frame_lock);
}

void frame_release(u32 physical) {
  u32 f = frame_of_physical(physical);
  lock(&frame_lock);
  if (frame_table.references[f] == 0) panic("frame %u is released twice", f);
  if (--frame_table.references[f] == 0) set_free(f, true);
  unlock(&frame_lock);
}

u32 frame_references(u32 physical) { return frame_table.references[frame_of_physical(physical)]; }

void frame_adopt(u32 physical) {
  u32 f = frame_of_physical(physical);
  if (f >= frame_table.frames || is_free(f)) panic("frame %u cannot be adopted", f);
  frame_table.ledger[f] = (u8)frame_table.node;
  frame_table.references[f]++;
}

void frame_give(u32 physical, u32 count, u32 node) {
  u32 first = frame_of_physical(physical);
  for (u32 f = first; f < first + count; f++) frame_table.ledger[f] = (u8)node;
}

// One word of the bitmap for frame_take_over: what `node` owns becomes ours and free.
static void take_over_word(u32 first, u32 node, u32 *unowned, u32 *doubly) {
  struct frame_table *t = &frame_table;
  u32 end = MIN(first + 32, t->frames);
  lock(&frame_lock);
  for (u32 f = first; f < end; f++) {
    u8 owner = t->ledger[f];
    if (owner == t->node || owner == OWNER_FIRMWARE) continue;
    if (owner != node) {
      ++*unowned;
    } else if (t->references[f] || is_free(f)) {
      ++*doubly; // the ledger says theirs, and we hold it
    } else {
      t->ledger[f] = (u8)t->node;
      set_free(f, true);
    }
  }
  unlock(&frame_lock);
}

u32 frame_take_over(u32 node, u32 *doubly) {
  u32 unowned = 0;
  *doubly = 0;
  for (u32 f = 0; f < frame_table.frames; f += 32) take_over_word(f, node, &unowned, doubly);
  return unowned;
}

u32 frames_free(void) { return frame_table.free_normal + frame_table.free_high; }

u32 frames_free_to_programs(void) {
  u32 normal = frame_table.free_normal;
  return frame_table.free_high + (normal > NORMAL_RESERVE ? normal - NORMAL_RESERVE : 0);
}

u32 frames_used(void) {
  return frame_table.frames - frames_free() - (FIRMWARE_SIZE >> PAGE_SHIFT);
}

void kmap_begin(void) {
  u32 physical = (u32)kmap_table - LINEAR_OFFSET;
  kernel_root[KMAP_BASE >> 22] = pte_of(physical, PTE_V | PTE_G);
  sfence_all();
}

void *kmap(u32 window, u32 physical) {
  if (frame_of_physical(physical) < frame_table.normal) return linear(physical);
  u32 slot = this_cpu()->hart * KMAP_WINDOWS_PER_CPU + window;
  u32 address = KMAP_BASE + (slot << PAGE_SHIFT);
  pte_t pte = pte_of(physical & -PAGE_SIZE, PTE_V | PTE_R | PTE_W | PTE_A | PTE_D | PTE_G);
  if (kmap_table[slot] != pte) {
    kmap_table[slot] = pte;
    sfence_page(address);
  }
  return (void *)(address + physical % PAGE_SIZE);
}

void physical_read(u32 physical, void *to, u32 n) {
  while (n) {
    u32 piece = MIN(n, PAGE_SIZE - physical % PAGE_SIZE);
    u8 *page = kmap(0, physical & -PAGE_SIZE);
    memcpy(to, page + physical % PAGE_SIZE, piece);
    to = (u8 *)to + piece;
    physical += piece;
    n -= piece;
  }
}
