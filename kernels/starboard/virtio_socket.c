// The virtio socket device. What is sent lies in packets of the heap, as many as may be under way
// at a time. What was received is handled only while a packet is idle, for it may need an answer;
// until then it stays in the receive queue, there for another kernel too. Source: Virtio 1.2, 5.10.
#include "virtio_socket.h"

#include "socket.h"
#include "virtio.h"

#define PACKETS 16
#define EVENT_BYTES 8

enum { RECEIVE, TRANSMIT, EVENT, QUEUES };

static struct { // sockets.lock
  struct virtio device; // base 0: none
  struct virtqueue queues[QUEUES];
  u32 buffers[HANDOVER_RECEIVE_BUFFERS]; // frames
  struct packet *packets[PACKETS];
  struct list idle;
  u32 under_way;
  struct wait_queue drained;
  u32 cid;
} vsock;

bool vsock_is_present(void) { return vsock.device.base != 0; }
u32 vsock_cid(void) { return vsock.cid; }

// --- Sending

struct packet *vsock_packet(void) {
  if (list_is_empty(&vsock.idle)) return NULL;
  struct packet *packet = LIST_FIRST(&vsock.idle, struct packet, link);
  list_remove(&packet->link);
  vsock.under_way++;
  return packet;
}

void vsock_send(struct packet *packet) {
  u32 bytes = sizeof packet->header + packet->header.bytes;
  struct virtqueue *q = &vsock.queues[TRANSMIT];
  virtqueue_describe(q, packet->number, physical_of(&packet->header), bytes, 0);
  virtqueue_offer(&vsock.device, q, packet->number);
}

static void reap(void) {
  u32 number, bytes;
  while (virtqueue_take_used(&vsock.queues[TRANSMIT], &number, &bytes)) {
    list_add_last(&vsock.idle, &vsock.packets[number % PACKETS]->link);
    vsock.under_way--;
    wake_all(&vsock.drained);
  }
}

void vsock_await_packet(void) {
  while (vsock_is_present() && list_is_empty(&vsock.idle)) {
    wait_on_firmly(&vsock.drained, &sockets.lock);
  }
}

// --- Receiving

static bool is_whole(const struct packet_header *header, u32 bytes) {
  return bytes >= sizeof *header && bytes <= PAGE_SIZE && header->bytes <= bytes - sizeof *header;
}

static void receive(void) {
  u32 number, bytes;
  while (!list_is_empty(&vsock.idle) &&
         virtqueue_take_used(&vsock.queues[RECEIVE], &number, &bytes)) {
    const struct packet_header *header =
        frame_linear(vsock.buffers[number % HANDOVER_RECEIVE_BUFFERS]);
    if (is_whole(header, bytes)) socket_receive(header, (const u8 *)(header + 1));
    virtqueue_offer(&vsock.device, &vsock.queues[RECEIVE], number);
  }
}

// The only event there is says that the context id has changed.
static void receive_events(void) {
  u32 number, bytes;
  while (virtqueue_take_used(&vsock.queues[EVENT], &number, &bytes)) {
    vsock.cid = virtio_configuration(&vsock.device, 0);
    virtqueue_offer(&vsock.device, &vsock.queues[EVENT], number);
  }
}

static void look(void) {
  reap();
  receive();
  receive_events();
}

static void vsock_interrupt(void) {
  lock(&sockets.lock);
  virtio_acknowledge(&vsock.device);
  look();
  unlock(&sockets.lock);
}

// --- Start

static void forget_packets(void) {
  for (u32 i = 0; i < PACKETS; i++) {
    heap_free(vsock.packets[i]);
    vsock.packets[i] = NULL;
  }
}

static bool make_packets(void) {
  list_init(&vsock.idle);
  wait_queue_init(&vsock.drained);
  for (u32 i = 0; i < PACKETS; i++) {
    vsock.packets[i] = heap_allocate(sizeof(struct packet));
    if (!vsock.packets[i]) {
      forget_packets();
      return false;
    }
    vsock.packets[i]->number = i;
    list_add_last(&vsock.idle, &vsock.packets[i]->link);
  }
  return true;
}

static void give_up(void) {
  for (u32 i = 0; i < HANDOVER_RECEIVE_BUFFERS; i++) {
    if (vsock.buffers[i] != NO_FRAME) frame_put(vsock.buffers[i]);
  }
  virtio_give_up(&vsock.device, vsock.queues, QUEUES);
}

static bool take_memory(void) {
  bool all = true;
  for (u32 i = 0; i < QUEUES; i++) {
    vsock.queues[i].frame = NO_FRAME;
    all = all && virtio_make_queue(&vsock.device, &vsock.queues[i], i);
  }
  for (u32 i = 0; i < HANDOVER_RECEIVE_BUFFERS; i++) {
    vsock.buffers[i] = frame_allocate(ZONE_NORMAL, 0);
    all = all && vsock.buffers[i] != NO_FRAME;
  }
  all = all && make_packets();
  if (!all) give_up();
  return all;
}

static void give_buffer(u32 queue, u32 number, u32 physical, u32 bytes) {
  struct virtqueue *q = &vsock.queues[queue];
  virtqueue_describe(q, number, physical, bytes, QUEUE_DEVICE_WRITES);
  virtqueue_offer(&vsock.device, q, number);
}

bool vsock_probe(u32 base, u32 irq) {
  if (vsock_is_present() || !virtio_begin(&vsock.device, VIRTIO_SOCKET, base, irq)) return false;
  if (!take_memory()) return false;
  vsock.cid = virtio_configuration(&vsock.device, 0);
  virtio_start(&vsock.device, vsock_interrupt);
  lock(&sockets.lock);
  for (u32 i = 0; i < HANDOVER_RECEIVE_BUFFERS; i++) {
    give_buffer(RECEIVE, i, frame_physical(vsock.buffers[i]), PAGE_SIZE);
  }
  const volatile void *event = virtqueue_free_part(&vsock.queues[EVENT]);
  give_buffer(EVENT, 0, physical_of((const void *)event), EVENT_BYTES);
  unlock(&sockets.lock);
  return true;
}

// What has come is handled with the answers it needs, and nothing comes any more.
void vsock_stop(void) {
  lock(&sockets.lock);
  if (vsock_is_present()) {
    virtio_stop_queue(&vsock.device, &vsock.queues[RECEIVE]);
    while (virtqueue_has_used(&vsock.queues[RECEIVE])) {
      reap();
      receive();
    }
    while (vsock.under_way) reap();
    virtio_reset(&vsock.device);
  }
  unlock(&sockets.lock);
}

void vsock_forget(void) {
  if (!vsock_is_present()) return;
  forget_packets();
  give_up();
}

// --- The relief

void vsock_quiesce(void) {
  lock(&sockets.lock);
  while (vsock_is_present() && vsock.under_way) reap();
  unlock(&sockets.lock);
}

void vsock_resume(void) {
  lock(&sockets.lock);
  if (vsock_is_present()) look();
  unlock(&sockets.lock);
}

u32 vsock_bytes(void) { return PACKETS * heap_block_bytes(sizeof(struct packet)); }

void vsock_record(struct record_socket_device *r) {
  r->base = vsock.device.base;
  r->irq = vsock.device.irq;
  r->mmio_version = vsock.device.version;
  r->guest_cid = vsock.cid;
  for (u32 i = 0; i < QUEUES; i++) virtqueue_record(&vsock.queues[i], &r->queues[i]);
  for (u32 i = 0; i < HANDOVER_RECEIVE_BUFFERS; i++) {
    r->buffers_physical[i] = frame_physical(vsock.buffers[i]);
  }
  r->next_port = sockets.next_port;
}

void vsock_adopt(const struct record_socket_device *r) {
  if (!make_packets()) panic("import: no memory for packets");
  for (u32 i = 0; i < QUEUES; i++) {
    virtqueue_adopt(&vsock.queues[i], i, HANDOVER_QUEUE_MAX, &r->queues[i]);
  }
  for (u32 i = 0; i < HANDOVER_RECEIVE_BUFFERS; i++) {
    vsock.buffers[i] = frame_of_physical(r->buffers_physical[i]);
  }
  vsock.cid = r->guest_cid;
  sockets.next_port = r->next_port;
  virtio_adopt(&vsock.device, r->base, r->irq, r->mmio_version, vsock_interrupt);
}

void vsock_audit(void (*claim)(u32 frame)) {
  if (!vsock_is_present()) return;
  for (u32 i = 0; i < HANDOVER_RECEIVE_BUFFERS; i++) claim(vsock.buffers[i]);
  for (u32 i = 0; i < QUEUES; i++) claim(vsock.queues[i].frame);
}
