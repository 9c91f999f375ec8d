// The table of sockets: making, finding and closing them, their ports, and the relief's records.
#include "larboard/socket.h"

#include "larboard/file.h"
#include "larboard/frame.h"
#include "larboard/scheduler.h"
#include "larboard/takeover.h"
#include "shared/string.h"

struct spinlock socket_lock;
static struct socket sockets[SOCKETS_MAX];
u32 socket_next_port = SOCKET_PORTS_FIRST;

struct socket *socket_at(u32 slot) { return &sockets[slot]; }

void socket_changed(struct socket *s) {
  wake(s);
  poll_notify();
}

// A free slot; at need, that of a socket that only waits for its peer's last word.
struct socket *socket_take(void) {
  struct socket *found = NULL;
  for (u32 i = 0; i < SOCKETS_MAX && (!found || found->id); i++) {
    struct socket *s = &sockets[i];
    if (s->id == 0 || (!found && (s->flags & SOCKET_LINGERS))) found = s;
  }
  if (!found) return NULL;
  memset(found, 0, sizeof *found);
  found->id = take_id();
  return found;
}

static void drop_ring(struct socket *s) {
  if (s->frame) frame_release(s->frame);
  s->frame = s->read_offset = s->used = 0;
}

void socket_drop(struct socket *s) {
  drop_ring(s);
  memset(s, 0, sizeof *s);
}

bool socket_make_ring(struct socket *s) {
  if (!s->frame) s->frame = frame_take(ZONE_HIGHMEM);
  return s->frame != 0;
}

struct socket *socket_create(void) {
  lock(&socket_lock);
  struct socket *s = socket_take();
  unlock(&socket_lock);
  return s;
}

// --- Finding.

struct socket *socket_numbered(u32 id) {
  for (u32 i = 0; i < SOCKETS_MAX && id; i++) {
    if (sockets[i].id == id) return &sockets[i];
  }
  return NULL;
}

bool socket_is_local_cid(u32 cid) {
  return cid == VMADDR_CID_LOCAL || (vsock_is_present() && cid == vsock_cid());
}

static bool is_connection(const struct socket *s) {
  return s->id && (s->state == SOCKET_CONNECTING || s->state == SOCKET_CONNECTED ||
                   (s->flags & SOCKET_LINGERS));
}

// Looked at in this order: each packet passes all slots, and most differ in the peer's port.
struct socket *socket_find(u32 local_port, u32 peer_cid, u32 peer_port) {
  for (u32 i = 0; i < SOCKETS_MAX; i++) {
    struct socket *s = &sockets[i];
    if (s->peer_port != peer_port || s->local_port != local_port || !is_connection(s)) continue;
    bool same_peer = s->peer_cid == peer_cid ||
                     (socket_is_local_cid(s->peer_cid) && socket_is_local_cid(peer_cid));
    if (same_peer) return s;
  }
  return NULL;
}

struct socket *socket_peer(const struct socket *s) {
  if (s->state != SOCKET_CONNECTED || !socket_is_local_cid(s->peer_cid)) return NULL;
  return socket_find(s->peer_port, VMADDR_CID_LOCAL, s->local_port);
}

struct socket *socket_listener(u32 port) {
  for (u32 i = 0; i < SOCKETS_MAX; i++) {
    struct socket *s = &sockets[i];
    if (s->id && s->state == SOCKET_LISTENING && s->local_port == port) return s;
  }
  return NULL;
}

// Numbers grow, so the lowest has waited longest.
struct socket *socket_next_waiting(const struct socket *listener) {
  struct socket *first = NULL;
  for (u32 i = 0; i < SOCKETS_MAX; i++) {
    struct socket *s = &sockets[i];
    if (s->id && s->listener == listener && (!first || s->id < first->id)) first = s;
  }
  return first;
}

static u32 count_waiting(const struct socket *listener) {
  u32 n = 0;
  for (u32 i = 0; i < SOCKETS_MAX; i++) n += sockets[i].id && sockets[i].listener == listener;
  return n;
}

struct socket *socket_spawn(struct socket *listener, u32 peer_cid, u32 peer_port) {
  if (count_waiting(listener) >= MAX(listener->backlog, 1u)) return NULL;
  struct socket *s = socket_take();
  if (s && !socket_make_ring(s)) {
    socket_drop(s);
    return NULL;
  }
  if (!s) return NULL;
  s->state = SOCKET_CONNECTED;
  s->local_port = listener->local_port;
  s->peer_cid = peer_cid;
  s->peer_port = peer_port;
  s->listener = listener;
  s->reported = true;
  return s;
}

// --- Ports.

// Connections do not keep a port from a new listener, as in any server that starts again.
bool socket_port_is_free(u32 port) {
  for (u32 i = 0; i < SOCKETS_MAX; i++) {
    const struct socket *s = &sockets[i];
    if (s->id && s->local_port == port && s->state < SOCKET_CONNECTED) return false;
  }
  return true;
}

static bool port_is_unused(u32 port) {
  for (u32 i = 0; i < SOCKETS_MAX; i++) {
    if (sockets[i].id && sockets[i].local_port == port) return false;
  }
  return true;
}

// There are more ports than sockets, so one is found.
u32 socket_free_port(void) {
  for (;;) {
    u32 port = MAX(socket_next_port, (u32)SOCKET_PORTS_FIRST);
    socket_next_port = port + 1 == VMADDR_PORT_ANY ? SOCKET_PORTS_FIRST : port + 1;
    if (port_is_unused(port)) return port;
  }
}

// --- Closing.

void socket_disconnect_local(struct socket *s) {
  struct socket *peer = socket_peer(s);
  struct socket *ends[] = {s, peer};
  for (u32 i = 0; i < ARRAY_LENGTH(ends); i++) {
    if (!ends[i]) continue;
    ends[i]->flags |= SOCKET_PEER_SENDS_NO_MORE | SOCKET_PEER_RECEIVES_NO_MORE;
    ends[i]->state = SOCKET_CLOSED;
    socket_changed(ends[i]);
  }
}

// Ends what nobody holds any more. A remote peer's last word is waited for without a ring.
static void end(struct socket *s) {
  const u32 peer_done = SOCKET_PEER_SENDS_NO_MORE | SOCKET_PEER_RECEIVES_NO_MORE;
  bool connected = s->state == SOCKET_CONNECTED;
  bool local = socket_is_local_cid(s->peer_cid);
  if (connected && !local && (s->flags & peer_done) != peer_done) {
    socket_send_packet(s, VSOCK_SHUTDOWN, VSOCK_SHUT_RECEIVE | VSOCK_SHUT_SEND);
    s->flags |= SOCKET_LINGERS | SOCKET_SHUT_RECEIVE | SOCKET_SHUT_SEND;
    s->listener = NULL;
    drop_ring(s);
    return;
  }
  if (connected && local) socket_disconnect_local(s);
  else if (connected) socket_send_packet(s, VSOCK_RESET, 0);
  socket_drop(s);
}

void socket_close(struct socket *s) {
  struct socket *waiting;
  lock(&socket_lock);
  if (s->state == SOCKET_LISTENING) s->state = SOCKET_CLOSED; // nobody else comes
  vsock_await_buffer();
  while ((waiting = socket_next_waiting(s)) != NULL) {
    end(waiting);
    vsock_await_buffer();
  }
  end(s);
  unlock(&socket_lock);
}

// --- Across a relief.

void socket_export(const struct socket *s, struct record_socket *r) {
  r->id = s->id;
  r->state = s->state;
  r->flags = s->flags;
  r->local_port = s->local_port;
  r->peer_cid = s->peer_cid;
  r->peer_port = s->peer_port;
  r->error = s->error;
  r->backlog = s->backlog;
  r->listener = s->listener ? s->listener->id : 0;
  r->frame_physical = takeover_original(s->frame);
  r->read_offset = s->read_offset;
  r->used = s->used;
  r->received = s->received;
  r->taken = s->taken;
  r->told = s->told;
  r->sent = s->sent;
  r->peer_taken = s->peer_taken;
  r->peer_buffer = s->peer_buffer;
}

bool socket_import(const struct record_socket *r) {
  struct socket *s = sockets;
  while (s < sockets + SOCKETS_MAX && s->id) s++;
  if (s == sockets + SOCKETS_MAX) return false;
  *s = (struct socket){
      .id = r->id, .state = r->state, .flags = r->flags, .local_port = r->local_port,
      .peer_cid = r->peer_cid, .peer_port = r->peer_port, .error = r->error,
      .backlog = r->backlog, .listener = socket_numbered(r->listener),
      .frame = r->frame_physical ? takeover_frame(r->frame_physical) : 0,
      .read_offset = r->read_offset, .used = r->used,
      .received = r->received, .taken = r->taken, .told = r->told, .sent = r->sent,
      .peer_taken = r->peer_taken, .peer_buffer = r->peer_buffer};
  // a connect that was under way when its answer came is issued again, and has yet to say so
  s->reported = s->sent || s->taken || s->listener;
  return true;
}
