// The order of members; see ranks.h: a treap, which is a binary tree ordered by scores and names
// and, from the root down, by priorities. A member's priority is made from its hash, so the tree's
// shape depends on nothing but its members, and it is as deep as a random tree. Each knows how many
// are below it, so that the member at an index is found on one way down.
#include "ranks.h"

#include "pattern.h"

static uint32_t priority_of(const struct member *member) {
  return mix32(member->hash ^ 0x9e3779b9u);
}

static int is_before(struct member *left, struct member *right) {
  int64_t score = rank_of(left)->score, other = rank_of(right)->score;
  if (score != other) return score < other;
  struct span name = name_of(left), than = name_of(right);
  int order = memcmp(name.at, than.at, name.count < than.count ? name.count : than.count);
  return order ? order < 0 : name.count < than.count;
}

static uint32_t size_of(struct member *root) {
  return root ? rank_of(root)->size : 0;
}

static struct member *with_size(struct member *root) {
  struct rank *rank = rank_of(root);
  rank->size = 1 + size_of(rank->left) + size_of(rank->right);
  return root;
}

// Parts a tree into what is before the member and what is not.
static void split(struct member *root, struct member *member, struct member **before,
                  struct member **after) {
  if (!root) {
    *before = *after = 0;
  } else if (is_before(root, member)) {
    split(rank_of(root)->right, member, &rank_of(root)->right, after);
    *before = with_size(root);
  } else {
    split(rank_of(root)->left, member, before, &rank_of(root)->left);
    *after = with_size(root);
  }
}

// One tree of two, of which all of the first is before all of the second.
static struct member *merge(struct member *before, struct member *after) {
  if (!before || !after) return before ? before : after;
  if (priority_of(before) > priority_of(after)) {
    rank_of(before)->right = merge(rank_of(before)->right, after);
    return with_size(before);
  }
  rank_of(after)->left = merge(before, rank_of(after)->left);
  return with_size(after);
}

static struct member *insert(struct member *root, struct member *member) {
  struct rank *rank = rank_of(member);
  if (!root || priority_of(member) > priority_of(root)) {
    split(root, member, &rank->left, &rank->right);
    return with_size(member);
  }
  struct rank *above = rank_of(root);
  if (is_before(member, root)) above->left = insert(above->left, member);
  else above->right = insert(above->right, member);
  return with_size(root);
}

static struct member *take_out(struct member *root, struct member *member) {
  struct rank *rank = rank_of(root);
  if (root == member) return merge(rank->left, rank->right);
  if (is_before(member, root)) rank->left = take_out(rank->left, member);
  else rank->right = take_out(rank->right, member);
  return with_size(root);
}

int ranks_put(struct members *members, struct span name, int64_t score) {
  struct rank rank = {.score = score};
  struct member *member = members_find(members, name);
  int is_new = !member;
  if (member) {
    if (rank_of(member)->score == score) return 0;
    members->root = take_out(members->root, member);
    store_checksum -= member_sum(members, member);
    rank_of(member)->score = score;
    store_checksum += member_sum(members, member);
  } else {
    if (members_put(members, name, (struct span){(char *)&rank, sizeof rank}) < 0) return -1;
    member = members_find(members, name);
  }
  members->root = insert(members->root, member);
  return is_new;
}

void ranks_remove(struct members *members, struct member *member) {
  members->root = take_out(members->root, member);
  members_remove(members, member);
}

struct member *ranks_at(const struct members *members, uint32_t index) {
  struct member *root = members->root;
  for (;;) {
    uint32_t before = size_of(rank_of(root)->left);
    if (index == before) return root;
    root = index < before ? rank_of(root)->left : rank_of(root)->right;
    if (index > before) index -= before + 1;
  }
}

// Goes through a tree in order, and counts.
static const char *check(struct member *root, struct member **last, uint32_t *count) {
  if (!root) return 0;
  const char *fault = check(rank_of(root)->left, last, count);
  if (fault) return fault;
  if (*last && !is_before(*last, root)) return "the order of a sorted set";
  *last = root;
  ++*count;
  if (rank_of(root)->size != 1 + size_of(rank_of(root)->left) + size_of(rank_of(root)->right))
    return "the size of a part of a sorted set";
  return check(rank_of(root)->right, last, count);
}

const char *ranks_fault(const struct members *members) {
  struct member *last = 0;
  uint32_t count = 0;
  const char *fault = check(members->root, &last, &count);
  if (fault) return fault;
  return count != members->count ? "the count of a sorted set" : 0;
}
