// The calls of socket.h.
#include "socket.h"

static struct sockaddr_vm address_of(uint32_t cid, uint32_t port) {
  return (struct sockaddr_vm){.family = AF_VSOCK, .cid = cid, .port = port};
}

// Closes the socket if the last step has failed: its descriptor, or the error.
static int socket_or_error(int fd, int error) {
  if (error < 0) close(fd);
  return error < 0 ? error : fd;
}

int make_socket(int flags) {
  return syscall(SYS_SOCKET, AF_VSOCK, SOCK_STREAM | flags, 0);
}

int listen_on(uint32_t port, int backlog, int flags) {
  int fd = make_socket(flags);
  if (fd < 0) return fd;
  int error = bind_socket(fd, VMADDR_CID_ANY, port);
  if (error == 0) error = listen_for(fd, backlog);
  return socket_or_error(fd, error);
}

int connect_to(uint32_t cid, uint32_t port) {
  int fd = make_socket(0);
  return fd < 0 ? fd : socket_or_error(fd, connect_socket(fd, cid, port));
}

int bind_socket(int fd, uint32_t cid, uint32_t port) {
  struct sockaddr_vm address = address_of(cid, port);
  return syscall(SYS_BIND, fd, &address, sizeof address);
}

int listen_for(int fd, int backlog) {
  return syscall(SYS_LISTEN, fd, backlog);
}

int connect_socket(int fd, uint32_t cid, uint32_t port) {
  struct sockaddr_vm address = address_of(cid, port);
  return syscall(SYS_CONNECT, fd, &address, sizeof address);
}

int accept_from(int fd, struct sockaddr_vm *peer, int flags) {
  uint32_t size = sizeof *peer;
  return syscall(SYS_ACCEPT4, fd, peer, peer ? &size : 0, flags);
}

int own_address(int fd, struct sockaddr_vm *address) {
  uint32_t size = sizeof *address;
  return syscall(SYS_GETSOCKNAME, fd, address, &size);
}

int peer_address(int fd, struct sockaddr_vm *address) {
  uint32_t size = sizeof *address;
  return syscall(SYS_GETPEERNAME, fd, address, &size);
}

int send(int fd, const void *bytes, size_t count, int flags) {
  return syscall(SYS_SENDTO, fd, bytes, count, flags, 0, 0);
}

int receive(int fd, void *buffer, size_t bytes, int flags) {
  return syscall(SYS_RECVFROM, fd, buffer, bytes, flags, 0, 0);
}

int shut_down(int fd, int how) {
  return syscall(SYS_SHUTDOWN, fd, how);
}

int socket_error(int fd) {
  int pending = 0;
  uint32_t size = sizeof pending;
  int error = syscall(SYS_GETSOCKOPT, fd, SOL_SOCKET, SO_ERROR, &pending, &size);
  return error < 0 ? error : pending;
}
