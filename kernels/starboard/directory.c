// Names: entries of directories and the walk along paths, all under tree_lock. An entry is a link
// to its inode; an inode without links lives on as long as it is referenced.
#include "inode.h"

static struct entry *entry_find(struct inode *directory, const char *name) {
  LIST_FOR_EACH(e, &directory->entries, struct entry, link) {
    if (strcmp(e->name, name) == 0) return e;
  }
  return NULL;
}

bool entry_add(struct inode *directory, const char *name, struct inode *inode) {
  struct entry *e = heap_allocate(sizeof *e);
  if (!e) return false;
  string_copy(e->name, name, sizeof e->name);
  e->inode = inode;
  e->directory = directory;
  if (inode_is_directory(inode)) inode->parent = directory;
  list_add_last(&directory->entries, &e->link);
  return true;
}

// Takes the next component off *path: its length, 0 at the end, or -ENAMETOOLONG.
static s32 next_component(const char **path, char name[HANDOVER_FILE_NAME_MAX]) {
  u32 n = 0;
  while (**path == '/') ++*path;
  while ((*path)[n] && (*path)[n] != '/') n++;
  if (n > NAME_MAX) return -ENAMETOOLONG;
  memcpy(name, *path, n);
  name[n] = 0;
  *path += n;
  return (s32)n;
}

static bool is_last(const char *rest) {
  while (*rest == '/') rest++;
  return *rest == 0;
}

static s32 step(struct inode *directory, const char *name, struct inode **next) {
  if (!inode_is_directory(directory)) return -ENOTDIR;
  *next = NULL;
  if (strcmp(name, ".") == 0) *next = directory;
  else if (strcmp(name, "..") == 0) *next = directory->parent;
  else {
    struct entry *e = entry_find(directory, name);
    if (e) *next = e->inode;
  }
  return *next ? 0 : -ENOENT;
}

// Walks to the directory that holds the last component, whose name is left in `name`; "" for the
// root. tree_lock held.
static s32 walk_to_parent(struct inode *base, const char *path, struct inode **directory,
                          char name[HANDOVER_FILE_NAME_MAX]) {
  if (!*path) return -ENOENT;
  *directory = *path == '/' ? root_inode : base;
  for (;;) {
    s32 n = next_component(&path, name);
    if (n < 0) return n;
    if (is_last(path)) return inode_is_directory(*directory) ? 0 : -ENOTDIR;
    s32 error = step(*directory, name, directory);
    if (error) return error;
  }
}

static s32 walk(struct inode *base, const char *path, struct inode **found) {
  char name[HANDOVER_FILE_NAME_MAX];
  struct inode *directory;
  s32 error = walk_to_parent(base, path, &directory, name);
  if (error) return error;
  error = step(directory, *name ? name : ".", found);
  if (error) return error;
  bool slash = path[strlen(path) - 1] == '/';
  return slash && !inode_is_directory(*found) ? -ENOTDIR : 0;
}

s32 path_find(struct inode *base, const char *path, struct inode **found) {
  lock(&tree_lock);
  s32 error = walk(base, path, found);
  if (!error) (*found)->references++;
  unlock(&tree_lock);
  return error;
}

static s32 create(struct inode *base, const char *path, u32 mode, u32 device,
                  struct inode **found) {
  char name[HANDOVER_FILE_NAME_MAX];
  struct inode *directory;
  s32 error = walk_to_parent(base, path, &directory, name);
  if (error) return error;
  if (directory->links == 0 || !*name) return -ENOENT; // removed, or the root itself
  if (path[strlen(path) - 1] == '/' && (mode & S_IFMT) != S_IFDIR) return -EISDIR;
  struct inode *inode = inode_make(0, mode, device);
  if (!inode) return -ENOSPC;
  inode->links = 1;
  if (!entry_add(directory, name, inode)) {
    inode_discard(inode);
    return -ENOSPC;
  }
  *found = inode;
  return 0;
}

s32 path_open(struct inode *base, const char *path, u32 flags, u32 mode, u32 device,
              struct inode **found) {
  lock(&tree_lock);
  s32 error = walk(base, path, found);
  bool exists = !error;
  if (exists && (flags & O_CREAT) && (flags & O_EXCL)) error = -EEXIST;
  if (error == -ENOENT && (flags & O_CREAT)) error = create(base, path, mode, device, found);
  if (!error) (*found)->references++;
  unlock(&tree_lock);
  return error;
}

// Takes the name away; the inode, with a reference, is the caller's to put.
static struct inode *entry_remove(struct entry *e) {
  struct inode *inode = e->inode;
  list_remove(&e->link);
  inode->links--;
  inode->references++;
  if (inode_is_directory(inode)) inode->parent = NULL;
  heap_free(e);
  return inode;
}

// Why the last component cannot be removed, or 0.
static s32 check_remove(const struct entry *e, bool directory) {
  if (!e) return -ENOENT;
  if (directory && !inode_is_directory(e->inode)) return -ENOTDIR;
  if (!directory && inode_is_directory(e->inode)) return -EISDIR;
  if (directory && !list_is_empty(&e->inode->entries)) return -ENOTEMPTY;
  return 0;
}

s32 path_remove(struct inode *base, const char *path, bool directory) {
  char name[HANDOVER_FILE_NAME_MAX];
  struct inode *parent, *inode = NULL;
  lock(&tree_lock);
  s32 error = walk_to_parent(base, path, &parent, name);
  if (!error && (!*name || strcmp(name, "..") == 0)) error = -EBUSY;
  if (!error && strcmp(name, ".") == 0) error = -EINVAL;
  struct entry *e = error ? NULL : entry_find(parent, name);
  if (!error) error = check_remove(e, directory);
  if (!error) inode = entry_remove(e);
  unlock(&tree_lock);
  if (inode) inode_put(inode);
  return error;
}

// --- Rename

// Whether `inside` is `directory` or lies below it.
static bool is_below(const struct inode *inside, const struct inode *directory) {
  for (; inside; inside = inside->parent) {
    if (inside == directory) return true;
    if (inside == root_inode) return false;
  }
  return false;
}

// Why `old` cannot become `name` in `directory`, where `there` may be in its place; or 0.
static s32 check_rename(const struct entry *old, const struct inode *directory,
                        const struct entry *there) {
  bool moves_directory = inode_is_directory(old->inode);
  if (directory->links == 0) return -ENOENT;
  if (moves_directory && is_below(directory, old->inode)) return -EINVAL;
  if (!there) return 0;
  bool replaces_directory = inode_is_directory(there->inode);
  if (moves_directory != replaces_directory) return moves_directory ? -ENOTDIR : -EISDIR;
  return replaces_directory && !list_is_empty(&there->inode->entries) ? -ENOTEMPTY : 0;
}

static s32 check_last_name(const char *name) {
  return !*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ? -EBUSY : 0;
}

static bool ends_in_slash(const char *path) { return path[strlen(path) - 1] == '/'; }

// The entry moves with its memory, so that nothing can fail half-way.
static s32 rename_locked(struct inode *base, const char *path, struct inode *new_base,
                         const char *new_path, struct inode **replaced) {
  char name[HANDOVER_FILE_NAME_MAX], new_name[HANDOVER_FILE_NAME_MAX];
  struct inode *from, *to;
  s32 error = walk_to_parent(base, path, &from, name);
  if (!error) error = walk_to_parent(new_base, new_path, &to, new_name);
  if (!error) error = check_last_name(name);
  if (!error) error = check_last_name(new_name);
  if (error) return error;
  struct entry *old = entry_find(from, name), *there = entry_find(to, new_name);
  if (!old) return -ENOENT;
  bool as_directory = ends_in_slash(path) || ends_in_slash(new_path);
  if (as_directory && !inode_is_directory(old->inode)) return -ENOTDIR;
  if (there && there->inode == old->inode) return 0;
  if (there && is_below(from, there->inode)) return -ENOTEMPTY;
  error = check_rename(old, to, there);
  if (error) return error;
  if (there) *replaced = entry_remove(there);
  list_remove(&old->link);
  memset(old->name, 0, sizeof old->name);
  string_copy(old->name, new_name, sizeof old->name);
  old->directory = to;
  if (inode_is_directory(old->inode)) old->inode->parent = to;
  list_add_last(&to->entries, &old->link);
  return 0;
}

s32 path_rename(struct inode *base, const char *path, struct inode *new_base,
                const char *new_path) {
  struct inode *replaced = NULL;
  lock(&tree_lock);
  s32 error = rename_locked(base, path, new_base, new_path, &replaced);
  unlock(&tree_lock);
  if (replaced) inode_put(replaced);
  return error;
}

static const char *name_of(const struct inode *directory) {
  LIST_FOR_EACH(e, &directory->parent->entries, struct entry, link) {
    if (e->inode == directory) return e->name;
  }
  return "?";
}

// Writes the path from its end to the front of `text`'s last bytes, then moves it.
s32 path_of(struct inode *directory, char *text, u32 size) {
  u32 at = size;
  if (size < 2) return -ERANGE;
  text[--at] = 0;
  lock(&tree_lock);
  s32 error = 0;
  for (; directory != root_inode && !error; directory = directory->parent) {
    if (!directory->parent) {
      error = -ENOENT;
      break;
    }
    const char *name = name_of(directory);
    u32 n = strlen(name);
    if (n + 1 > at) {
      error = -ERANGE;
      break;
    }
    at -= n;
    memcpy(text + at, name, n);
    text[--at] = '/';
  }
  unlock(&tree_lock);
  if (error) return error;
  if (!text[at]) text[--at] = '/';
  memmove(text, text + at, size - at);
  return (s32)(size - at);
}

bool directory_entry(struct inode *directory, u32 n, char name[HANDOVER_FILE_NAME_MAX],
                     u32 *number, u32 *mode) {
  struct inode *found = NULL;
  lock(&tree_lock);
  if (n < 2) {
    found = n == 0 || !directory->parent ? directory : directory->parent;
    string_copy(name, n ? ".." : ".", HANDOVER_FILE_NAME_MAX);
  } else {
    LIST_FOR_EACH(e, &directory->entries, struct entry, link) {
      if (n-- != 2) continue;
      found = e->inode;
      string_copy(name, e->name, HANDOVER_FILE_NAME_MAX);
      break;
    }
  }
  if (found) {
    *number = found->number;
    *mode = found->mode;
  }
  unlock(&tree_lock);
  return found != NULL;
}
