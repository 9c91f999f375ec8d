// Addresses and connections: bind, listen, accept, connect, shutdown. A connect that has to stop
// for a relief or a signal leaves its socket CONNECTING; made again, it goes on waiting.
#include "scheduler.h"
#include "socket.h"

#define CONNECT_TICKS (2 * TIMEBASE_HZ) // as on Linux

static s32 bind_locked(struct socket *s, u32 cid, u32 port) {
  if (s->state != SOCKET_OPEN || s->local_port || port == 0) return -EINVAL;
  if (cid != VMADDR_CID_ANY && !socket_is_local_cid(cid)) return -EADDRNOTAVAIL;
  if (port == VMADDR_PORT_ANY) port = socket_any_port();
  else if (!socket_port_is_free(port)) return -EADDRINUSE;
  socket_set_port(s, port);
  return 0;
}

s32 socket_bind(struct socket *s, u32 cid, u32 port) {
  lock(&sockets.lock);
  s32 error = bind_locked(s, cid, port);
  unlock(&sockets.lock);
  return error;
}

s32 socket_listen(struct socket *s, s32 backlog) {
  lock(&sockets.lock);
  bool may = s->local_port && (s->state == SOCKET_OPEN || s->state == SOCKET_LISTENING);
  if (may) {
    s->backlog = MIN((u32)backlog, (u32)SOCKETS_BACKLOG_MAX);
    socket_set_state(s, SOCKET_LISTENING);
  }
  unlock(&sockets.lock);
  return may ? 0 : -EINVAL;
}

static s32 await_request(struct socket *s, u32 flags) {
  for (bool undisturbed = true;; undisturbed = wait_on(&s->changed, &sockets.lock)) {
    if (s->state != SOCKET_LISTENING) return -EINVAL;
    if (!list_is_empty(&s->waiting)) return 0;
    if (flags & O_NONBLOCK) return -EAGAIN;
    if (!undisturbed) return -ERESTART_CALL;
  }
}

s32 socket_accept(struct socket *s, u32 flags, struct socket **accepted) {
  lock(&sockets.lock);
  s32 error = await_request(s, flags);
  if (!error) {
    struct socket *first = LIST_FIRST(&s->waiting, struct socket, in_waiting);
    list_remove(&first->in_waiting);
    first->listener = NULL;
    first->files++;
    *accepted = first;
  }
  unlock(&sockets.lock);
  return error;
}

void socket_unaccept(struct socket *s, struct socket *accepted) {
  lock(&sockets.lock);
  accepted->files--;
  socket_queue(s, accepted);
  socket_changed(s);
  unlock(&sockets.lock);
}

// --- connect

static s32 connect_local(struct socket *s, u32 cid, u32 port) {
  struct socket *listener = socket_listener(port);
  struct socket *other =
      listener ? socket_spawn(listener, VMADDR_CID_LOCAL, s->local_port) : NULL;
  if (!other) return -ECONNRESET;
  socket_set_ends(s, SOCKET_CONNECTED, cid, port);
  socket_join_local(s, other);
  s->reported = true;
  s->peer_buffer = other->peer_buffer = PAGE_SIZE;
  return 0;
}

// Begins a connection: 0 when it is there already, -EINPROGRESS, or an error.
static s32 begin(struct socket *s, u32 cid, u32 port) {
  bool local = socket_is_local_cid(cid);
  if (cid == VMADDR_CID_ANY || port == VMADDR_PORT_ANY) return -EINVAL;
  if (!local && !vsock_is_present()) return -ENODEV;
  if (!local && cid != VMADDR_CID_HOST) return -ENETUNREACH;
  if (s->local_port && socket_connection(s->local_port, cid, port)) return -EADDRINUSE;
  if (!socket_make_ring(s)) return -ENOMEM;
  if (!s->local_port) socket_set_port(s, socket_any_port());
  if (local) return connect_local(s, cid, port);
  s->reported = false;
  socket_set_ends(s, SOCKET_CONNECTING, cid, port);
  socket_tell(s, PACKET_REQUEST, 0);
  return -EINPROGRESS;
}

static s32 take_error(struct socket *s) {
  s32 error = -(s32)s->error;
  s->error = 0;
  return error;
}

static s32 await_answer(struct socket *s) {
  u64 deadline = time_ticks() + CONNECT_TICKS;
  bool undisturbed = true;
  while (s->state == SOCKET_CONNECTING) {
    if (!undisturbed) return -ERESTART_CALL;
    if (time_ticks() >= deadline) {
      socket_set_state(s, SOCKET_OPEN); // an answer that comes late means no socket
      return -ETIMEDOUT;
    }
    undisturbed = wait_until(&s->changed, &sockets.lock, deadline);
  }
  if (s->state == SOCKET_OPEN) return take_error(s);
  s->reported = true;
  return 0;
}

static s32 connect_locked(struct socket *s, u32 cid, u32 port, u32 flags) {
  bool waits = !(flags & O_NONBLOCK);
  if (s->state == SOCKET_LISTENING) return -EINVAL;
  if (s->state == SOCKET_CONNECTING) return waits ? await_answer(s) : -EALREADY;
  if (s->state != SOCKET_OPEN) {
    s32 result = s->reported ? -EISCONN : 0; // the answer came before the call was made again
    s->reported = true;
    return result;
  }
  if (s->error) return take_error(s);
  s32 result = begin(s, cid, port);
  return result == -EINPROGRESS && waits ? await_answer(s) : result;
}

s32 socket_connect(struct socket *s, u32 cid, u32 port, u32 flags) {
  lock(&sockets.lock);
  vsock_await_packet();
  s32 result = connect_locked(s, cid, port, flags);
  unlock(&sockets.lock);
  return result;
}

u32 socket_take_error(struct socket *s) {
  lock(&sockets.lock);
  s32 error = take_error(s);
  unlock(&sockets.lock);
  return (u32)-error;
}

// --- shutdown

static void tell_local_peer(struct socket *s, bool receive, bool send) {
  struct socket *peer = s->peer;
  if (!peer) return;
  if (receive) peer->flags |= SOCKET_PEER_RECEIVES_NO_MORE;
  if (send) peer->flags |= SOCKET_PEER_SENDS_NO_MORE;
  socket_changed(peer);
  if ((peer->flags & PEER_IS_DONE) == PEER_IS_DONE) socket_part_local(s);
}

static s32 shutdown_locked(struct socket *s, bool receive, bool send) {
  bool connected = s->state == SOCKET_CONNECTED;
  if (!connected && s->state != SOCKET_CLOSED) return -ENOTCONN;
  if (receive) s->flags |= SOCKET_SHUT_RECEIVE;
  if (send) s->flags |= SOCKET_SHUT_SEND;
  if (connected && socket_is_local_cid(s->peer_cid)) {
    tell_local_peer(s, receive, send);
  } else if (connected) {
    socket_tell(s, PACKET_SHUTDOWN,
                (receive ? PACKET_SHUT_RECEIVE : 0) | (send ? PACKET_SHUT_SEND : 0));
  }
  socket_changed(s);
  return 0;
}

s32 socket_shutdown(struct socket *s, u32 how) {
  if (how > SHUT_RDWR) return -EINVAL;
  lock(&sockets.lock);
  vsock_await_packet();
  s32 error = shutdown_locked(s, how != SHUT_WR, how != SHUT_RD);
  unlock(&sockets.lock);
  return error;
}

// --- Names

s32 socket_name(struct socket *s, bool peer, u32 *cid, u32 *port) {
  lock(&sockets.lock);
  bool connected = s->state == SOCKET_CONNECTED;
  if (peer) {
    *cid = s->peer_cid;
    *port = s->peer_port;
  } else {
    bool local = socket_is_local_cid(s->peer_cid);
    *cid = s->state < SOCKET_CONNECTED ? VMADDR_CID_ANY : local ? VMADDR_CID_LOCAL : vsock_cid();
    *port = s->local_port ? s->local_port : VMADDR_PORT_ANY;
  }
  unlock(&sockets.lock);
  return peer && !connected ? -ENOTCONN : 0;
}
