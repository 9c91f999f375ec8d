// A ring of what this kernel has printed, for syslog().
#include "message_log.h"

#include "vm.h"

static struct {
  struct spinlock lock;
  u32 written; // in all
  char bytes[MESSAGE_LOG_BYTES];
} messages;

static void keep(const char *line, u32 bytes) {
  if (lock_is_held(&messages.lock)) return; // a panic in here
  lock(&messages.lock);
  for (u32 i = 0; i < bytes; i++) messages.bytes[messages.written++ % MESSAGE_LOG_BYTES] = line[i];
  unlock(&messages.lock);
}

void message_log_begin(void) { print_hook = keep; }

s32 message_log_read(u32 user, u32 n) {
  char piece[128];
  lock(&messages.lock);
  u32 end = messages.written, start = end - MIN(n, MIN(end, (u32)MESSAGE_LOG_BYTES));
  unlock(&messages.lock);
  for (u32 at = start, length; at != end; at += length) {
    length = MIN(end - at, sizeof piece);
    lock(&messages.lock);
    for (u32 i = 0; i < length; i++) piece[i] = messages.bytes[(at + i) % MESSAGE_LOG_BYTES];
    unlock(&messages.lock);
    s32 error = copy_to_user(user + (at - start), piece, length);
    if (error) return error;
  }
  return (s32)(end - start);
}
