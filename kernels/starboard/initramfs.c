// Unpacks the initramfs, a cpio archive of the "newc" format: members of a 110-byte header with 13
// fields of 8 hexadecimal digits, a name and data, both padded to 4 bytes. It may lie in HIGHMEM,
// so it is read frame by frame.
#include "boot.h"
#include "inode.h"

enum { FIELD_MODE = 1, FIELD_SIZE = 6, FIELD_MAJOR = 9, FIELD_MINOR = 10, FIELD_NAME = 11 };
#define HEADER_BYTES 110
#define CPIO_NAME_MAX 256

static void read_archive(u32 at, void *to, u32 n) {
  for (u32 piece; n; n -= piece, at += piece, to = (u8 *)to + piece) {
    piece = MIN(n, PAGE_SIZE - at % PAGE_SIZE);
    u8 *window = kmap(frame_of_physical(at));
    memcpy(to, window + at % PAGE_SIZE, piece);
    kunmap(window);
  }
}

static u32 field(const char *header, u32 n) {
  u32 value = 0;
  for (u32 i = 0; i < 8; i++) {
    char c = header[6 + 8 * n + i];
    value = value << 4 | (u32)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

static void fill(struct inode *file, u32 at, u32 bytes) {
  for (u32 done = 0, piece; done < bytes; done += piece) {
    piece = MIN(bytes - done, PAGE_SIZE - (at + done) % PAGE_SIZE);
    u32 frame = frame_of_physical(at + done);
    if (!inode_write_kernel(file, done, frame, (at + done) % PAGE_SIZE, piece)) {
      panic("no memory for the initramfs");
    }
  }
}

static void unpack_member(const char *name, const char *header, u32 data) {
  struct inode *inode;
  u32 device = field(header, FIELD_MAJOR) << 8 | field(header, FIELD_MINOR);
  if (strcmp(name, ".") == 0) return;
  s32 error = path_open(root_inode, name, O_CREAT, field(header, FIELD_MODE), device, &inode);
  if (error) {
    print("initramfs: %s: error %d", name, error);
    return;
  }
  if (inode_is_regular(inode)) fill(inode, data, field(header, FIELD_SIZE));
  inode_put(inode);
}

void initramfs_unpack(u32 start, u32 end) {
  char header[HEADER_BYTES], name[CPIO_NAME_MAX];
  u32 files = 0;
  for (u32 at = start; end - at >= HEADER_BYTES && at < end; files++) {
    read_archive(at, header, sizeof header);
    u32 name_bytes = field(header, FIELD_NAME), bytes = field(header, FIELD_SIZE);
    u32 data = ROUND_UP(at + HEADER_BYTES + name_bytes, 4);
    if (memcmp(header, "070701", 6) != 0 || name_bytes == 0 || name_bytes > CPIO_NAME_MAX ||
        data > end || bytes > end - data) {
      print("initramfs: damaged after %u members", files);
      return;
    }
    read_archive(at + HEADER_BYTES, name, name_bytes);
    name[name_bytes - 1] = 0;
    if (strcmp(name, "TRAILER!!!") == 0) return;
    unpack_member(name, header, data);
    at = ROUND_UP(data + bytes, 4);
  }
}
