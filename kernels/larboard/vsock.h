// The virtio socket device: packets to and from other contexts. All of it is called with
// socket_lock held, but for what says otherwise.
#ifndef LARBOARD_VSOCK_H
#define LARBOARD_VSOCK_H
#include "abi/handover.h"
#include "shared/types.h"

#define VSOCK_STREAM 1
#define VSOCK_DATA_MAX (2048 - sizeof(struct vsock_packet))

enum vsock_operation { // Virtio 1.2, 5.10.6
  VSOCK_REQUEST = 1,
  VSOCK_RESPONSE = 2,
  VSOCK_RESET = 3,
  VSOCK_SHUTDOWN = 4,
  VSOCK_DATA = 5,
  VSOCK_CREDIT_UPDATE = 6,
  VSOCK_CREDIT_REQUEST = 7,
};
enum { VSOCK_SHUT_RECEIVE = 1, VSOCK_SHUT_SEND = 2 }; // flags of VSOCK_SHUTDOWN

struct vsock_packet { // struct virtio_vsock_hdr
  u64 source_cid, target_cid;
  u32 source_port, target_port;
  u32 bytes;            // of data behind
  u16 type, operation;
  u32 flags;
  u32 buffer, taken;    // the sender's credit
} __attribute__((packed));

void vsock_probe(void);      // cold boot; without the lock
bool vsock_is_present(void);
u32 vsock_cid(void);         // this machine's

// A free transmit buffer, or NULL; then vsock_send or vsock_give_back.
struct vsock_packet *vsock_take_buffer(void);
void vsock_send(struct vsock_packet *packet);
void vsock_give_back(struct vsock_packet *packet);
// Sleeps, without socket_lock, until a buffer is free. Not in an interrupt.
void vsock_await_buffer(void);

// Without the lock:
void vsock_stop(void);       // takes what has come, sends all, and resets the device
void vsock_restart(void);    // probes it again
void vsock_quiesce(void);    // waits until nothing is in the transmit queue
void vsock_resume(void);     // handles what came meanwhile
void vsock_claim(void (*claim)(u32 physical)); // its frames, for the audit
bool vsock_export(struct record_socket_device *r); // false: no device
void vsock_import(const struct record_socket_device *r);
#endif
