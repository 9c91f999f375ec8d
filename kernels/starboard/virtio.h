// The virtio-mmio transport, legacy or modern, and split queues of one frame each, as the handover
// contract lays them out, so that another kernel goes on with a device in place.
// Sources: Virtio 1.2, 2.7 (split queues), 4.2 (MMIO).
#ifndef STARBOARD_VIRTIO_H
#define STARBOARD_VIRTIO_H
#include "abi/handover.h"
#include "frame.h"

enum { VIRTIO_BLOCK = 2, VIRTIO_CONSOLE = 3, VIRTIO_SOCKET = 19 }; // device ids
enum { QUEUE_NEXT = 1, QUEUE_DEVICE_WRITES = 2 }; // descriptor flags

struct virtio {
  u32 base, irq, version; // physical address of the registers; 0: no device
};
struct virtqueue { // guarded by its driver's lock
  u32 number, frame, size;
  u16 available_index, used_index; // as the driver last left and saw them
};

// Cold boot: whether the slot has such a device, which is then reset and agrees to no feature but
// Virtio 1. Its queues come next, then virtio_start; or virtio_give_up, which resets it.
bool virtio_begin(struct virtio *v, u32 id, u32 base, u32 irq);
bool virtio_make_queue(struct virtio *v, struct virtqueue *q, u32 number);
void virtio_start(struct virtio *v, void (*interrupt)(void));
// The device puts nothing more into this queue; what it has put there can still be taken.
void virtio_stop_queue(const struct virtio *v, const struct virtqueue *q);
void virtio_reset(const struct virtio *v); // it accesses no memory any more
void virtio_give_up(struct virtio *v, struct virtqueue *queues, u32 count);
// A device that another kernel has started: no register is written.
void virtio_adopt(struct virtio *v, u32 base, u32 irq, u32 version, void (*interrupt)(void));
u32 virtio_configuration(const struct virtio *v, u32 offset);
void virtio_acknowledge(const struct virtio *v); // in its interrupt

void virtqueue_adopt(struct virtqueue *q, u32 number, u32 size, const struct queue_state *state);
void virtqueue_record(const struct virtqueue *q, struct queue_state *state);
// The rest of the queue's frame is the driver's, from QUEUE_FREE on.
#define QUEUE_FREE 3072u
volatile void *virtqueue_free_part(const struct virtqueue *q);
void virtqueue_describe(struct virtqueue *q, u32 n, u32 physical, u32 length, u16 flags);
void virtqueue_offer(const struct virtio *v, struct virtqueue *q, u32 head); // and notifies
bool virtqueue_has_used(const struct virtqueue *q);
bool virtqueue_take_used(struct virtqueue *q, u32 *head, u32 *bytes);        // false: none
#endif
