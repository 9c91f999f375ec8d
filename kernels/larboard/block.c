// The virtio block device over virtio-mmio, legacy or modern, one request at a time. One frame
// holds everything the device reaches, as the handover contract lays it out, so that another
// kernel can go on with it: descriptors, rings, and then our request header, status and sector.
// Source: Virtio 1.2, sections 2.7 (split queues), 4.2 (mmio), 5.2 (block).
#include "abi/handover.h"
#include "abi/syscall.h"
#include "larboard/file.h"
#include "larboard/frame.h"
#include "larboard/process.h"
#include "larboard/signal.h"
#include "larboard/system.h"
#include "shared/string.h"

#define SECTOR 512
#define AVAILABLE_AT 1024
#define USED_AT 2048
#define HEADER_AT 3072
#define STATUS_AT 3088
#define DATA_AT 3584

enum { // registers
  MAGIC = 0x00, VERSION = 0x04, DEVICE_ID = 0x08, DEVICE_FEATURES = 0x10,
  DEVICE_FEATURES_SELECT = 0x14, DRIVER_FEATURES = 0x20, DRIVER_FEATURES_SELECT = 0x24,
  GUEST_PAGE_SIZE = 0x28, QUEUE_SELECT = 0x30, QUEUE_SIZE_MAX = 0x34, QUEUE_SIZE = 0x38,
  QUEUE_ALIGN = 0x3c, QUEUE_PFN = 0x40, QUEUE_READY = 0x44, QUEUE_NOTIFY = 0x50,
  INTERRUPT_STATUS = 0x60, INTERRUPT_ACK = 0x64, STATUS = 0x70, QUEUE_DESC = 0x80,
  QUEUE_DRIVER = 0x90, QUEUE_DEVICE = 0xa0, CONFIG = 0x100,
};
enum { STATUS_ACKNOWLEDGE = 1, STATUS_DRIVER = 2, STATUS_DRIVER_OK = 4, STATUS_FEATURES_OK = 8 };
enum { DESCRIPTOR_NEXT = 1, DESCRIPTOR_WRITE = 2 };

struct descriptor_entry {
  u64 address;
  u32 length;
  u16 flags, next;
};

static struct spinlock block_lock;
static struct { // block_lock
  u32 base;     // physical; 0: no device
  u32 irq, version;
  u32 queue;    // physical frame
  u32 queue_size;
  u16 available_index, used_index;
  u64 sectors;
  bool busy;    // a process has the device
  bool done;    // its request is complete
} disk;

static volatile u32 *reg(u32 offset) {
  return (volatile u32 *)(disk.base - UART_BASE + DEVICE_PERIPHERALS + offset);
}
static u8 *queue_at(u32 offset) { return (u8 *)linear(disk.queue) + offset; }

bool block_is_present(void) { return disk.base != 0; }
u64 block_bytes(void) { return disk.sectors * SECTOR; }
u32 block_irq(void) { return disk.irq; }

static void set_up_queue(void) {
  *reg(QUEUE_SELECT) = 0;
  disk.queue_size = MIN(*reg(QUEUE_SIZE_MAX), HANDOVER_QUEUE_MAX);
  *reg(QUEUE_SIZE) = disk.queue_size;
  if (disk.version == 1) {
    *reg(GUEST_PAGE_SIZE) = PAGE_SIZE;
    *reg(QUEUE_ALIGN) = USED_AT;
    *reg(QUEUE_PFN) = disk.queue / PAGE_SIZE;
    return;
  }
  static const u32 where[3][2] = {
      {QUEUE_DESC, 0}, {QUEUE_DRIVER, AVAILABLE_AT}, {QUEUE_DEVICE, USED_AT}};
  for (u32 i = 0; i < 3; i++) {
    *reg(where[i][0]) = disk.queue + where[i][1];
    *reg(where[i][0] + 4) = 0;
  }
  *reg(QUEUE_READY) = 1;
}

static bool start_device(void) {
  *reg(STATUS) = 0;
  *reg(STATUS) = STATUS_ACKNOWLEDGE;
  *reg(STATUS) = STATUS_ACKNOWLEDGE | STATUS_DRIVER;
  u32 ready = STATUS_ACKNOWLEDGE | STATUS_DRIVER;
  *reg(DRIVER_FEATURES_SELECT) = 0;
  *reg(DRIVER_FEATURES) = 0;
  if (disk.version == 2) { // VIRTIO_F_VERSION_1, and nothing else
    *reg(DRIVER_FEATURES_SELECT) = 1;
    *reg(DRIVER_FEATURES) = 1;
    *reg(STATUS) = ready |= STATUS_FEATURES_OK;
    if (!(*reg(STATUS) & STATUS_FEATURES_OK)) return false;
  }
  disk.queue = frame_take_zeroed(ZONE_NORMAL);
  if (!disk.queue) return false;
  set_up_queue();
  disk.sectors = *reg(CONFIG) | (u64)*reg(CONFIG + 4) << 32;
  *reg(STATUS) = ready | STATUS_DRIVER_OK;
  return true;
}

void block_probe(void) {
  if (!system_has_driver("virtio-blk")) return;
  for (u32 slot = 0; slot < VIRTIO_SLOTS; slot++) {
    disk.base = VIRTIO_BASE + slot * VIRTIO_STRIDE;
    disk.irq = VIRTIO_IRQ + slot;
    disk.version = *reg(VERSION);
    if (*reg(MAGIC) == 0x74726976 && *reg(DEVICE_ID) == 2 && start_device()) {
      print("virtio-blk: %u KiB in slot %u", (u32)(disk.sectors / 2), slot);
      return;
    }
  }
  disk.base = 0;
}

static void describe(u32 index, u32 offset, u32 length, u16 flags) {
  struct descriptor_entry *d = (struct descriptor_entry *)queue_at(0) + index;
  d->address = disk.queue + offset;
  d->length = length;
  d->flags = flags;
  d->next = (u16)(index + 1);
}

// Hands the device one request for the sector at DATA_AT; block_lock held.
static void submit(u64 sector, bool write) {
  u32 *header = (u32 *)queue_at(HEADER_AT);
  header[0] = write;
  header[1] = 0;
  header[2] = (u32)sector;
  header[3] = (u32)(sector >> 32);
  *queue_at(STATUS_AT) = 0xff;
  describe(0, HEADER_AT, 16, DESCRIPTOR_NEXT);
  describe(1, DATA_AT, SECTOR, write ? DESCRIPTOR_NEXT : DESCRIPTOR_NEXT | DESCRIPTOR_WRITE);
  describe(2, STATUS_AT, 1, DESCRIPTOR_WRITE);
  volatile u16 *available = (volatile u16 *)queue_at(AVAILABLE_AT);
  available[2 + disk.available_index % disk.queue_size] = 0;
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  available[1] = ++disk.available_index;
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  disk.done = false;
  *reg(QUEUE_NOTIFY) = 0;
}

void block_interrupt(void) {
  lock(&block_lock);
  *reg(INTERRUPT_ACK) = *reg(INTERRUPT_STATUS);
  volatile u16 *used = (volatile u16 *)queue_at(USED_AT);
  if (disk.used_index != used[1]) {
    disk.used_index = used[1];
    disk.done = true;
  }
  unlock(&block_lock);
  wake(&disk.done);
}

// One sector between the device and our buffer, waiting for it. The device is ours (busy).
static s32 move_sector(u64 sector, bool write) {
  lock(&block_lock);
  submit(sector, write);
  while (!disk.done) sleep_firmly(&disk.done, &block_lock);
  unlock(&block_lock);
  return *queue_at(STATUS_AT) == 0 ? 0 : -EIO;
}

// Part of one sector between the device and user memory.
static s32 transfer_piece(struct process *p, u64 at, u32 address, u32 n, bool write) {
  u8 *sector = queue_at(DATA_AT) + at % SECTOR;
  s32 error = 0;
  if (!write || n < SECTOR) error = move_sector(at / SECTOR, false);
  if (error) return error;
  if (!write) return copy_to_user(&p->space, address, sector, n) ? 0 : -EFAULT;
  if (!copy_from_user(&p->space, sector, address, n)) return -EFAULT;
  return move_sector(at / SECTOR, true);
}

static bool take_device(void) {
  bool taken = true;
  lock(&block_lock);
  while (disk.busy && taken) taken = sleep_on(&disk.busy, &block_lock);
  if (taken) disk.busy = true;
  unlock(&block_lock);
  return taken;
}

static void release_device(void) {
  lock(&block_lock);
  disk.busy = false;
  unlock(&block_lock);
  wake(&disk.busy);
}

s32 block_transfer(struct process *p, u64 at, u32 address, u32 n, bool write) {
  u32 done = 0;
  if (at >= block_bytes()) return write && n ? -ENOSPC : 0;
  n = (u32)MIN((u64)n, block_bytes() - at);
  while (done < n) {
    u32 piece = MIN(n - done, SECTOR - (u32)((at + done) % SECTOR));
    // a short count between sectors lets a freeze or a signal in
    if ((done && (process_freezing || signal_is_waiting(this_thread()))) || !take_device()) break;
    s32 error = transfer_piece(p, at + done, address + done, piece, write);
    release_device();
    if (error) return done ? (s32)done : error;
    done += piece;
  }
  return done || n == 0 ? (s32)done : -ERESTART;
}

bool block_export(struct record_block_device *r) {
  if (!disk.base) return false;
  r->base = disk.base;
  r->irq = disk.irq;
  r->mmio_version = disk.version;
  r->queue_physical = disk.queue;
  r->queue_size = disk.queue_size;
  r->available_index = disk.available_index;
  r->used_index = disk.used_index;
  r->sectors[0] = (u32)disk.sectors;
  r->sectors[1] = (u32)(disk.sectors >> 32);
  return true;
}

void block_import(const struct record_block_device *r) {
  disk.base = r->base;
  disk.irq = r->irq;
  disk.version = r->mmio_version;
  disk.queue = r->queue_physical;
  disk.queue_size = r->queue_size;
  disk.available_index = (u16)r->available_index;
  disk.used_index = (u16)r->used_index;
  disk.sectors = r->sectors[0] | (u64)r->sectors[1] << 32;
}
