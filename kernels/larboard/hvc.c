// The virtio console's driver. Received bytes go to one buffer of the kernel's; when that has no
// room for what comes next, it stays in the receive queue. Transmit buffers are part of the image:
// nothing is in them when the device is handed over. Source: Virtio 1.2, section 5.3.
#include "larboard/hvc.h"

#include "abi/syscall.h"
#include "larboard/file.h"
#include "larboard/frame.h"
#include "larboard/process.h"
#include "larboard/virtio.h"
#include "shared/string.h"

#define RECEIVE_BYTES (PAGE_SIZE / HANDOVER_RECEIVE_BUFFERS)
#define INPUT_MAX sizeof(((struct record_console_device *)0)->bytes)
#define BUFFERS 4
#define ALL_BUFFERS ((1u << BUFFERS) - 1)
#define BUFFER_BYTES 512

enum { RECEIVE, TRANSMIT, QUEUES };

static void hvc_interrupt(void);

static struct spinlock hvc_lock;
static struct virtio_device device = {"virtio-console", VIRTIO_CONSOLE, hvc_interrupt, 0, 0, 0};
static u8 transmit_buffers[BUFFERS][BUFFER_BYTES] __attribute__((aligned(16)));
static struct { // hvc_lock
  struct virtqueue queues[QUEUES];
  u32 received;         // physical: one frame of receive buffers
  u32 free;             // transmit buffers: a bit each
  u32 used;             // bytes that nobody has read yet
  char bytes[INPUT_MAX];
} hvc = {.free = ALL_BUFFERS};

bool hvc_is_present(void) { return device.base != 0; }

// --- What the device has done; hvc_lock held.

static bool reap(void) {
  u32 head, bytes, before = hvc.free;
  while (virtqueue_take_used(&hvc.queues[TRANSMIT], &head, &bytes)) hvc.free |= 1u << head;
  return hvc.free != before;
}

static bool receive(void) {
  struct virtqueue *q = &hvc.queues[RECEIVE];
  u32 head, bytes;
  bool any = false;
  while (hvc.used + RECEIVE_BYTES <= INPUT_MAX && virtqueue_take_used(q, &head, &bytes)) {
    u32 n = MIN(bytes, (u32)RECEIVE_BYTES);
    const u8 *from = linear(hvc.received);
    memcpy(hvc.bytes + hvc.used, from + head % HANDOVER_RECEIVE_BUFFERS * RECEIVE_BYTES, n);
    hvc.used += n;
    virtqueue_offer(q, head);
    any = true;
  }
  if (any) virtqueue_notify(&device, q);
  return any;
}

static void look(void) {
  bool sent = reap();
  if (!receive() && !sent) return;
  wake(&hvc);
  poll_notify();
}

static void hvc_interrupt(void) {
  lock(&hvc_lock);
  virtio_acknowledge(&device);
  look();
  unlock(&hvc_lock);
}

// --- Start.

static bool take_memory(void) {
  if (!(hvc.received = frame_take(ZONE_NORMAL))) return false;
  for (u32 i = 0; i < QUEUES; i++) {
    if (!virtio_make_queue(&device, &hvc.queues[i], i)) return false;
  }
  return true;
}

static void forget(void) {
  hvc_claim(frame_release);
  memset(hvc.queues, 0, sizeof hvc.queues);
  hvc.received = 0;
  device.base = 0;
}

void hvc_probe(void) {
  struct virtqueue *q = &hvc.queues[RECEIVE];
  if (!virtio_begin(&device)) return;
  if (!take_memory()) {
    forget();
    return;
  }
  for (u32 i = 0; i < HANDOVER_RECEIVE_BUFFERS; i++) {
    virtqueue_describe(q, i, hvc.received + i * RECEIVE_BYTES, RECEIVE_BYTES, DESCRIPTOR_WRITE);
    virtqueue_offer(q, i);
  }
  virtio_start(&device);
  virtqueue_notify(&device, q);
}

// What has come and finds no room is lost with the queue.
void hvc_stop(void) {
  lock(&hvc_lock);
  if (hvc_is_present()) {
    virtio_stop_queue(&device, &hvc.queues[RECEIVE]);
    receive();
    while (hvc.free != ALL_BUFFERS) reap();
    virtio_reset(&device);
  }
  unlock(&hvc_lock);
}

void hvc_restart(void) {
  if (!hvc_is_present()) return;
  forget();
  hvc_probe();
}

// --- Reading and writing.

s32 hvc_read(struct process *p, u32 address, u32 n, u32 flags) {
  char bytes[INPUT_MAX];
  s32 error = 0;
  bool undisturbed = true;
  n = MIN(n, INPUT_MAX);
  if (n == 0) return 0;
  if (!user_is_accessible(&p->space, address, n, ACCESS_WRITE)) return -EFAULT;
  lock(&hvc_lock);
  while (!hvc.used && !error) {
    if (flags & O_NONBLOCK) error = -EAGAIN;
    else if (!undisturbed) error = -ERESTART;
    else undisturbed = sleep_on(&hvc, &hvc_lock);
  }
  n = MIN(n, hvc.used);
  memcpy(bytes, hvc.bytes, n);
  memmove(hvc.bytes, hvc.bytes + n, hvc.used - n);
  hvc.used -= n;
  if (n) look(); // what waited for room
  unlock(&hvc_lock);
  if (error) return error;
  return copy_to_user(&p->space, address, bytes, n) ? (s32)n : -EFAULT;
}

// Sends one piece, waiting for a buffer. Bytes sent, -EAGAIN or -ERESTART.
static s32 write_piece(const u8 *bytes, u32 n, u32 flags) {
  s32 result = 0;
  bool undisturbed = true;
  lock(&hvc_lock);
  while (!hvc.free && !result) {
    if (flags & O_NONBLOCK) result = -EAGAIN;
    else if (!undisturbed) result = -ERESTART;
    else undisturbed = sleep_on(&hvc, &hvc_lock);
  }
  if (!result) {
    u32 i = 0;
    while (!(hvc.free >> i & 1)) i++;
    hvc.free &= ~(1u << i);
    memcpy(transmit_buffers[i], bytes, n);
    virtqueue_describe(&hvc.queues[TRANSMIT], i, physical_of(transmit_buffers[i]), n, 0);
    virtqueue_offer(&hvc.queues[TRANSMIT], i);
    virtqueue_notify(&device, &hvc.queues[TRANSMIT]);
    result = (s32)n;
  }
  unlock(&hvc_lock);
  return result;
}

s32 hvc_write(struct process *p, u32 address, u32 n, u32 flags) {
  u8 bounce[BUFFER_BYTES];
  u32 done = write_begin(n);
  s32 put = 0;
  while (done < n && put >= 0) {
    u32 piece = MIN(n - done, BUFFER_BYTES);
    bool copied = copy_from_user(&p->space, bounce, address + done, piece);
    put = copied ? write_piece(bounce, piece, flags) : -EFAULT;
    if (put > 0) done += (u32)put;
  }
  return write_end(put, done);
}

u32 hvc_poll(void) {
  lock(&hvc_lock);
  u32 ready = (hvc.used ? POLLIN : 0) | (hvc.free ? POLLOUT : 0);
  unlock(&hvc_lock);
  return ready;
}

// --- Across a relief.

void hvc_quiesce(void) {
  lock(&hvc_lock);
  while (hvc_is_present() && hvc.free != ALL_BUFFERS) reap();
  unlock(&hvc_lock);
}

void hvc_resume(void) {
  lock(&hvc_lock);
  if (hvc_is_present()) look();
  unlock(&hvc_lock);
}

void hvc_claim(void (*claim)(u32 physical)) {
  if (hvc.received) claim(hvc.received);
  for (u32 i = 0; i < QUEUES; i++) {
    if (hvc.queues[i].physical) claim(hvc.queues[i].physical);
  }
}

bool hvc_export(struct record_console_device *r) {
  if (!hvc_is_present()) return false;
  r->base = device.base;
  r->irq = device.irq;
  r->mmio_version = device.version;
  for (u32 i = 0; i < QUEUES; i++) virtio_export_queue(&hvc.queues[i], &r->queues[i]);
  r->buffers_physical = hvc.received;
  r->used = hvc.used;
  memcpy(r->bytes, hvc.bytes, hvc.used);
  return true;
}

void hvc_import_input(const struct record_console_device *r) {
  hvc.used = r->used;
  memcpy(hvc.bytes, r->bytes, r->used);
}

void hvc_import(const struct record_console_device *r) {
  virtio_adopt(&device, r->base, r->irq, r->mmio_version);
  for (u32 i = 0; i < QUEUES; i++) {
    virtio_adopt_queue(&hvc.queues[i], i, HANDOVER_QUEUE_MAX, &r->queues[i]);
  }
  frame_adopt(r->buffers_physical);
  hvc.received = r->buffers_physical;
  hvc_import_input(r);
}
