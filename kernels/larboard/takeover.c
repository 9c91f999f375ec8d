// Taking over memory: see takeover.h. In the map the word of an old frame is the address of its
// new one, and the word of a new frame that of the old: no frame is both. Nothing of the off-going
// kernel's is written to but, in the mode that adopts, the kernel's half of each root.
#include "larboard/takeover.h"

#include "larboard/vm.h"
#include "shared/desk.h"
#include "shared/relief/words.h"
#include "shared/riscv.h"
#include "shared/string.h"

#define USER_ENTRIES (USER_END >> 22)
#define ENTRY_BITS 0x3ff
// In the word of an old frame: the new one is only reserved, or has its contents.
#define RESERVED 2u
#define COPIED 1u

static const struct log_page *log_under_way; // NULL: no memory is being taken over
static struct words map;                     // by frame number; not in the mode that adopts
static u32 copied;                           // frames

bool is_offered(const struct log_page *log, u32 physical, u32 limit) {
  u32 frame = frame_of_physical(physical);
  return physical % PAGE_SIZE == 0 && physical >= RAM_BASE && frame < limit &&
         frame_table.ledger[frame] == log->offgoing_node;
}

static u32 *map_word(u32 physical) { return word_at(&map, frame_of_physical(physical)); }

static void pair(u32 old, u32 fresh) {
  *map_word(old) = fresh;
  *map_word(fresh) = old;
}

// The frames that were given are named by a list in the off-going kernel's memory.
static bool take_given_frames(const struct log_page *log) {
  struct words given = {.list = log->given_physical};
  u32 first = frame_of_physical(log->arena_physical), end = first + log->arena_frames;
  for (u32 i = 0; i < log->given_frames; i++) {
    u32 f = frame_of_physical(*word_at(&given, i));
    if (f >= log->ram_frames || (f >= first && f < end)) return false;
    if (frame_table.ledger[f] != frame_table.node || frame_table.references[f]) return false;
    frame_free_range(f, f + 1);
  }
  return true;
}

bool takeover_begin(const struct log_page *log) {
  log_under_way = log;
  if (log->memory_mode == MEMORY_ADOPT) return true;
  return log->memory_mode <= MEMORY_COPY && take_given_frames(log) &&
         words_make(&map, log->ram_frames);
}

bool takeover_reserve(u32 physical, enum zone zone) {
  if (log_under_way->memory_mode != MEMORY_COPY || *map_word(physical)) return true;
  u32 fresh = frame_take(zone);
  if (!fresh) return false;
  pair(physical, fresh);
  *map_word(physical) |= RESERVED;
  return true;
}

void takeover_unreserve(void) {
  for (u32 f = 0; map.list && f < log_under_way->ram_frames; f++) {
    u32 *word = word_at(&map, f), fresh = *word & -PAGE_SIZE;
    if (!(*word & RESERVED)) continue;
    *word = *map_word(fresh) = 0;
    frame_release(fresh);
  }
}

static bool reserve_table(u32 physical) {
  const pte_t *table = linear(physical);
  for (u32 i = table_next(table, 0); i < 1024; i = table_next(table, i + 1)) {
    u32 page = pte_physical(table[i]);
    if (!is_offered(log_under_way, page, frame_table.frames)) return false;
    if (!takeover_reserve(page, ZONE_HIGHMEM)) return false;
  }
  return true;
}

bool takeover_reserve_space(u32 root_physical, u32 *tables) {
  const struct log_page *log = log_under_way;
  if (log->memory_mode == MEMORY_ADOPT) return true;
  const pte_t *root = linear(root_physical);
  ++*tables;
  for (u32 i = table_next(root, 0); i < USER_ENTRIES; i = table_next(root, i + 1), ++*tables) {
    u32 table = pte_physical(root[i]);
    if (!is_offered(log, table, frame_table.normal)) return false;
    if (log->memory_mode == MEMORY_COPY && !reserve_table(table)) return false;
  }
  return true;
}

static u32 copied_frame(u32 old) {
  u32 *word = map_word(old), fresh = *word & -PAGE_SIZE;
  if (fresh == 0) panic("no room is reserved for frame %u", frame_of_physical(old));
  if (*word & COPIED) {
    frame_hold(fresh);
    return fresh;
  }
  *word = fresh | COPIED; // its first reference is the one it was reserved with
  memcpy(kmap(0, fresh), kmap(1, old), PAGE_SIZE);
  copied++;
  return fresh;
}

u32 takeover_frame(u32 physical) {
  if (log_under_way->memory_mode == MEMORY_COPY) return copied_frame(physical);
  frame_adopt(physical);
  return physical;
}

// The frame that will hold a table: its own, or a fresh one.
static u32 table_frame(u32 physical) {
  if (log_under_way->memory_mode == MEMORY_ADOPT) {
    frame_adopt(physical);
    return physical;
  }
  u32 fresh = frame_take_zeroed(ZONE_NORMAL);
  if (!fresh) panic("import: no frame for a page table");
  return fresh;
}

static u32 take_table(u32 physical, u32 *pages) {
  u32 own = table_frame(physical);
  const pte_t *from = linear(physical);
  pte_t *to = linear(own);
  for (u32 i = table_next(from, 0); i < 1024; i = table_next(from, i + 1), ++*pages) {
    u32 page = takeover_frame(pte_physical(from[i]));
    if (to != from) to[i] = pte_of(page, from[i] & ENTRY_BITS);
  }
  return own;
}

u32 takeover_space(u32 root_physical, u32 *pages) {
  u32 own = table_frame(root_physical);
  const pte_t *from = linear(root_physical);
  pte_t *to = linear(own);
  for (u32 i = table_next(from, 0); i < USER_ENTRIES; i = table_next(from, i + 1)) {
    u32 table = take_table(pte_physical(from[i]), pages);
    if (to != from) to[i] = pte_of(table, from[i] & ENTRY_BITS);
  }
  if (to != from) pair(root_physical, own);
  space_use_kernel_half(own);
  return own;
}

u32 takeover_original(u32 physical) {
  u32 old = map.list && physical ? *map_word(physical) : 0;
  return old ? old : physical;
}

u32 takeover_current(u32 physical) {
  return log_under_way->memory_mode == MEMORY_COPY ? *map_word(physical) & -PAGE_SIZE : physical;
}

void takeover_end(void) {
  desk_value(MARK_FRAMES_COPIED, 0, copied);
  copied = 0;
  words_free(&map);
  log_under_way = NULL;
}
