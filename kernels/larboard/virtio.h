// The virtio-mmio transport, legacy or modern, and split queues: one frame each, as the
// handover contract lays it out, so that another kernel goes on with a device in place.
// Source: Virtio 1.2, sections 2.7 (split queues) and 4.2 (mmio).
#ifndef LARBOARD_VIRTIO_H
#define LARBOARD_VIRTIO_H
#include "abi/handover.h"
#include "shared/types.h"

enum { VIRTIO_BLOCK = 2, VIRTIO_CONSOLE = 3, VIRTIO_VSOCK = 19 }; // device ids
enum { DESCRIPTOR_NEXT = 1, DESCRIPTOR_WRITE = 2 };

struct virtio_device {
  const char *name;        // of the driver
  u32 id;
  void (*interrupt)(void);
  u32 base;                // physical address of the registers; 0: no device
  u32 irq, version;
};

struct virtqueue { // its driver's lock
  u32 number;
  u32 physical;            // its frame
  u32 size;                // entries, at most HANDOVER_QUEUE_MAX
  u16 available_index, used_index; // as the driver last left and saw them
};

// Cold boot: finds the device, resets it, and agrees on no feature but Virtio 1. Its queues come
// next, and then virtio_start. False: there is none, or its driver is hidden.
bool virtio_begin(struct virtio_device *d);
bool virtio_make_queue(struct virtio_device *d, struct virtqueue *q, u32 number);
void virtio_start(struct virtio_device *d);
// The device puts nothing more into this queue; what it has put there can still be taken.
void virtio_stop_queue(const struct virtio_device *d, const struct virtqueue *q);
void virtio_reset(const struct virtio_device *d); // it accesses no memory any more
// A device that another kernel has started: nothing is written to it.
void virtio_adopt(struct virtio_device *d, u32 base, u32 irq, u32 version);
void virtio_adopt_queue(struct virtqueue *q, u32 number, u32 size, const struct queue_state *from);
void virtio_export_queue(const struct virtqueue *q, struct queue_state *to);
u32 virtio_config(const struct virtio_device *d, u32 offset);
void virtio_acknowledge(const struct virtio_device *d); // in its interrupt

void *virtqueue_at(const struct virtqueue *q, u32 offset); // a byte of its frame
void virtqueue_describe(struct virtqueue *q, u32 index, u32 physical, u32 length, u16 flags);
void virtqueue_offer(struct virtqueue *q, u32 head);       // makes it available
void virtqueue_notify(const struct virtio_device *d, const struct virtqueue *q);
// The next descriptor chain that the device has used, and the bytes it wrote. False: none.
bool virtqueue_has_used(const struct virtqueue *q);
bool virtqueue_take_used(struct virtqueue *q, u32 *head, u32 *bytes);

// All devices, for traps and CPUs.
void virtio_interrupt(u32 source);
void virtio_enable(u32 hart, bool on);
void virtio_mark_all(u32 code); // a mark for each device and the UART, for the log desk
#endif
