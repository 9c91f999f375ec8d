// Reads two facts out of the flattened device tree (Devicetree Specification 0.4, 5): which harts
// exist (nodes cpu@ID) and where memory is (reg of memory@...). One pass over the structure block,
// bounded by its length; a tree that makes no sense leaves the defaults of boot.c.
#include "abi/machine.h"
#include "firmware/firmware.h"

#define TREE_MAGIC 0xd00dfeed
#define BEGIN_NODE 1
#define END_NODE 2
#define PROPERTY 3
#define NOP 4

static uint32_t big_endian(const uint32_t *word) {
  return __builtin_bswap32(*word);
}

static int starts_with(const char *text, const char *start) {
  while (*start)
    if (*text++ != *start++) return 0;
  return 1;
}

// Number after the '@' of a node's name.
static uint32_t unit_address(const char *name) {
  uint32_t value = 0;
  while (*name != '@') name++;
  for (name++; *name; name++) {
    uint32_t digit = (uint32_t)(*name <= '9' ? *name - '0' : (*name | 32) - 'a' + 10);
    if (digit > 15) break;
    value = value * 16 + digit;
  }
  return value;
}

static void add_hart(uint32_t hart) {
  if (hart >= HARTS_MAX) return;
  harts[hart].present = 1;
  if (hart >= hart_count) hart_count = hart + 1;
}

// reg is <address size>, of one cell each or two.
static void set_memory(const uint32_t *cells, uint32_t bytes) {
  if (bytes < 8) return;
  uint32_t wide = bytes >= 16;
  uint32_t size = big_endian(cells + (wide ? 3 : 1));
  ram_start = big_endian(cells + (wide ? 1 : 0));
  ram_last = size - 1 > ~ram_start ? ~0u : ram_start + size - 1;
}

// Reads the tree at boot; see above.
void tree_read(const void *tree) {
  const uint32_t *header = tree;
  if (!header || big_endian(header) != TREE_MAGIC) return;
  const char *strings = (const char *)tree + big_endian(header + 3);
  const uint32_t *word = (const uint32_t *)((const char *)tree + big_endian(header + 2));
  const uint32_t *end = word + big_endian(header + 9) / 4;
  int in_memory = 0;
  while (word < end) {
    uint32_t token = big_endian(word++);
    if (token == BEGIN_NODE) {
      const char *name = (const char *)word;
      uint32_t length = 0;
      while (name[length]) length++;
      word += length / 4 + 1;
      in_memory = starts_with(name, "memory@");
      if (starts_with(name, "cpu@")) add_hart(unit_address(name));
    } else if (token == PROPERTY) {
      uint32_t bytes = big_endian(word);
      const char *name = strings + big_endian(word + 1);
      if (in_memory && starts_with(name, "reg")) set_memory(word + 2, bytes);
      word += 2 + (bytes + 3) / 4;
    } else if (token == END_NODE) {
      in_memory = 0;
    } else if (token != NOP) {
      return;
    }
  }
}
