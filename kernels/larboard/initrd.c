// Unpacks the initial file system: a cpio archive in "newc" form (cpio(5)): a header of
// hexadecimal digits, the name, the data, each padded to 4 bytes; ended by "TRAILER!!!".
#include "abi/syscall.h"
#include "larboard/frame.h"
#include "larboard/inode.h"
#include "larboard/system.h"
#include "shared/print.h"
#include "shared/string.h"

#define HEADER_BYTES 110

static u32 hex_field(const char *header, u32 index) {
  u32 value = 0;
  for (u32 i = 0; i < 8; i++) {
    char c = header[6 + 8 * index + i];
    value = value << 4 | (u32)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

static struct inode *make(const char *path, u32 mode) {
  struct inode *directory, *made = NULL;
  char name[HANDOVER_FILE_NAME_MAX];
  if (path_parent(inode_numbered(ROOT_INODE), path, &directory, name) != 0) return NULL;
  if (inode_create(directory, name, mode, 0, &made) != 0) made = NULL;
  inode_release(directory);
  return made;
}

static void copy_data(struct inode *file, u32 physical, u32 n) {
  u8 piece[512];
  for (u32 at = 0; at < n; at += sizeof piece) {
    u32 length = MIN(sizeof piece, n - at);
    physical_read(physical + at, piece, length);
    if (inode_write(file, at, piece, length) != (s32)length) {
      print("initrd: no memory for inode %u", file->number);
      return;
    }
  }
}

void initrd_unpack(u32 start, u32 end) {
  char header[HEADER_BYTES], path[PATH_LENGTH_MAX];
  u32 files = 0;
  for (u32 at = start; end - at >= HEADER_BYTES && at < end;) {
    physical_read(at, header, HEADER_BYTES);
    if (strncmp(header, "070701", 6) != 0) break;
    u32 mode = hex_field(header, 1), size = hex_field(header, 6), name = hex_field(header, 11);
    u32 data = at + ROUND_UP(HEADER_BYTES + name, 4);
    if (name == 0 || name > sizeof path || data > end || size > end - data) break;
    physical_read(at + HEADER_BYTES, path, name);
    path[name - 1] = 0;
    if (strcmp(path, "TRAILER!!!") == 0) {
      print("initrd: %u files", files);
      return;
    }
    struct inode *made = make(path, mode);
    if (made) {
      if ((mode & S_IFMT) == S_IFREG) copy_data(made, data, size);
      inode_release(made);
      files++;
    }
    at = data + ROUND_UP(size, 4);
  }
  print("initrd: damaged after %u files", files);
}
