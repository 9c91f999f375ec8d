// tmpfs. The page cache is the file: an inode's pages are frames in an array, found by index.
// tree_lock guards all of it. Data is copied without the lock, from frames that are held.
#include "larboard/inode.h"

#include "abi/syscall.h"
#include "larboard/frame.h"
#include "shared/spinlock.h"
#include "shared/string.h"

#define ENTRIES_A_PAGE (PAGE_SIZE / sizeof(struct directory_entry))

static struct spinlock tree_lock;
static struct inode inodes[INODES_MAX];
u32 next_inode = ROOT_INODE;

struct inode *inode_at(u32 slot) { return &inodes[slot]; }

// An inode lies at or after the slot that its number names, so the first look mostly finds it.
static struct inode *search_slot(u32 home, u32 number) {
  for (u32 n = 0; n < INODES_MAX; n++) {
    struct inode *i = &inodes[(home + n) % INODES_MAX];
    if (i->number == number) return i;
  }
  return NULL;
}

struct inode *inode_numbered(u32 number) { return number ? search_slot(number, number) : NULL; }

u32 inodes_used(void) {
  u32 n = 0;
  for (u32 i = 0; i < INODES_MAX; i++) n += inodes[i].number != 0;
  return n;
}

static struct inode *free_slot(u32 for_number) { return search_slot(for_number, 0); }

// --- Pages: tree_lock held.

static u32 *page_slot(struct inode *i, u32 page, bool create) {
  if (page < INODE_DIRECT) return &i->direct[page];
  if (page >= FILE_PAGES_MAX) return NULL;
  if (!i->table && create) i->table = frame_take_zeroed(ZONE_NORMAL);
  return i->table ? (u32 *)linear(i->table) + (page - INODE_DIRECT) : NULL;
}

u32 inode_page(const struct inode *i, u32 page) {
  u32 *slot = page_slot((struct inode *)i, page, false);
  return slot ? *slot : 0;
}

static u32 make_page(struct inode *i, u32 page) {
  u32 *slot = page_slot(i, page, true);
  if (!slot) return 0;
  if (!*slot) *slot = frame_take_zeroed((i->mode & S_IFMT) == S_IFDIR ? ZONE_NORMAL : ZONE_HIGHMEM);
  return *slot;
}

// Drops the pages from `first` on, and the table when nothing of it is left.
static void drop_pages(struct inode *i, u32 first) {
  for (u32 page = first; page < FILE_PAGES_MAX; page++) {
    u32 *slot = page_slot(i, page, false);
    if (!slot) break;
    if (*slot) frame_release(*slot);
    *slot = 0;
  }
  if (first <= INODE_DIRECT && i->table) {
    frame_release(i->table);
    i->table = 0;
  }
}

static void free_if_unused(struct inode *i) {
  if (i->links || i->holds) return;
  drop_pages(i, 0);
  memset(i, 0, sizeof *i);
}

void inode_hold(struct inode *i) {
  lock(&tree_lock);
  i->holds++;
  unlock(&tree_lock);
}

void inode_release(struct inode *i) {
  lock(&tree_lock);
  if (i->holds == 0) panic("inode %u is released twice", i->number);
  i->holds--;
  free_if_unused(i);
  unlock(&tree_lock);
}

u32 inode_page_hold(struct inode *i, u32 page) {
  lock(&tree_lock);
  u32 frame = inode_page(i, page);
  if (frame) frame_hold(frame);
  unlock(&tree_lock);
  return frame;
}

u32 inode_page_make(struct inode *i, u32 page) {
  lock(&tree_lock);
  u32 frame = make_page(i, page);
  if (frame) frame_hold(frame);
  unlock(&tree_lock);
  return frame;
}

void inode_grow(struct inode *i, u32 size) {
  lock(&tree_lock);
  if (size > i->size) i->size = size;
  unlock(&tree_lock);
}

static u32 page_count(const struct inode *i) { return (i->size + PAGE_SIZE - 1) >> PAGE_SHIFT; }

s32 inode_page_share(struct inode *i, u32 page, u32 *frame) {
  lock(&tree_lock);
  bool within = page < page_count(i);
  *frame = within ? make_page(i, page) : 0;
  if (*frame) frame_hold(*frame);
  unlock(&tree_lock);
  return *frame ? 0 : within ? -ENOMEM : -ENXIO;
}

bool inode_has_page(struct inode *i, u32 page) {
  lock(&tree_lock);
  bool within = page < page_count(i);
  unlock(&tree_lock);
  return within;
}

void inode_truncate(struct inode *i, u32 size) {
  lock(&tree_lock);
  bool shrinks = size < i->size;
  if (shrinks) {
    drop_pages(i, (size + PAGE_SIZE - 1) >> PAGE_SHIFT);
    u32 last = size % PAGE_SIZE ? inode_page(i, size >> PAGE_SHIFT) : 0;
    if (last) memset((u8 *)kmap(0, last) + size % PAGE_SIZE, 0, PAGE_SIZE - size % PAGE_SIZE);
  }
  i->size = size;
  unlock(&tree_lock);
  // whoever found a page before has mapped it by the time its space's lock is free
  if (shrinks) spaces_drop_file(i, (size + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

s32 inode_read(struct inode *i, u32 at, void *to, u32 n) {
  if (at >= i->size) return 0;
  n = MIN(n, i->size - at);
  for (u32 done = 0; done < n;) {
    u32 offset = (at + done) % PAGE_SIZE, piece = MIN(n - done, PAGE_SIZE - offset);
    u32 frame = inode_page_hold(i, (at + done) >> PAGE_SHIFT);
    if (frame) memcpy((u8 *)to + done, (u8 *)kmap(0, frame) + offset, piece);
    else memset((u8 *)to + done, 0, piece);
    if (frame) frame_release(frame);
    done += piece;
  }
  return (s32)n;
}

s32 inode_write(struct inode *i, u32 at, const void *from, u32 n) {
  for (u32 done = 0; done < n;) {
    u32 offset = (at + done) % PAGE_SIZE, piece = MIN(n - done, PAGE_SIZE - offset);
    u32 frame = inode_page_make(i, (at + done) >> PAGE_SHIFT);
    if (!frame) return done ? (s32)done : -ENOSPC;
    memcpy((u8 *)kmap(0, frame) + offset, (const u8 *)from + done, piece);
    frame_release(frame);
    done += piece;
    inode_grow(i, at + done);
  }
  return (s32)n;
}

// --- Directories: tree_lock held.

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
  if (slots % ENTRIES_A_PAGE == 0 && !make_page(directory, slots / ENTRIES_A_PAGE)) return NULL;
  directory->size += sizeof(struct directory_entry);
  return entry_at(directory, slots);
}

static bool is_directory(const struct inode *i) { return (i->mode & S_IFMT) == S_IFDIR; }

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
  struct inode *root = free_slot(ROOT_INODE);
  memset(root, 0, sizeof *root);
  root->number = next_inode++;
  root->mode = S_IFDIR | 0755;
  root->links = 1;
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
    if (!is_directory(at)) return -ENOTDIR;
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
  if (!error && !is_directory(*directory)) error = -ENOTDIR;
  if (!error) (*directory)->holds++;
  unlock(&tree_lock);
  return error;
}

static struct inode *new_inode(u32 mode, u32 device) {
  struct inode *i = free_slot(next_inode);
  if (!i) return NULL;
  memset(i, 0, sizeof *i);
  i->number = next_inode++;
  i->mode = mode;
  i->device = device;
  i->holds = 1;
  return i;
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
  if (!free_slot(next_inode)) return -ENOSPC;
  struct directory_entry *e = free_entry(directory);
  if (!e) return -ENOSPC;
  struct inode *i = new_inode(mode, device);
  i->links = 1;
  i->parent = directory->number;
  name_entry(e, i, name);
  *created = i;
  return 0;
}

struct inode *inode_create_unnamed(u32 size) {
  lock(&tree_lock);
  struct inode *i = new_inode(S_IFREG | 0600, 0);
  if (i) i->size = size;
  unlock(&tree_lock);
  return i;
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
  drop_pages(directory, (directory->size + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

static s32 unlink_entry(struct inode *directory, const char *name, bool remove_directory) {
  struct directory_entry *e = find_entry(directory, name);
  struct inode *i = e ? inode_numbered(e->inode) : NULL;
  if (!i) return -ENOENT;
  if (remove_directory && !is_directory(i)) return -ENOTDIR;
  if (!remove_directory && is_directory(i)) return -EISDIR;
  if (remove_directory && !is_empty(i)) return -ENOTEMPTY;
  remove_entry(directory, e);
  i->links--;
  free_if_unused(i);
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
  if (is_directory(i) && !is_directory(old)) return -ENOTDIR;
  if (!is_directory(i) && is_directory(old)) return -EISDIR;
  return is_directory(old) && !is_empty(old) ? -ENOTEMPTY : 0;
}

static s32 rename_entry(struct inode *from, const char *from_name, struct inode *to,
                        const char *to_name) {
  if (is_dots(from_name) || is_dots(to_name)) return -EBUSY;
  struct directory_entry *source = find_entry(from, from_name), *e = find_entry(to, to_name);
  struct inode *i = source ? inode_numbered(source->inode) : NULL;
  struct inode *old = e ? inode_numbered(e->inode) : NULL;
  if (!i || !to->links) return -ENOENT;
  if (i == old) return 0;
  if (is_directory(i) && is_below(to, i)) return -EINVAL;
  if (old && is_below(from, old)) return -ENOTEMPTY;
  s32 error = check_replace(i, old);
  if (error) return error;
  if (!e) e = free_entry(to);
  if (!e) return -ENOSPC;
  name_entry(e, i, to_name);
  remove_entry(from, source);
  if (is_directory(i)) i->parent = to->number;
  if (old) {
    old->links--;
    free_if_unused(old);
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

struct inode *inode_import(const struct record_inode *r) {
  struct inode *i = free_slot(r->inode);
  if (!i) return NULL;
  memset(i, 0, sizeof *i);
  i->number = r->inode;
  i->mode = r->mode;
  i->device = r->device;
  i->links = r->links;
  i->size = is_directory(i) ? 0 : r->size[0]; // a directory grows as its entries come
  i->parent = r->inode;
  return i;
}

bool inode_import_page(struct inode *i, u32 page, u32 physical) {
  u32 *slot = page_slot(i, page, true);
  if (!slot) return false;
  *slot = physical;
  return true;
}

bool directory_import_entry(struct inode *directory, const struct record_entry *r) {
  struct directory_entry *e = free_entry(directory);
  struct inode *child = inode_numbered(r->inode);
  if (!e || !child) return false;
  e->inode = r->inode;
  memcpy(e->name, r->name, sizeof e->name);
  if (is_directory(child)) child->parent = directory->number;
  return true;
}
