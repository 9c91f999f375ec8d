// Sockets in the relief's books. What a kernel finds by pointers, the records name by numbers: the
// listener by its id, and a local connection's other end by the ports of both.
#include "inherit.h"
#include "socket.h"

void socket_record(const struct socket *s, struct record_socket *r) {
  r->id = s->id;
  r->state = s->state;
  r->flags = s->flags;
  r->local_port = s->local_port;
  r->peer_cid = s->peer_cid;
  r->peer_port = s->peer_port;
  r->error = s->error;
  r->backlog = s->backlog;
  r->listener = s->listener ? s->listener->id : 0;
  r->frame_physical = s->ring == NO_FRAME ? 0 : inherit_original(s->ring);
  r->read_offset = s->read_offset;
  r->used = s->used;
  r->received = s->received;
  r->taken = s->taken;
  r->told = s->told;
  r->sent = s->sent;
  r->peer_taken = s->peer_taken;
  r->peer_buffer = s->peer_buffer;
}

static void find_peer(struct socket *s) {
  if (s->peer || s->state != SOCKET_CONNECTED || !socket_is_local_cid(s->peer_cid)) return;
  struct socket *other = socket_connection(s->peer_port, VMADDR_CID_LOCAL, s->local_port);
  bool fits = other && other != s && other->state == SOCKET_CONNECTED && !other->peer;
  if (fits) socket_join_local(s, other);
}

static void import_counts(struct socket *s, const struct record_socket *r) {
  s->read_offset = r->read_offset;
  s->used = r->used;
  s->received = r->received;
  s->taken = r->taken;
  s->told = r->told;
  s->sent = r->sent;
  s->peer_taken = r->peer_taken;
  s->peer_buffer = r->peer_buffer;
}

void socket_import(const struct record_socket *r) {
  lock(&sockets.lock);
  struct socket *listener = r->listener ? socket_numbered(r->listener) : NULL;
  struct socket *s = socket_make(r->id);
  if (!s) panic("import: no memory for socket %u", r->id);
  s->flags = r->flags;
  s->error = r->error;
  s->backlog = r->backlog;
  if (r->frame_physical) s->ring = inherit_frame(r->frame_physical);
  socket_set_port(s, r->local_port);
  socket_set_ends(s, r->state, r->peer_cid, r->peer_port);
  import_counts(s, r);
  if (listener) socket_queue(listener, s);
  // a connect that was under way when its answer came is made again, and has yet to say so
  s->reported = s->sent || s->taken || s->listener;
  unlock(&sockets.lock);
}

void sockets_find_peers(void) {
  lock(&sockets.lock);
  LIST_FOR_EACH(s, &sockets.all, struct socket, in_all) find_peer(s);
  unlock(&sockets.lock);
}
