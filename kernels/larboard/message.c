// This kernel's last messages, for syslog: a ring that print() fills, of whole bytes and no more.
#include "larboard/message.h"

#include "larboard/process.h"
#include "shared/string.h"

#define RING_BYTES 8192

static struct spinlock message_lock; // a leaf: print() is called under any other
static char ring[RING_BYTES];
static u32 written; // message_lock; bytes ever

static void keep(const char *line, u32 n) {
  if (lock_is_held(&message_lock)) return; // a panic in the midst of it
  lock(&message_lock);
  for (u32 i = 0; i < n; i++) ring[written++ % RING_BYTES] = line[i];
  unlock(&message_lock);
}

void message_begin(void) { print_hook = keep; }

// Copies a part of the ring, so that user memory is reached without the lock.
static u32 take(char *to, u32 from, u32 n) {
  lock(&message_lock);
  for (u32 i = 0; i < n; i++) to[i] = ring[(from + i) % RING_BYTES];
  unlock(&message_lock);
  return n;
}

static s32 read_all(struct process *p, u32 address, u32 n) {
  char piece[256];
  u32 end = written, length = MIN(MIN(n, RING_BYTES), end), start = end - length;
  for (u32 done = 0; done < length;) {
    u32 bytes = take(piece, start + done, MIN(length - done, sizeof piece));
    if (!copy_to_user(&p->space, address + done, piece, bytes)) return -EFAULT;
    done += bytes;
  }
  return (s32)length;
}

s32 message_syslog(struct process *p, u32 type, u32 address, s32 n) {
  if (type == SYSLOG_SIZE_BUFFER) return RING_BYTES;
  if (type != SYSLOG_READ_ALL || !address || n < 0) return -EINVAL;
  return read_all(p, address, (u32)n);
}
