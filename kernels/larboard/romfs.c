// romfs: headers at multiples of 16 bytes, big-endian: next and type, info, size, checksum, and a
// name padded to 16. Nothing on the disk is trusted: every offset is checked, and the headers of a
// directory must stand in ascending order, as every tool writes them, so that no list has a loop.
// Source: Linux, Documentation/filesystems/romfs.rst.
#include "larboard/romfs.h"

#include "larboard/file.h"
#include "larboard/frame.h"
#include "larboard/system.h"
#include "larboard/tree.h"
#include "shared/string.h"

#define SECTOR 512
#define HEADER_BYTES 16
#define LONGEST_NAME 256
#define HARD_LINKS_MAX 8
#define END_POSITION 0x7ffffff0u // of a directory: beyond any header

enum { HARD_LINK, DIRECTORY, REGULAR, SYMBOLIC_LINK, EXECUTABLE = 8 };

struct scan { // a window on the disk: the sector read last
  u32 sector;
  bool valid;
  u8 bytes[SECTOR];
};

struct header {
  u32 at, next, info, size, data; // offsets on the disk, and the file's bytes
  u32 type;
  bool executable;
  char name[HANDOVER_FILE_NAME_MAX]; // empty: too long for this kernel
};

static struct { // tree_lock
  struct inode *directory, *root; // held; NULL: nothing is mounted
} mounted;

bool romfs_is_mounted(void) { return mounted.root != NULL; }

// --- Reading.

static s32 read_bytes(struct scan *s, u32 at, void *to, u32 n) {
  if (at > block_bytes() || n > block_bytes() - at) return -EIO;
  for (u32 done = 0, piece; done < n; done += piece) {
    u32 sector = (at + done) / SECTOR, offset = (at + done) % SECTOR;
    piece = MIN(n - done, SECTOR - offset);
    if (!s->valid || s->sector != sector) {
      s->valid = block_read((u64)sector * SECTOR, s->bytes, SECTOR) == 0;
      s->sector = sector;
    }
    if (!s->valid) return -EIO;
    memcpy((u8 *)to + done, s->bytes + offset, piece);
  }
  return 0;
}

static u32 big_endian(const u8 *b) {
  return (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 | b[3];
}

// The name at an offset; its length, or -EIO. One that is too long is left out.
static s32 read_name(struct scan *s, u32 at, char name[HANDOVER_FILE_NAME_MAX]) {
  memset(name, 0, HANDOVER_FILE_NAME_MAX);
  for (u32 n = 0; n < LONGEST_NAME; n++) {
    char c;
    if (read_bytes(s, at + n, &c, 1)) return -EIO;
    if (c == 0) {
      if (n >= HANDOVER_FILE_NAME_MAX) name[0] = 0;
      return (s32)n;
    }
    if (n + 1 < HANDOVER_FILE_NAME_MAX) name[n] = c;
  }
  return -EIO;
}

static s32 read_header(struct scan *s, u32 at, struct header *h) {
  u8 bytes[HEADER_BYTES];
  if (at % HEADER_BYTES || at == 0 || read_bytes(s, at, bytes, sizeof bytes)) return -EIO;
  s32 length = read_name(s, at + HEADER_BYTES, h->name);
  if (length < 0) return length;
  u32 word = big_endian(bytes);
  h->at = at;
  h->next = word & -HEADER_BYTES;
  h->type = word & 7;
  h->executable = word & EXECUTABLE;
  h->info = big_endian(bytes + 4);
  h->size = big_endian(bytes + 8);
  h->data = at + HEADER_BYTES + ROUND_UP((u32)length + 1, HEADER_BYTES);
  return h->next == 0 || h->next > at ? 0 : -EIO;
}

// Replaces a hard link by what it stands for; the name stays.
static s32 resolve(struct scan *s, struct header *h) {
  char name[HANDOVER_FILE_NAME_MAX];
  u32 next = h->next;
  s32 error = 0;
  memcpy(name, h->name, sizeof name);
  for (u32 n = 0; !error && h->type == HARD_LINK; n++) {
    error = n < HARD_LINKS_MAX ? read_header(s, h->info & -HEADER_BYTES, h) : -EIO;
  }
  memcpy(h->name, name, sizeof name);
  h->next = next;
  return error;
}

static u32 number_of(const struct header *h) { return INODE_ROMFS | h->at / HEADER_BYTES; }

static u32 mode_of(const struct header *h) {
  if (h->type == DIRECTORY) return S_IFDIR | 0555;
  if (h->type == SYMBOLIC_LINK) return S_IFLNK | 0777;
  return S_IFREG | 0444 | (h->executable ? 0111 : 0);
}

// --- Inodes.

// The inode of a header, held: the one there is, or a new one.
static s32 hold_inode(const struct header *h, struct inode **found) {
  bool file = h->type == REGULAR;
  if (h->type == SYMBOLIC_LINK) return -EINVAL; // shown, and not followed
  if (!file && h->type != DIRECTORY) return -ENOENT;
  if (file && (h->data > block_bytes() || h->size > block_bytes() - h->data)) return -EIO;
  if (file && h->size > FILE_PAGES_MAX << PAGE_SHIFT) return -EFBIG;
  struct record_inode r = {.inode = number_of(h), .mode = mode_of(h), .links = 1,
                           .size = {file ? h->size : 0, 0},
                           .disk_offset = file ? h->data : h->info & -HEADER_BYTES};
  lock(&tree_lock);
  *found = inode_numbered(r.inode);
  if (!*found) *found = inode_import(&r);
  if (*found) (*found)->holds++;
  unlock(&tree_lock);
  return *found ? 0 : -ENFILE;
}

s32 romfs_load_page(struct inode *i, u32 page) {
  struct scan s = {.valid = false};
  u32 at = page << PAGE_SHIFT, n = at < i->size ? MIN(PAGE_SIZE, i->size - at) : 0;
  u32 frame = frame_take_zeroed(ZONE_HIGHMEM);
  s32 error = frame ? 0 : -ENOMEM;
  for (u32 done = 0, piece; done < n && !error; done += piece) {
    u8 bytes[HEADER_BYTES]; // data stands at a multiple of that; no window lasts across a sleep
    piece = MIN(n - done, sizeof bytes);
    error = read_bytes(&s, i->disk_offset + at + done, bytes, piece);
    if (!error) memcpy((u8 *)kmap(0, frame) + done, bytes, piece);
  }
  lock(&tree_lock);
  bool needed = !error && !inode_page(i, page);
  if (needed && !inode_import_page(i, page, frame)) error = -ENOMEM;
  unlock(&tree_lock);
  if (frame && (error || !needed)) frame_release(frame);
  return error;
}

// --- Directories.

static s32 find(struct scan *s, u32 first, const char *name, struct header *h) {
  for (u32 at = first; at; at = h->next) {
    s32 error = read_header(s, at, h);
    if (error) return error;
    if (strcmp(h->name, name) == 0) return resolve(s, h);
  }
  return -ENOENT;
}

s32 romfs_find(struct inode *directory, const char *name, struct inode **found) {
  struct scan s = {.valid = false};
  struct header h;
  if (strcmp(name, ".") == 0) {
    inode_hold(directory);
    *found = directory;
    return 0;
  }
  s32 error = find(&s, directory->disk_offset, name, &h);
  return error ? error : hold_inode(&h, found);
}

s32 romfs_next(struct inode *directory, u32 *position, struct directory_entry *entry, u32 *mode) {
  struct scan s = {.valid = false};
  struct header h;
  u32 at = *position < HEADER_BYTES ? directory->disk_offset : *position & -HEADER_BYTES;
  while (at && at < MIN(block_bytes(), (u64)END_POSITION)) {
    s32 error = read_header(&s, at, &h);
    if (!error) error = resolve(&s, &h);
    if (error) return error;
    at = h.next;
    *position = at ? at : END_POSITION;
    bool shown = h.name[0] && h.type >= DIRECTORY && h.type <= SYMBOLIC_LINK;
    if (!shown || name_is_dots(h.name)) continue;
    entry->inode = number_of(&h);
    *mode = mode_of(&h);
    memcpy(entry->name, h.name, sizeof entry->name);
    return 1;
  }
  return 0;
}

s32 romfs_name(struct inode *directory, struct inode **parent, char *name) {
  struct directory_entry entry;
  u32 position = 0, mode;
  s32 error = romfs_find(directory, "..", parent);
  if (error) return error;
  if (!inode_is_directory(*parent)) error = -EIO;
  while (!error) {
    s32 found = romfs_next(*parent, &position, &entry, &mode);
    if (found <= 0) error = found ? found : -ENOENT;
    else if (entry.inode == directory->number) break;
  }
  if (error) inode_release(*parent);
  else memcpy(name, entry.name, sizeof entry.name);
  return error;
}

// --- Mounting.

// The first header of a file system, checked; -EINVAL: there is none.
static s32 read_superblock(struct header *root) {
  struct scan s = {.valid = false};
  u8 head[SECTOR];
  char volume[HANDOVER_FILE_NAME_MAX];
  u32 sum = 0;
  if (read_bytes(&s, 0, head, sizeof head)) return -EINVAL;
  u32 bytes = big_endian(head + 8);
  if (memcmp(head, "-rom1fs-", 8) != 0 || bytes > block_bytes()) return -EINVAL;
  for (u32 at = 0; at < MIN(bytes, sizeof head); at += 4) sum += big_endian(head + at);
  s32 length = read_name(&s, HEADER_BYTES, volume);
  if (sum || length < 0) return -EINVAL;
  s32 error = read_header(&s, HEADER_BYTES + ROUND_UP((u32)length + 1, HEADER_BYTES), root);
  return error || root->type != DIRECTORY ? -EINVAL : 0;
}

s32 romfs_mount(struct inode *directory) {
  struct header h;
  struct inode *root;
  if (!system_has_driver("romfs")) return -ENODEV;
  if (!block_is_present()) return -ENXIO;
  if (!inode_is_directory(directory)) return -ENOTDIR;
  if (inode_is_romfs(directory) || directory->number == ROOT_INODE) return -EBUSY;
  s32 error = read_superblock(&h);
  if (!error) error = hold_inode(&h, &root);
  if (error) return error;
  lock(&tree_lock);
  if (mounted.root) error = -EBUSY;
  else if (!directory->links) error = -ENOENT;
  if (error) {
    tree_unhold(root);
  } else {
    directory->holds++;
    mounted.directory = directory;
    mounted.root = root;
  }
  unlock(&tree_lock);
  return error;
}

// Whether somebody holds more of it than the mount and `holds` of the root.
static bool is_in_use(u32 holds) {
  bool in_use = mounted.root->holds > 1 + holds;
  for (u32 slot = 0; slot < INODES_MAX; slot++) {
    const struct inode *i = inode_at(slot);
    if (i->number && inode_is_romfs(i) && i != mounted.root) in_use = in_use || i->holds;
  }
  return in_use;
}

s32 romfs_unmount(struct inode *root) {
  s32 error = 0;
  lock(&tree_lock);
  if (root != mounted.root) error = -EINVAL;
  else if (is_in_use(1)) error = -EBUSY;
  tree_unhold(root);
  if (!error) {
    for (u32 slot = 0; slot < INODES_MAX; slot++) { // those with pages that nobody holds
      struct inode *i = inode_at(slot);
      if (i->number && inode_is_romfs(i) && i != root) tree_free_if_unused(i);
    }
    tree_unhold(root);
    tree_unhold(mounted.directory);
    mounted.root = mounted.directory = NULL;
  }
  unlock(&tree_lock);
  return error;
}

struct inode *romfs_cover(struct inode *i) {
  return i && i == mounted.directory ? mounted.root : i;
}

struct inode *romfs_uncover(struct inode *i) {
  return i && i == mounted.root ? mounted.directory : i;
}

// --- Across a relief.

bool romfs_export(struct record_mount *r) {
  if (!mounted.root) return false;
  r->directory = mounted.directory->number;
  r->root = mounted.root->number;
  r->device = DEVICE_DISK;
  string_copy(r->type, "romfs", sizeof r->type);
  return true;
}

void romfs_import(const struct record_mount *r) {
  mounted.directory = inode_numbered(r->directory);
  mounted.root = inode_numbered(r->root);
  if (!mounted.directory || !mounted.root) panic("import: a mount of no directory");
  mounted.directory->holds++;
  mounted.root->holds++;
}
