// The virtio console, /dev/hvc0: bytes as they come, no line editing, and nobody's terminal.
#ifndef LARBOARD_HVC_H
#define LARBOARD_HVC_H
#include "abi/handover.h"
#include "shared/types.h"

struct process;

void hvc_probe(void);       // cold boot
bool hvc_is_present(void);
s32 hvc_read(struct process *p, u32 address, u32 n, u32 flags);
s32 hvc_write(struct process *p, u32 address, u32 n, u32 flags);
u32 hvc_poll(void);

void hvc_quiesce(void);     // waits until nothing is in the transmit queue
void hvc_resume(void);      // takes what came meanwhile
void hvc_claim(void (*claim)(u32 physical)); // its frames, for the audit
bool hvc_export(struct record_console_device *r); // false: no device
void hvc_import(const struct record_console_device *r);
#endif
