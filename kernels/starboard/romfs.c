// The format of romfs: headers at multiples of 16 bytes, of big-endian words (next and kind, info,
// size, checksum) and a name padded to 16. Nothing on the disk is trusted: every offset is checked,
// and the headers of a directory have to stand in ascending order, so that no list has a loop.
// Source: Linux, Documentation/filesystems/romfs.rst.
#include "romfs.h"

#include "process.h"
#include "virtio_block.h"

#define UNIT 16u
#define SECTOR 512u
#define LONGEST_NAME 256
#define HARD_LINKS_MAX 8

enum { HARD_LINK, DIRECTORY, REGULAR, SYMBOLIC_LINK, KINDS = 8, EXECUTABLE = 8 };

struct window { // the sector that was read last
  u64 sector;
  bool valid;
  u8 bytes[SECTOR];
};
struct header {
  u32 at, next, kind, info, size;
  u32 data; // where the file's bytes are
  bool executable;
  char name[HANDOVER_FILE_NAME_MAX]; // empty if it is too long for this kernel
};

// Serializes those who list a directory; held over the disk's.
static struct mutex listing = {
    .waiting = {{&listing.waiting.waiting, &listing.waiting.waiting}}};

// --- Reading

// Has the sector of byte `at` in the window, and gives how many bytes there are from there on.
static s32 look_at(struct window *w, u64 at) {
  u64 sector = at / SECTOR;
  if (at >= disk_bytes()) return -EIO;
  if (!w->valid || w->sector != sector) {
    w->valid = disk_read_kernel(sector * SECTOR, w->bytes, SECTOR) == 0;
    w->sector = sector;
  }
  return w->valid ? (s32)(SECTOR - at % SECTOR) : -EIO;
}

static s32 read_bytes(struct window *w, u32 at, u8 *to, u32 n) {
  for (u32 done = 0; done < n;) {
    s32 there = look_at(w, (u64)at + done);
    if (there < 0) return there;
    u32 piece = MIN(n - done, (u32)there);
    memcpy(to + done, w->bytes + (at + done) % SECTOR, piece);
    done += piece;
  }
  return 0;
}

static u32 big_endian(const u8 *b) {
  return (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 | b[3];
}

// The name at `at`: its length, or -EIO.
static s32 read_name(struct window *w, u32 at, char name[HANDOVER_FILE_NAME_MAX]) {
  memset(name, 0, HANDOVER_FILE_NAME_MAX);
  for (u32 n = 0; n < LONGEST_NAME; n++) {
    s32 error = look_at(w, (u64)at + n);
    if (error < 0) return error;
    char c = (char)w->bytes[(at + n) % SECTOR];
    if (n == NAME_MAX && c) name[0] = 0;
    if (!c) return (s32)n;
    if (n < NAME_MAX) name[n] = c;
  }
  return -EIO;
}

static s32 read_header(struct window *w, u32 at, struct header *h) {
  u8 bytes[UNIT];
  if (at == 0 || at % UNIT || read_bytes(w, at, bytes, UNIT)) return -EIO;
  s32 length = read_name(w, at + UNIT, h->name);
  if (length < 0) return length;
  u32 word = big_endian(bytes);
  h->at = at;
  h->next = word & ~(UNIT - 1);
  h->kind = word % KINDS;
  h->executable = word & EXECUTABLE;
  h->info = big_endian(bytes + 4);
  h->size = big_endian(bytes + 8);
  h->data = at + UNIT + ROUND_UP((u32)length + 1, UNIT);
  return h->next == 0 || h->next > at ? 0 : -EIO;
}

// The header that a hard link stands for, or `h` itself.
static s32 resolve(struct window *w, const struct header *h, struct header *object) {
  s32 error = 0;
  *object = *h;
  for (u32 n = 0; !error && object->kind == HARD_LINK; n++) {
    if (n == HARD_LINKS_MAX) return -EIO;
    error = read_header(w, object->info & ~(UNIT - 1), object);
  }
  return error;
}

// --- Inodes

static u32 mode_of(const struct header *h) {
  if (h->kind == DIRECTORY) return S_IFDIR | 0555;
  if (h->kind == SYMBOLIC_LINK) return S_IFLNK | 0777;
  return S_IFREG | 0444 | (h->executable ? 0111 : 0);
}

// tree_lock held; NULL without memory.
static struct inode *find_or_make(const struct header *h) {
  u32 number = INODE_ROMFS | h->at / UNIT;
  struct inode *inode = inode_find_number(number);
  if (inode) return inode;
  inode = inode_make(number, mode_of(h), 0);
  if (!inode) return NULL;
  inode->links = 1;
  inode->size = h->kind == REGULAR ? h->size : 0;
  inode->disk_offset = h->kind == REGULAR ? h->data : h->info & ~(UNIT - 1);
  return inode;
}

s32 romfs_load_page(struct inode *file, u32 index) {
  struct window w = {.valid = false};
  u64 at = (u64)index << PAGE_SHIFT;
  u32 n = at < file->size ? (u32)MIN((u64)PAGE_SIZE, file->size - at) : 0, done = 0;
  if (at >= FILE_BYTES_MAX) return -EFBIG;
  u32 frame = frame_allocate_user_zeroed();
  if (frame == NO_FRAME) return -ENOMEM;
  while (done < n) {
    u64 place = file->disk_offset + at + done;
    s32 there = look_at(&w, place);
    if (there < 0) {
      frame_put(frame);
      return there;
    }
    u32 piece = MIN(n - done, (u32)there);
    u8 *page = kmap(frame);
    memcpy(page + done, w.bytes + place % SECTOR, piece);
    kunmap(page);
    done += piece;
  }
  return inode_add_page(file, index, frame);
}

// --- Directories

static s32 add_name(struct inode *directory, const struct header *h, const struct header *object) {
  bool known = object->kind >= DIRECTORY && object->kind <= SYMBOLIC_LINK;
  if (!known || !h->name[0] || strcmp(h->name, ".") == 0) return 0;
  lock(&tree_lock);
  struct inode *inode = find_or_make(object);
  struct entry *e = NULL;
  bool up = strcmp(h->name, "..") == 0;
  if (inode && up && inode_is_directory(inode)) directory->parent = inode;
  if (inode && !up) e = entry_add(directory, h->name, inode, h->at);
  unlock(&tree_lock);
  return e || (inode && up) ? 0 : -ENOMEM;
}

// A long directory is read again after a relief, for which it makes way.
static s32 read_names(struct inode *directory) {
  struct window w = {.valid = false};
  struct header h, object;
  s32 error = 0;
  for (u32 at = directory->disk_offset; at && !error; at = h.next) {
    error = read_header(&w, at, &h);
    if (!error) error = resolve(&w, &h, &object);
    if (!error) error = add_name(directory, &h, &object);
    if (thread_has_to_stop(this_thread(), SLEEP_KILLABLE)) return -ERESTART_CALL;
  }
  return error;
}

s32 romfs_list(struct inode *directory) {
  mutex_lock(&listing);
  s32 error = directory->is_listed ? 0 : read_names(directory);
  lock(&tree_lock);
  if (error) entries_drop(directory);
  else directory->is_listed = true;
  unlock(&tree_lock);
  mutex_unlock(&listing);
  return error;
}

// --- The file system as a whole

static s32 read_superblock(struct header *root) {
  struct window w = {.valid = false};
  char volume[HANDOVER_FILE_NAME_MAX];
  u32 sum = 0;
  if (look_at(&w, 0) < 0 || memcmp(w.bytes, "-rom1fs-", 8) != 0) return -EINVAL;
  u32 bytes = big_endian(w.bytes + 8);
  if (bytes > disk_bytes()) return -EINVAL;
  for (u32 at = 0; at < MIN(bytes, SECTOR); at += 4) sum += big_endian(w.bytes + at);
  s32 length = read_name(&w, UNIT, volume);
  if (sum || length < 0) return -EINVAL;
  s32 error = read_header(&w, UNIT + ROUND_UP((u32)length + 1, UNIT), root);
  return error || root->kind != DIRECTORY ? -EINVAL : 0;
}

s32 romfs_root(struct inode **root) {
  struct header h;
  s32 error = read_superblock(&h);
  if (error) return error;
  lock(&tree_lock);
  *root = find_or_make(&h);
  if (*root) (*root)->references++;
  unlock(&tree_lock);
  return *root ? 0 : -ENOMEM;
}
