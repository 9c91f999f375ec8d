// Addresses and connections: bind, listen, accept, connect, shutdown.
#include "larboard/socket.h"

#include "abi/syscall.h"
#include "larboard/scheduler.h"
#include "larboard/thread.h"
#include "larboard/time.h"
#include "shared/riscv.h"

#define CONNECT_TICKS (2 * TIMEBASE_HZ) // as on Linux

static s32 bind_locked(struct socket *s, u32 cid, u32 port) {
  if (s->state != SOCKET_OPEN || s->local_port || port == 0) return -EINVAL;
  if (cid != VMADDR_CID_ANY && !socket_is_local_cid(cid)) return -EADDRNOTAVAIL;
  if (port != VMADDR_PORT_ANY && !socket_port_is_free(port)) return -EADDRINUSE;
  s->local_port = port == VMADDR_PORT_ANY ? socket_free_port() : port;
  return 0;
}

s32 socket_bind(struct socket *s, u32 cid, u32 port) {
  lock(&socket_lock);
  s32 error = bind_locked(s, cid, port);
  unlock(&socket_lock);
  return error;
}

s32 socket_listen(struct socket *s, s32 backlog) {
  s32 error = 0;
  lock(&socket_lock);
  if ((s->state != SOCKET_OPEN && s->state != SOCKET_LISTENING) || !s->local_port) {
    error = -EINVAL;
  } else {
    s->state = SOCKET_LISTENING;
    s->backlog = MIN((u32)backlog, (u32)SOCKETS_BACKLOG_MAX);
  }
  unlock(&socket_lock);
  return error;
}

s32 socket_accept(struct socket *s, u32 flags, struct socket **accepted) {
  struct socket *waiting = NULL;
  s32 error = 0;
  bool undisturbed = true;
  lock(&socket_lock);
  while (!error && !waiting) {
    waiting = socket_next_waiting(s);
    if (s->state != SOCKET_LISTENING) error = -EINVAL;
    else if (waiting) waiting->listener = NULL;
    else if (flags & O_NONBLOCK) error = -EAGAIN;
    else if (!undisturbed) error = -ERESTART;
    else undisturbed = sleep_on(s, &socket_lock);
  }
  unlock(&socket_lock);
  *accepted = waiting;
  return error;
}

void socket_put_back(struct socket *s, struct socket *accepted) {
  lock(&socket_lock);
  accepted->listener = s;
  socket_changed(s);
  unlock(&socket_lock);
}

// --- connect

static s32 connect_local(struct socket *s, u32 cid, u32 port) {
  struct socket *listener = socket_listener(port);
  struct socket *other =
      listener ? socket_spawn(listener, VMADDR_CID_LOCAL, s->local_port) : NULL;
  if (!other) return -ECONNRESET;
  s->peer_cid = cid;
  s->peer_port = port;
  s->state = SOCKET_CONNECTED;
  s->reported = true;
  s->peer_buffer = other->peer_buffer = PAGE_SIZE;
  socket_changed(listener);
  return 0;
}

static void request(struct socket *s, u32 cid, u32 port) {
  s->peer_cid = cid;
  s->peer_port = port;
  s->state = SOCKET_CONNECTING;
  s->reported = false;
  socket_send_packet(s, VSOCK_REQUEST, 0);
}

// Begins a connection: 0 when it is there, -EINPROGRESS, or an error.
static s32 begin(struct socket *s, u32 cid, u32 port) {
  bool local = socket_is_local_cid(cid);
  if (cid == VMADDR_CID_ANY || port == VMADDR_PORT_ANY) return -EINVAL;
  if (!local && !vsock_is_present()) return -ENODEV;
  if (!local && cid != VMADDR_CID_HOST) return -ENETUNREACH;
  if (s->local_port && socket_find(s->local_port, cid, port)) return -EADDRINUSE;
  if (!socket_make_ring(s)) return -ENOMEM;
  if (!s->local_port) s->local_port = socket_free_port();
  if (local) return connect_local(s, cid, port);
  request(s, cid, port);
  return -EINPROGRESS;
}

static s32 take_error(struct socket *s) {
  s32 error = -(s32)s->error;
  s->error = 0;
  return error;
}

// Waits while it is CONNECTING. -ERESTART: the call goes on with it when it is issued again.
static s32 await_answer(struct socket *s) {
  u64 deadline = time_ticks() + CONNECT_TICKS;
  bool undisturbed = true;
  while (s->state == SOCKET_CONNECTING) {
    if (!undisturbed) return -ERESTART;
    if (time_ticks() >= deadline) {
      s->state = SOCKET_OPEN; // a late answer means no socket
      return -ETIMEDOUT;
    }
    undisturbed = sleep_until(s, &socket_lock, deadline);
  }
  if (s->state == SOCKET_OPEN) return take_error(s);
  s->reported = true;
  return 0;
}

u32 socket_take_error(struct socket *s) {
  lock(&socket_lock);
  s32 error = take_error(s);
  unlock(&socket_lock);
  return (u32)-error;
}

static s32 connect_locked(struct socket *s, u32 cid, u32 port, u32 flags) {
  switch (s->state) {
  case SOCKET_LISTENING: return -EINVAL;
  case SOCKET_CONNECTING: return flags & O_NONBLOCK ? -EALREADY : await_answer(s);
  case SOCKET_OPEN: break;
  default:
    if (s->reported) return -EISCONN;
    s->reported = true; // the answer came while the call was about to be issued again
    return 0;
  }
  if (s->error) return take_error(s);
  s32 result = begin(s, cid, port);
  return result == -EINPROGRESS && !(flags & O_NONBLOCK) ? await_answer(s) : result;
}

s32 socket_connect(struct socket *s, u32 cid, u32 port, u32 flags) {
  lock(&socket_lock);
  vsock_await_buffer();
  s32 result = connect_locked(s, cid, port, flags);
  unlock(&socket_lock);
  return result;
}

// --- shutdown

static void tell_local_peer(struct socket *s, u32 flags) {
  const u32 both = SOCKET_PEER_SENDS_NO_MORE | SOCKET_PEER_RECEIVES_NO_MORE;
  struct socket *peer = socket_peer(s);
  if (!peer) return;
  if (flags & SOCKET_SHUT_RECEIVE) peer->flags |= SOCKET_PEER_RECEIVES_NO_MORE;
  if (flags & SOCKET_SHUT_SEND) peer->flags |= SOCKET_PEER_SENDS_NO_MORE;
  socket_changed(peer);
  if ((peer->flags & both) == both) socket_disconnect_local(s);
}

s32 socket_shutdown(struct socket *s, u32 how) {
  static const u32 marks[] = {SOCKET_SHUT_RECEIVE, SOCKET_SHUT_SEND,
                              SOCKET_SHUT_RECEIVE | SOCKET_SHUT_SEND};
  static const u32 said[] = {VSOCK_SHUT_RECEIVE, VSOCK_SHUT_SEND,
                             VSOCK_SHUT_RECEIVE | VSOCK_SHUT_SEND};
  if (how > SHUT_RDWR) return -EINVAL;
  lock(&socket_lock);
  vsock_await_buffer();
  bool connected = s->state == SOCKET_CONNECTED, known = connected || s->state == SOCKET_CLOSED;
  if (known) s->flags |= marks[how];
  if (connected && socket_is_local_cid(s->peer_cid)) tell_local_peer(s, marks[how]);
  else if (connected) socket_send_packet(s, VSOCK_SHUTDOWN, said[how]);
  socket_changed(s);
  unlock(&socket_lock);
  return known ? 0 : -ENOTCONN;
}
