// The virtio-mmio transport: see virtio.h.
#include "larboard/virtio.h"

#include "larboard/frame.h"
#include "larboard/system.h"
#include "shared/desk.h"
#include "shared/plic.h"
#include "shared/print.h"
#include "shared/string.h"

#define AVAILABLE_AT 1024
#define USED_AT 2048

enum { // registers
  MAGIC = 0x00, VERSION = 0x04, DEVICE_ID = 0x08, DRIVER_FEATURES = 0x20,
  DRIVER_FEATURES_SELECT = 0x24, GUEST_PAGE_SIZE = 0x28, QUEUE_SELECT = 0x30,
  QUEUE_SIZE_MAX = 0x34, QUEUE_SIZE = 0x38, QUEUE_ALIGN = 0x3c, QUEUE_PFN = 0x40,
  QUEUE_READY = 0x44, QUEUE_NOTIFY = 0x50, INTERRUPT_STATUS = 0x60, INTERRUPT_ACK = 0x64,
  STATUS = 0x70, QUEUE_DESC = 0x80, QUEUE_DRIVER = 0x90, QUEUE_DEVICE = 0xa0, CONFIG = 0x100,
};
enum { STATUS_ACKNOWLEDGE = 1, STATUS_DRIVER = 2, STATUS_DRIVER_OK = 4, STATUS_FEATURES_OK = 8 };

struct descriptor_entry {
  u64 address;
  u32 length;
  u16 flags, next;
};

static const struct virtio_device *devices[VIRTIO_SLOTS]; // those that there are

static volatile u32 *reg(const struct virtio_device *d, u32 offset) {
  return (volatile u32 *)(d->base - UART_BASE + DEVICE_PERIPHERALS + offset);
}

u32 virtio_config(const struct virtio_device *d, u32 offset) { return *reg(d, CONFIG + offset); }

void virtio_acknowledge(const struct virtio_device *d) {
  *reg(d, INTERRUPT_ACK) = *reg(d, INTERRUPT_STATUS);
}

static bool find(struct virtio_device *d) {
  for (u32 slot = 0; slot < VIRTIO_SLOTS; slot++) {
    d->base = VIRTIO_BASE + slot * VIRTIO_STRIDE;
    d->irq = VIRTIO_IRQ + slot;
    if (*reg(d, MAGIC) == 0x74726976 && *reg(d, DEVICE_ID) == d->id) return true;
  }
  d->base = 0;
  return false;
}

static bool negotiate(struct virtio_device *d) {
  u32 status = STATUS_ACKNOWLEDGE | STATUS_DRIVER;
  *reg(d, STATUS) = 0;
  *reg(d, STATUS) = STATUS_ACKNOWLEDGE;
  *reg(d, STATUS) = status;
  d->version = *reg(d, VERSION);
  *reg(d, DRIVER_FEATURES_SELECT) = 0;
  *reg(d, DRIVER_FEATURES) = 0;
  if (d->version == 1) {
    *reg(d, GUEST_PAGE_SIZE) = PAGE_SIZE;
    return true;
  }
  *reg(d, DRIVER_FEATURES_SELECT) = 1;
  *reg(d, DRIVER_FEATURES) = 1; // VIRTIO_F_VERSION_1, and nothing else
  *reg(d, STATUS) = status | STATUS_FEATURES_OK;
  return *reg(d, STATUS) & STATUS_FEATURES_OK;
}

bool virtio_begin(struct virtio_device *d) {
  if (!system_has_driver(d->name) || !find(d)) return false;
  if (negotiate(d)) return true;
  d->base = 0;
  return false;
}

bool virtio_make_queue(struct virtio_device *d, struct virtqueue *q, u32 number) {
  *reg(d, QUEUE_SELECT) = number;
  u32 frame = *reg(d, QUEUE_SIZE_MAX) < HANDOVER_QUEUE_MAX ? 0 : frame_take_zeroed(ZONE_NORMAL);
  if (!frame) {
    d->base = 0;
    return false;
  }
  *q = (struct virtqueue){number, frame, HANDOVER_QUEUE_MAX, 0, 0};
  *reg(d, QUEUE_SIZE) = HANDOVER_QUEUE_MAX;
  if (d->version == 1) {
    *reg(d, QUEUE_ALIGN) = USED_AT;
    *reg(d, QUEUE_PFN) = frame / PAGE_SIZE;
    return true;
  }
  static const u32 where[3][2] = {
      {QUEUE_DESC, 0}, {QUEUE_DRIVER, AVAILABLE_AT}, {QUEUE_DEVICE, USED_AT}};
  for (u32 i = 0; i < 3; i++) {
    *reg(d, where[i][0]) = frame + where[i][1];
    *reg(d, where[i][0] + 4) = 0;
  }
  *reg(d, QUEUE_READY) = 1;
  return true;
}

static void add(const struct virtio_device *d) { devices[d->irq - VIRTIO_IRQ] = d; }

void virtio_start(struct virtio_device *d) {
  *reg(d, STATUS) = *reg(d, STATUS) | STATUS_DRIVER_OK;
  plic_set_priority(d->irq, 1);
  add(d);
  print("%s in slot %u", d->name, d->irq - VIRTIO_IRQ);
}

void virtio_stop_queue(const struct virtio_device *d, const struct virtqueue *q) {
  *reg(d, QUEUE_SELECT) = q->number;
  *reg(d, d->version == 1 ? QUEUE_PFN : QUEUE_READY) = 0;
}

void virtio_reset(const struct virtio_device *d) { *reg(d, STATUS) = 0; }

void virtio_adopt(struct virtio_device *d, u32 base, u32 irq, u32 version) {
  d->base = base;
  d->irq = irq;
  d->version = version;
  add(d);
}

void virtio_adopt_queue(struct virtqueue *q, u32 number, u32 size,
                        const struct queue_state *from) {
  frame_adopt(from->physical);
  *q = (struct virtqueue){number, from->physical, size, (u16)from->available_index,
                          (u16)from->used_index};
}

void virtio_export_queue(const struct virtqueue *q, struct queue_state *to) {
  *to = (struct queue_state){q->physical, q->available_index, q->used_index};
}

// --- Queues.

void *virtqueue_at(const struct virtqueue *q, u32 offset) {
  return (u8 *)linear(q->physical) + offset;
}

void virtqueue_describe(struct virtqueue *q, u32 index, u32 physical, u32 length, u16 flags) {
  struct descriptor_entry *d = (struct descriptor_entry *)virtqueue_at(q, 0) + index;
  *d = (struct descriptor_entry){physical, length, flags, (u16)(index + 1)};
}

void virtqueue_offer(struct virtqueue *q, u32 head) {
  volatile u16 *available = virtqueue_at(q, AVAILABLE_AT);
  available[2 + q->available_index % q->size] = (u16)head;
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  available[1] = ++q->available_index;
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void virtqueue_notify(const struct virtio_device *d, const struct virtqueue *q) {
  *reg(d, QUEUE_NOTIFY) = q->number;
}

bool virtqueue_has_used(const struct virtqueue *q) {
  const volatile u16 *index = virtqueue_at(q, USED_AT + 2);
  return q->used_index != *index;
}

bool virtqueue_take_used(struct virtqueue *q, u32 *head, u32 *bytes) {
  if (!virtqueue_has_used(q)) return false;
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  volatile u32 *entry = virtqueue_at(q, USED_AT + 4 + q->used_index % q->size * 8);
  *head = entry[0] % q->size;
  *bytes = entry[1];
  q->used_index++;
  return true;
}

// --- Interrupts.

void virtio_interrupt(u32 source) {
  for (u32 slot = 0; slot < VIRTIO_SLOTS; slot++) {
    if (devices[slot] && devices[slot]->irq == source) devices[slot]->interrupt();
  }
}

void virtio_enable(u32 hart, bool on) {
  for (u32 slot = 0; slot < VIRTIO_SLOTS; slot++) {
    if (devices[slot]) plic_enable(hart, devices[slot]->irq, on);
  }
}

void virtio_mark_all(u32 code) {
  desk_mark(code, UART_IRQ);
  for (u32 slot = 0; slot < VIRTIO_SLOTS; slot++) {
    if (devices[slot]) desk_mark(code, devices[slot]->irq);
  }
}
