// System calls on sockets: addresses and options between user memory and socket.h.
#include "larboard/system_call.h"
#include "abi/syscall.h"
#include "larboard/process.h"
#include "larboard/socket.h"
#include "shared/string.h"

// The open file of a descriptor that is a socket, held.
static s32 hold_socket(struct process *p, u32 descriptor, struct file **f) {
  *f = descriptor_hold(p, descriptor);
  if (!*f) return -EBADF;
  if ((*f)->socket) return 0;
  file_release(*f);
  return -ENOTSOCK;
}

// A file and a descriptor for a socket, which they take over if they succeed.
static s32 open_socket(struct process *p, struct socket *s, u32 flags) {
  struct file *f = file_create(FILE_SOCKET, O_RDWR | (flags & O_NONBLOCK));
  if (!f) return -ENFILE;
  f->socket = s;
  s32 descriptor = descriptor_add(p, f, 0, flags);
  if (descriptor < 0) {
    f->socket = NULL;
    file_release(f);
  }
  return descriptor;
}

s32 call_socket(struct process *p, const u32 *a) {
  u32 flags = a[1] & ~0xfu;
  if (a[0] != AF_VSOCK) return -EAFNOSUPPORT;
  if (flags & ~(u32)(SOCK_NONBLOCK | SOCK_CLOEXEC)) return -EINVAL;
  if ((a[1] & 0xf) != SOCK_STREAM) return -EPROTOTYPE;
  if (a[2] && a[2] != AF_VSOCK) return -EPROTONOSUPPORT;
  struct socket *s = socket_create();
  s32 descriptor = s ? open_socket(p, s, flags) : -ENFILE;
  if (s && descriptor < 0) socket_close(s);
  return descriptor;
}

// --- Addresses.

static s32 get_address(struct process *p, u32 from, u32 bytes, struct sockaddr_vm *address) {
  if (bytes < sizeof *address) return -EINVAL;
  if (!copy_from_user(&p->space, address, from, sizeof *address)) return -EFAULT;
  return address->family == AF_VSOCK ? 0 : -EINVAL;
}

// Cut to what the user has room for, with its full size, as on Linux.
static s32 put_address(struct process *p, u32 cid, u32 port, u32 to, u32 size_at) {
  struct sockaddr_vm address = {.family = AF_VSOCK, .port = port, .cid = cid};
  u32 room, bytes = sizeof address;
  if (!copy_from_user(&p->space, &room, size_at, sizeof room)) return -EFAULT;
  if ((s32)room < 0) return -EINVAL;
  bool ok = copy_to_user(&p->space, to, &address, MIN(room, bytes)) &&
            copy_to_user(&p->space, size_at, &bytes, sizeof bytes);
  return ok ? 0 : -EFAULT;
}

s32 call_bind(struct process *p, const u32 *a) {
  struct sockaddr_vm address;
  struct file *f;
  s32 error = hold_socket(p, a[0], &f);
  if (error) return error;
  error = get_address(p, a[1], a[2], &address);
  if (!error) error = socket_bind(f->socket, address.cid, address.port);
  file_release(f);
  return error;
}

s32 call_connect(struct process *p, const u32 *a) {
  struct sockaddr_vm address;
  struct file *f;
  s32 error = hold_socket(p, a[0], &f);
  if (error) return error;
  error = get_address(p, a[1], a[2], &address);
  if (!error) error = socket_connect(f->socket, address.cid, address.port, f->flags);
  file_release(f);
  return error;
}

s32 call_getsockname(struct process *p, const u32 *a) {
  struct file *f;
  s32 error = hold_socket(p, a[0], &f);
  if (error) return error;
  const struct socket *s = f->socket;
  bool local = socket_is_local_cid(s->peer_cid);
  u32 cid = s->state < SOCKET_CONNECTED ? VMADDR_CID_ANY : local ? VMADDR_CID_LOCAL : vsock_cid();
  error = put_address(p, cid, s->local_port ? s->local_port : VMADDR_PORT_ANY, a[1], a[2]);
  file_release(f);
  return error;
}

s32 call_getpeername(struct process *p, const u32 *a) {
  struct file *f;
  s32 error = hold_socket(p, a[0], &f);
  if (error) return error;
  const struct socket *s = f->socket;
  error = s->state == SOCKET_CONNECTED ? put_address(p, s->peer_cid, s->peer_port, a[1], a[2])
                                       : -ENOTCONN;
  file_release(f);
  return error;
}

// --- Connections.

s32 call_listen(struct process *p, const u32 *a) {
  struct file *f;
  s32 error = hold_socket(p, a[0], &f);
  if (error) return error;
  error = socket_listen(f->socket, (s32)a[1]);
  file_release(f);
  return error;
}

static s32 accept(struct process *p, struct file *f, const u32 *a, u32 flags) {
  struct socket *s;
  if (flags & ~(u32)(SOCK_NONBLOCK | SOCK_CLOEXEC)) return -EINVAL;
  s32 error = socket_accept(f->socket, f->flags, &s);
  if (error) return error;
  u32 cid = s->peer_cid, port = s->peer_port;
  s32 descriptor = open_socket(p, s, flags);
  if (descriptor < 0) {
    socket_put_back(f->socket, s);
    return descriptor;
  }
  error = a[1] ? put_address(p, cid, port, a[1], a[2]) : 0;
  if (error) descriptor_close(p, (u32)descriptor);
  return error ? error : descriptor;
}

s32 call_accept4(struct process *p, const u32 *a) {
  struct file *f;
  s32 result = hold_socket(p, a[0], &f);
  if (result) return result;
  result = accept(p, f, a, a[3]);
  file_release(f);
  return result;
}

s32 call_accept(struct process *p, const u32 *a) {
  const u32 with_flags[] = {a[0], a[1], a[2], 0};
  return call_accept4(p, with_flags);
}

s32 call_shutdown(struct process *p, const u32 *a) {
  struct file *f;
  s32 error = hold_socket(p, a[0], &f);
  if (error) return error;
  error = socket_shutdown(f->socket, a[1]);
  file_release(f);
  return error;
}

// --- Data.

#define MESSAGE_FLAGS (MSG_PEEK | MSG_DONTWAIT | MSG_NOSIGNAL)

s32 call_sendto(struct process *p, const u32 *a) {
  struct file *f;
  s32 result = hold_socket(p, a[0], &f);
  if (result) return result;
  u32 flags = (f->flags & O_NONBLOCK) | a[3], n = MIN(a[2], 0x7ffff000u);
  if (a[3] & ~(u32)MESSAGE_FLAGS) result = -EOPNOTSUPP;
  else if (a[4]) result = f->socket->state == SOCKET_CONNECTED ? -EISCONN : -EOPNOTSUPP;
  else result = socket_write(p, f->socket, a[1], n, flags);
  file_release(f);
  return result;
}

s32 call_recvfrom(struct process *p, const u32 *a) {
  struct file *f;
  s32 result = hold_socket(p, a[0], &f);
  if (result) return result;
  u32 flags = (f->flags & O_NONBLOCK) | a[3];
  if (a[3] & ~(u32)MESSAGE_FLAGS) result = -EOPNOTSUPP;
  else result = socket_read(p, f->socket, a[1], a[2], flags);
  file_release(f);
  return result;
}

// --- Options.

static s32 set_option(struct process *p, const u32 *a) {
  u32 value;
  if (a[1] != SOL_SOCKET || a[2] != SO_REUSEADDR) return -ENOPROTOOPT;
  if (a[4] < sizeof value) return -EINVAL;
  return copy_from_user(&p->space, &value, a[3], sizeof value) ? 0 : -EFAULT;
}

s32 call_setsockopt(struct process *p, const u32 *a) {
  struct file *f;
  s32 error = hold_socket(p, a[0], &f);
  if (error) return error;
  file_release(f);
  return set_option(p, a);
}

static s32 get_option(struct process *p, struct socket *s, const u32 *a) {
  u32 value = 0, room, bytes = sizeof value;
  if (a[1] != SOL_SOCKET || a[2] < SO_REUSEADDR || a[2] > SO_ERROR) return -ENOPROTOOPT;
  if (!copy_from_user(&p->space, &room, a[4], sizeof room)) return -EFAULT;
  if ((s32)room < 0) return -EINVAL;
  bytes = MIN(room, bytes);
  if (a[2] == SO_TYPE) value = SOCK_STREAM;
  if (a[2] == SO_ERROR) value = socket_take_error(s);
  bool ok = copy_to_user(&p->space, a[3], &value, bytes) &&
            copy_to_user(&p->space, a[4], &bytes, sizeof bytes);
  return ok ? 0 : -EFAULT;
}

s32 call_getsockopt(struct process *p, const u32 *a) {
  struct file *f;
  s32 error = hold_socket(p, a[0], &f);
  if (error) return error;
  error = get_option(p, f->socket, a);
  file_release(f);
  return error;
}
