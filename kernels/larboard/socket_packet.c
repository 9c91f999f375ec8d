// The stream protocol with other contexts: packets, connections, and credit. Source: Virtio 1.2,
// section 5.10.6.
#include "larboard/socket.h"

#include "shared/string.h"

void socket_send_buffer(struct socket *s, struct vsock_packet *packet, u32 operation, u32 flags,
                        u32 bytes) {
  *packet = (struct vsock_packet){
      .source_cid = vsock_cid(), .target_cid = s->peer_cid, .source_port = s->local_port,
      .target_port = s->peer_port, .bytes = bytes, .type = VSOCK_STREAM,
      .operation = (u16)operation, .flags = flags, .buffer = PAGE_SIZE, .taken = s->taken};
  s->told = s->taken;
  vsock_send(packet);
}

void socket_send_packet(struct socket *s, u32 operation, u32 flags) {
  struct vsock_packet *packet = vsock_take_buffer();
  if (packet) socket_send_buffer(s, packet, operation, flags, 0);
}

// To whoever means no socket here.
static void send_reset(const struct vsock_packet *to) {
  struct vsock_packet *packet = vsock_take_buffer();
  if (!packet || to->operation == VSOCK_RESET) {
    if (packet) vsock_give_back(packet);
    return;
  }
  *packet = (struct vsock_packet){
      .source_cid = vsock_cid(), .target_cid = to->source_cid, .source_port = to->target_port,
      .target_port = to->source_port, .type = to->type, .operation = VSOCK_RESET};
  vsock_send(packet);
}

static void take_credit(struct socket *s, const struct vsock_packet *packet) {
  s->peer_buffer = packet->buffer;
  s->peer_taken = packet->taken;
}

static void accept_request(struct socket *listener, const struct vsock_packet *packet) {
  struct socket *s = socket_spawn(listener, (u32)packet->source_cid, packet->source_port);
  if (!s) {
    send_reset(packet);
    return;
  }
  take_credit(s, packet);
  socket_send_packet(s, VSOCK_RESPONSE, 0);
  socket_changed(listener);
}

// The connection is over; what was received stays.
static void close_connection(struct socket *s) {
  if (s->flags & SOCKET_LINGERS) {
    socket_drop(s);
    return;
  }
  s->state = SOCKET_CLOSED;
  s->flags |= SOCKET_PEER_SENDS_NO_MORE | SOCKET_PEER_RECEIVES_NO_MORE;
}

static void receive_connecting(struct socket *s, const struct vsock_packet *packet) {
  if (packet->operation == VSOCK_RESPONSE) {
    s->state = SOCKET_CONNECTED;
    return;
  }
  if (packet->operation != VSOCK_RESET) socket_send_packet(s, VSOCK_RESET, 0);
  s->state = SOCKET_OPEN;
  s->error = packet->operation == VSOCK_RESET ? ECONNRESET : EPROTO;
}

// Data beyond the credit that was given breaks the connection.
static void receive_data(struct socket *s, const u8 *data, u32 bytes) {
  s->received += bytes;
  if (s->flags & SOCKET_SHUT_RECEIVE) {
    s->taken += bytes;
    return;
  }
  if (socket_ring_put(s, data, bytes) == bytes) return;
  socket_send_packet(s, VSOCK_RESET, 0);
  close_connection(s);
}

static void receive_shutdown(struct socket *s, u32 flags) {
  const u32 both = SOCKET_PEER_SENDS_NO_MORE | SOCKET_PEER_RECEIVES_NO_MORE;
  if (flags & VSOCK_SHUT_RECEIVE) s->flags |= SOCKET_PEER_RECEIVES_NO_MORE;
  if (flags & VSOCK_SHUT_SEND) s->flags |= SOCKET_PEER_SENDS_NO_MORE;
  if ((s->flags & both) != both) return;
  socket_send_packet(s, VSOCK_RESET, 0);
  close_connection(s);
}

static void receive_connected(struct socket *s, const struct vsock_packet *packet,
                              const u8 *data) {
  switch (packet->operation) {
  case VSOCK_DATA: receive_data(s, data, packet->bytes); break;
  case VSOCK_CREDIT_REQUEST: socket_send_packet(s, VSOCK_CREDIT_UPDATE, 0); break;
  case VSOCK_SHUTDOWN: receive_shutdown(s, packet->flags); break;
  case VSOCK_RESET: close_connection(s); break;
  default: break; // the credit that every packet brings
  }
}

void socket_receive(const struct vsock_packet *packet, const u8 *data) {
  if (packet->target_cid != vsock_cid()) return;
  if (packet->type != VSOCK_STREAM) {
    send_reset(packet);
    return;
  }
  struct socket *s = socket_find(packet->target_port, (u32)packet->source_cid,
                                 packet->source_port);
  struct socket *listener = socket_listener(packet->target_port);
  if (s) {
    take_credit(s, packet);
    if (s->state == SOCKET_CONNECTING) receive_connecting(s, packet);
    else receive_connected(s, packet, data);
    socket_changed(s);
  } else if (packet->operation == VSOCK_REQUEST && listener) {
    accept_request(listener, packet);
  } else {
    send_reset(packet);
  }
}
