// The virtio socket device: see virtio_socket.c. With sockets.lock held, but for what says
// otherwise.
#ifndef STARBOARD_VIRTIO_SOCKET_H
#define STARBOARD_VIRTIO_SOCKET_H
#include "abi/handover.h"
#include "kernel.h"
#include "list.h"

#define PACKET_STREAM 1 // the type of all
enum {                  // operations: Virtio 1.2, 5.10.6
  PACKET_REQUEST = 1, PACKET_RESPONSE, PACKET_RESET, PACKET_SHUTDOWN, PACKET_DATA,
  PACKET_CREDIT_UPDATE, PACKET_CREDIT_REQUEST,
};
enum { PACKET_SHUT_RECEIVE = 1, PACKET_SHUT_SEND = 2 }; // flags of PACKET_SHUTDOWN

struct packet_header {
  u64 source_cid, target_cid;
  u32 source_port, target_port;
  u32 bytes;            // of data behind it
  u16 type, operation;
  u32 flags;
  u32 buffer, taken;    // the sender's credit
} __attribute__((packed, aligned(4)));
_Static_assert(sizeof(struct packet_header) == 44, "struct virtio_vsock_hdr");

#define PACKET_DATA_MAX 1984u
struct packet { // one that we send
  struct list link;     // among the idle ones
  u32 number;           // of its descriptor
  struct packet_header header;
  u8 data[PACKET_DATA_MAX];
};

// Without the lock:
bool vsock_probe(u32 base, u32 irq); // a virtio-mmio slot (physical): such a device, now driven?
void vsock_stop(void);               // takes what has come, sends all, and resets the device
void vsock_forget(void);             // gives back what vsock_probe took
void vsock_quiesce(void);            // returns when the device has sent all
void vsock_resume(void);             // handles what came meanwhile
u32 vsock_bytes(void);               // of heap, that vsock_adopt takes
void vsock_record(struct record_socket_device *r);
void vsock_adopt(const struct record_socket_device *r); // its frames are ours already
void vsock_audit(void (*claim)(u32 frame));

bool vsock_is_present(void);
u32 vsock_cid(void);                 // this machine's
struct packet *vsock_packet(void);   // an idle one, to be sent; NULL: there is none now
void vsock_send(struct packet *packet);
void vsock_await_packet(void);       // sleeps until one is idle; not in an interrupt
#endif
