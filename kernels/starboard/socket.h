// Stream sockets (AF_VSOCK): objects of the heap, found by their ports in two hashes. The ends of a
// local connection point to each other, and no packet is made for it; any other connection goes by
// packets of virtio_socket.c. One lock guards all of them.
#ifndef STARBOARD_SOCKET_H
#define STARBOARD_SOCKET_H
#include "abi/handover.h"
#include "frame.h"
#include "list.h"
#include "sleep.h"
#include "virtio_socket.h"

#define PEER_IS_DONE (SOCKET_PEER_SENDS_NO_MORE | SOCKET_PEER_RECEIVES_NO_MORE)

struct socket { // sockets.lock; what is not explained is as in struct record_socket
  struct list in_all, by_port, by_ends;
  struct list waiting, in_waiting; // those that wait to be accepted, in order of id
  struct wait_queue changed;
  struct socket *listener; // on which it waits to be accepted
  struct socket *peer;     // the other end of a local connection
  u32 files;               // open files of it: one, or none before accept and when it lingers
  u32 id, state, flags, local_port, peer_cid, peer_port, error, backlog;
  u32 ring;                // frame, or NO_FRAME
  u32 read_offset, used, received, taken, told, sent, peer_taken, peer_buffer;
  bool reported;           // a connect has said that it is connected
};

#define SOCKET_BUCKETS 64
struct sockets {
  struct spinlock lock;
  struct list all;                     // in order of creation
  struct list by_port[SOCKET_BUCKETS]; // those with a port of their own
  struct list by_ends[SOCKET_BUCKETS]; // connections, those that linger and those to come too
  u32 next_port;                       // that is tried for a socket without one
};
extern struct sockets sockets;

void sockets_begin(void);
struct socket *socket_open(void);    // a new one, for an open file; NULL without memory
void socket_close(struct socket *s); // an open file of it is gone

// --- socket.c. With the lock held:
struct socket *socket_make(u32 id);  // NULL without memory
void socket_destroy(struct socket *s);
bool socket_make_ring(struct socket *s); // false: no memory
void socket_set_port(struct socket *s, u32 port);
void socket_set_ends(struct socket *s, u32 state, u32 peer_cid, u32 peer_port);
void socket_set_state(struct socket *s, u32 state);
bool socket_is_local_cid(u32 cid);
struct socket *socket_numbered(u32 id);
struct socket *socket_connection(u32 local_port, u32 peer_cid, u32 peer_port);
struct socket *socket_listener(u32 port);
bool socket_port_is_free(u32 port);  // for one that is to be bound
u32 socket_any_port(void);
void socket_queue(struct socket *listener, struct socket *s); // it waits to be accepted
// One for a request to the listener, connected and waiting there; NULL: no room.
struct socket *socket_spawn(struct socket *listener, u32 peer_cid, u32 peer_port);
void socket_join_local(struct socket *a, struct socket *b);
void socket_part_local(struct socket *s); // the end of its connection, for both ends
static inline void socket_changed(struct socket *s) { wake_all(&s->changed); }

// --- socket_connect.c. Each gives 0 or an error.
s32 socket_bind(struct socket *s, u32 cid, u32 port);
s32 socket_listen(struct socket *s, s32 backlog);
s32 socket_accept(struct socket *s, u32 flags, struct socket **accepted); // counted as open
void socket_unaccept(struct socket *s, struct socket *accepted);
s32 socket_connect(struct socket *s, u32 cid, u32 port, u32 flags);
u32 socket_take_error(struct socket *s); // SO_ERROR: once
s32 socket_shutdown(struct socket *s, u32 how);
s32 socket_name(struct socket *s, bool peer, u32 *cid, u32 *port); // of either end

// --- socket_stream.c. `flags`: O_NONBLOCK and MSG_*, of which none is the same bit.
s32 socket_read(struct socket *s, u32 user, u32 n, u32 flags);
s32 socket_write(struct socket *s, u32 user, u32 n, u32 flags);
u32 socket_poll(struct socket *s, u32 events, struct waiter *w); // see file_poll
// The lock held: bytes into the receive ring; how many there was room for.
u32 socket_ring_put(struct socket *s, const u8 *from, u32 n);

// --- socket_protocol.c. The lock held.
void socket_receive(const struct packet_header *packet, const u8 *data);
// A packet must be there for it: callers other than socket_receive await one first.
void socket_tell(struct socket *s, u32 operation, u32 flags);
void socket_send(struct socket *s, struct packet *packet, u32 operation, u32 flags, u32 bytes);

// --- socket_record.c: the relief.
void socket_record(const struct socket *s, struct record_socket *r);
void socket_import(const struct record_socket *r); // its memory was reserved
void sockets_find_peers(void); // when all are there
#endif
