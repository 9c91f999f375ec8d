// The disk: see virtio_block.c.
#ifndef STARBOARD_VIRTIO_BLOCK_H
#define STARBOARD_VIRTIO_BLOCK_H
#include "abi/handover.h"
#include "kernel.h"

bool disk_probe(u32 base, u32 irq); // a virtio-mmio slot (physical): a block device, now driven?
bool disk_is_present(void);
void disk_stop(void);               // resets the device: no request is under way
void disk_forget(void);             // gives back what disk_probe took
u64 disk_bytes(void);
s32 disk_read(u64 at, u32 user, u32 n);
s32 disk_write(u64 at, u32 user, u32 n);
s32 disk_read_kernel(u64 at, void *to, u32 n); // within one sector; 0 or -EIO
void disk_record(struct record_block_device *r);
void disk_adopt(const struct record_block_device *r); // goes on where another kernel stopped
void disk_audit(void (*claim)(u32 frame));
#endif
