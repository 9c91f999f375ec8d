// The virtio block device, one request at a time. The free part of its queue's frame has the rest
// that the device reads and writes: the request's header and status, and one sector.
// Source: Virtio 1.2, 5.2.
#include "virtio_block.h"

#include "process.h"
#include "virtio.h"

#define SECTOR 512u

struct request {
  u32 kind, reserved;
  u64 sector;
  u8 status, rest[495];
  u8 data[SECTOR];
};
_Static_assert(QUEUE_FREE + sizeof(struct request) == PAGE_SIZE, "the rest of the frame");

static struct {
  struct mutex busy;        // who holds it has the device
  struct spinlock lock;     // guards the rest
  struct wait_queue done;
  struct virtio device;     // base 0: no disk
  struct virtqueue queue;
  u64 sectors;
} disk;

static volatile struct request *request(void) { return virtqueue_free_part(&disk.queue); }

bool disk_is_present(void) { return disk.device.base != 0; }
u64 disk_bytes(void) { return disk.sectors * SECTOR; }

static void disk_interrupt(void) {
  lock(&disk.lock);
  virtio_acknowledge(&disk.device);
  wake_all(&disk.done);
  unlock(&disk.lock);
}

static void prepare(void) {
  mutex_init(&disk.busy);
  wait_queue_init(&disk.done);
}

bool disk_probe(u32 base, u32 irq) {
  if (disk_is_present() || !virtio_begin(&disk.device, VIRTIO_BLOCK, base, irq)) return false;
  if (!virtio_make_queue(&disk.device, &disk.queue, 0)) {
    virtio_give_up(&disk.device, &disk.queue, 1);
    return false;
  }
  prepare();
  virtio_start(&disk.device, disk_interrupt);
  disk.sectors = virtio_configuration(&disk.device, 0) |
                 (u64)virtio_configuration(&disk.device, 4) << 32;
  return true;
}

void disk_stop(void) {
  if (disk_is_present()) virtio_reset(&disk.device);
}

void disk_forget(void) {
  if (disk_is_present()) virtio_give_up(&disk.device, &disk.queue, 1);
}

static void describe(u32 n, volatile void *what, u32 length, u16 flags) {
  virtqueue_describe(&disk.queue, n, physical_of((void *)what), length, flags);
}

// Moves one sector between the device and the request's data. disk.busy held.
static s32 transfer(u64 sector, bool write) {
  volatile struct request *r = request();
  u32 head, bytes;
  r->kind = write;
  r->reserved = 0;
  r->sector = sector;
  r->status = 0xff;
  describe(0, &r->kind, 16, QUEUE_NEXT);
  describe(1, r->data, SECTOR, (u16)(QUEUE_NEXT | (write ? 0 : QUEUE_DEVICE_WRITES)));
  describe(2, &r->status, 1, QUEUE_DEVICE_WRITES);
  lock(&disk.lock);
  virtqueue_offer(&disk.device, &disk.queue, 0);
  while (!virtqueue_take_used(&disk.queue, &head, &bytes)) {
    wait_on_firmly(&disk.done, &disk.lock);
  }
  unlock(&disk.lock);
  return r->status == 0 ? 0 : -EIO;
}

// Moves a part of one sector between the device and kernel memory.
static s32 move_piece(u64 at, void *bytes, u32 n, bool write) {
  u8 *data = (u8 *)request()->data + at % SECTOR;
  mutex_lock(&disk.busy);
  s32 error = !write || n < SECTOR ? transfer(at / SECTOR, false) : 0;
  if (!error) memcpy(write ? data : bytes, write ? bytes : data, n);
  if (!error && write) error = transfer(at / SECTOR, true);
  mutex_unlock(&disk.busy);
  return error;
}

s32 disk_read_kernel(u64 at, void *to, u32 n) { return move_piece(at, to, n, false); }

// User memory is not touched while the device is held: it may be mapped from this very disk.
static s32 move_user_piece(u64 at, u32 user, u32 n, bool write) {
  u8 bytes[SECTOR];
  s32 error = write ? copy_from_user(bytes, user, n) : 0;
  if (!error) error = move_piece(at, bytes, n, write);
  return error || write ? error : copy_to_user(user, bytes, n);
}

static s32 move(u64 at, u32 user, u32 n, bool write) {
  u32 done = 0;
  s32 error = 0;
  if (at >= disk_bytes()) return write && n ? -ENOSPC : 0;
  n = (u32)MIN((u64)n, disk_bytes() - at);
  while (done < n && !error) {
    u32 piece = MIN(n - done, SECTOR - (u32)(at + done) % SECTOR);
    error = move_user_piece(at + done, user + done, piece, write);
    if (!error) done += piece;
    // For a freeze or the end, at a sector's end, the call is made again: programs know no short
    // counts of a disk.
    if (done < n && thread_has_to_stop(this_thread(), SLEEP_KILLABLE)) {
      error = -ERESTART_CALL;
      done = 0;
    }
  }
  return done ? (s32)done : error;
}

s32 disk_read(u64 at, u32 user, u32 n) { return move(at, user, n, false); }
s32 disk_write(u64 at, u32 user, u32 n) { return move(at, user, n, true); }

void disk_record(struct record_block_device *r) {
  struct queue_state state;
  virtqueue_record(&disk.queue, &state);
  r->base = disk.device.base;
  r->irq = disk.device.irq;
  r->mmio_version = disk.device.version;
  r->queue_physical = state.physical;
  r->queue_size = disk.queue.size;
  r->available_index = state.available_index;
  r->used_index = state.used_index;
  u64_words(r->sectors, disk.sectors);
}

void disk_adopt(const struct record_block_device *r) {
  const struct queue_state state = {r->queue_physical, r->available_index, r->used_index};
  prepare();
  virtqueue_adopt(&disk.queue, 0, r->queue_size, &state);
  disk.sectors = words_u64(r->sectors);
  virtio_adopt(&disk.device, r->base, r->irq, r->mmio_version, disk_interrupt);
}

void disk_audit(void (*claim)(u32 frame)) {
  if (disk_is_present()) claim(disk.queue.frame);
}
