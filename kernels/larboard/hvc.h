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

void hvc_stop(void);        // takes what came, as far as there is room, and resets the device
void hvc_restart(void);     // probes it again
void hvc_import_input(const struct record_console_device *r); // only what was typed
void hvc_quiesce(void);     // waits until nothing is in the transmit queue
void hvc_resume(void);      // takes what came meanwhile
void hvc_claim(void (*claim)(u32 physical)); // its frames, for the audit
bool hvc_export(struct record_console_device *r); // false: no device
void hvc_import(const struct record_console_device *r);
#endif
