// Memory of the table; see store.h. A block of at most SMALL_MAX bytes is a slot in a page of slots
// of its size. A slot begins with its distance from the page's start, which leads back to the page
// when it is returned: both take a few steps, however many blocks there are. A page of which no
// slot is taken goes back to the heap.
#include "store.h"

#include "pattern.h"

#define SLOT_UNIT 8u
#define CLASSES 32u // of slots: so many units, less one
#define SMALL_MAX (CLASSES * SLOT_UNIT - (uint32_t)sizeof(uint32_t))
#define SLOTS_PAGE_BYTES (PAGE_BYTES - 16) // with the heap's header a whole page

struct slot {
  uint32_t distance;
  struct slot *next; // only while free; what is stored begins here, at a multiple of SLOT_UNIT
};

struct page {
  struct page *next, *previous; // with free slots of the same size
  struct slot *free;
  uint16_t used, class; // so many slots, of this size
  uint32_t fresh; // from here on no slot was ever taken
  char slots[];
};
_Static_assert(sizeof(struct page) % SLOT_UNIT == SLOT_UNIT / 2, "what slots hold is aligned");

struct budget store_budget;
uint32_t store_held, store_checksum;
static struct page *pages[CLASSES]; // those that have a free slot

static uint32_t class_of(uint32_t bytes) {
  return (bytes + (uint32_t)sizeof(uint32_t) - 1) / SLOT_UNIT;
}

static uint32_t slot_bytes(uint32_t class) {
  return (class + 1) * SLOT_UNIT;
}

static int is_full(const struct page *page) {
  return !page->free && page->fresh + slot_bytes(page->class) > SLOTS_PAGE_BYTES;
}

static void link_page(struct page *page) {
  struct page **first = &pages[page->class];
  page->previous = 0;
  page->next = *first;
  if (*first) (*first)->previous = page;
  *first = page;
}

static void unlink_page(struct page *page) {
  if (page->next) page->next->previous = page->previous;
  if (page->previous) page->previous->next = page->next;
  else pages[page->class] = page->next;
}

static struct page *make_page(uint32_t class) {
  struct page *page = budget_take(&store_budget, SLOTS_PAGE_BYTES);
  if (!page) return 0;
  *page = (struct page){.class = (uint16_t)class, .fresh = sizeof *page};
  link_page(page);
  return page;
}

static void *take_slot(uint32_t class) {
  struct page *page = pages[class] ? pages[class] : make_page(class);
  if (!page) return 0;
  struct slot *slot = page->free;
  if (slot) {
    page->free = slot->next;
  } else {
    slot = (struct slot *)((char *)page + page->fresh);
    slot->distance = page->fresh;
    page->fresh += slot_bytes(class);
  }
  page->used++;
  if (is_full(page)) unlink_page(page);
  return &slot->next;
}

static void return_slot(void *memory) {
  struct slot *slot = (struct slot *)((char *)memory - sizeof slot->distance);
  struct page *page = (struct page *)((char *)slot - slot->distance);
  if (is_full(page)) link_page(page);
  slot->next = page->free;
  page->free = slot;
  if (--page->used > 0) return;
  unlink_page(page);
  budget_return(&store_budget, page, SLOTS_PAGE_BYTES);
}

uint32_t store_cost(uint32_t bytes) {
  return bytes > SMALL_MAX ? budget_cost(bytes) : slot_bytes(class_of(bytes));
}

void *store_take(uint32_t bytes) {
  void *memory =
    bytes > SMALL_MAX ? budget_take(&store_budget, bytes) : take_slot(class_of(bytes));
  if (memory) store_held += store_cost(bytes);
  return memory;
}

void store_return(void *memory, uint32_t bytes) {
  if (!memory) return;
  store_held -= store_cost(bytes);
  if (bytes > SMALL_MAX) budget_return(&store_budget, memory, bytes);
  else return_slot(memory);
}

// Pages hold an eighth less than their bytes, at the worst, and one of each size may be new.
void store_note(struct store_need *need, uint32_t bytes) {
  uint32_t cost = store_cost(bytes);
  need->bytes += bytes > SMALL_MAX ? cost : cost + cost / 7 + 1;
  if (bytes > SMALL_MAX || need->classes >> class_of(bytes) & 1) return;
  need->classes |= 1u << class_of(bytes);
  if (!pages[class_of(bytes)]) need->bytes += PAGE_BYTES;
}

int store_has(const struct store_need *need) {
  return need->bytes <= store_budget.limit - store_budget.used;
}

uint32_t hash_of(struct span bytes) { // FNV-1a, and a mix for the low bits
  uint32_t hash = 2166136261u;
  for (uint32_t i = 0; i < bytes.count; i++) hash = (hash ^ (uint8_t)bytes.at[i]) * 16777619u;
  return mix32(hash);
}
