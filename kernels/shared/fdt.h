// Reads a flattened device tree (Devicetree Specification 0.4, chapter 5) that lies in mapped
// memory. Nothing is allocated; a malformed tree reads as one that lacks what was asked for.
#ifndef SHARED_FDT_H
#define SHARED_FDT_H
#include "shared/types.h"

#define FDT_MAGIC 0xd00dfeed

struct fdt {
  const u8 *base;
  u32 size;
};
struct fdt_property {
  const u8 *data; // big-endian cells, not aligned for 64 bits
  u32 length;
};

static inline u32 fdt_cell(const u8 *p) {
  return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}
// Checks the header: magic, version, sizes within `limit` bytes.
bool fdt_open(struct fdt *tree, const void *base, u32 limit);

// Calls `visit` for every node, in order, with its depth (root 0) and name. Stops when it returns
// false. `node` is good for fdt_get below.
typedef bool (*fdt_visitor)(const struct fdt *tree, u32 node, u32 depth, const char *name,
                            void *context);
void fdt_visit(const struct fdt *tree, fdt_visitor visit, void *context);
// A property of a node; false when it has none of that name.
bool fdt_get(const struct fdt *tree, u32 node, const char *name, struct fdt_property *property);
// Puts a number into a property of one or two cells that the node has. False: it has none.
bool fdt_put_cell(struct fdt *tree, u32 node, const char *name, u32 value);
// Whether the node's `compatible` list has `name`.
bool fdt_is_compatible(const struct fdt *tree, u32 node, const char *name);
// The node at an absolute path such as "/chosen" (names without unit address match too), or 0.
u32 fdt_find(const struct fdt *tree, const char *path);
#endif
