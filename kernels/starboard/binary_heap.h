// A binary heap of nodes that are parts of larger structures: nothing is allocated, so adding
// cannot fail. The tree is complete; the path to the n-th node is n's binary digits from the top.
#ifndef STARBOARD_BINARY_HEAP_H
#define STARBOARD_BINARY_HEAP_H
#include "shared/types.h"

struct heap_node {
  struct heap_node *left, *right, *parent;
};
struct binary_heap {
  struct heap_node *root;
  u32 count;
  bool (*before)(const struct heap_node *a, const struct heap_node *b);
};

void binary_heap_add(struct binary_heap *heap, struct heap_node *node);
// `node` must be in the heap.
void binary_heap_remove(struct binary_heap *heap, struct heap_node *node);
// The node at the end of the tree: one of the last half.
struct heap_node *binary_heap_last(const struct binary_heap *heap);
#endif
