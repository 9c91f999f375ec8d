// Directories of tmpfs, whose pages are arrays of entries: an entry's position in listings is its
// place there. Paths, also through romfs; making, removing and renaming.
#include "abi/syscall.h"
#include "larboard/inode.h"
#include "larboard/romfs.h"
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

s32 directory_next(struct inode *directory, u32 *position, struct directory_entry *entry,
                   u32 *mode) {
  if (inode_is_romfs(directory)) return romfs_next(directory, position, entry, mode);
  s32 found = 0;
  lock(&tree_lock);
  *position = MAX(*position, ENTRY_POSITION_FIRST);
  while (!found && *position - ENTRY_POSITION_FIRST < entry_slots(directory)) {
    struct directory_entry *e = entry_at(directory, (*position)++ - ENTRY_POSITION_FIRST);
    struct inode *i = inode_numbered(e->inode);
    if (!i) continue;
    *entry = *e;
    *mode = i->mode;
    found = 1;
  }
  unlock(&tree_lock);
  return found;
}

void tree_begin(void) {
  struct inode *root = tree_new_inode(S_IFDIR | 0755, 0);
  root->links = 1; // and a hold, for ever
  root->parent = root->number;
}

// One step of a path from a directory of tmpfs; NULL when there is no such entry. tree_lock held.
static struct inode *tree_step(struct inode *directory, const char *name) {
  if (strcmp(name, ".") == 0) return directory;
  if (strcmp(name, "..") == 0) return inode_numbered(directory->parent);
  struct directory_entry *e = find_entry(directory, name);
  return e ? romfs_cover(inode_numbered(e->inode)) : NULL;
}

// One step, to an inode that is held.
static s32 step(struct inode *directory, const char *name, struct inode **found) {
  lock(&tree_lock);
  bool up = strcmp(name, "..") == 0;
  struct inode *from = up ? romfs_uncover(directory) : directory;
  bool on_disk = inode_is_romfs(from);
  *found = on_disk ? NULL : tree_step(from, name);
  if (*found) (*found)->holds++;
  unlock(&tree_lock);
  if (on_disk) return romfs_find(from, name, found);
  return *found ? 0 : -ENOENT;
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

// Walks all of the path, or all but the last component when `last` is not NULL. *at is held, and
// replaced by what is found, also on an error.
static s32 walk(struct inode **at, const char *path, char *last) {
  char name[HANDOVER_FILE_NAME_MAX];
  s32 length = next_component(&path, name);
  if (last && length == 0) return -EEXIST; // the root has no parent to be named in
  while (length > 0) {
    struct inode *next;
    if (!inode_is_directory(*at)) return -ENOTDIR;
    const char *rest = path;
    while (*rest == '/') rest++;
    if (last && *rest == 0) {
      memcpy(last, name, sizeof name);
      break;
    }
    s32 error = step(*at, name, &next);
    if (error) return error;
    inode_release(*at);
    *at = next;
    length = next_component(&path, name);
  }
  return MIN(length, 0);
}

// The same from `start`, or the root.
static s32 find_path(struct inode *start, const char *path, char *last, struct inode **found) {
  if (*path == 0) return -ENOENT;
  *found = *path == '/' ? inode_numbered(ROOT_INODE) : start;
  inode_hold(*found);
  s32 error = walk(found, path, last);
  if (!error && last && !inode_is_directory(*found)) error = -ENOTDIR;
  if (error) inode_release(*found);
  return error;
}

s32 path_find(struct inode *start, const char *path, struct inode **found) {
  return find_path(start, path, NULL, found);
}

s32 path_parent(struct inode *start, const char *path, struct inode **directory, char *name) {
  return find_path(start, path, name, directory);
}

static void name_entry(struct directory_entry *e, struct inode *i, const char *name) {
  e->inode = i->number;
  memset(e->name, 0, sizeof e->name);
  string_copy(e->name, name, sizeof e->name);
}

static s32 create(struct inode *directory, const char *name, u32 mode, u32 device,
                  struct inode **created) {
  if (find_entry(directory, name) || name_is_dots(name)) return -EEXIST;
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
  if (inode_is_romfs(directory)) {
    s32 error = romfs_find(directory, name, created);
    if (!error) inode_release(*created);
    return error == -ENOENT ? -EROFS : error ? error : -EEXIST;
  }
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
  if (romfs_cover(i) != i) return -EBUSY;
  if (remove_directory && !inode_is_directory(i)) return -ENOTDIR;
  if (!remove_directory && inode_is_directory(i)) return -EISDIR;
  if (remove_directory && !is_empty(i)) return -ENOTEMPTY;
  remove_entry(directory, e);
  i->links--;
  tree_free_if_unused(i);
  return 0;
}

s32 inode_unlink(struct inode *directory, const char *name, bool remove_directory) {
  if (inode_is_romfs(directory)) return -EROFS;
  lock(&tree_lock);
  s32 error = unlink_entry(directory, name, remove_directory);
  unlock(&tree_lock);
  return error;
}

bool name_is_dots(const char *name) { return !strcmp(name, ".") || !strcmp(name, ".."); }

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
  if (name_is_dots(from_name) || name_is_dots(to_name)) return -EBUSY;
  struct directory_entry *source = find_entry(from, from_name), *e = find_entry(to, to_name);
  struct inode *i = source ? inode_numbered(source->inode) : NULL;
  struct inode *old = e ? inode_numbered(e->inode) : NULL;
  if (!i || !to->links) return -ENOENT;
  if (i == old) return 0;
  if (romfs_cover(i) != i || romfs_cover(old) != old) return -EBUSY;
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
  if (inode_is_romfs(from) != inode_is_romfs(to)) return -EXDEV;
  if (inode_is_romfs(from)) return -EROFS;
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

// The directory above one that is not the root, held, and the name there.
static s32 name_above(struct inode *i, struct inode **parent, char name[HANDOVER_FILE_NAME_MAX]) {
  lock(&tree_lock);
  struct inode *child = romfs_uncover(i);
  bool on_disk = inode_is_romfs(child);
  *parent = on_disk ? NULL : inode_numbered(child->parent);
  const char *found = *parent ? name_in_parent(*parent, child->number) : NULL;
  if (found) {
    (*parent)->holds++;
    memcpy(name, found, HANDOVER_FILE_NAME_MAX);
  }
  unlock(&tree_lock);
  if (on_disk) return romfs_name(child, parent, name);
  return found ? 0 : -ENOENT;
}

s32 path_of(struct inode *directory, char *buffer, u32 size) {
  char *at = buffer + size - 1, name[HANDOVER_FILE_NAME_MAX];
  struct inode *i = directory, *parent;
  s32 error = 0;
  *at = 0;
  inode_hold(i);
  while (i->number != ROOT_INODE && (error = name_above(i, &parent, name)) == 0) {
    u32 n = strlen(name);
    inode_release(i);
    i = parent;
    if ((u32)(at - buffer) < n + 1) error = -ERANGE;
    if (error) break;
    at -= n;
    memcpy(at, name, n);
    *--at = '/';
  }
  inode_release(i);
  if (error) return error;
  if (!*at && at > buffer) *--at = '/';
  s32 length = (s32)(buffer + size - 1 - at);
  memmove(buffer, at, (u32)length + 1);
  return length;
}

// --- Import: runs alone, before any process does.

u32 directory_import_pages(u32 position) {
  return (position - ENTRY_POSITION_FIRST) / ENTRIES_A_PAGE + 1;
}

// The slot of this number, with all before it; NULL without memory.
static struct directory_entry *make_slot(struct inode *directory, u32 slot) {
  for (u32 slots; (slots = entry_slots(directory)) <= slot;) {
    u32 page = slots / ENTRIES_A_PAGE;
    if (slots % ENTRIES_A_PAGE == 0 && !tree_make_page(directory, page)) return NULL;
    directory->size += MIN(slot + 1 - slots, ENTRIES_A_PAGE - slots % ENTRIES_A_PAGE) *
                       sizeof(struct directory_entry);
  }
  return entry_at(directory, slot);
}

bool directory_import_entry(struct inode *directory, const struct record_entry *r) {
  struct directory_entry *e = make_slot(directory, r->position - ENTRY_POSITION_FIRST);
  struct inode *child = inode_numbered(r->inode);
  if (e && e->inode) e = free_entry(directory); // the directory's entries stood in two places
  if (!e || !child) return false;
  e->inode = r->inode;
  memcpy(e->name, r->name, sizeof e->name);
  if (inode_is_directory(child)) child->parent = directory->number;
  return true;
}
