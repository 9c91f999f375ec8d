// A pointer chase through 8 MiB of pages in no order: one cycle through all lines of 64 bytes, in
// random order (Sattolo), so that nearly every load is on another page. ROUNDS is given by the
// build: how often it goes around.
#include "paged.h"

enum { NODES = BUFFER_BYTES / 64 };

struct node {
  struct node *next;
  u32 pad[15];
};

static struct node *const nodes = (struct node *)BUFFER;

static void link_nodes(void) {
  unsigned long long seed = 1;
  for (u32 i = 0; i < NODES; i++) nodes[i].next = &nodes[i];
  for (u32 i = NODES - 1; i > 0; i--) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    u32 j = (u32)(seed >> 33) % i;
    struct node *other = nodes[j].next;
    nodes[j].next = nodes[i].next;
    nodes[i].next = other;
  }
}

u32 main(void) {
  link_nodes();
  struct node *volatile start = nodes;
  struct node *at = start;
  for (u32 round = 0; round < ROUNDS; round++) {
    for (u32 i = 0; i < NODES; i++) at = at->next;
    if (at != nodes) return 2;
  }
  return 0;
}
