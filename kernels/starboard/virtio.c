// The virtio-mmio transport: see virtio.h.
#include "virtio.h"

#include "interrupt.h"

enum { // registers
  MAGIC = 0x000, VERSION = 0x004, DEVICE_ID = 0x008, DRIVER_FEATURES = 0x020,
  DRIVER_FEATURES_SELECT = 0x024, GUEST_PAGE_SIZE = 0x028, QUEUE_SELECT = 0x030,
  QUEUE_SIZE_MAX = 0x034, QUEUE_SIZE = 0x038, QUEUE_ALIGN = 0x03c, QUEUE_FRAME = 0x040,
  QUEUE_READY = 0x044, QUEUE_NOTIFY = 0x050, INTERRUPT_STATUS = 0x060, INTERRUPT_DONE = 0x064,
  STATUS = 0x070, QUEUE_DESCRIPTORS = 0x080, QUEUE_AVAILABLE = 0x090, QUEUE_USED = 0x0a0,
  CONFIGURATION = 0x100,
};
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8 }; // status bits
#define MAGIC_VALUE 0x74726976
#define VERSION_1 1 // feature 32, the lowest bit of the upper word
#define AVAILABLE_AT 1024
#define USED_AT 2048

struct queue_descriptor {
  u64 address;
  u32 length;
  u16 flags, next;
};
struct queue_frame { // as the handover contract lays it out
  struct queue_descriptor descriptors[HANDOVER_QUEUE_MAX];
  struct {
    u16 flags, index, ring[510];
  } available;
  struct {
    u16 flags, index;
    struct { u32 id, length; } ring[127];
    u32 rest;
  } used;
  u8 free[PAGE_SIZE - QUEUE_FREE];
};
_Static_assert(offsetof(struct queue_frame, available) == AVAILABLE_AT, "the contract");
_Static_assert(offsetof(struct queue_frame, used) == USED_AT, "the contract");
_Static_assert(sizeof(struct queue_frame) == PAGE_SIZE, "one frame");

static volatile u32 *reg(const struct virtio *v, u32 offset) {
  return (volatile u32 *)(v->base - UART_BASE + DEVICE_PERIPHERALS + offset);
}
static volatile struct queue_frame *memory(const struct virtqueue *q) {
  return frame_linear(q->frame);
}
static void barrier(void) { __asm__ volatile("fence iorw, iorw" : : : "memory"); }

// --- Start

static bool negotiate(struct virtio *v) {
  u32 status = ACKNOWLEDGE | DRIVER;
  *reg(v, STATUS) = 0;
  *reg(v, STATUS) = ACKNOWLEDGE;
  *reg(v, STATUS) = status;
  *reg(v, DRIVER_FEATURES_SELECT) = 0;
  *reg(v, DRIVER_FEATURES) = 0;
  if (v->version == 1) {
    *reg(v, GUEST_PAGE_SIZE) = PAGE_SIZE;
  } else {
    *reg(v, DRIVER_FEATURES_SELECT) = 1;
    *reg(v, DRIVER_FEATURES) = VERSION_1;
    *reg(v, STATUS) = status |= FEATURES_OK;
  }
  return (*reg(v, STATUS) & status) == status;
}

bool virtio_begin(struct virtio *v, u32 id, u32 base, u32 irq) {
  *v = (struct virtio){base, irq, 0};
  if (*reg(v, MAGIC) == MAGIC_VALUE && *reg(v, DEVICE_ID) == id) {
    v->version = *reg(v, VERSION);
    if ((v->version == 1 || v->version == 2) && negotiate(v)) return true;
    *reg(v, STATUS) = 0;
  }
  v->base = 0;
  return false;
}

bool virtio_make_queue(struct virtio *v, struct virtqueue *q, u32 number) {
  *reg(v, QUEUE_SELECT) = number;
  bool fits = *reg(v, QUEUE_SIZE_MAX) >= HANDOVER_QUEUE_MAX;
  *q = (struct virtqueue){number, NO_FRAME, HANDOVER_QUEUE_MAX, 0, 0};
  if (fits) q->frame = frame_allocate_zeroed();
  if (q->frame == NO_FRAME) return false;
  u32 physical = frame_physical(q->frame);
  *reg(v, QUEUE_SIZE) = q->size;
  if (v->version == 1) {
    *reg(v, QUEUE_ALIGN) = USED_AT;
    *reg(v, QUEUE_FRAME) = physical / PAGE_SIZE;
    return true;
  }
  static const u16 parts[3][2] = {
      {QUEUE_DESCRIPTORS, 0}, {QUEUE_AVAILABLE, AVAILABLE_AT}, {QUEUE_USED, USED_AT}};
  for (u32 i = 0; i < 3; i++) {
    *reg(v, parts[i][0]) = physical + parts[i][1];
    *reg(v, parts[i][0] + 4u) = 0;
  }
  *reg(v, QUEUE_READY) = 1;
  return true;
}

void virtio_start(struct virtio *v, void (*interrupt)(void)) {
  *reg(v, STATUS) = *reg(v, STATUS) | DRIVER_OK;
  interrupts_add_source(v->irq, interrupt);
}

void virtio_stop_queue(const struct virtio *v, const struct virtqueue *q) {
  *reg(v, QUEUE_SELECT) = q->number;
  *reg(v, v->version == 1 ? QUEUE_FRAME : QUEUE_READY) = 0;
}

void virtio_reset(const struct virtio *v) { *reg(v, STATUS) = 0; }

void virtio_give_up(struct virtio *v, struct virtqueue *queues, u32 count) {
  *reg(v, STATUS) = 0;
  for (u32 i = 0; i < count; i++) {
    if (queues[i].frame != NO_FRAME) frame_put(queues[i].frame);
  }
  v->base = 0;
}

void virtio_adopt(struct virtio *v, u32 base, u32 irq, u32 version, void (*interrupt)(void)) {
  *v = (struct virtio){base, irq, version};
  interrupts_add_source(irq, interrupt);
}

u32 virtio_configuration(const struct virtio *v, u32 offset) {
  return *reg(v, CONFIGURATION + offset);
}

void virtio_acknowledge(const struct virtio *v) {
  *reg(v, INTERRUPT_DONE) = *reg(v, INTERRUPT_STATUS);
  barrier();
}

// --- Queues

void virtqueue_adopt(struct virtqueue *q, u32 number, u32 size, const struct queue_state *state) {
  *q = (struct virtqueue){number, frame_of_physical(state->physical), size,
                          (u16)state->available_index, (u16)state->used_index};
}

void virtqueue_record(const struct virtqueue *q, struct queue_state *state) {
  *state = (struct queue_state){frame_physical(q->frame), q->available_index, q->used_index};
}

volatile void *virtqueue_free_part(const struct virtqueue *q) { return memory(q)->free; }

void virtqueue_describe(struct virtqueue *q, u32 n, u32 physical, u32 length, u16 flags) {
  volatile struct queue_descriptor *d = &memory(q)->descriptors[n];
  d->address = physical;
  d->length = length;
  d->flags = flags;
  d->next = (u16)(n + 1);
}

void virtqueue_offer(const struct virtio *v, struct virtqueue *q, u32 head) {
  memory(q)->available.ring[q->available_index % q->size] = (u16)head;
  barrier();
  memory(q)->available.index = ++q->available_index;
  barrier();
  *reg(v, QUEUE_NOTIFY) = q->number;
}

bool virtqueue_has_used(const struct virtqueue *q) {
  return memory(q)->used.index != q->used_index;
}

bool virtqueue_take_used(struct virtqueue *q, u32 *head, u32 *bytes) {
  volatile struct queue_frame *m = memory(q);
  if (!virtqueue_has_used(q)) return false;
  barrier();
  *head = m->used.ring[q->used_index % q->size].id % q->size;
  *bytes = m->used.ring[q->used_index % q->size].length;
  q->used_index++;
  return true;
}
