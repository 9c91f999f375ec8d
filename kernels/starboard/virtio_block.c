// The virtio block device over virtio-mmio, legacy or modern, one request at a time. One frame has
// all that the device reads and writes: descriptors, the two rings where the contract puts them
// (a legacy device needs 64 entries for that), the request's header and status, one sector.
// Sources: Virtio 1.2, 2.7 (split queues), 4.2 (MMIO), 5.2 (block).
#include "virtio_block.h"

#include "interrupt.h"
#include "process.h"

#define SECTOR 512u
enum { // registers
  MAGIC = 0x000, VERSION = 0x004, DEVICE_ID = 0x008, DRIVER_FEATURES = 0x020,
  DRIVER_FEATURES_SELECT = 0x024, GUEST_PAGE_SIZE = 0x028, QUEUE_SELECT = 0x030,
  QUEUE_SIZE_MAX = 0x034, QUEUE_SIZE = 0x038, QUEUE_ALIGN = 0x03c, QUEUE_FRAME = 0x040,
  QUEUE_READY = 0x044, QUEUE_NOTIFY = 0x050, INTERRUPT_STATUS = 0x060, INTERRUPT_DONE = 0x064,
  STATUS = 0x070, QUEUE_DESCRIPTORS = 0x080, QUEUE_AVAILABLE = 0x090, QUEUE_USED = 0x0a0,
  CONFIGURATION = 0x100,
};
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8 }; // status bits
enum { NEXT = 1, DEVICE_WRITES = 2 };                                 // descriptor flags
#define MAGIC_VALUE 0x74726976
#define ID_BLOCK 2
#define VERSION_1 1 // feature 32, the lowest bit of the upper word

struct queue_descriptor {
  u64 address;
  u32 length;
  u16 flags, next;
};
struct queue_frame { // as the handover contract lays it out, and our own part
  struct queue_descriptor descriptors[HANDOVER_QUEUE_MAX];
  struct {
    u16 flags, index, ring[510];
  } available; // at 1024
  struct {
    u16 flags, index;
    struct { u32 id, length; } ring[127];
    u32 rest;
  } used; // at 2048
  u32 kind, reserved;
  u64 sector;
  u8 status, rest[495];
  u8 data[SECTOR];
};
_Static_assert(offsetof(struct queue_frame, available) == 1024, "the contract");
_Static_assert(offsetof(struct queue_frame, used) == 2048, "the contract");
_Static_assert(sizeof(struct queue_frame) == PAGE_SIZE, "one frame");

static struct {
  struct mutex busy;        // who holds it has the device
  struct spinlock lock;     // guards the rest
  struct wait_queue done;
  u32 base, irq, version, queue_size; // base 0: no disk
  u32 frame;
  u16 available_index, used_index;
  u64 sectors;
} disk;

static volatile u32 *reg(u32 base, u32 offset) {
  return (volatile u32 *)(base - UART_BASE + DEVICE_PERIPHERALS + offset);
}
static volatile struct queue_frame *queue(void) { return frame_linear(disk.frame); }
static void barrier(void) { __asm__ volatile("fence iorw, iorw" : : : "memory"); }

bool disk_is_present(void) { return disk.base != 0; }
u64 disk_bytes(void) { return disk.sectors * SECTOR; }

static void disk_interrupt(void) {
  lock(&disk.lock);
  *reg(disk.base, INTERRUPT_DONE) = *reg(disk.base, INTERRUPT_STATUS);
  barrier();
  wake_all(&disk.done);
  unlock(&disk.lock);
}

static void drive(u32 base, u32 irq) {
  mutex_init(&disk.busy);
  wait_queue_init(&disk.done);
  disk.base = base;
  disk.irq = irq;
  interrupts_add_source(irq, disk_interrupt);
}

static bool set_up_queue(u32 base) {
  *reg(base, QUEUE_SELECT) = 0;
  u32 most = *reg(base, QUEUE_SIZE_MAX);
  if (most < (disk.version == 1 ? HANDOVER_QUEUE_MAX : 4)) return false;
  disk.queue_size = disk.version == 1 ? HANDOVER_QUEUE_MAX : MIN(most, 16u);
  *reg(base, QUEUE_SIZE) = disk.queue_size;
  u32 physical = frame_physical(disk.frame);
  if (disk.version == 1) {
    *reg(base, GUEST_PAGE_SIZE) = PAGE_SIZE;
    *reg(base, QUEUE_ALIGN) = 2048;
    *reg(base, QUEUE_FRAME) = physical / PAGE_SIZE;
    return true;
  }
  static const u16 parts[3][2] = {
      {QUEUE_DESCRIPTORS, 0}, {QUEUE_AVAILABLE, 1024}, {QUEUE_USED, 2048}};
  for (u32 i = 0; i < 3; i++) {
    *reg(base, parts[i][0]) = physical + parts[i][1];
    *reg(base, parts[i][0] + 4u) = 0;
  }
  *reg(base, QUEUE_READY) = 1;
  return true;
}

bool disk_probe(u32 base, u32 irq) {
  if (disk.base || *reg(base, MAGIC) != MAGIC_VALUE || *reg(base, DEVICE_ID) != ID_BLOCK) {
    return false;
  }
  disk.version = *reg(base, VERSION);
  if (disk.version < 1 || disk.version > 2) return false;
  disk.frame = frame_allocate_zeroed();
  if (disk.frame == NO_FRAME) return false;
  *reg(base, STATUS) = 0;
  *reg(base, STATUS) = ACKNOWLEDGE;
  *reg(base, STATUS) = ACKNOWLEDGE | DRIVER;
  *reg(base, DRIVER_FEATURES_SELECT) = 0;
  *reg(base, DRIVER_FEATURES) = 0;
  u32 status = ACKNOWLEDGE | DRIVER;
  if (disk.version == 2) {
    *reg(base, DRIVER_FEATURES_SELECT) = 1;
    *reg(base, DRIVER_FEATURES) = VERSION_1;
    *reg(base, STATUS) = status |= FEATURES_OK;
  }
  bool accepted = (*reg(base, STATUS) & status) == status && set_up_queue(base);
  if (!accepted) {
    *reg(base, STATUS) = 0;
    frame_put(disk.frame);
    return false;
  }
  *reg(base, STATUS) = status | DRIVER_OK;
  disk.sectors = *reg(base, CONFIGURATION) | (u64)*reg(base, CONFIGURATION + 4) << 32;
  drive(base, irq);
  return true;
}

static void describe(u32 n, volatile void *what, u32 length, u16 flags) {
  volatile struct queue_descriptor *d = &queue()->descriptors[n];
  d->address = physical_of((void *)what);
  d->length = length;
  d->flags = flags;
  d->next = (u16)(n + 1);
}

// Moves one sector between the device and the queue frame's data. disk.busy held.
static s32 transfer(u64 sector, bool write) {
  volatile struct queue_frame *q = queue();
  q->kind = write;
  q->reserved = 0;
  q->sector = sector;
  q->status = 0xff;
  describe(0, &q->kind, 16, NEXT);
  describe(1, q->data, SECTOR, (u16)(NEXT | (write ? 0 : DEVICE_WRITES)));
  describe(2, &q->status, 1, DEVICE_WRITES);
  lock(&disk.lock);
  q->available.ring[disk.available_index % disk.queue_size] = 0;
  barrier();
  q->available.index = ++disk.available_index;
  barrier();
  *reg(disk.base, QUEUE_NOTIFY) = 0;
  while (q->used.index == disk.used_index) wait_on_firmly(&disk.done, &disk.lock);
  disk.used_index++;
  unlock(&disk.lock);
  return q->status == 0 ? 0 : -EIO;
}

static s32 move_piece(u64 at, u32 user, u32 n, bool write) {
  u8 *data = (u8 *)queue()->data + at % SECTOR;
  s32 error = !write || n < SECTOR ? transfer(at / SECTOR, false) : 0;
  if (!error && !write) return copy_to_user(user, data, n);
  if (!error) error = copy_from_user(data, user, n);
  return error ? error : transfer(at / SECTOR, true);
}

static s32 move(u64 at, u32 user, u32 n, bool write) {
  u32 done = 0;
  s32 error = 0;
  if (at >= disk_bytes()) return write && n ? -ENOSPC : 0;
  n = (u32)MIN((u64)n, disk_bytes() - at);
  mutex_lock(&disk.busy);
  while (done < n && !error) {
    u32 piece = MIN(n - done, SECTOR - (u32)(at + done) % SECTOR);
    error = move_piece(at + done, user + done, piece, write);
    if (!error) done += piece;
    // For a freeze or the end, at a sector's end, the call is made again: programs know no short
    // counts of a disk.
    if (done < n && thread_has_to_stop(this_thread(), SLEEP_KILLABLE)) {
      error = -ERESTART_CALL;
      done = 0;
    }
  }
  mutex_unlock(&disk.busy);
  return done ? (s32)done : error;
}

s32 disk_read(u64 at, u32 user, u32 n) { return move(at, user, n, false); }
s32 disk_write(u64 at, u32 user, u32 n) { return move(at, user, n, true); }

void disk_record(struct record_block_device *r) {
  r->base = disk.base;
  r->irq = disk.irq;
  r->mmio_version = disk.version;
  r->queue_physical = frame_physical(disk.frame);
  r->queue_size = disk.queue_size;
  r->available_index = disk.available_index;
  r->used_index = disk.used_index;
  u64_words(r->sectors, disk.sectors);
}

void disk_adopt(const struct record_block_device *r) {
  disk.version = r->mmio_version;
  disk.queue_size = r->queue_size;
  disk.frame = frame_of_physical(r->queue_physical);
  disk.available_index = (u16)r->available_index;
  disk.used_index = (u16)r->used_index;
  disk.sectors = words_u64(r->sectors);
  drive(r->base, r->irq);
}

void disk_audit(void (*claim)(u32 frame)) {
  if (disk.base) claim(disk.frame);
}
