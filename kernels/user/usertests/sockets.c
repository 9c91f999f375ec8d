// Questions about stream sockets, asked over connections within this machine.
#include "socket.h"
#include "test.h"

#define IGNORE ((void (*)(int))SIG_IGN)
#define TRANSFER_BYTES 300000u

// Where there are no sockets, or none that reach this machine itself, there is nothing to ask.
static int has_sockets(void) {
  int fd = make_socket(SOCK_NONBLOCK);
  if (fd < 0) return 0;
  struct pollfd one = {fd, POLLOUT, 0};
  connect_socket(fd, VMADDR_CID_LOCAL, 77);
  int answers = !on_linux || poll(&one, 1, 200 * MS) > 0;
  close(fd);
  return answers;
}

static int is_refusal(int error) { // which of the two Linux says depends on its version
  return error == -ECONNRESET || error == -ECONNREFUSED;
}

static uint32_t port_of(int fd) {
  struct sockaddr_vm address;
  expect_equal(own_address(fd, &address), 0);
  expect_equal(address.family, AF_VSOCK);
  return address.port;
}

// A listener on a port that the kernel has chosen.
static int any_listener(int backlog, int flags) {
  int fd = listen_on(VMADDR_PORT_ANY, backlog, flags);
  expect(fd >= 0);
  return fd;
}

// Two sockets that are connected: the one that asked, and the one that was accepted.
static void make_connection(int fds[2]) {
  int listener = any_listener(1, 0);
  expect((fds[0] = connect_to(VMADDR_CID_LOCAL, port_of(listener))) >= 0);
  expect((fds[1] = accept_from(listener, 0, 0)) >= 0);
  close(listener);
}

static int events_of(int fd, int events) {
  struct pollfd one = {fd, (int16_t)events, 0};
  poll(&one, 1, 0);
  return one.revents;
}

// Does each side know its own address and the other's, and is a port had only once?
void socket_addresses(void) {
  if (!has_sockets()) return;
  struct sockaddr_vm own, peer;
  int listener = any_listener(1, 0), other = make_socket(0), type = 0;
  uint32_t port = port_of(listener), size = sizeof type;
  expect(port >= 1024);
  expect_equal(bind_socket(other, VMADDR_CID_ANY, port), -EADDRINUSE);
  expect_equal(bind_socket(other, 0x12345, 5000), -EADDRNOTAVAIL);
  expect_equal(connect_socket(other, VMADDR_CID_LOCAL, port), 0);
  int accepted = accept_from(listener, &peer, 0);
  expect_equal(own_address(other, &own), 0);
  expect_equal(own.port, peer.port);
  expect_equal(peer_address(other, &peer), 0);
  expect_equal(peer.port, port);
  expect_equal(peer.cid, VMADDR_CID_LOCAL);
  expect_equal(own_address(accepted, &own), 0);
  expect_equal(own.port, port);
  expect_equal(syscall(SYS_GETSOCKOPT, accepted, SOL_SOCKET, SO_TYPE, &type, &size), 0);
  expect_equal(type, SOCK_STREAM);
  close(listener);
  close(accepted);
  close(other);
  listener = listen_on(port, 1, 0); // free again
  expect(listener >= 0);
}

// Does each call refuse a socket that is in the wrong state for it?
void socket_states(void) {
  if (!has_sockets()) return;
  struct sockaddr_vm address;
  int fds[2], fresh = make_socket(0), listener = any_listener(1, 0);
  expect_equal(accept_from(fresh, 0, 0), -EINVAL);
  expect_equal(listen_for(fresh, 1), -EINVAL);
  expect_equal(peer_address(fresh, &address), -ENOTCONN);
  expect_equal(send(fresh, "x", 1, MSG_NOSIGNAL), -ENOTCONN);
  expect_equal(receive(fresh, big, 1, 0), -ENOTCONN);
  expect_equal(shut_down(fresh, SHUT_RDWR), -ENOTCONN);
  make_connection(fds);
  expect_equal(connect_socket(fds[0], VMADDR_CID_LOCAL, port_of(listener)), -EISCONN);
  expect_equal(accept_from(fds[0], 0, 0), -EINVAL);
  expect(listen_for(fds[0], 1) < 0);
  expect_equal(shut_down(fds[0], 3), -EINVAL);
  expect(connect_socket(listener, VMADDR_CID_LOCAL, 77) < 0);
  expect(receive(listener, big, 1, MSG_DONTWAIT) < 0);
}

// Does data go both ways, can it be looked at first, and are sockets no files?
void socket_data(void) {
  if (!has_sockets()) return;
  struct statx status;
  int fds[2];
  make_connection(fds);
  expect_equal(receive(fds[0], big, 4, MSG_DONTWAIT), -EAGAIN);
  expect_equal(write(fds[0], "there", 5), 5);
  expect_equal(send(fds[1], "back", 4, 0), 4);
  expect_equal(receive(fds[1], big, 3, MSG_PEEK), 3);
  expect_equal(receive(fds[1], big, 100, 0), 5);
  expect_equal(memcmp(big, "there", 5), 0);
  expect_equal(read(fds[0], big, 100), 4);
  expect_equal(memcmp(big, "back", 4), 0);
  expect_equal(status_of_fd(fds[0], &status), 0);
  expect_equal(status.mode & S_IFMT, S_IFSOCK);
  expect_equal(seek(fds[0], 0, SEEK_SET), -ESPIPE);
  expect_equal(read_at(fds[0], big, 1, 0), -ESPIPE);
}

static void write_to_closed(void) {
  int fds[2];
  make_connection(fds);
  close(fds[1]);
  sleep_ns(20 * MS);
  write(fds[0], "x", 1);
}

// Is what was sent before the end still read, and a write behind it punished or only refused?
void socket_end(void) {
  if (!has_sockets()) return;
  int fds[2];
  expect_equal(in_child(write_to_closed), KILLED_BY(SIGPIPE));
  expect_equal(set_handler(SIGPIPE, count_signal, 0), 0);
  make_connection(fds);
  expect_equal(write(fds[1], "last", 4), 4);
  close(fds[1]);
  sleep_ns(20 * MS);
  expect_equal(send(fds[0], "x", 1, MSG_NOSIGNAL), -EPIPE);
  expect_equal(caught, 0);
  expect_equal(write(fds[0], "x", 1), -EPIPE);
  expect_equal(caught, 1);
  expect_equal(read(fds[0], big, 100), 4);
  expect_equal(read(fds[0], big, 100), 0);
}

// Does one direction go on when the other has been shut down?
void socket_half_close(void) {
  if (!has_sockets()) return;
  int fds[2];
  expect_equal(set_handler(SIGPIPE, IGNORE, 0), 0);
  make_connection(fds);
  expect_equal(write(fds[0], "end", 3), 3);
  expect_equal(shut_down(fds[0], SHUT_WR), 0);
  expect_equal(write(fds[0], "x", 1), -EPIPE);
  expect_equal(read(fds[1], big, 100), 3);
  expect_equal(read(fds[1], big, 100), 0);
  expect_equal(write(fds[1], "answer", 6), 6);
  expect_equal(read(fds[0], big, 100), 6);
  expect_equal(shut_down(fds[0], SHUT_RD), 0);
  expect_equal(read(fds[0], big, 100), 0);
  make_connection(fds);
  expect_equal(shut_down(fds[0], SHUT_RDWR), 0);
  sleep_ns(20 * MS);
  expect_equal(read(fds[0], big, 100), 0);
  expect_equal(read(fds[1], big, 100), 0);
  expect_equal(write(fds[1], "x", 1), -EPIPE);
}

// Does a poll see what waits on a listener, data, room, and the end?
void socket_poll(void) {
  if (!has_sockets()) return;
  int fds[2], listener = any_listener(2, 0), all = POLLIN | POLLOUT;
  expect_equal(events_of(listener, POLLIN), 0);
  expect((fds[0] = connect_to(VMADDR_CID_LOCAL, port_of(listener))) >= 0);
  expect_equal(events_of(listener, POLLIN), POLLIN);
  expect((fds[1] = accept_from(listener, 0, SOCK_NONBLOCK)) >= 0);
  expect_equal(events_of(listener, POLLIN), 0);
  expect_equal(events_of(fds[0], all), POLLOUT);
  expect_equal(events_of(fds[1], all), POLLOUT);
  while (write(fds[1], big, PAGE_BYTES) > 0) {
  }
  expect_equal(events_of(fds[1], all), 0);
  expect_equal(events_of(fds[0], all), all);
  while (receive(fds[0], big, sizeof big, MSG_DONTWAIT) > 0) {
  }
  expect_equal(events_of(fds[0], all), POLLOUT);
  expect_equal(events_of(fds[1], all), POLLOUT);
  expect_equal(shut_down(fds[1], SHUT_WR), 0);
  expect_equal(events_of(fds[0], all), all);
  close(fds[1]);
  sleep_ns(20 * MS);
  expect(events_of(fds[0], POLLIN) & POLLIN);
}

// Is nobody there told as such, at once or, to who did not wait, by SO_ERROR, and only once?
void socket_connect(void) {
  if (!has_sockets()) return;
  int fd = make_socket(0), listener = any_listener(2, 0);
  uint32_t port = port_of(listener);
  expect(is_refusal(connect_socket(fd, VMADDR_CID_LOCAL, 77)));
  expect_equal(connect_socket(fd, VMADDR_CID_LOCAL, port), 0); // it may be tried again
  fd = make_socket(SOCK_NONBLOCK);
  int error = connect_socket(fd, VMADDR_CID_LOCAL, port);
  expect(error == 0 || error == -EINPROGRESS);
  struct pollfd one = {fd, POLLOUT, 0};
  expect_equal(poll(&one, 1, HOUR_NS), 1);
  expect_equal(one.revents, POLLOUT);
  expect_equal(socket_error(fd), 0);
  fd = make_socket(SOCK_NONBLOCK);
  error = connect_socket(fd, VMADDR_CID_LOCAL, 77);
  if (error == -EINPROGRESS) {
    one = (struct pollfd){fd, POLLOUT, 0};
    expect_equal(poll(&one, 1, HOUR_NS), 1);
    error = -socket_error(fd);
    expect_equal(socket_error(fd), 0);
  }
  expect(is_refusal(error));
}

static uint8_t byte_of(uint32_t at, uint32_t side) {
  return (uint8_t)mix32(at / 64 * 2 + side);
}

// Sends and receives at once, without ever waiting for only one of them.
static void exchange(int fd, uint32_t side) {
  uint32_t sent = 0, received = 0;
  expect_equal(control(fd, F_SETFL, O_NONBLOCK), 0);
  while (sent < TRANSFER_BYTES || received < TRANSFER_BYTES) {
    struct pollfd one = {fd, 0, 0};
    if (received < TRANSFER_BYTES) one.events |= POLLIN;
    if (sent < TRANSFER_BYTES) one.events |= POLLOUT;
    expect_equal(poll(&one, 1, HOUR_NS), 1);
    if (one.revents & POLLIN) {
      int got = read(fd, big, 1 + received % 5000);
      expect(got > 0);
      for (int i = 0; i < got; i++, received++)
        if ((uint8_t)big[i] != byte_of(received, !side)) expect_equal(received, -1);
    }
    if (one.revents & POLLOUT) {
      uint32_t count = 1 + sent % 7000, left = TRANSFER_BYTES - sent;
      if (count > left) count = left;
      for (uint32_t i = 0; i < count; i++) big[i] = (char)byte_of(sent + i, side);
      int got = write(fd, big, count);
      expect(got > 0);
      sent += (uint32_t)got;
    }
  }
}

// Do large amounts cross, both ways at once, through buffers that are much smaller?
void socket_transfer(void) {
  if (!has_sockets()) return;
  int fds[2];
  make_connection(fds);
  int pid = fork();
  if (pid == 0) {
    close(fds[0]);
    exchange(fds[1], 1);
    exit(0);
  }
  close(fds[1]);
  exchange(fds[0], 0);
  expect_equal(status_of_child(pid), 0);
  expect_equal(control(fds[0], F_SETFL, 0), 0);
  expect_equal(read(fds[0], big, 1), 0);
}

// Is a write that does not fit held until the reader has taken enough?
void socket_full(void) {
  if (!has_sockets()) return;
  int fds[2];
  make_connection(fds);
  int pid = fork();
  if (pid == 0) {
    close(fds[1]);
    exit(write(fds[0], (void *)0x10000, 20000) == 20000 ? 0 : 1); // its own text
  }
  close(fds[0]);
  sleep_ns(20 * MS);
  uint32_t received = 0;
  for (int got; (got = read(fds[1], big, 999)) > 0; received += (uint32_t)got)
    expect_equal(memcmp(big, (char *)0x10000 + received, (size_t)got), 0);
  expect_equal(received, 20000);
  expect_equal(status_of_child(pid), 0);
}

// Do so many wait as the listener allows, each to be accepted, and the others get a refusal?
void socket_backlog(void) {
  enum { TRIED = 10, BACKLOG = 4 };
  if (!has_sockets()) return;
  int listener = any_listener(BACKLOG, SOCK_NONBLOCK), waiting = 0, accepted = 0;
  expect_equal(accept_from(listener, 0, 0), -EAGAIN);
  for (int i = 0; i < TRIED; i++) {
    int fd = connect_to(VMADDR_CID_LOCAL, port_of(listener));
    expect(fd >= 0 || is_refusal(fd));
    waiting += fd >= 0;
  }
  expect(waiting >= BACKLOG && waiting <= BACKLOG + 1);
  while (accept_from(listener, 0, 0) >= 0) accepted++;
  expect_equal(accepted, waiting);
  int last = connect_to(VMADDR_CID_LOCAL, port_of(listener));
  expect(last >= 0);
  close(listener); // with one that waits: its connection is over
  sleep_ns(20 * MS);
  expect(read(last, big, 1) <= 0);
}

// Is a socket open as long as one of those who share it by fork has it?
void socket_shared(void) {
  if (!has_sockets()) return;
  int fds[2];
  make_connection(fds);
  int pid = fork();
  if (pid == 0) {
    close(fds[1]);
    sleep_ns(20 * MS);
    exit(write(fds[0], "child", 5) == 5 ? 0 : 1);
  }
  close(fds[0]);
  expect_equal(read(fds[1], big, 100), 5);
  expect_equal(read(fds[1], big, 100), 0);
  expect_equal(status_of_child(pid), 0);
}

static void take_all_sockets(void) {
  int limit = on_linux ? 20 : 1000, count = 0, fd = 0;
  int listener = any_listener(SOCKETS_BACKLOG_MAX, 0);
  for (; count < limit; count++) {
    fd = connect_to(VMADDR_CID_LOCAL, port_of(listener));
    if (fd < 0 || (fd = accept_from(listener, 0, 0)) < 0) break;
  }
  expect(count > 3);
  expect(count == limit || fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM || is_refusal(fd));
}

// What if there are no sockets left? Is the refusal clean, and are all given back?
void exhaust_sockets(void) {
  if (!has_sockets()) return;
  int pids[8], fds[2];
  for (int i = 0; i < 8; i++) {
    expect((pids[i] = fork()) >= 0);
    if (pids[i]) continue;
    take_all_sockets();
    exit(0);
  }
  for (int i = 0; i < 8; i++) wait_child(P_PID, pids[i], 0, 0);
  expect_equal(in_child(take_all_sockets), 0);
  sleep_ns(20 * MS);
  make_connection(fds);
  expect_equal(write(fds[0], "x", 1), 1);
  expect_equal(read(fds[1], big, 1), 1);
}

// Does a signal end what waits on a socket, or, if it asked for that, let it go on?
void socket_interrupted(void) {
  if (!has_sockets()) return;
  int fds[2], listener = any_listener(1, 0);
  expect_equal(set_handler(SIGUSR1, count_signal, 0), 0);
  int pid = signal_after_ns(20 * MS, SIGUSR1);
  expect_equal(accept_from(listener, 0, 0), -EINTR);
  expect_equal(status_of_child(pid), 0);
  make_connection(fds);
  pid = signal_after_ns(20 * MS, SIGUSR1);
  expect_equal(read(fds[0], big, 1), -EINTR);
  expect_equal(status_of_child(pid), 0);
  expect_equal(set_handler(SIGUSR1, count_signal, SA_RESTART), 0);
  int parent = process_id();
  pid = fork();
  if (pid == 0) {
    sleep_ns(20 * MS);
    send_signal(parent, SIGUSR1);
    sleep_ns(20 * MS);
    exit(write(fds[1], "x", 1) == 1 ? 0 : 1);
  }
  expect_equal(read(fds[0], big, 1), 1);
  expect_equal(caught, 3);
  expect_equal(status_of_child(pid), 0);
}

// Are bad families, descriptors, pointers and sizes refused by each call?
void socket_arguments(void) {
  static const uint32_t bad[] = {KERNEL_ADDRESS, UNMAPPED_ADDRESS, 0xfffffffc};
  if (!has_sockets()) return;
  struct sockaddr_vm other = {.family = 2, .cid = VMADDR_CID_LOCAL, .port = 77};
  uint32_t size = sizeof other;
  int fds[2], file = make_file("file", "x"), fresh = make_socket(0);
  make_connection(fds);
  expect(syscall(SYS_SOCKET, AF_VSOCK, 99, 0) < 0);
  expect(syscall(SYS_SOCKET, AF_VSOCK, SOCK_STREAM, 99) < 0);
  expect(syscall(SYS_SOCKET, 12345, SOCK_STREAM, 0) == -EAFNOSUPPORT);
  expect_equal(listen_for(file, 1), -ENOTSOCK);
  expect_equal(send(file, "x", 1, 0), -ENOTSOCK);
  expect_equal(connect_socket(99, VMADDR_CID_LOCAL, 77), -EBADF);
  expect(syscall(SYS_BIND, fresh, &other, sizeof other) < 0);
  expect(syscall(SYS_CONNECT, fresh, &other, sizeof other) < 0);
  other.family = AF_VSOCK;
  expect_equal(syscall(SYS_CONNECT, fresh, &other, 4), -EINVAL);
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    expect_equal(syscall(SYS_BIND, fresh, bad[i], sizeof other), -EFAULT);
    expect_equal(syscall(SYS_CONNECT, fresh, bad[i], sizeof other), -EFAULT);
    expect_equal(syscall(SYS_GETSOCKNAME, fds[0], bad[i], &size), -EFAULT);
    expect_equal(syscall(SYS_GETSOCKNAME, fds[0], &other, bad[i]), -EFAULT);
    expect_equal(syscall(SYS_GETPEERNAME, fds[0], bad[i], &size), -EFAULT);
    expect_equal(syscall(SYS_GETSOCKOPT, fds[0], SOL_SOCKET, SO_TYPE, bad[i], &size), -EFAULT);
    expect_equal(send(fds[0], (char *)bad[i], 8192, 0), -EFAULT);
    expect_equal(write(fds[1], "x", 1), 1);
    expect_equal(receive(fds[0], (char *)bad[i], 1, 0), -EFAULT);
    receive(fds[0], big, 1, MSG_DONTWAIT); // some have lost the byte
  }
  expect_equal(syscall(SYS_GETSOCKOPT, fds[0], SOL_SOCKET, 9999, &other, &size), -ENOPROTOOPT);
}
