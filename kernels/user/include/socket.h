// Stream sockets (AF_VSOCK): to the host, and to other programs of this machine.
#ifndef SOCKET_H
#define SOCKET_H
#include "user.h"

int make_socket(int flags); // SOCK_NONBLOCK, SOCK_CLOEXEC
// A new socket that listens on a port, for connections from anywhere.
int listen_on(uint32_t port, int backlog, int flags);
// A new socket, connected to a port of a context.
int connect_to(uint32_t cid, uint32_t port);

int bind_socket(int fd, uint32_t cid, uint32_t port); // VMADDR_CID_ANY, VMADDR_PORT_ANY
int listen_for(int fd, int backlog);
int connect_socket(int fd, uint32_t cid, uint32_t port);
int accept_from(int fd, struct sockaddr_vm *peer, int flags); // peer may be 0
int own_address(int fd, struct sockaddr_vm *address);
int peer_address(int fd, struct sockaddr_vm *address);
int send(int fd, const void *bytes, size_t count, int flags); // MSG_*
int receive(int fd, void *buffer, size_t bytes, int flags);
int shut_down(int fd, int how); // SHUT_*
int socket_error(int fd); // SO_ERROR, which it takes: 0 or ERRNO; below 0: it is none
#endif
