// Stream sockets (AF_VSOCK): a fixed table, under one lock. A local connection is two sockets that
// find each other by their ports; any other goes by packets of vsock.c.
#ifndef LARBOARD_SOCKET_H
#define LARBOARD_SOCKET_H
#include "abi/handover.h"
#include "abi/syscall.h"
#include "larboard/vsock.h"
#include "shared/spinlock.h"
#include "shared/types.h"

struct process;

#define SOCKETS_MAX 256
#define SOCKET_PORTS_FIRST 1024

struct socket { // socket_lock; as struct record_socket, but for:
  u32 id;                  // 0: free
  u32 state, flags;
  u32 local_port, peer_cid, peer_port;
  u32 error, backlog;
  struct socket *listener; // on which it waits for accept
  u32 frame, read_offset, used;
  u32 received, taken, told;
  u32 sent, peer_taken, peer_buffer;
  bool reported;           // a connect has said that it is connected
};

extern struct spinlock socket_lock;

// --- socket.c. With socket_lock held:
struct socket *socket_at(u32 slot);
struct socket *socket_take(void);             // with a ring to come; NULL: the table is full
void socket_drop(struct socket *s);           // frees it
bool socket_make_ring(struct socket *s);      // false: no memory
bool socket_is_local_cid(u32 cid);
struct socket *socket_peer(const struct socket *s); // the other end of a local connection, or NULL
struct socket *socket_find(u32 local_port, u32 peer_cid, u32 peer_port); // of a connection
struct socket *socket_listener(u32 port);
struct socket *socket_next_waiting(const struct socket *listener); // the first; NULL: none
// A socket for a request to the listener, connected; NULL: no room.
struct socket *socket_spawn(struct socket *listener, u32 peer_cid, u32 peer_port);
bool socket_port_is_free(u32 port);
u32 socket_free_port(void);
void socket_changed(struct socket *s);        // wakes whoever waits for it
void socket_disconnect_local(struct socket *s); // the end of its connection, for both

// Without it:
struct socket *socket_create(void);           // NULL: the table is full
void socket_close(struct socket *s);
void socket_export(const struct socket *s, struct record_socket *r);
bool socket_import(const struct record_socket *r);
struct socket *socket_numbered(u32 id);
extern u32 socket_next_port;

// --- socket_packet.c: to and from other contexts; socket_lock held
void socket_receive(const struct vsock_packet *packet, const u8 *data);
// A buffer must be free: callers that are no interrupt wait for it first.
void socket_send_packet(struct socket *s, u32 operation, u32 flags);
// Completes a packet of this many bytes of data, and sends it.
void socket_send_buffer(struct socket *s, struct vsock_packet *packet, u32 operation, u32 flags,
                        u32 bytes);

// --- socket_connect.c. Each returns 0 or an error.
s32 socket_bind(struct socket *s, u32 cid, u32 port);
s32 socket_listen(struct socket *s, s32 backlog);
s32 socket_accept(struct socket *s, u32 flags, struct socket **accepted);
void socket_put_back(struct socket *s, struct socket *accepted); // accept has failed after all
s32 socket_connect(struct socket *s, u32 cid, u32 port, u32 flags);
u32 socket_take_error(struct socket *s); // SO_ERROR: once
s32 socket_shutdown(struct socket *s, u32 how);

// --- socket_data.c. `flags`: O_NONBLOCK and MSG_*, which do not overlap but for MSG_NOSIGNAL.
// socket_lock held. How many there was room for.
u32 socket_ring_put(struct socket *s, const u8 *from, u32 n);
s32 socket_read(struct process *p, struct socket *s, u32 address, u32 n, u32 flags);
s32 socket_write(struct process *p, struct socket *s, u32 address, u32 n, u32 flags);
u32 socket_poll(struct socket *s);
#endif
