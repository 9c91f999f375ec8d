// tmpfs: directories, whose pages are arrays of entries; paths; making, removing and renaming.
// tree_lock is held in all but the last step outwards.
#include "abi/syscall.h"
#include "larboard/inode.h"
#include "larboard/tree.h"
#include "shared/string.h"

#define ENTRIES_A_PAGE (PAGE_SIZE / sizeof(struct directory_entry))

static struct directory_entry *entry_at(struct inode *directory, u32 index) {
  u32 frame = inode_page(directory, index / ENTRIES_A_PAGE);
  return frame ? (struct directory_entry *)linear(frame) + index % ENTRIES_A_PAGE : NULL;
}

static u32 entry_slots(const struct inode *directory) {
  return directory->size / sizeof(struct directory_entry);
}

static struct directory_entry *find_entry(struct inode *directory, const char *name) {
  for (u32 i = 0; i < entry_slots(directory); i++) {
    struct directory_entry *e = entry_at(directory, i);
    if (e && e->inode && strcmp(e->name, name) == 0) return e;
  }
  return NULL;
}

// A free entry, in a further page when all are taken.
static struct directory_entry *free_entry(struct inode *directory) {
  u32 slots = entry_slots(directory);
  for (u32 i = 0; i < slots; i++) {
    if (!entry_at(directory, i)->inode) return entry_at(directory, i);
  }
  bool full = slots % ENTRIES_A_PAGE == 0; // every page there is
  if (full && !tree_make_page(directory, slots / ENTRIES_A_PAGE)) return NULL;
  directory->size += sizeof(struct directory_entry);
  return entry_at(directory, slots);
}

static bool is_empty(struct inode *directory) {
  for (u32 i = 0; i < entry_slots(directory); i++) {
    if (entry_at(directory, i)->inode) return false;
  }
  return true;
}

bool directory_next(struct inode *directory, u32 *position, struct directory_entry *entry) {
  bool found = false;
  lock(&tree_lock);
  while (!found && *position < entry_slots(directory)) {
    struct directory_entry *e = entry_at(directory, (*position)++);
    if (e->inode) *entry = *e, found = true;
  }
  unlock(&tree_lock);
  return found;
}

void tree_begin(void) {
  struct inode *root = tree_new_inode(S_IFDIR | 0755, 0);
  root->links = 1; // and a hold, for ever
  root->parent = root->number;
}

// One step of a path from `directory`; NULL when there is no such entry.
static struct inode *step(struct inode *directory, const char *name) {
  if (strcmp(name, ".") == 0) return directory;
  if (strcmp(name, "..") == 0) return inode_numbered(directory->parent);
  struct directory_entry *e = find_entry(directory, name);
  return e ? inode_numbered(e->inode) : NULL;
}

// Takes the next component off `*path`; its length, 0 at the end, or -ENAMETOOLONG.
static s32 next_component(const char **path, char name[HANDOVER_FILE_NAME_MAX]) {
  u32 n = 0;
  while (**path == '/') ++*path;
  for (; **path && **path != '/'; ++*path) {
    if (n + 1 == HANDOVER_FILE_NAME_MAX) return -ENAMETOOLONG;
    name[n++] = **path;
  }
  name[n] = 0;
  return (s32)n;
}

// Walks all of the path, or all but the last component when `last` is not NULL.
static s32 walk(struct inode *start, const char *path, char *last, struct inode **found) {
  char name[HANDOVER_FILE_NAME_MAX];
  struct inode *at = *path == '/' ? inode_numbered(ROOT_INODE) : start;
  s32 length = next_component(&path, name);
  if (last && length == 0) return -EEXIST; // the root has no parent to be named in
  while (length > 0) {
    if (!inode_is_directory(at)) return -ENOTDIR;
    const char *rest = path;
    while (*rest == '/') rest++;
    if (last && *rest == 0) {
      memcpy(last, name, sizeof name);
      break;
    }
    at = step(at, name);
    if (!at) return -ENOENT;
    length = next_component(&path, name);
  }
  if (length < 0) return length;
  *found = at;
  return 0;
}

s32 path_find(struct inode *start, const char *path, struct inode **found) {
  if (*path == 0) return -ENOENT;
  lock(&tree_lock);
  s32 error = walk(start, path, NULL, found);
  if (!error) (*found)->holds++;
  unlock(&tree_lock);
  return error;
}

s32 path_parent(struct inode *start, const char *path, struct inode **directory, char *name) {
  if (*path == 0) return -ENOENT;
  lock(&tree_lock);
  s32 error = walk(start, path, name, directory);
  if (!error && !inode_is_directory(*directory)) error = -ENOTDIR;
  if (!error) (*directory)->holds++;
  unlock(&tree_lock);
  return error;
}

static void name_entry(struct directory_entry *e, struct inode *i, const char *name) {
  e->inode = i->number;
  memset(e->name, 0, sizeof e->name);
  string_copy(e->name, name, sizeof e->name);
}

static s32 create(struct inode *directory, const char *name, u32 mode, u32 device,
                  struct inode **created) {
  if (find_entry(directory, name) || !strcmp(name, ".") || !strcmp(name, "..")) return -EEXIST;
  if (!directory->links) return -ENOENT; // removed while somebody's working directory
  struct inode *i = tree_new_inode(mode, device);
  struct directory_entry *e = i ? free_entry(directory) : NULL;
  if (!e) {
    if (i) tree_unhold(i);
    return -ENOSPC;
  }
  i->links = 1;
  i->parent = directory->number;
  name_entry(e, i, name);
  *created = i;
  return 0;
}

s32 inode_create(struct inode *directory, const char *name, u32 mode, u32 device,
                 struct inode **created) {
  lock(&tree_lock);
  s32 error = create(directory, name, mode, device, created);
  unlock(&tree_lock);
  return error;
}

// Frees an entry; those at the end go, so that an emptied directory holds no page.
static void remove_entry(struct inode *directory, struct directory_entry *e) {
  e->inode = 0;
  while (directory->size && !entry_at(directory, entry_slots(directory) - 1)->inode) {
    directory->size -= sizeof(struct directory_entry);
  }
  tree_drop_pages(directory, (directory->size + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

static s32 unlink_entry(struct inode *directory, const char *name, bool remove_directory) {
  struct directory_entry *e = find_entry(directory, name);
  struct inode *i = e ? inode_numbered(e->inode) : NULL;
  if (!i) return -ENOENT;
  if (remove_directory && !inode_is_directory(i)) return -ENOTDIR;
  if (!remove_directory && inode_is_directory(i)) return -EISDIR;
  if (remove_directory && !is_empty(i)) return -ENOTEMPTY;
  remove_entry(directory, e);
  i->links--;
  tree_free_if_unused(i);
  return 0;
}

s32 inode_unlink(struct inode *directory, const char *name, bool remove_directory) {
  lock(&tree_lock);
  s32 error = unlink_entry(directory, name, remove_directory);
  unlock(&tree_lock);
  return error;
}

static bool is_dots(const char *name) { return !strcmp(name, ".") || !strcmp(name, ".."); }

// Whether `directory` is i or lies below it.
static bool is_below(struct inode *directory, const struct inode *i) {
  for (struct inode *at = directory; at; at = inode_numbered(at->parent)) {
    if (at == i) return true;
    if (at->parent == at->number) break;
  }
  return false;
}

// Whether i may take the name of `old`, which may not exist.
static s32 check_replace(struct inode *i, struct inode *old) {
  if (!old) return 0;
  if (inode_is_directory(i) && !inode_is_directory(old)) return -ENOTDIR;
  if (!inode_is_directory(i) && inode_is_directory(old)) return -EISDIR;
  return inode_is_directory(old) && !is_empty(old) ? -ENOTEMPTY : 0;
}

static s32 rename_entry(struct inode *from, const char *from_name, struct inode *to,
                        const char *to_name) {
  if (is_dots(from_name) || is_dots(to_name)) return -EBUSY;
  struct directory_entry *source = find_entry(from, from_name), *e = find_entry(to, to_name);
  struct inode *i = source ? inode_numbered(source->inode) : NULL;
  struct inode *old = e ? inode_numbered(e->inode) : NULL;
  if (!i || !to->links) return -ENOENT;
  if (i == old) return 0;
  if (inode_is_directory(i) && is_below(to, i)) return -EINVAL;
  if (old && is_below(from, old)) return -ENOTEMPTY;
  s32 error = check_replace(i, old);
  if (error) return error;
  if (!e) e = free_entry(to);
  if (!e) return -ENOSPC;
  name_entry(e, i, to_name);
  remove_entry(from, source);
  if (inode_is_directory(i)) i->parent = to->number;
  if (old) {
    old->links--;
    tree_free_if_unused(old);
  }
  return 0;
}

s32 inode_rename(struct inode *from, const char *from_name, struct inode *to,
                 const char *to_name) {
  lock(&tree_lock);
  s32 error = rename_entry(from, from_name, to, to_name);
  unlock(&tree_lock);
  return error;
}

static const char *name_in_parent(struct inode *parent, u32 number) {
  for (u32 i = 0; i < entry_slots(parent); i++) {
    struct directory_entry *e = entry_at(parent, i);
    if (e->inode == number) return e->name;
  }
  return NULL;
}

s32 path_of(struct inode *directory, char *buffer, u32 size) {
  char *at = buffer + size - 1;
  s32 result = -ERANGE;
  *at = 0;
  lock(&tree_lock);
  for (struct inode *i = directory;; i = inode_numbered(i->parent)) {
    if (i->number == ROOT_INODE) {
      if (!*at && at > buffer) *--at = '/';
      result = (s32)(buffer + size - 1 - at);
      break;
    }
    struct inode *parent = inode_numbered(i->parent);
    const char *name = parent ? name_in_parent(parent, i->number) : NULL;
    u32 n = name ? strlen(name) : 0;
    if (!name) result = -ENOENT;
    if (!name || (u32)(at - buffer) < n + 1) break;
    at -= n;
    memcpy(at, name, n);
    *--at = '/';
  }
  unlock(&tree_lock);
  if (result >= 0) memmove(buffer, at, (u32)result + 1);
  return result;
}

// --- Import: runs alone, before any process does.

bool directory_import_entry(struct inode *directory, const struct record_entry *r) {
  struct directory_entry *e = free_entry(directory);
  struct inode *child = inode_numbered(r->inode);
  if (!e || !child) return false;
  e->inode = r->inode;
  memcpy(e->name, r->name, sizeof e->name);
  if (inode_is_directory(child)) child->parent = directory->number;
  return true;
}
