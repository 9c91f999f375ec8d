// System calls on sockets: descriptors, addresses and options between user memory and socket.h.
#include "socket.h"
#include "system_call.h"

#define MESSAGE_FLAGS (MSG_PEEK | MSG_DONTWAIT | MSG_NOSIGNAL)
#define SOCKET_FLAGS ((u32)(SOCK_NONBLOCK | SOCK_CLOEXEC))
#define BYTES_MAX 0x7ffff000u

static s32 with_socket(const u32 *a, s32 (*action)(struct file *file, const u32 *a)) {
  struct file *file = file_of(a[0]);
  if (!file) return -EBADF;
  s32 result = file->socket ? action(file, a) : -ENOTSOCK;
  file_put(file);
  return result;
}

// A descriptor for a socket that is counted as open. It is closed if there is none.
static s32 describe(struct socket *s, u32 flags) {
  struct file *file = file_make(FILE_SOCKET, O_RDWR | (flags & O_NONBLOCK), NULL, NULL);
  if (!file) {
    socket_close(s);
    return -ENOMEM;
  }
  file->socket = s;
  return descriptor_add(&this_process()->descriptors, file, flags, 0);
}

s32 call_socket(const u32 *a) {
  u32 flags = a[1] & ~0xfu;
  if (a[0] != AF_VSOCK) return -EAFNOSUPPORT;
  if (flags & ~SOCKET_FLAGS) return -EINVAL;
  if ((a[1] & 0xf) != SOCK_STREAM) return -EPROTOTYPE;
  if (a[2] && a[2] != AF_VSOCK) return -EPROTONOSUPPORT;
  struct socket *s = socket_open();
  return s ? describe(s, flags) : -ENOMEM;
}

// --- Addresses

static s32 get_address(u32 user, u32 bytes, struct sockaddr_vm *address) {
  if (bytes < sizeof *address) return -EINVAL;
  s32 error = copy_from_user(address, user, sizeof *address);
  return error ? error : address->family == AF_VSOCK ? 0 : -EINVAL;
}

// Puts `bytes` at most, as there is room for, and says how many it would have been, as on Linux.
static s32 put_sized(const void *value, u32 bytes, u32 user, u32 size_at, bool cut) {
  u32 room;
  s32 error = copy_from_user(&room, size_at, sizeof room);
  if (error) return error;
  if ((s32)room < 0) return -EINVAL;
  room = MIN(room, bytes);
  error = copy_to_user(user, value, room);
  return error ? error : copy_to_user(size_at, cut ? &room : &bytes, sizeof room);
}

static s32 put_address(u32 cid, u32 port, u32 user, u32 size_at) {
  struct sockaddr_vm address = {.family = AF_VSOCK, .port = port, .cid = cid};
  return put_sized(&address, sizeof address, user, size_at, false);
}

static s32 bind(struct file *file, const u32 *a) {
  struct sockaddr_vm address;
  s32 error = get_address(a[1], a[2], &address);
  return error ? error : socket_bind(file->socket, address.cid, address.port);
}

static s32 connect(struct file *file, const u32 *a) {
  struct sockaddr_vm address;
  s32 error = get_address(a[1], a[2], &address);
  return error ? error : socket_connect(file->socket, address.cid, address.port, file->flags);
}

static s32 tell_name(struct file *file, const u32 *a, bool peer) {
  u32 cid, port;
  s32 error = socket_name(file->socket, peer, &cid, &port);
  return error ? error : put_address(cid, port, a[1], a[2]);
}
static s32 own_name(struct file *file, const u32 *a) { return tell_name(file, a, false); }
static s32 peer_name(struct file *file, const u32 *a) { return tell_name(file, a, true); }

s32 call_bind(const u32 *a) { return with_socket(a, bind); }
s32 call_connect(const u32 *a) { return with_socket(a, connect); }
s32 call_getsockname(const u32 *a) { return with_socket(a, own_name); }
s32 call_getpeername(const u32 *a) { return with_socket(a, peer_name); }

// --- Connections

static s32 listen(struct file *file, const u32 *a) {
  return socket_listen(file->socket, (s32)a[1]);
}

// The descriptor comes first: without one, the connection goes on waiting.
static s32 accept(struct file *file, const u32 *a) {
  struct socket *s;
  u32 cid, port;
  if (a[3] & ~SOCKET_FLAGS) return -EINVAL;
  struct file *made = file_make(FILE_SOCKET, O_RDWR | (a[3] & O_NONBLOCK), NULL, NULL);
  if (!made) return -ENOMEM;
  s32 error = socket_accept(file->socket, file->flags, &s);
  if (error) {
    file_put(made);
    return error;
  }
  made->socket = s;
  file_get(made); // for us, whatever becomes of the descriptor
  socket_name(s, true, &cid, &port);
  s32 number = descriptor_add(&this_process()->descriptors, made, a[3], 0);
  if (number < 0) {
    made->socket = NULL;
    socket_unaccept(file->socket, s);
  }
  file_put(made);
  if (number < 0) return number;
  error = a[1] ? put_address(cid, port, a[1], a[2]) : 0;
  if (error) descriptor_close(&this_process()->descriptors, (u32)number);
  return error ? error : number;
}

static s32 shut_down(struct file *file, const u32 *a) {
  return socket_shutdown(file->socket, a[1]);
}

s32 call_listen(const u32 *a) { return with_socket(a, listen); }
s32 call_accept4(const u32 *a) { return with_socket(a, accept); }
s32 call_accept(const u32 *a) {
  const u32 without_flags[4] = {a[0], a[1], a[2], 0};
  return with_socket(without_flags, accept);
}
s32 call_shutdown(const u32 *a) { return with_socket(a, shut_down); }

// --- Data

static s32 send(struct file *file, const u32 *a) {
  u32 cid, port;
  if (a[3] & ~(u32)MESSAGE_FLAGS) return -EOPNOTSUPP;
  if (a[4]) return socket_name(file->socket, true, &cid, &port) ? -EOPNOTSUPP : -EISCONN;
  u32 flags = (file->flags & O_NONBLOCK) | a[3];
  return socket_write(file->socket, a[1], MIN(a[2], BYTES_MAX), flags);
}

static s32 receive(struct file *file, const u32 *a) {
  if (a[3] & ~(u32)MESSAGE_FLAGS) return -EOPNOTSUPP;
  u32 flags = (file->flags & O_NONBLOCK) | a[3];
  return socket_read(file->socket, a[1], MIN(a[2], BYTES_MAX), flags);
}

s32 call_sendto(const u32 *a) { return with_socket(a, send); }
s32 call_recvfrom(const u32 *a) { return with_socket(a, receive); }

// --- Options

static s32 set_option(struct file *file, const u32 *a) {
  u32 value;
  (void)file;
  if (a[1] != SOL_SOCKET || a[2] != SO_REUSEADDR) return -ENOPROTOOPT;
  if (a[4] < sizeof value) return -EINVAL;
  return copy_from_user(&value, a[3], sizeof value);
}

static s32 get_option(struct file *file, const u32 *a) {
  if (a[1] != SOL_SOCKET || a[2] < SO_REUSEADDR || a[2] > SO_ERROR) return -ENOPROTOOPT;
  u32 value = a[2] == SO_TYPE ? SOCK_STREAM : 0;
  if (a[2] == SO_ERROR) value = socket_take_error(file->socket);
  return put_sized(&value, sizeof value, a[3], a[4], true);
}

s32 call_setsockopt(const u32 *a) { return with_socket(a, set_option); }
s32 call_getsockopt(const u32 *a) { return with_socket(a, get_option); }
