// The virtio socket device. Transmit buffers are part of the image: nothing is in them when the
// device is handed over. A received packet is handled only while a transmit buffer is free, for it
// may need an answer; what is left stays in the receive queue. Source: Virtio 1.2, section 5.10.
#include "larboard/vsock.h"

#include "larboard/frame.h"
#include "larboard/scheduler.h"
#include "larboard/socket.h"
#include "larboard/virtio.h"
#include "shared/string.h"

#define BUFFERS 16
#define ALL_BUFFERS ((1u << BUFFERS) - 1)
#define BUFFER_BYTES (VSOCK_DATA_MAX + sizeof(struct vsock_packet))
#define EVENT_AT 3072
#define EVENT_BYTES 8

enum { RECEIVE, TRANSMIT, EVENT, QUEUES };

static void vsock_interrupt(void);

static struct virtio_device device = {"virtio-vsock", VIRTIO_VSOCK, vsock_interrupt, 0, 0, 0};
static u8 transmit_buffers[BUFFERS][BUFFER_BYTES] __attribute__((aligned(16)));
static struct { // socket_lock
  struct virtqueue queues[QUEUES];
  u32 received[HANDOVER_RECEIVE_BUFFERS]; // physical: a frame each
  u32 cid;
  u32 free;     // transmit buffers: a bit each
} vsock = {.free = ALL_BUFFERS};

bool vsock_is_present(void) { return device.base != 0; }
u32 vsock_cid(void) { return vsock.cid; }

// --- Sending.

struct vsock_packet *vsock_take_buffer(void) {
  for (u32 i = 0; i < BUFFERS; i++) {
    if (!(vsock.free >> i & 1)) continue;
    vsock.free &= ~(1u << i);
    return (struct vsock_packet *)transmit_buffers[i];
  }
  return NULL;
}

static u32 buffer_index(const struct vsock_packet *packet) {
  return (u32)((const u8 *)packet - transmit_buffers[0]) / BUFFER_BYTES;
}

void vsock_send(struct vsock_packet *packet) {
  struct virtqueue *q = &vsock.queues[TRANSMIT];
  u32 i = buffer_index(packet);
  virtqueue_describe(q, i, physical_of(packet), sizeof *packet + packet->bytes, 0);
  virtqueue_offer(q, i);
  virtqueue_notify(&device, q);
}

// Takes back the transmit buffers that the device has done with.
static void reap(void) {
  u32 head, bytes, before = vsock.free;
  while (virtqueue_take_used(&vsock.queues[TRANSMIT], &head, &bytes)) vsock.free |= 1u << head;
  if (vsock.free != before) wake(&vsock.free);
}

// --- Receiving.

static void receive(void) {
  struct virtqueue *q = &vsock.queues[RECEIVE];
  u32 head, bytes;
  bool any = false;
  while (vsock.free && virtqueue_take_used(q, &head, &bytes)) {
    const struct vsock_packet *packet = linear(vsock.received[head % HANDOVER_RECEIVE_BUFFERS]);
    bool whole = bytes >= sizeof *packet && bytes <= PAGE_SIZE &&
                 packet->bytes <= bytes - sizeof *packet;
    if (whole) socket_receive(packet, (const u8 *)(packet + 1));
    virtqueue_offer(q, head);
    any = true;
  }
  if (any) virtqueue_notify(&device, q);
}

// The one event there is says that the context id has changed.
static void receive_events(void) {
  struct virtqueue *q = &vsock.queues[EVENT];
  for (u32 head, bytes; virtqueue_take_used(q, &head, &bytes);) {
    vsock.cid = virtio_config(&device, 0);
    virtqueue_offer(q, head);
    virtqueue_notify(&device, q);
  }
}

static void look(void) {
  reap();
  receive();
  receive_events();
}

static void vsock_interrupt(void) {
  lock(&socket_lock);
  virtio_acknowledge(&device);
  look();
  unlock(&socket_lock);
}

void vsock_give_back(struct vsock_packet *packet) {
  vsock.free |= 1u << buffer_index(packet);
  wake(&vsock.free);
  receive(); // it may have waited for this buffer
}

void vsock_await_buffer(void) {
  while (vsock_is_present() && !vsock.free) sleep_firmly(&vsock.free, &socket_lock);
}

// --- Start.

static void give_buffers(void) {
  for (u32 i = 0; i < HANDOVER_RECEIVE_BUFFERS; i++) {
    virtqueue_describe(&vsock.queues[RECEIVE], i, vsock.received[i], PAGE_SIZE, DESCRIPTOR_WRITE);
    virtqueue_offer(&vsock.queues[RECEIVE], i);
  }
  virtqueue_describe(&vsock.queues[EVENT], 0, vsock.queues[EVENT].physical + EVENT_AT, EVENT_BYTES,
                     DESCRIPTOR_WRITE);
  virtqueue_offer(&vsock.queues[EVENT], 0);
}

static bool take_memory(void) {
  for (u32 i = 0; i < HANDOVER_RECEIVE_BUFFERS; i++) {
    if (!(vsock.received[i] = frame_take(ZONE_NORMAL))) return false;
  }
  for (u32 i = 0; i < QUEUES; i++) {
    if (!virtio_make_queue(&device, &vsock.queues[i], i)) return false;
  }
  return true;
}

static void forget(void) {
  vsock_claim(frame_release);
  memset(vsock.received, 0, sizeof vsock.received);
  memset(vsock.queues, 0, sizeof vsock.queues);
  device.base = 0;
}

void vsock_probe(void) {
  if (!virtio_begin(&device)) return;
  if (!take_memory()) {
    forget();
    return;
  }
  give_buffers();
  vsock.cid = virtio_config(&device, 0);
  virtio_start(&device);
  virtqueue_notify(&device, &vsock.queues[RECEIVE]);
  virtqueue_notify(&device, &vsock.queues[EVENT]);
}

// What has come is handled with the answers it needs, and nothing comes any more.
void vsock_stop(void) {
  lock(&socket_lock);
  if (vsock_is_present()) {
    virtio_stop_queue(&device, &vsock.queues[RECEIVE]);
    while (virtqueue_has_used(&vsock.queues[RECEIVE])) {
      reap();
      receive();
    }
    while (vsock.free != ALL_BUFFERS) reap();
    virtio_reset(&device);
  }
  unlock(&socket_lock);
}

void vsock_restart(void) {
  if (!vsock_is_present()) return;
  forget();
  vsock_probe();
}

// --- Across a relief.

void vsock_quiesce(void) {
  lock(&socket_lock);
  while (vsock_is_present() && vsock.free != ALL_BUFFERS) reap();
  unlock(&socket_lock);
}

void vsock_resume(void) {
  lock(&socket_lock);
  if (vsock_is_present()) look();
  unlock(&socket_lock);
}

void vsock_claim(void (*claim)(u32 physical)) {
  for (u32 i = 0; i < HANDOVER_RECEIVE_BUFFERS; i++) {
    if (vsock.received[i]) claim(vsock.received[i]);
  }
  for (u32 i = 0; i < QUEUES; i++) {
    if (vsock.queues[i].physical) claim(vsock.queues[i].physical);
  }
}

bool vsock_export(struct record_socket_device *r) {
  if (!vsock_is_present()) return false;
  r->base = device.base;
  r->irq = device.irq;
  r->mmio_version = device.version;
  r->guest_cid = vsock.cid;
  for (u32 i = 0; i < QUEUES; i++) virtio_export_queue(&vsock.queues[i], &r->queues[i]);
  memcpy(r->buffers_physical, vsock.received, sizeof r->buffers_physical);
  return true;
}

void vsock_import(const struct record_socket_device *r) {
  virtio_adopt(&device, r->base, r->irq, r->mmio_version);
  for (u32 i = 0; i < QUEUES; i++) {
    virtio_adopt_queue(&vsock.queues[i], i, HANDOVER_QUEUE_MAX, &r->queues[i]);
  }
  for (u32 i = 0; i < HANDOVER_RECEIVE_BUFFERS; i++) frame_adopt(r->buffers_physical[i]);
  memcpy(vsock.received, r->buffers_physical, sizeof vsock.received);
  vsock.cid = r->guest_cid;
}
