// The virtio block device, one request at a time. Its queue's frame also holds our request header,
// status and sector. Source: Virtio 1.2, section 5.2.
#include "abi/handover.h"
#include "abi/syscall.h"
#include "larboard/file.h"
#include "larboard/frame.h"
#include "larboard/gate.h"
#include "larboard/process.h"
#include "larboard/signal.h"
#include "larboard/virtio.h"
#include "shared/string.h"

#define SECTOR 512
#define HEADER_AT 3072
#define STATUS_AT 3088
#define DATA_AT 3584

static void block_interrupt(void);

static struct spinlock block_lock;
static struct virtio_device device = {"virtio-blk", VIRTIO_BLOCK, block_interrupt, 0, 0, 0};
static struct { // block_lock
  struct virtqueue queue;
  u64 sectors;
  bool busy;    // a thread has the device
  bool done;    // its request is complete
} disk;

bool block_is_present(void) { return device.base != 0; }
u64 block_bytes(void) { return disk.sectors * SECTOR; }

void block_probe(void) {
  if (!virtio_begin(&device) || !virtio_make_queue(&device, &disk.queue, 0)) return;
  disk.sectors = virtio_config(&device, 0) | (u64)virtio_config(&device, 4) << 32;
  virtio_start(&device);
}

void block_stop(void) {
  if (block_is_present()) virtio_reset(&device);
}

void block_restart(void) {
  if (!block_is_present()) return;
  frame_release(disk.queue.physical);
  device.base = 0;
  block_probe();
}

static void describe(u32 index, u32 offset, u32 length, u16 flags) {
  virtqueue_describe(&disk.queue, index, disk.queue.physical + offset, length, flags);
}

// Hands the device one request for the sector at DATA_AT; block_lock held.
static void submit(u64 sector, bool write) {
  u32 *header = virtqueue_at(&disk.queue, HEADER_AT);
  header[0] = write;
  header[1] = 0;
  header[2] = (u32)sector;
  header[3] = (u32)(sector >> 32);
  *(u8 *)virtqueue_at(&disk.queue, STATUS_AT) = 0xff;
  describe(0, HEADER_AT, 16, DESCRIPTOR_NEXT);
  describe(1, DATA_AT, SECTOR, write ? DESCRIPTOR_NEXT : DESCRIPTOR_NEXT | DESCRIPTOR_WRITE);
  describe(2, STATUS_AT, 1, DESCRIPTOR_WRITE);
  disk.done = false;
  virtqueue_offer(&disk.queue, 0);
  virtqueue_notify(&device, &disk.queue);
}

static void block_interrupt(void) {
  u32 head, bytes;
  lock(&block_lock);
  virtio_acknowledge(&device);
  while (virtqueue_take_used(&disk.queue, &head, &bytes)) disk.done = true;
  unlock(&block_lock);
  wake(&disk.done);
}

// One sector between the device and our buffer, waiting for it. The device is ours (busy).
static s32 move_sector(u64 sector, bool write) {
  lock(&block_lock);
  submit(sector, write);
  while (!disk.done) sleep_firmly(&disk.done, &block_lock);
  unlock(&block_lock);
  return *(u8 *)virtqueue_at(&disk.queue, STATUS_AT) == 0 ? 0 : -EIO;
}

static u8 *sector_byte(u64 at) { return (u8 *)virtqueue_at(&disk.queue, DATA_AT) + at % SECTOR; }

// Part of one sector between the device, which is ours, and kernel memory.
static s32 transfer_piece(u64 at, void *bytes, u32 n, bool write) {
  s32 error = 0;
  if (!write || n < SECTOR) error = move_sector(at / SECTOR, false);
  if (error) return error;
  if (write) memcpy(sector_byte(at), bytes, n);
  else memcpy(bytes, sector_byte(at), n);
  return write ? move_sector(at / SECTOR, true) : 0;
}

// Waits for the device; not for long, as it is held for two sectors at most.
static void take_device(void) {
  lock(&block_lock);
  while (disk.busy) sleep_firmly(&disk.busy, &block_lock);
  disk.busy = true;
  unlock(&block_lock);
}

static void release_device(void) {
  lock(&block_lock);
  disk.busy = false;
  unlock(&block_lock);
  wake(&disk.busy);
}

s32 block_read(u64 at, void *to, u32 n) {
  s32 error = 0;
  if (at > block_bytes() || n > block_bytes() - at) return -EIO;
  for (u32 done = 0, piece; done < n && !error; done += piece) {
    piece = MIN(n - done, SECTOR - (u32)((at + done) % SECTOR));
    take_device();
    error = transfer_piece(at + done, (u8 *)to + done, piece, false);
    release_device();
  }
  return error;
}

// The same for user memory, reached without the device: it may be a file on this very disk.
static s32 user_piece(struct process *p, u64 at, u32 address, u32 n, bool write) {
  u8 bytes[SECTOR];
  if (write && !copy_from_user(&p->space, bytes, address, n)) return -EFAULT;
  take_device();
  s32 error = transfer_piece(at, bytes, n, write);
  release_device();
  if (error || write) return error;
  return copy_to_user(&p->space, address, bytes, n) ? 0 : -EFAULT;
}

s32 block_transfer(struct process *p, u64 at, u32 address, u32 n, bool write) {
  u32 done = 0;
  if (at >= block_bytes()) return write && n ? -ENOSPC : 0;
  n = (u32)MIN((u64)n, block_bytes() - at);
  while (done < n) {
    u32 piece = MIN(n - done, SECTOR - (u32)((at + done) % SECTOR));
    // a freeze or the end comes between sectors; the call is then issued again from its start, as
    // programs know no short counts of a disk
    const struct thread *t = this_thread();
    if (done && (thread_has_to_unwind(t) || thread_must_end(t))) return -ERESTART;
    s32 error = user_piece(p, at + done, address + done, piece, write);
    if (error) return done ? (s32)done : error;
    done += piece;
  }
  return (s32)done;
}

bool block_export(struct record_block_device *r) {
  if (!block_is_present()) return false;
  r->base = device.base;
  r->irq = device.irq;
  r->mmio_version = device.version;
  r->queue_physical = disk.queue.physical;
  r->queue_size = disk.queue.size;
  r->available_index = disk.queue.available_index;
  r->used_index = disk.queue.used_index;
  r->sectors[0] = (u32)disk.sectors;
  r->sectors[1] = (u32)(disk.sectors >> 32);
  return true;
}

void block_import(const struct record_block_device *r) {
  struct queue_state queue = {r->queue_physical, r->available_index, r->used_index};
  virtio_adopt(&device, r->base, r->irq, r->mmio_version);
  virtio_adopt_queue(&disk.queue, 0, r->queue_size, &queue);
  disk.sectors = r->sectors[0] | (u64)r->sectors[1] << 32;
}
