// Device tree reader: one pass over the structure block, every step checked against its end.
#include "shared/fdt.h"

#include "shared/string.h"

enum { BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, NOP = 4 };

static u32 header(const struct fdt *t, u32 word) { return fdt_cell(t->base + 4 * word); }
static u32 structure_start(const struct fdt *t) { return header(t, 2); }
static u32 structure_end(const struct fdt *t) { return header(t, 2) + header(t, 9); }

bool fdt_open(struct fdt *tree, const void *base, u32 limit) {
  tree->base = base;
  tree->size = 0;
  if (limit < 40 || header(tree, 0) != FDT_MAGIC) return false;
  u32 total = header(tree, 1), start = header(tree, 2), strings = header(tree, 3);
  if (total > limit || start > total || header(tree, 9) > total - start) return false;
  if (strings > total || header(tree, 8) > total - strings || header(tree, 5) < 16) return false;
  tree->size = total;
  return true;
}

// Length of the NUL-terminated text at `at`, or `end - at` when it does not end there.
static u32 text_length(const struct fdt *t, u32 at, u32 end) {
  u32 n = 0;
  while (at + n < end && t->base[at + n]) n++;
  return n;
}

// The token at `at`, and where the next one is (0 at the end or when malformed).
static u32 token(const struct fdt *t, u32 at, u32 *next) {
  u32 end = structure_end(t);
  *next = 0;
  if (at + 4 > end) return 0;
  u32 kind = fdt_cell(t->base + at);
  if (kind == BEGIN_NODE) {
    *next = ROUND_UP(at + 4 + text_length(t, at + 4, end) + 1, 4);
  } else if (kind == PROPERTY) {
    if (at + 12 > end || fdt_cell(t->base + at + 4) > end - at - 12) return 0;
    *next = ROUND_UP(at + 12 + fdt_cell(t->base + at + 4), 4);
  } else if (kind == END_NODE || kind == NOP) {
    *next = at + 4;
  } else {
    return 0;
  }
  if (*next > end) return *next = 0;
  return kind;
}

void fdt_visit(const struct fdt *tree, fdt_visitor visit, void *context) {
  u32 depth = 0, next;
  for (u32 at = structure_start(tree);; at = next) {
    u32 kind = token(tree, at, &next);
    if (kind == 0) return;
    if (kind == BEGIN_NODE) {
      if (!visit(tree, at, depth, (const char *)tree->base + at + 4, context)) return;
      depth++;
    } else if (kind == END_NODE) {
      if (--depth == 0) return;
    }
  }
}

bool fdt_get(const struct fdt *tree, u32 node, const char *name, struct fdt_property *property) {
  u32 next;
  if (token(tree, node, &next) != BEGIN_NODE) return false;
  for (u32 at = next;; at = next) {
    u32 kind = token(tree, at, &next);
    if (kind == NOP) continue;
    if (kind != PROPERTY) return false;
    u32 name_at = fdt_cell(tree->base + at + 8);
    if (name_at >= header(tree, 8)) return false;
    const char *found = (const char *)tree->base + header(tree, 3) + name_at;
    if (strncmp(found, name, header(tree, 8) - name_at) == 0) {
      property->data = tree->base + at + 12;
      property->length = fdt_cell(tree->base + at + 4);
      return true;
    }
  }
}

bool fdt_put_cell(struct fdt *tree, u32 node, const char *name, u32 value) {
  struct fdt_property p;
  if (!fdt_get(tree, node, name, &p) || (p.length != 4 && p.length != 8)) return false;
  u8 *cell = (u8 *)p.data;
  if (p.length == 8) memset(cell, 0, 4);
  cell += p.length - 4;
  for (u32 i = 0; i < 4; i++) cell[i] = (u8)(value >> (24 - 8 * i));
  return true;
}

bool fdt_is_compatible(const struct fdt *tree, u32 node, const char *name) {
  struct fdt_property list;
  if (!fdt_get(tree, node, "compatible", &list)) return false;
  u32 length = strlen(name);
  for (u32 at = 0; at < list.length;) {
    u32 n = 0;
    while (at + n < list.length && list.data[at + n]) n++;
    if (n == length && memcmp(list.data + at, name, n) == 0) return true;
    at += n + 1;
  }
  return false;
}

struct search {
  const char *rest; // what is left of the path, without the leading slash
  u32 depth;        // of the component that `rest` starts with
  u32 found;
};

static bool match_component(const struct fdt *t, u32 node, u32 depth, const char *name, void *c) {
  (void)t;
  struct search *s = c;
  if (depth == 0) return true;
  if (depth < s->depth) return false; // left the matched parent
  if (depth > s->depth) return true;
  u32 n = 0;
  while (s->rest[n] && s->rest[n] != '/') n++;
  if (strncmp(name, s->rest, n) != 0 || (name[n] != 0 && name[n] != '@')) return true;
  s->rest += n;
  if (*s->rest == 0) {
    s->found = node;
    return false;
  }
  s->rest++, s->depth++;
  return true;
}

u32 fdt_find(const struct fdt *tree, const char *path) {
  struct search s = {path + 1, 1, 0};
  fdt_visit(tree, match_component, &s);
  return s.found;
}
