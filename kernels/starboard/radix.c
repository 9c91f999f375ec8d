// The radix tree: see radix.h. A slot of the lowest level holds a frame's number plus 1, one of a
// higher level a node; 0 is empty in both.
#include "radix.h"

#define BITS 6
#define SLOTS (1u << BITS)
#define HEIGHT_MAX 6 // covers 32 bits

struct radix_node {
  u32 used;
  u32 slots[SLOTS]; // frame + 1, or struct radix_node *
};

u32 radix_node_bytes(void) { return sizeof(struct radix_node); }

static bool is_covered(const struct radix_tree *tree, u32 index) {
  return tree->height * BITS >= 32 || index >> tree->height * BITS == 0;
}

static u32 slot_at(u32 index, u32 level) { return index >> level * BITS & (SLOTS - 1); }

u32 radix_find(const struct radix_tree *tree, u32 index) {
  const struct radix_node *node = tree->root;
  if (!node || !is_covered(tree, index)) return NO_FRAME;
  for (u32 level = tree->height - 1; level > 0; level--) {
    node = (const struct radix_node *)node->slots[slot_at(index, level)];
    if (!node) return NO_FRAME;
  }
  return node->slots[slot_at(index, 0)] - 1;
}

// Adds levels on top until the tree covers `index`.
static bool grow(struct radix_tree *tree, u32 index) {
  while (!tree->root || !is_covered(tree, index)) {
    struct radix_node *top = heap_allocate(sizeof *top);
    if (!top) return false;
    if (tree->root) {
      top->slots[0] = (u32)tree->root;
      top->used = 1;
    }
    tree->root = top;
    tree->height++;
  }
  return true;
}

// Removes the path to `index` as far as it is empty. Returns whether `node` is to go too.
static bool prune(struct radix_node *node, u32 level, u32 index) {
  u32 *slot = &node->slots[slot_at(index, level)];
  if (level > 0 && *slot && prune((struct radix_node *)*slot, level - 1, index)) {
    *slot = 0;
    node->used--;
  }
  if (node->used) return false;
  heap_free(node);
  return true;
}

static void prune_tree(struct radix_tree *tree, u32 index) {
  if (!tree->root || !is_covered(tree, index)) return;
  if (!prune(tree->root, tree->height - 1, index)) return;
  tree->root = NULL;
  tree->height = 0;
}

bool radix_add(struct radix_tree *tree, u32 index, u32 frame) {
  if (!grow(tree, index)) {
    prune_tree(tree, 0); // levels that were just added to nothing
    return false;
  }
  struct radix_node *node = tree->root;
  for (u32 level = tree->height - 1; level > 0; level--) {
    u32 *slot = &node->slots[slot_at(index, level)];
    if (!*slot) {
      *slot = (u32)heap_allocate(sizeof *node);
      if (!*slot) {
        prune_tree(tree, index);
        return false;
      }
      node->used++;
    }
    node = (struct radix_node *)*slot;
  }
  u32 *slot = &node->slots[slot_at(index, 0)];
  if (!*slot) node->used++;
  *slot = frame + 1;
  return true;
}

u32 radix_remove(struct radix_tree *tree, u32 index) {
  u32 frame = radix_find(tree, index);
  if (frame == NO_FRAME) return NO_FRAME;
  struct radix_node *node = tree->root;
  for (u32 level = tree->height - 1; level > 0; level--) {
    node = (struct radix_node *)node->slots[slot_at(index, level)];
  }
  node->slots[slot_at(index, 0)] = 0;
  node->used--;
  prune_tree(tree, index);
  return frame;
}

static u32 next_in(const struct radix_node *node, u32 level, u32 *index) {
  for (u32 i = slot_at(*index, level); i < SLOTS; i++) {
    u32 slot = node->slots[i];
    if (slot && level == 0) return slot - 1;
    if (slot) {
      u32 frame = next_in((const struct radix_node *)slot, level - 1, index);
      if (frame != NO_FRAME) return frame;
    } else {
      *index = ((*index >> level * BITS) + 1) << level * BITS; // to the next slot's first page
    }
  }
  return NO_FRAME;
}

u32 radix_next(const struct radix_tree *tree, u32 *index) {
  if (!tree->root || !is_covered(tree, *index)) return NO_FRAME;
  return next_in(tree->root, tree->height - 1, index);
}
