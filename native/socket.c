/* Unix stream sockets with descriptors (unix(7), SCM_RIGHTS), and the identity of what a descriptor refers to.
 * Nothing here blocks except connect and sward_socket_wait. Received descriptors are close-on-exec. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "socket.h"
#include "sward.h"

/* A path longer than sun_path is reached through its directory: /proc/self/fd/N/name. */
static int address_of(const char *path, int directory, struct sockaddr_un *address) {
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  size_t size = sizeof address->sun_path;
  if (strlen(path) < size) {
    strcpy(address->sun_path, path);
    return 0;
  }
  const char *name = strrchr(path, '/');
  int length = snprintf(address->sun_path, size, "/proc/self/fd/%d/%s", directory, name ? name + 1 : path);
  return (size_t)length < size ? 0 : -ENAMETOOLONG;
}

static int open_directory_of(const char *path) {
  char copy[PATH_MAX];
  if (strlen(path) >= sizeof copy) return -ENAMETOOLONG;
  strcpy(copy, path);
  int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

SWARD_API int sward_socket_connect(const char *path) {
  AUTO_CLOSE int directory = open_directory_of(path);
  if (directory < 0) return directory;
  struct sockaddr_un address;
  int result = address_of(path, directory, &address);
  if (result < 0) return result;
  AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) return -errno;
  int connected = fd;
  fd = -1;
  return connected;
}

/* Removes a socket that nobody listens on any more. -EADDRINUSE: somebody does; -ENOTSOCK: it is something else. */
static int remove_stale(const char *path) {
  struct stat info;
  if (lstat(path, &info) < 0) return errno == ENOENT ? 0 : -errno;
  if (!S_ISSOCK(info.st_mode)) return -ENOTSOCK;
  int fd = sward_socket_connect(path);
  if (fd >= 0) close(fd);
  if (fd != -ECONNREFUSED) return fd >= 0 || fd == -EACCES ? -EADDRINUSE : fd;
  return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
}

/* Two servers that start at once must not remove each other's socket: they take turns by a lock on the directory.
 * A foreign lock on it is waited for a second, no longer. */
static void take_turn(int directory) {
  for (int tries = 0; tries < 100 && flock(directory, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK; tries++)
    nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
}

/* A listening socket of mode 0600. A stale socket is replaced; -EADDRINUSE when somebody listens there, -ENOTSOCK when
 * something else is there. */
SWARD_API int sward_socket_listen(const char *path, int backlog) {
  AUTO_CLOSE int directory = open_directory_of(path);
  if (directory < 0) return directory;
  take_turn(directory);
  int result = remove_stale(path);
  if (result < 0) return result;
  struct sockaddr_un address;
  result = address_of(path, directory, &address);
  if (result < 0) return result;
  AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  /* The mode of the socket inode becomes that of the path (less the umask): never open to others, not even briefly. */
  if (fchmod(fd, 0600) < 0) return -errno;
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) return -errno;
  if (listen(fd, backlog) < 0) return -errno;
  int listening = fd;
  fd = -1;
  return listening;
}

/* out: pid, uid, gid of the process that connected (SO_PEERCRED, unix(7)). */
SWARD_API int sward_socket_credentials(int fd, int32_t *out) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return -errno;
  out[0] = peer.pid;
  out[1] = (int32_t)peer.uid;
  out[2] = (int32_t)peer.gid;
  return 0;
}

/* Sends what fits now, the descriptors with the first byte; returns the bytes sent or -errno (-EAGAIN: nothing). */
SWARD_API int sward_socket_send(int fd, const uint8_t *bytes, int offset, int length, const int *fds, int fd_count) {
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(SWARD_DESCRIPTORS_MAX * sizeof(int))];
  } control;
  struct iovec part = {.iov_base = (void *)(uintptr_t)(bytes + offset), .iov_len = (size_t)length};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (fd_count > SWARD_DESCRIPTORS_MAX) return -EINVAL;
  if (fd_count > 0) {
    size_t size = (size_t)fd_count * sizeof(int);
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(size);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(header), fds, size);
  }
  ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 ? -errno : (int)sent;
}

/* Receives what is there now: returns the bytes (0: the peer has closed) or -errno (-EAGAIN: nothing).
 * fds[0] becomes the number of descriptors, which follow it (room for SWARD_DESCRIPTORS_MAX). When some were lost
 * because this process may open no more, all are closed and -EMFILE is returned: the stream is not usable any more. */
SWARD_API int sward_socket_receive(int fd, uint8_t *bytes, int offset, int capacity, int32_t *fds) {
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(SWARD_DESCRIPTORS_MAX * sizeof(int))];
  } control;
  struct iovec part = {.iov_base = bytes + offset, .iov_len = (size_t)capacity};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  fds[0] = 0;
  ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (length < 0) return -errno;
  if (message.msg_controllen == 0) return (int)length;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    size_t size = header->cmsg_len - CMSG_LEN(0);
    memcpy(fds + 1 + fds[0], CMSG_DATA(header), size);
    fds[0] += (int32_t)(size / sizeof(int));
  }
  if (!(message.msg_flags & MSG_CTRUNC)) return (int)length;
  for (int i = 1; i <= fds[0]; i++) close(fds[i]);
  fds[0] = 0;
  return -EMFILE;
}

/* Waits until the socket is readable (events 1) or writable (events 4), poll(2); -1 for ever; a signal starts the time
 * anew. Returns revents, 0 late. */
SWARD_API int sward_socket_wait(int fd, int events, int timeout_milliseconds) {
  struct pollfd entry = {.fd = fd, .events = (short)events};
  int ready;
  do ready = poll(&entry, 1, timeout_milliseconds);
  while (ready < 0 && errno == EINTR);
  return ready < 0 ? -errno : ready == 0 ? 0 : entry.revents;
}

/* out: st_dev and st_ino of what the descriptor refers to. */
SWARD_API int sward_file_identity(int fd, uint64_t *out) {
  struct stat info;
  if (fstat(fd, &info) < 0) return -errno;
  out[0] = info.st_dev;
  out[1] = info.st_ino;
  return 0;
}

/* Takes a descriptor and returns one that only keeps the inode: O_PATH, so that no open file description of the
 * sender stays open here. Where it cannot be reopened the descriptor itself is returned. */
SWARD_API int sward_file_pin(int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return -errno;
  if (flags & O_PATH) return fd;
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int pin = open(path, O_PATH | O_CLOEXEC);
  if (pin < 0) return fd;
  close(fd);
  return pin;
}
