// The stream protocol with other contexts: what the packets of a connection mean, and credit, by
// which the sender knows how much room there is. Source: Virtio 1.2, 5.10.6.
#include "socket.h"

void socket_send(struct socket *s, struct packet *packet, u32 operation, u32 flags, u32 bytes) {
  packet->header = (struct packet_header){
      .source_cid = vsock_cid(), .target_cid = s->peer_cid, .source_port = s->local_port,
      .target_port = s->peer_port, .bytes = bytes, .type = PACKET_STREAM,
      .operation = (u16)operation, .flags = flags, .buffer = PAGE_SIZE, .taken = s->taken};
  s->told = s->taken;
  vsock_send(packet);
}

void socket_tell(struct socket *s, u32 operation, u32 flags) {
  struct packet *packet = vsock_packet();
  if (packet) socket_send(s, packet, operation, flags, 0);
}

// To whoever means no socket here.
static void refuse(const struct packet_header *from) {
  struct packet *packet = from->operation == PACKET_RESET ? NULL : vsock_packet();
  if (!packet) return;
  packet->header = (struct packet_header){
      .source_cid = vsock_cid(), .target_cid = from->source_cid, .source_port = from->target_port,
      .target_port = from->source_port, .type = from->type, .operation = PACKET_RESET};
  vsock_send(packet);
}

static void take_credit(struct socket *s, const struct packet_header *packet) {
  s->peer_buffer = packet->buffer;
  s->peer_taken = packet->taken;
}

// The connection is over; what was received stays.
static void disconnect(struct socket *s) {
  s->flags |= PEER_IS_DONE;
  socket_set_state(s, SOCKET_CLOSED);
}

static void answer_request(struct socket *listener, const struct packet_header *packet) {
  struct socket *s = socket_spawn(listener, (u32)packet->source_cid, packet->source_port);
  if (!s) {
    refuse(packet);
    return;
  }
  take_credit(s, packet);
  socket_tell(s, PACKET_RESPONSE, 0);
}

static void receive_answer(struct socket *s, const struct packet_header *packet) {
  if (packet->operation == PACKET_RESPONSE) {
    socket_set_state(s, SOCKET_CONNECTED);
    return;
  }
  bool reset = packet->operation == PACKET_RESET;
  if (!reset) socket_tell(s, PACKET_RESET, 0);
  s->error = reset ? ECONNRESET : EPROTO;
  socket_set_state(s, SOCKET_OPEN);
}

// Data beyond the credit that was given breaks the connection.
static void receive_data(struct socket *s, const u8 *data, u32 bytes) {
  s->received += bytes;
  if (s->flags & SOCKET_SHUT_RECEIVE) {
    s->taken += bytes;
  } else if (socket_ring_put(s, data, bytes) != bytes) {
    socket_tell(s, PACKET_RESET, 0);
    disconnect(s);
  }
}

static void receive_shutdown(struct socket *s, u32 flags) {
  if (flags & PACKET_SHUT_RECEIVE) s->flags |= SOCKET_PEER_RECEIVES_NO_MORE;
  if (flags & PACKET_SHUT_SEND) s->flags |= SOCKET_PEER_SENDS_NO_MORE;
  if ((s->flags & PEER_IS_DONE) != PEER_IS_DONE) return;
  socket_tell(s, PACKET_RESET, 0);
  disconnect(s);
}

static void receive_connected(struct socket *s, const struct packet_header *packet,
                              const u8 *data) {
  switch (packet->operation) {
    case PACKET_DATA: receive_data(s, data, packet->bytes); break;
    case PACKET_CREDIT_REQUEST: socket_tell(s, PACKET_CREDIT_UPDATE, 0); break;
    case PACKET_SHUTDOWN: receive_shutdown(s, packet->flags); break;
    case PACKET_RESET: disconnect(s); break;
    default: break; // the credit that each packet brings
  }
}

static void receive_for(struct socket *s, const struct packet_header *packet, const u8 *data) {
  take_credit(s, packet);
  if (s->state == SOCKET_CONNECTING) receive_answer(s, packet);
  else receive_connected(s, packet, data);
  socket_changed(s);
  bool over = (s->flags & SOCKET_LINGERS) && s->state == SOCKET_CLOSED;
  if (over && !s->files) socket_destroy(s);
}

void socket_receive(const struct packet_header *packet, const u8 *data) {
  if (packet->target_cid != vsock_cid()) return;
  struct socket *s = NULL, *listener = NULL;
  if (packet->type == PACKET_STREAM) {
    s = socket_connection(packet->target_port, (u32)packet->source_cid, packet->source_port);
    if (packet->operation == PACKET_REQUEST) listener = socket_listener(packet->target_port);
  }
  if (s) receive_for(s, packet, data);
  else if (listener) answer_request(listener, packet);
  else refuse(packet);
}
