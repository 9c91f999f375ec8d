// The virtio console: bytes as they come, no line editing, nobody's terminal. What was received
// goes into a ring of this kernel; what finds no room there stays in the receive queue, there for
// another kernel too. What is sent lies in one block of the heap, cut into buffers.
// Source: Virtio 1.2, 5.3.
#include "virtio_console.h"

#include "process.h"
#include "virtio.h"

#define RECEIVE_BYTES (PAGE_SIZE / HANDOVER_RECEIVE_BUFFERS)
#define BUFFERS 4
#define BUFFER_BYTES 508u
#define INPUT_MAX ((u32)sizeof ((struct record_console_device *)0)->bytes)

enum { RECEIVE, TRANSMIT, QUEUES };

static struct { // hvc.lock
  struct spinlock lock;
  struct virtio device;       // base 0: none
  struct virtqueue queues[QUEUES];
  u32 received;               // frame of the receive buffers
  u8 *buffers;                // BUFFERS of them, to send
  u32 under_way;              // of these: a bit each
  struct wait_queue changed;
  u32 first, used;            // of the ring: the next byte to be read, and how many there are
  u8 ring[INPUT_MAX];
} hvc;

bool hvc_is_present(void) { return hvc.device.base != 0; }
struct spinlock *hvc_lock(void) { return &hvc.lock; }

// --- What the device has done; the lock held

static void keep(const u8 *from, u32 n) {
  for (u32 i = 0; i < n; i++) hvc.ring[(hvc.first + hvc.used++) % INPUT_MAX] = from[i];
}

static void receive(void) {
  u32 number, bytes;
  while (hvc.used + RECEIVE_BYTES <= INPUT_MAX &&
         virtqueue_take_used(&hvc.queues[RECEIVE], &number, &bytes)) {
    const u8 *from = frame_linear(hvc.received);
    u32 at = number % HANDOVER_RECEIVE_BUFFERS * RECEIVE_BYTES;
    keep(from + at, MIN(bytes, (u32)RECEIVE_BYTES));
    virtqueue_offer(&hvc.device, &hvc.queues[RECEIVE], number);
    wake_all(&hvc.changed);
  }
}

static void reap(void) {
  u32 number, bytes;
  while (virtqueue_take_used(&hvc.queues[TRANSMIT], &number, &bytes)) {
    hvc.under_way &= ~(1u << number % BUFFERS);
    wake_all(&hvc.changed);
  }
}

static void hvc_interrupt(void) {
  lock(&hvc.lock);
  virtio_acknowledge(&hvc.device);
  reap();
  receive();
  unlock(&hvc.lock);
}

// --- Start

static bool make_buffers(void) {
  wait_queue_init(&hvc.changed);
  hvc.buffers = heap_allocate(BUFFERS * BUFFER_BYTES);
  return hvc.buffers != NULL;
}

static bool take_memory(void) {
  bool all = true;
  for (u32 i = 0; i < QUEUES; i++) {
    hvc.queues[i].frame = NO_FRAME;
    all = all && virtio_make_queue(&hvc.device, &hvc.queues[i], i);
  }
  hvc.received = frame_allocate(ZONE_NORMAL, 0);
  all = all && hvc.received != NO_FRAME && make_buffers();
  if (all) return true;
  if (hvc.received != NO_FRAME) frame_put(hvc.received);
  virtio_give_up(&hvc.device, hvc.queues, QUEUES);
  return false;
}

bool hvc_probe(u32 base, u32 irq) {
  if (hvc_is_present() || !virtio_begin(&hvc.device, VIRTIO_CONSOLE, base, irq)) return false;
  if (!take_memory()) return false;
  virtio_start(&hvc.device, hvc_interrupt);
  lock(&hvc.lock);
  for (u32 i = 0; i < HANDOVER_RECEIVE_BUFFERS; i++) {
    u32 physical = frame_physical(hvc.received) + i * RECEIVE_BYTES;
    virtqueue_describe(&hvc.queues[RECEIVE], i, physical, RECEIVE_BYTES, QUEUE_DEVICE_WRITES);
    virtqueue_offer(&hvc.device, &hvc.queues[RECEIVE], i);
  }
  unlock(&hvc.lock);
  return true;
}

// What has come and finds no room is lost with the queue.
void hvc_stop(void) {
  lock(&hvc.lock);
  if (hvc_is_present()) {
    virtio_stop_queue(&hvc.device, &hvc.queues[RECEIVE]);
    receive();
    while (hvc.under_way) reap();
    virtio_reset(&hvc.device);
  }
  unlock(&hvc.lock);
}

void hvc_forget(void) {
  if (!hvc_is_present()) return;
  heap_free(hvc.buffers);
  frame_put(hvc.received);
  virtio_give_up(&hvc.device, hvc.queues, QUEUES);
}

// --- Reading

// Waits until there is something to read.
static s32 await_bytes(u32 flags) {
  for (bool undisturbed = true;; undisturbed = wait_on(&hvc.changed, &hvc.lock)) {
    if (hvc.used) return 0;
    if (flags & O_NONBLOCK) return -EAGAIN;
    if (!undisturbed) return -ERESTART_CALL;
  }
}

// Reads what there is into one page. vm->lock held.
static s32 read_piece(struct vm *vm, u32 user, u32 n) {
  u32 frame;
  s32 error = vm_resolve(vm, user, PROT_WRITE, &frame);
  if (error) return error;
  u8 *window = kmap(frame);
  lock(&hvc.lock);
  n = MIN(n, hvc.used);
  for (u32 i = 0; i < n; i++) {
    window[user % PAGE_SIZE + i] = hvc.ring[hvc.first];
    hvc.first = (hvc.first + 1) % INPUT_MAX;
  }
  hvc.used -= n;
  receive(); // what waited for room
  unlock(&hvc.lock);
  kunmap(window);
  return (s32)n;
}

s32 hvc_read(u32 user, u32 n, u32 flags) {
  struct vm *vm = this_process()->vm;
  s32 result = 0;
  while (n && !result) { // 0: another reader was first
    lock(&hvc.lock);
    result = await_bytes(flags);
    unlock(&hvc.lock);
    if (result) break;
    lock(&vm->lock);
    result = read_piece(vm, user, MIN(n, PAGE_SIZE - user % PAGE_SIZE));
    unlock(&vm->lock);
  }
  return result;
}

// --- Writing

static s32 await_buffer(u32 flags) {
  for (bool undisturbed = true;; undisturbed = wait_on(&hvc.changed, &hvc.lock)) {
    if (hvc.under_way != (1u << BUFFERS) - 1) return 0;
    if (flags & O_NONBLOCK) return -EAGAIN;
    if (!undisturbed) return -ERESTART_CALL;
  }
}

static void send(const u8 *bytes, u32 n) {
  u32 i = 0;
  while (hvc.under_way >> i & 1) i++;
  u8 *buffer = hvc.buffers + i * BUFFER_BYTES;
  memcpy(buffer, bytes, n);
  hvc.under_way |= 1u << i;
  virtqueue_describe(&hvc.queues[TRANSMIT], i, physical_of(buffer), n, 0);
  virtqueue_offer(&hvc.device, &hvc.queues[TRANSMIT], i);
}

s32 hvc_write(u32 user, u32 n, u32 flags) {
  u8 bytes[BUFFER_BYTES];
  u32 done = write_resume(n);
  while (done < n) {
    u32 piece = MIN(n - done, BUFFER_BYTES);
    s32 error = copy_from_user(bytes, user + done, piece);
    if (error) return write_stop(done, error, false);
    lock(&hvc.lock);
    error = await_buffer(flags);
    if (!error) send(bytes, piece);
    unlock(&hvc.lock);
    if (error) return write_stop(done, error, false);
    done += piece;
  }
  return (s32)done;
}

u32 hvc_poll(u32 events, struct waiter *w) {
  lock(&hvc.lock);
  u32 found = hvc.used ? POLLIN : 0;
  if (hvc.under_way != (1u << BUFFERS) - 1) found |= POLLOUT;
  found &= events;
  if (!found) wait_join(&hvc.changed, w);
  unlock(&hvc.lock);
  return found;
}

// --- The relief

void hvc_quiesce(void) {
  lock(&hvc.lock);
  while (hvc_is_present() && hvc.under_way) reap();
  unlock(&hvc.lock);
}

void hvc_resume(void) {
  lock(&hvc.lock);
  if (hvc_is_present()) receive();
  unlock(&hvc.lock);
}

u32 hvc_bytes(void) { return heap_block_bytes(BUFFERS * BUFFER_BYTES); }

void hvc_record(struct record_console_device *r) {
  r->base = hvc.device.base;
  r->irq = hvc.device.irq;
  r->mmio_version = hvc.device.version;
  for (u32 i = 0; i < QUEUES; i++) virtqueue_record(&hvc.queues[i], &r->queues[i]);
  r->buffers_physical = frame_physical(hvc.received);
  r->used = hvc.used;
  for (u32 i = 0; i < hvc.used; i++) r->bytes[i] = (char)hvc.ring[(hvc.first + i) % INPUT_MAX];
}

void hvc_adopt_input(const struct record_console_device *r) {
  keep((const u8 *)r->bytes, r->used);
}

void hvc_adopt(const struct record_console_device *r) {
  if (!make_buffers()) panic("import: no memory for the second console");
  for (u32 i = 0; i < QUEUES; i++) {
    virtqueue_adopt(&hvc.queues[i], i, HANDOVER_QUEUE_MAX, &r->queues[i]);
  }
  hvc.received = frame_of_physical(r->buffers_physical);
  keep((const u8 *)r->bytes, r->used);
  virtio_adopt(&hvc.device, r->base, r->irq, r->mmio_version, hvc_interrupt);
}

void hvc_audit(void (*claim)(u32 frame)) {
  if (!hvc_is_present()) return;
  claim(hvc.received);
  for (u32 i = 0; i < QUEUES; i++) claim(hvc.queues[i].frame);
}
