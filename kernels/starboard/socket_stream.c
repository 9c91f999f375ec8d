// Bytes through sockets. They are copied between a page of user memory, held by its address space's
// lock, and a ring or a packet, so that no byte is taken that cannot be stored. A local peer's ring
// is written directly; to a remote one as much is sent as it has given credit for.
#include "process.h"
#include "socket.h"

#define NO_WAIT (O_NONBLOCK | MSG_DONTWAIT)

// --- The ring, with the lock held

// Copies between `memory` and the ring, from `at` bytes behind its reading place on.
static void ring_copy(struct socket *s, u8 *memory, u32 at, u32 n, bool out) {
  u8 *ring = kmap(s->ring);
  for (u32 piece; n; n -= piece, at += piece, memory += piece) {
    u32 place = (s->read_offset + at) % PAGE_SIZE;
    piece = MIN(n, PAGE_SIZE - place);
    if (out) memcpy(memory, ring + place, piece);
    else memcpy(ring + place, memory, piece);
  }
  kunmap(ring);
}

static u32 ring_room(const struct socket *s) {
  return s->ring == NO_FRAME ? 0 : PAGE_SIZE - s->used;
}

u32 socket_ring_put(struct socket *s, const u8 *from, u32 n) {
  n = MIN(n, ring_room(s));
  if (n) ring_copy(s, (u8 *)from, s->used, n, false);
  s->used += n;
  return n;
}

static void ring_drop(struct socket *s, u32 n) {
  s->read_offset = (s->read_offset + n) % PAGE_SIZE;
  s->used -= n;
  s->taken += n;
  if (!n || !s->peer) return;
  s->told = s->peer->peer_taken = s->taken; // a local peer knows at once
  socket_changed(s->peer);
}

// --- Reading

// Waits until there is something: its bytes, 0 at the end, or an error.
static s32 await_data(struct socket *s, u32 flags) {
  for (bool undisturbed = true;; undisturbed = wait_on(&s->changed, &sockets.lock)) {
    bool connected = s->state == SOCKET_CONNECTED;
    if (!connected && s->state != SOCKET_CLOSED) return -ENOTCONN;
    if (s->flags & SOCKET_SHUT_RECEIVE) return 0;
    if (s->used || !connected || (s->flags & SOCKET_PEER_SENDS_NO_MORE)) return (s32)s->used;
    if (flags & NO_WAIT) return -EAGAIN;
    if (!undisturbed) return -ERESTART_CALL;
  }
}

// Reads what there is, behind the first `skip` bytes, into one page. vm->lock held.
static s32 read_piece(struct socket *s, struct vm *vm, u32 user, u32 n, u32 skip, bool peek) {
  u32 frame;
  s32 error = vm_resolve(vm, user, PROT_WRITE, &frame);
  if (error) return error;
  u8 *window = kmap(frame);
  lock(&sockets.lock);
  u32 piece = skip < s->used ? MIN(n, s->used - skip) : 0;
  if (piece) ring_copy(s, window + user % PAGE_SIZE, skip, piece, true);
  if (!peek) ring_drop(s, piece);
  unlock(&sockets.lock);
  kunmap(window);
  return (s32)piece;
}

// Tells a remote peer of room, when half of the ring was taken since it was told last.
static void give_credit(struct socket *s) {
  lock(&sockets.lock);
  while (s->state == SOCKET_CONNECTED && !socket_is_local_cid(s->peer_cid) &&
         s->taken - s->told >= PAGE_SIZE / 2) {
    struct packet *packet = vsock_packet();
    if (packet) socket_send(s, packet, PACKET_CREDIT_UPDATE, 0, 0);
    else vsock_await_packet();
  }
  unlock(&sockets.lock);
}

s32 socket_read(struct socket *s, u32 user, u32 n, u32 flags) {
  struct vm *vm = this_process()->vm;
  bool peek = flags & MSG_PEEK;
  u32 done = 0;
  s32 result = 0;
  while (done < n) {
    if (!done) {
      lock(&sockets.lock);
      result = await_data(s, flags);
      unlock(&sockets.lock);
      if (result <= 0) return result;
    }
    u32 in_page = PAGE_SIZE - (user + done) % PAGE_SIZE;
    lock(&vm->lock);
    result = read_piece(s, vm, user + done, MIN(n - done, in_page), peek ? done : 0, peek);
    unlock(&vm->lock);
    if (result < 0 || (!result && done)) break; // else another reader was first
    done += (u32)result;
  }
  give_credit(s);
  return done ? (s32)done : result;
}

// --- Writing

static s32 check_send(const struct socket *s) {
  if (s->state == SOCKET_CLOSED) return -EPIPE;
  if (s->flags & (SOCKET_SHUT_SEND | SOCKET_PEER_RECEIVES_NO_MORE)) return -EPIPE;
  return s->state == SOCKET_CONNECTED ? 0 : -ENOTCONN;
}

// Bytes that the peer has room for.
static u32 credit(const struct socket *s) {
  u32 under_way = s->sent - s->peer_taken;
  if (socket_is_local_cid(s->peer_cid)) return s->peer ? ring_room(s->peer) : 0;
  return s->peer_buffer > under_way ? s->peer_buffer - under_way : 0;
}

// Waits for the peer's room, and for a packet if it is remote, which is asked for room once.
static s32 await_credit(struct socket *s, u32 flags) {
  bool local = socket_is_local_cid(s->peer_cid), asked = local, undisturbed = true;
  for (;;) {
    if (!local) vsock_await_packet();
    s32 error = check_send(s);
    if (error || credit(s)) return error;
    if (!asked) {
      socket_tell(s, PACKET_CREDIT_REQUEST, 0);
      asked = true;
      continue;
    }
    if (flags & NO_WAIT) return -EAGAIN;
    if (!undisturbed) return -ERESTART_CALL;
    undisturbed = wait_on(&s->changed, &sockets.lock);
  }
}

static u32 put_local(struct socket *s, const u8 *from, u32 n) {
  u32 put = socket_ring_put(s->peer, from, n);
  s->sent += put;
  s->peer->received += put;
  socket_changed(s->peer);
  return put;
}

static u32 put_remote(struct socket *s, const u8 *from, u32 n) {
  struct packet *packet = vsock_packet();
  if (!packet) return 0;
  n = MIN(n, PACKET_DATA_MAX);
  memcpy(packet->data, from, n);
  s->sent += n;
  socket_send(s, packet, PACKET_DATA, 0, n);
  return n;
}

// Sends from one page what the peer has room for; 0: another writer was first. vm->lock held.
static s32 write_piece(struct socket *s, struct vm *vm, u32 user, u32 n) {
  u32 frame;
  s32 error = vm_resolve(vm, user, PROT_READ, &frame);
  if (error) return error;
  const u8 *from = (const u8 *)kmap(frame) + user % PAGE_SIZE;
  lock(&sockets.lock);
  error = check_send(s);
  u32 put = error ? 0 : MIN(n, credit(s));
  if (put) put = s->peer ? put_local(s, from, put) : put_remote(s, from, put);
  unlock(&sockets.lock);
  kunmap((void *)from);
  return error ? error : (s32)put;
}

s32 socket_write(struct socket *s, u32 user, u32 n, u32 flags) {
  struct vm *vm = this_process()->vm;
  u32 done = write_resume(n);
  s32 result = 0;
  do {
    lock(&sockets.lock);
    result = n ? await_credit(s, flags) : check_send(s);
    unlock(&sockets.lock);
    if (!result && done < n) {
      u32 in_page = PAGE_SIZE - (user + done) % PAGE_SIZE;
      lock(&vm->lock);
      result = write_piece(s, vm, user + done, MIN(n - done, in_page));
      unlock(&vm->lock);
    }
    if (result < 0) return write_stop(done, result, !(flags & MSG_NOSIGNAL));
    done += (u32)result;
  } while (done < n);
  return (s32)done;
}

// --- Polling

static u32 events_of(const struct socket *s) {
  const u32 both = SOCKET_SHUT_SEND | SOCKET_PEER_SENDS_NO_MORE;
  bool ended = s->flags & (SOCKET_SHUT_RECEIVE | SOCKET_PEER_SENDS_NO_MORE);
  u32 found = s->error ? POLLERR : 0;
  switch (s->state) {
    case SOCKET_OPEN: return found | POLLOUT | POLLHUP;
    case SOCKET_LISTENING: return found | (list_is_empty(&s->waiting) ? 0 : POLLIN);
    case SOCKET_CONNECTING: return found;
    case SOCKET_CLOSED: return found | POLLIN | POLLOUT | POLLHUP;
    default: break;
  }
  if (s->used || ended) found |= POLLIN;
  if (credit(s) || check_send(s)) found |= POLLOUT;
  if ((s->flags & both) == both) found |= POLLHUP;
  return found;
}

u32 socket_poll(struct socket *s, u32 events, struct waiter *w) {
  lock(&sockets.lock);
  u32 found = events_of(s) & (events | POLLHUP | POLLERR);
  if (!found) wait_join(&s->changed, w);
  unlock(&sockets.lock);
  return found;
}
