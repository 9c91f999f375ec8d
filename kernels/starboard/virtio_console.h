// The virtio console, /dev/hvc0: see virtio_console.c.
#ifndef STARBOARD_VIRTIO_CONSOLE_H
#define STARBOARD_VIRTIO_CONSOLE_H
#include "abi/handover.h"
#include "kernel.h"

struct waiter;

bool hvc_probe(u32 base, u32 irq); // a virtio-mmio slot (physical): such a device, now driven?
bool hvc_is_present(void);
s32 hvc_read(u32 user, u32 n, u32 flags);
s32 hvc_write(u32 user, u32 n, u32 flags);
u32 hvc_poll(u32 events, struct waiter *w); // see file_poll
struct spinlock *hvc_lock(void);
void hvc_stop(void);               // takes what came, as far as there is room; resets the device
void hvc_forget(void);             // gives back what hvc_probe took
void hvc_adopt_input(const struct record_console_device *r); // only what was typed
void hvc_quiesce(void);            // returns when the device has sent all
void hvc_resume(void);             // takes what came meanwhile
u32 hvc_bytes(void);               // of heap, that hvc_adopt takes
void hvc_record(struct record_console_device *r);
void hvc_adopt(const struct record_console_device *r); // its frames are ours already
void hvc_audit(void (*claim)(u32 frame));
#endif
