// The intrusive binary heap: see binary_heap.h. A node moves up by changing places with its
// parent, which changes pointers and not contents.
#include "binary_heap.h"

// Where the pointer to the n-th node (counted from 1) is kept, and its parent.
static struct heap_node **slot_of(const struct binary_heap *heap, u32 n,
                                  struct heap_node **parent) {
  struct heap_node **slot = (struct heap_node **)&heap->root;
  *parent = NULL;
  for (u32 bit = 31 - (u32)__builtin_clz(n); bit-- > 0;) {
    *parent = *slot;
    slot = n >> bit & 1 ? &(*slot)->right : &(*slot)->left;
  }
  return slot;
}

static struct heap_node **slot_in_parent(struct binary_heap *heap, struct heap_node *node) {
  if (!node->parent) return &heap->root;
  return node->parent->left == node ? &node->parent->left : &node->parent->right;
}

static void adopt_children(struct heap_node *node) {
  if (node->left) node->left->parent = node;
  if (node->right) node->right->parent = node;
}

// Exchanges `child` and its parent.
static void rise(struct binary_heap *heap, struct heap_node *child) {
  struct heap_node *parent = child->parent, old = *child;
  *slot_in_parent(heap, parent) = child;
  *child = *parent;
  if (child->left == child) child->left = parent;
  else child->right = parent;
  *parent = old;
  adopt_children(child);
  adopt_children(parent);
}

static void sift_up(struct binary_heap *heap, struct heap_node *node) {
  while (node->parent && heap->before(node, node->parent)) rise(heap, node);
}

static void sift_down(struct binary_heap *heap, struct heap_node *node) {
  for (;;) {
    struct heap_node *least = node;
    if (node->left && heap->before(node->left, least)) least = node->left;
    if (node->right && heap->before(node->right, least)) least = node->right;
    if (least == node) return;
    rise(heap, least);
  }
}

void binary_heap_add(struct binary_heap *heap, struct heap_node *node) {
  struct heap_node *parent, **slot = slot_of(heap, ++heap->count, &parent);
  node->left = node->right = NULL;
  node->parent = parent;
  *slot = node;
  sift_up(heap, node);
}

void binary_heap_remove(struct binary_heap *heap, struct heap_node *node) {
  struct heap_node *parent, **slot = slot_of(heap, heap->count--, &parent), *last = *slot;
  *slot = NULL;
  if (last == node) return;
  *last = *node; // the last one takes its place, and finds its own from there
  *slot_in_parent(heap, node) = last;
  adopt_children(last);
  sift_up(heap, last);
  sift_down(heap, last);
}

struct heap_node *binary_heap_last(const struct binary_heap *heap) {
  struct heap_node *parent;
  return heap->count ? *slot_of(heap, heap->count, &parent) : NULL;
}
