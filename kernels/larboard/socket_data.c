// Bytes through sockets: the receive ring, credit, reading, writing and polling. User memory is
// reached without socket_lock, through a buffer on the stack or the packet itself.
#include "abi/syscall.h"
#include "larboard/file.h"
#include "larboard/frame.h"
#include "larboard/process.h"
#include "larboard/signal.h"
#include "larboard/socket.h"
#include "shared/string.h"

#define BOUNCE 512

// --- The ring, socket_lock held.

u32 socket_ring_put(struct socket *s, const u8 *from, u32 n) {
  u32 at = (s->read_offset + s->used) % PAGE_SIZE;
  if (!s->frame) return 0;
  n = MIN(n, PAGE_SIZE - s->used);
  u32 first = MIN(n, PAGE_SIZE - at);
  u8 *ring = kmap(0, s->frame);
  memcpy(ring + at, from, first);
  memcpy(ring, from + first, n - first);
  s->used += n;
  return n;
}

// Copies up to n bytes from `skip` on, which stay.
static u32 ring_copy(const struct socket *s, u8 *to, u32 skip, u32 n) {
  if (skip >= s->used) return 0;
  u32 at = (s->read_offset + skip) % PAGE_SIZE;
  n = MIN(n, s->used - skip);
  u32 first = MIN(n, PAGE_SIZE - at);
  const u8 *ring = kmap(0, s->frame);
  memcpy(to, ring + at, first);
  memcpy(to + first, ring, n - first);
  return n;
}

static void ring_drop(struct socket *s, u32 n) {
  struct socket *peer = socket_peer(s);
  s->read_offset = (s->read_offset + n) % PAGE_SIZE;
  s->used -= n;
  s->taken += n;
  if (!peer) return;
  s->told = peer->peer_taken = s->taken; // a local peer knows at once
  socket_changed(peer);
}

// --- Reading.

// Waits until there is something: 0, or bytes > 0, or an error.
static s32 await_data(struct socket *s, u32 flags) {
  for (bool undisturbed = true;;) {
    bool connected = s->state == SOCKET_CONNECTED;
    if (!connected && s->state != SOCKET_CLOSED) return -ENOTCONN;
    if (s->flags & SOCKET_SHUT_RECEIVE) return 0;
    if (s->used || !connected || (s->flags & SOCKET_PEER_SENDS_NO_MORE)) return (s32)s->used;
    if (flags & (O_NONBLOCK | MSG_DONTWAIT)) return -EAGAIN;
    if (!undisturbed) return -ERESTART;
    undisturbed = sleep_on(s, &socket_lock);
  }
}

// Tells a remote peer of room when half of the ring was taken since it was told last.
static void give_credit(struct socket *s) {
  for (;;) {
    bool due = s->state == SOCKET_CONNECTED && !socket_is_local_cid(s->peer_cid) &&
               s->taken - s->told >= PAGE_SIZE / 2;
    if (!due) return;
    vsock_await_buffer();
    if (s->state != SOCKET_CONNECTED) return;
    socket_send_packet(s, VSOCK_CREDIT_UPDATE, 0);
  }
}

s32 socket_read(struct process *p, struct socket *s, u32 address, u32 n, u32 flags) {
  u8 bounce[BOUNCE];
  u32 done = 0;
  n = MIN(n, PAGE_SIZE);
  // ready first, so that bytes taken from the ring have a place to go
  if (!user_is_accessible(&p->space, address, n, ACCESS_WRITE)) return -EFAULT;
  lock(&socket_lock);
  s32 there = n ? await_data(s, flags) : 0;
  bool copied = true;
  while (there > 0 && done < n && copied) {
    u32 piece = ring_copy(s, bounce, flags & MSG_PEEK ? done : 0, MIN(n - done, BOUNCE));
    if (piece == 0) break;
    if (!(flags & MSG_PEEK)) ring_drop(s, piece);
    unlock(&socket_lock);
    copied = copy_to_user(&p->space, address + done, bounce, piece);
    lock(&socket_lock);
    done += piece;
  }
  give_credit(s);
  unlock(&socket_lock);
  return there < 0 ? there : copied ? (s32)done : -EFAULT;
}

// --- Writing.

static s32 check_send(const struct socket *s) {
  if (s->state == SOCKET_CLOSED) return -EPIPE;
  if (s->flags & (SOCKET_SHUT_SEND | SOCKET_PEER_RECEIVES_NO_MORE)) return -EPIPE;
  return s->state == SOCKET_CONNECTED ? 0 : -ENOTCONN;
}

// Bytes that the peer has room for.
static u32 credit(const struct socket *s) {
  const struct socket *peer = socket_peer(s);
  if (peer) return PAGE_SIZE - peer->used;
  u32 under_way = s->sent - s->peer_taken;
  return s->peer_buffer > under_way ? s->peer_buffer - under_way : 0;
}

// Waits for the peer's room, and for a buffer if it is remote. A remote one is asked once.
static s32 await_credit(struct socket *s, u32 flags) {
  bool asked = socket_is_local_cid(s->peer_cid);
  for (bool undisturbed = true;;) {
    vsock_await_buffer();
    s32 error = check_send(s);
    if (error || credit(s)) return error;
    if (!asked) {
      socket_send_packet(s, VSOCK_CREDIT_REQUEST, 0);
      asked = true;
      continue;
    }
    if (flags & (O_NONBLOCK | MSG_DONTWAIT)) return -EAGAIN;
    if (!undisturbed) return -ERESTART;
    undisturbed = sleep_on(s, &socket_lock);
  }
}

static s32 write_local(struct process *p, struct socket *s, u32 address, u32 n, u32 flags) {
  u8 bounce[BOUNCE];
  n = MIN(n, BOUNCE);
  if (!copy_from_user(&p->space, bounce, address, n)) return -EFAULT;
  lock(&socket_lock);
  s32 result = await_credit(s, flags);
  struct socket *peer = result ? NULL : socket_peer(s);
  if (peer) {
    result = (s32)socket_ring_put(peer, bounce, n);
    s->sent += (u32)result;
    peer->received += (u32)result;
    socket_changed(peer);
  }
  unlock(&socket_lock);
  return result;
}

// Credit is taken before the data is copied, so that two threads do not use it twice.
static s32 write_remote(struct process *p, struct socket *s, u32 address, u32 n, u32 flags) {
  lock(&socket_lock);
  s32 result = await_credit(s, flags);
  if (!result) {
    struct vsock_packet *packet = vsock_take_buffer();
    n = MIN(MIN(n, credit(s)), VSOCK_DATA_MAX);
    s->sent += n;
    unlock(&socket_lock);
    bool copied = copy_from_user(&p->space, packet + 1, address, n);
    lock(&socket_lock);
    result = copied ? check_send(s) : -EFAULT;
    if (!result) {
      socket_send_buffer(s, packet, VSOCK_DATA, 0, n);
      result = (s32)n;
    } else {
      s->sent -= n;
      vsock_give_back(packet);
    }
  }
  unlock(&socket_lock);
  return result;
}

static s32 write_piece(struct process *p, struct socket *s, u32 address, u32 n, u32 flags) {
  bool local = socket_is_local_cid(s->peer_cid);
  return local ? write_local(p, s, address, n, flags) : write_remote(p, s, address, n, flags);
}

s32 socket_write(struct process *p, struct socket *s, u32 address, u32 n, u32 flags) {
  u32 done = write_begin(n);
  s32 put = n ? 0 : check_send(s);
  while (done < n && put >= 0) {
    put = write_piece(p, s, address + done, n - done, flags);
    if (put > 0) done += (u32)put;
  }
  if (put == -EPIPE && !(flags & MSG_NOSIGNAL)) signal_send_broken_pipe(p);
  return write_end(put, done);
}

// --- Polling.

u32 socket_poll(struct socket *s) {
  u32 ready = 0;
  lock(&socket_lock);
  bool ended = s->flags & (SOCKET_SHUT_RECEIVE | SOCKET_PEER_SENDS_NO_MORE);
  bool open = s->state == SOCKET_OPEN, closed = s->state == SOCKET_CLOSED;
  bool listening = s->state == SOCKET_LISTENING, connected = s->state == SOCKET_CONNECTED;
  const u32 both = SOCKET_SHUT_SEND | SOCKET_PEER_SENDS_NO_MORE;
  if (listening && socket_next_waiting(s)) ready |= POLLIN;
  if (closed || (connected && (s->used || ended))) ready |= POLLIN;
  if (open || closed || (connected && (credit(s) || check_send(s)))) ready |= POLLOUT;
  if (open || closed || (connected && (s->flags & both) == both)) ready |= POLLHUP;
  if (s->error) ready |= POLLERR;
  unlock(&socket_lock);
  return ready;
}
