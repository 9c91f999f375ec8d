// Sockets as objects: made and ended, and found by their ports. A connection is known by both of
// its ports and the other context. One that is closed before a remote peer has said its last word
// lingers, without a ring, until that comes; of those that wait too long the oldest is let go.
#include "socket.h"

#include "file.h"

#define PORTS_FIRST 1024u // below, ports are never given, only asked for
#define LINGERING_MAX 64

struct sockets sockets = {.next_port = PORTS_FIRST};

void sockets_begin(void) {
  list_init(&sockets.all);
  for (u32 i = 0; i < SOCKET_BUCKETS; i++) {
    list_init(&sockets.by_port[i]);
    list_init(&sockets.by_ends[i]);
  }
}

struct socket *socket_make(u32 id) {
  struct socket *s = heap_allocate(sizeof *s);
  if (!s) return NULL;
  list_init(&s->by_port);
  list_init(&s->by_ends);
  list_init(&s->waiting);
  list_init(&s->in_waiting);
  wait_queue_init(&s->changed);
  s->id = id;
  s->ring = NO_FRAME;
  list_add_last(&sockets.all, &s->in_all);
  return s;
}

struct socket *socket_open(void) {
  lock(&sockets.lock);
  struct socket *s = socket_make(next_object_id());
  if (s) s->files = 1;
  unlock(&sockets.lock);
  return s;
}

bool socket_make_ring(struct socket *s) {
  if (s->ring == NO_FRAME) s->ring = frame_allocate_user();
  return s->ring != NO_FRAME;
}

static void drop_ring(struct socket *s) {
  if (s->ring != NO_FRAME) frame_put(s->ring);
  s->ring = NO_FRAME;
  s->read_offset = s->used = 0;
}

static void leave_listener(struct socket *s) {
  list_remove(&s->in_waiting);
  s->listener = NULL;
}

void socket_destroy(struct socket *s) {
  if (s->peer) s->peer->peer = NULL;
  leave_listener(s);
  list_remove(&s->in_all);
  list_remove(&s->by_port);
  list_remove(&s->by_ends);
  drop_ring(s);
  heap_free(s);
}

// --- Ports and ends

static struct list *port_bucket(u32 port) { return &sockets.by_port[port % SOCKET_BUCKETS]; }

static struct list *ends_bucket(u32 local_port, u32 peer_port) {
  return &sockets.by_ends[(local_port * 31 + peer_port) % SOCKET_BUCKETS];
}

void socket_set_port(struct socket *s, u32 port) {
  list_remove(&s->by_port);
  s->local_port = port;
  if (port) list_add_last(port_bucket(port), &s->by_port);
}

void socket_set_state(struct socket *s, u32 state) {
  bool lingers = s->flags & SOCKET_LINGERS;
  s->state = state;
  list_remove(&s->by_ends);
  if (state == SOCKET_CONNECTING || state == SOCKET_CONNECTED || lingers) {
    list_add_last(ends_bucket(s->local_port, s->peer_port), &s->by_ends);
  }
}

void socket_set_ends(struct socket *s, u32 state, u32 peer_cid, u32 peer_port) {
  s->peer_cid = peer_cid;
  s->peer_port = peer_port;
  socket_set_state(s, state);
}

bool socket_is_local_cid(u32 cid) {
  return cid == VMADDR_CID_LOCAL || (vsock_is_present() && cid == vsock_cid());
}

static bool is_same_context(u32 a, u32 b) {
  return a == b || (socket_is_local_cid(a) && socket_is_local_cid(b));
}

struct socket *socket_connection(u32 local_port, u32 peer_cid, u32 peer_port) {
  LIST_FOR_EACH(s, ends_bucket(local_port, peer_port), struct socket, by_ends) {
    if (s->local_port == local_port && s->peer_port == peer_port &&
        is_same_context(s->peer_cid, peer_cid)) {
      return s;
    }
  }
  return NULL;
}

struct socket *socket_numbered(u32 id) {
  LIST_FOR_EACH(s, &sockets.all, struct socket, in_all) {
    if (s->id == id) return s;
  }
  return NULL;
}

struct socket *socket_listener(u32 port) {
  LIST_FOR_EACH(s, port_bucket(port), struct socket, by_port) {
    if (s->local_port == port && s->state == SOCKET_LISTENING) return s;
  }
  return NULL;
}

// Connections do not keep a port from a new listener: a server may start again.
bool socket_port_is_free(u32 port) {
  LIST_FOR_EACH(s, port_bucket(port), struct socket, by_port) {
    if (s->local_port == port && s->state < SOCKET_CONNECTED) return false;
  }
  return true;
}

static bool port_is_used(u32 port) {
  LIST_FOR_EACH(s, port_bucket(port), struct socket, by_port) {
    if (s->local_port == port) return true;
  }
  return false;
}

// One that nobody has: there are more ports than there is memory for sockets.
u32 socket_any_port(void) {
  u32 port;
  do {
    port = MAX(sockets.next_port, PORTS_FIRST);
    sockets.next_port = port + 1 == VMADDR_PORT_ANY ? PORTS_FIRST : port + 1;
  } while (port_is_used(port));
  return port;
}

// --- Those that wait to be accepted

void socket_queue(struct socket *listener, struct socket *s) {
  struct list *place = listener->waiting.next;
  while (place != &listener->waiting &&
         LIST_ITEM(place, struct socket, in_waiting)->id < s->id) {
    place = place->next;
  }
  list_add_before(place, &s->in_waiting);
  s->listener = listener;
}

struct socket *socket_spawn(struct socket *listener, u32 peer_cid, u32 peer_port) {
  u32 waiting = 0;
  LIST_FOR_EACH(other, &listener->waiting, struct socket, in_waiting) waiting++;
  if (waiting >= MAX(listener->backlog, 1u)) return NULL;
  struct socket *s = socket_make(next_object_id());
  if (!s) return NULL;
  if (!socket_make_ring(s)) {
    socket_destroy(s);
    return NULL;
  }
  socket_set_port(s, listener->local_port);
  socket_set_ends(s, SOCKET_CONNECTED, peer_cid, peer_port);
  s->reported = true;
  socket_queue(listener, s);
  socket_changed(listener);
  return s;
}

// --- The ends of a local connection

void socket_join_local(struct socket *a, struct socket *b) {
  a->peer = b;
  b->peer = a;
}

void socket_part_local(struct socket *s) {
  struct socket *ends[2] = {s, s->peer};
  for (u32 i = 0; i < 2; i++) {
    if (!ends[i]) continue;
    ends[i]->flags |= PEER_IS_DONE;
    ends[i]->peer = NULL;
    socket_set_state(ends[i], SOCKET_CLOSED);
    socket_changed(ends[i]);
  }
}

// --- Closing

static void limit_lingering(void) {
  struct socket *oldest = NULL;
  u32 count = 0;
  LIST_FOR_EACH(s, &sockets.all, struct socket, in_all) {
    if (!(s->flags & SOCKET_LINGERS) || s->files) continue;
    if (!count++) oldest = s;
  }
  if (count > LINGERING_MAX) socket_destroy(oldest);
}

static void linger(struct socket *s) {
  socket_tell(s, PACKET_SHUTDOWN, PACKET_SHUT_RECEIVE | PACKET_SHUT_SEND);
  s->flags |= SOCKET_LINGERS | SOCKET_SHUT_RECEIVE | SOCKET_SHUT_SEND;
  leave_listener(s);
  drop_ring(s);
  limit_lingering();
}

// Ends one that no open file is of. An idle packet is there.
static void end(struct socket *s) {
  bool connected = s->state == SOCKET_CONNECTED, local = socket_is_local_cid(s->peer_cid);
  if (s->files) {
    leave_listener(s);
  } else if (connected && !local && (s->flags & PEER_IS_DONE) != PEER_IS_DONE) {
    linger(s);
  } else {
    if (connected && local) socket_part_local(s);
    else if (connected) socket_tell(s, PACKET_RESET, 0);
    socket_destroy(s);
  }
}

void socket_close(struct socket *s) {
  lock(&sockets.lock);
  if (--s->files == 0) {
    s->flags &= ~(u32)SOCKET_LINGERS; // while packets are awaited, it is not to be ended
    if (s->state == SOCKET_LISTENING) socket_set_state(s, SOCKET_CLOSED); // nobody else comes
    vsock_await_packet();
    while (!list_is_empty(&s->waiting)) {
      end(LIST_FIRST(&s->waiting, struct socket, in_waiting));
      vsock_await_packet();
    }
    end(s);
  }
  unlock(&sockets.lock);
}
