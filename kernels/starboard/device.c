// Character and block devices by number: null, zero, the consoles, the log desk, and the disk.
#include "console.h"
#include "process.h"
#include "virtio_block.h"
#include "virtio_console.h"

s32 device_open(u32 device) {
  switch (device) {
    case DEVICE_NULL:
    case DEVICE_ZERO:
    case DEVICE_CONSOLE:
    case DEVICE_LOG_DESK: return 0;
    case DEVICE_DISK: return disk_is_present() ? 0 : -ENXIO;
    case DEVICE_HVC: return hvc_is_present() ? 0 : -ENXIO;
    default: return -ENXIO;
  }
}

static s32 read_zeros(u32 user, u32 n) {
  static const u8 zeros[256];
  for (u32 done = 0; done < n;) {
    u32 piece = MIN(n - done, sizeof zeros);
    s32 error = copy_to_user(user + done, zeros, piece);
    if (error) return done ? (s32)done : error;
    done += piece;
  }
  return (s32)n;
}

s32 device_read(u32 device, u64 at, u32 user, u32 n, u32 flags) {
  switch (device) {
    case DEVICE_ZERO: return read_zeros(user, n);
    case DEVICE_CONSOLE: return console_read(user, n, flags);
    case DEVICE_DISK: return disk_read(at, user, n);
    case DEVICE_HVC: return hvc_read(user, n, flags);
    default: return 0;
  }
}

// Each write is one mark, or several when it is long. The desk reads the text by its physical
// address, so it has to lie in the linear map: the kernel stack does.
static s32 write_log_desk(u32 user, u32 n) {
  char text[DESK_TEXT_MAX + 1];
  for (u32 done = 0; done < n;) {
    u32 piece = MIN(n - done, (u32)DESK_TEXT_MAX);
    s32 error = copy_from_user(text, user + done, piece);
    if (error) return done ? (s32)done : error;
    done += piece;
    if (piece && text[piece - 1] == '\n') piece--;
    text[piece] = 0;
    desk_text(MARK_USER, (u32)this_process()->pid, text);
  }
  return (s32)n;
}

s32 device_write(u32 device, u64 at, u32 user, u32 n, u32 flags) {
  switch (device) {
    case DEVICE_CONSOLE: return console_write_user(user, n);
    case DEVICE_LOG_DESK: return write_log_desk(user, n);
    case DEVICE_DISK: return disk_write(at, user, n);
    case DEVICE_HVC: return hvc_write(user, n, flags);
    default: return (s32)n;
  }
}

u64 device_bytes(u32 device) { return device == DEVICE_DISK ? disk_bytes() : 0; }
