// A radix tree from page numbers to frames: nodes of 64 slots, as high as the largest page number
// needs. Nodes that become empty are freed at once.
#ifndef STARBOARD_RADIX_H
#define STARBOARD_RADIX_H
#include "frame.h"

struct radix_node;
struct radix_tree {
  struct radix_node *root;
  u32 height; // levels below the root pointer; 0: empty
};

u32 radix_find(const struct radix_tree *tree, u32 index); // a frame, or NO_FRAME
bool radix_add(struct radix_tree *tree, u32 index, u32 frame); // false: no memory
u32 radix_remove(struct radix_tree *tree, u32 index);     // the frame that was there
u32 radix_next(const struct radix_tree *tree, u32 *index); // the first at or after *index
u32 radix_node_bytes(void);
#endif
