// Names: entries of directories and the walk along paths, all under tree_lock. An entry is a link
// to its inode; an inode without links lives on as long as it is referenced. A walk that comes to
// a directory on the disk whose names are not there yet ends; they are read without the lock, and
// the walk is made again.
#include "romfs.h"

static struct inode *lacking; // tree_lock: where the last walk ended for this

// For what needs the names of `directory`: 0, or -NOT_LOADED.
static s32 check_listed(struct inode *directory) {
  if (!inode_is_romfs(directory) || directory->is_listed) return 0;
  lacking = directory;
  return -NOT_LOADED;
}

// Ends what was done under tree_lock, and releases it. True: the names that it lacked are there
// now, and it is to be done again.
static bool do_again(s32 *error) {
  struct inode *directory = *error == -NOT_LOADED ? lacking : NULL;
  if (directory) directory->references++;
  unlock(&tree_lock);
  if (!directory) return false;
  *error = romfs_list(directory);
  inode_put(directory);
  return *error == 0;
}

static struct entry *entry_find(struct inode *directory, const char *name) {
  LIST_FOR_EACH(e, &directory->entries, struct entry, link) {
    if (strcmp(e->name, name) == 0) return e;
  }
  return NULL;
}

// Where in the ring an entry of this position belongs; 0 becomes the first position that is free.
static struct list *place_of(struct inode *directory, u32 *position) {
  u32 free = ENTRY_POSITION_FIRST;
  LIST_FOR_EACH(e, &directory->entries, struct entry, link) {
    if (*position ? e->position > *position : e->position > free) {
      if (!*position) *position = free;
      return &e->link;
    }
    free = e->position + 1;
  }
  if (!*position) *position = free;
  return &directory->entries;
}

struct entry *entry_add(struct inode *directory, const char *name, struct inode *inode,
                        u32 position) {
  struct entry *e = heap_allocate(sizeof *e);
  if (!e) return NULL;
  string_copy(e->name, name, sizeof e->name);
  e->inode = inode;
  e->directory = directory;
  if (inode_is_directory(inode)) inode->parent = directory;
  list_add_before(place_of(directory, &position), &e->link);
  e->position = position;
  return e;
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

// The directory above; one of romfs may have to be listed to know it. NULL: it has lost its name.
static s32 step_up(struct inode *directory, struct inode **parent) {
  struct inode *from = mount_uncover(directory);
  *parent = mount_cover(from->parent);
  return from->parent ? 0 : check_listed(from);
}

static s32 step_down(struct inode *directory, const char *name, struct inode **next) {
  s32 error = check_listed(directory);
  struct entry *e = error ? NULL : entry_find(directory, name);
  *next = e ? mount_cover(e->inode) : NULL;
  if (e && (e->inode->mode & S_IFMT) == S_IFLNK) return -EINVAL; // shown, and not followed
  return error;
}

static s32 step(struct inode *directory, const char *name, struct inode **next) {
  s32 error = 0;
  if (!inode_is_directory(directory)) return -ENOTDIR;
  if (strcmp(name, ".") == 0) *next = directory;
  else if (strcmp(name, "..") == 0) error = step_up(directory, next);
  else error = step_down(directory, name, next);
  return error || *next ? error : -ENOENT;
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
  s32 error;
  do {
    lock(&tree_lock);
    error = walk(base, path, found);
    if (!error) (*found)->references++;
  } while (do_again(&error));
  return error;
}

static s32 create(struct inode *base, const char *path, u32 mode, u32 device,
                  struct inode **found) {
  char name[HANDOVER_FILE_NAME_MAX];
  struct inode *directory;
  s32 error = walk_to_parent(base, path, &directory, name);
  if (error) return error;
  if (directory->links == 0 || !*name) return -ENOENT; // removed, or the root itself
  if (inode_is_romfs(directory)) return -EROFS;
  if (path[strlen(path) - 1] == '/' && (mode & S_IFMT) != S_IFDIR) return -EISDIR;
  struct inode *inode = inode_make(0, mode, device);
  if (!inode) return -ENOSPC;
  inode->links = 1;
  if (!entry_add(directory, name, inode, 0)) {
    inode_discard(inode);
    return -ENOSPC;
  }
  *found = inode;
  return 0;
}

s32 path_open(struct inode *base, const char *path, u32 flags, u32 mode, u32 device,
              struct inode **found) {
  s32 error;
  do {
    lock(&tree_lock);
    error = walk(base, path, found);
    bool exists = !error;
    if (exists && (flags & O_CREAT) && (flags & O_EXCL)) error = -EEXIST;
    if (error == -ENOENT && (flags & O_CREAT)) error = create(base, path, mode, device, found);
    if (!error) (*found)->references++;
  } while (do_again(&error));
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
  if (mount_cover(e->inode) != e->inode) return -EBUSY;
  if (directory && !list_is_empty(&e->inode->entries)) return -ENOTEMPTY;
  return 0;
}

s32 path_remove(struct inode *base, const char *path, bool directory) {
  char name[HANDOVER_FILE_NAME_MAX];
  struct inode *parent, *inode = NULL;
  s32 error;
  do {
    lock(&tree_lock);
    error = walk_to_parent(base, path, &parent, name);
    if (!error && (!*name || strcmp(name, "..") == 0)) error = -EBUSY;
    if (!error && strcmp(name, ".") == 0) error = -EINVAL;
    if (!error && inode_is_romfs(parent)) error = -EROFS;
    struct entry *e = error ? NULL : entry_find(parent, name);
    if (!error) error = check_remove(e, directory);
    if (!error) inode = entry_remove(e);
  } while (do_again(&error));
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
  if (!error && inode_is_romfs(from) != inode_is_romfs(to)) error = -EXDEV;
  if (!error && inode_is_romfs(from)) error = -EROFS;
  if (error) return error;
  struct entry *old = entry_find(from, name), *there = entry_find(to, new_name);
  if (!old) return -ENOENT;
  bool as_directory = ends_in_slash(path) || ends_in_slash(new_path);
  if (as_directory && !inode_is_directory(old->inode)) return -ENOTDIR;
  if (there && there->inode == old->inode) return 0;
  bool covered = mount_cover(old->inode) != old->inode;
  if (covered || (there && mount_cover(there->inode) != there->inode)) return -EBUSY;
  if (there && is_below(from, there->inode)) return -ENOTEMPTY;
  error = check_rename(old, to, there);
  if (error) return error;
  if (there) *replaced = entry_remove(there);
  list_remove(&old->link);
  memset(old->name, 0, sizeof old->name);
  string_copy(old->name, new_name, sizeof old->name);
  old->directory = to;
  if (inode_is_directory(old->inode)) old->inode->parent = to;
  old->position = 0; // where it was means nothing there
  list_add_before(place_of(to, &old->position), &old->link);
  return 0;
}

s32 path_rename(struct inode *base, const char *path, struct inode *new_base,
                const char *new_path) {
  struct inode *replaced = NULL;
  s32 error;
  do {
    lock(&tree_lock);
    error = rename_locked(base, path, new_base, new_path, &replaced);
  } while (do_again(&error));
  if (replaced) inode_put(replaced);
  return error;
}

// The directory above, and the name of `directory` there.
static s32 name_of(struct inode *directory, struct inode **parent, const char **name) {
  struct inode *named = mount_uncover(directory);
  s32 error = step_up(directory, parent);
  if (!error && !*parent) return -ENOENT;
  if (!error) error = check_listed(named->parent);
  if (error) return error;
  LIST_FOR_EACH(e, &named->parent->entries, struct entry, link) {
    *name = e->name;
    if (e->inode == named) return 0;
  }
  return -ENOENT;
}

// Writes the path from its end to the front of `text`'s last bytes: where it begins. tree_lock
// held.
static s32 write_path(struct inode *directory, char *text, u32 size) {
  u32 at = size;
  const char *name;
  text[--at] = 0;
  while (directory != root_inode) {
    s32 error = name_of(directory, &directory, &name);
    if (error) return error;
    u32 n = strlen(name);
    if (n + 1 > at) return -ERANGE;
    at -= n;
    memcpy(text + at, name, n);
    text[--at] = '/';
  }
  if (!text[at]) text[--at] = '/';
  return (s32)at;
}

s32 path_of(struct inode *directory, char *text, u32 size) {
  s32 at;
  if (size < 2) return -ERANGE;
  do {
    lock(&tree_lock);
    at = write_path(directory, text, size);
  } while (do_again(&at));
  if (at < 0) return at;
  memmove(text, text + at, size - (u32)at);
  return (s32)(size - (u32)at);
}

// --- Listing

#define END_POSITION 0x7fffffffu // beyond any header

static void fill_item(struct directory_item *item, const struct inode *inode, const char *name,
                      u32 next) {
  item->number = inode->number;
  item->mode = inode->mode;
  item->next = next;
  string_copy(item->name, name, sizeof item->name);
}

// "." or "..".
static s32 fill_dots(struct inode *directory, u32 position, struct directory_item *item) {
  struct inode *parent = directory;
  s32 error = position ? step_up(directory, &parent) : 0;
  if (error) return error;
  fill_item(item, parent ? parent : directory, position ? ".." : ".", position + 1);
  return 1;
}

// The first entry at the position or after it.
static s32 find_item(struct inode *directory, u32 position, struct directory_item *item) {
  bool on_disk = inode_is_romfs(directory);
  s32 error = check_listed(directory);
  if (error) return error;
  if (position < ENTRY_POSITION_FIRST) return fill_dots(directory, position, item);
  LIST_FOR_EACH(e, &directory->entries, struct entry, link) {
    if (e->position < position) continue;
    bool last = e->link.next == &directory->entries;
    u32 next = last ? END_POSITION : LIST_ITEM(e->link.next, struct entry, link)->position;
    fill_item(item, e->inode, e->name, on_disk ? next : e->position + 1);
    return 1;
  }
  return 0;
}

s32 directory_entry(struct inode *directory, u32 position, struct directory_item *item) {
  s32 found;
  do {
    lock(&tree_lock);
    found = find_item(directory, position, item);
  } while (do_again(&found));
  return found;
}
