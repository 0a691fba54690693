/* Lock calls that one leader answers: a client of its protocol (design/protocol.md), one thread, epoll.
 * usage: calls SOCKET FILE CONNECTIONS DEPTH COUNT. Prints calls per second, of COUNT calls after a warm-up.
 * Every connection keeps DEPTH calls in flight. Each of these places locks and unlocks a byte of its own; both are
 * calls that wait for their DONE. All bytes are of one file. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { connections_max = 64, depth_max = 64, frame_max = 64, buffer_bytes = 64 * 1024 };
enum { hello = 1, file_open = 2, owner_open = 4, lock_set = 10, lock_unset = 11, done = 0x70 };

struct connection {
  int fd, index;
  uint8_t in[buffer_bytes], out[depth_max * frame_max];
  size_t in_used, out_used;
  /* The last request id of each place: odd ones lock, even ones unlock; see next_call. */
  uint32_t turn[depth_max];
};

static int depth;
static long answered;

static _Noreturn void fail(const char *what) {
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint8_t *put_uint(uint8_t *at, uint32_t value) {
  if (value < 0x80) {
    *at++ = (uint8_t)value;
    return at;
  }
  *at++ = 0xce;
  for (int shift = 24; shift >= 0; shift -= 8) *at++ = (uint8_t)(value >> shift);
  return at;
}

static const uint8_t *get_uint(const uint8_t *at, uint32_t *value) {
  int bytes = *at == 0xcc ? 1 : *at == 0xcd ? 2 : *at == 0xce ? 4 : 0;
  if (bytes == 0) {
    if (*at >= 0x80) fail("an answer that is no number");
    *value = *at;
    return at + 1;
  }
  at++;
  for (*value = 0; bytes > 0; bytes--) *value = *value << 8 | *at++;
  return at;
}

/* Writes the length in front of the payload that ends at `end`. */
static size_t seal(uint8_t *frame, const uint8_t *end) {
  uint32_t length = (uint32_t)(end - frame - 4);
  memcpy(frame, &length, sizeof length);
  return length + 4;
}

/* The place's next call. Request ids are never used twice and tell the place: id = turn * depth + place + 1. */
static void next_call(struct connection *connection, uint32_t place) {
  uint32_t turn = connection->turn[place]++;
  uint32_t byte = 4 * (uint32_t)(connection->index * depth_max + (int)place);
  int lock = turn % 2 == 0;
  uint8_t *frame = connection->out + connection->out_used, *at = frame + 4;
  *at++ = (uint8_t)(0x90 | (lock ? 10 : 7));
  *at++ = lock ? lock_set : lock_unset;
  at = put_uint(at, turn * (uint32_t)depth + place + 1);
  *at++ = 1; /* file */
  *at++ = 1; /* owner */
  if (lock) *at++ = 1; /* process */
  *at++ = 0; /* record lock */
  if (lock) *at++ = 1; /* write */
  at = put_uint(at, byte);
  at = put_uint(at, byte + 1);
  if (lock) *at++ = 0xc2; /* wait: false */
  connection->out_used += seal(frame, at);
}

static void flush(struct connection *connection) {
  if (connection->out_used == 0) return;
  if (write(connection->fd, connection->out, connection->out_used) != (ssize_t)connection->out_used) fail("write");
  connection->out_used = 0;
}

static void receive(struct connection *connection) {
  ssize_t got = read(connection->fd, connection->in + connection->in_used, buffer_bytes - connection->in_used);
  if (got <= 0) fail("read");
  connection->in_used += (size_t)got;
  const uint8_t *at = connection->in, *end = at + connection->in_used;
  uint32_t length, id, error;
  while (end - at >= 4 && (memcpy(&length, at, 4), (size_t)(end - at) >= length + 4)) {
    const uint8_t *value = at + 4;
    if (value[0] != 0x93 || value[1] != done) fail("an answer that is no DONE");
    get_uint(get_uint(value + 2, &id), &error);
    if (error != 0) fail("a refused call");
    next_call(connection, (id - 1) % (uint32_t)depth);
    answered++;
    at += length + 4;
  }
  connection->in_used = (size_t)(end - at);
  memmove(connection->in, at, connection->in_used);
  flush(connection);
}

/* Sends a frame, with a descriptor unless it is -1, and reads its DONE. */
static void call(int fd, uint8_t *frame, const uint8_t *end, int carried) {
  char space[CMSG_SPACE(sizeof carried)] = {0};
  struct iovec part = {frame, seal(frame, end)};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (carried >= 0) {
    message.msg_control = space;
    message.msg_controllen = sizeof space;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof carried);
    memcpy(CMSG_DATA(header), &carried, sizeof carried);
  }
  if (sendmsg(fd, &message, 0) != (ssize_t)part.iov_len) fail("sendmsg");
  uint8_t answer[buffer_bytes];
  uint32_t length;
  if (recv(fd, &length, 4, MSG_WAITALL) != 4 || length > sizeof answer) fail("no answer");
  if (recv(fd, answer, length, MSG_WAITALL) != (ssize_t)length) fail("half an answer");
  if (answer[1] != done || answer[3] != 0) fail("a refused call");
}

static void open_session(struct connection *connection, const char *path, int file) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) fail("a long path");
  strcpy(address.sun_path, path);
  int fd = connection->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
  uint8_t frame[frame_max], *at = frame + 4;
  memcpy(at, "\x95\x01\x01\x03\xa5" "bench\xc2", 11); /* hello, id 1, version 3, name, no mounts */
  call(fd, frame, at + 11, -1);
  memcpy(at, "\x93\x02\x01\x01", 4); /* fileOpen, id 1, file 1 */
  call(fd, frame, at + 4, file);
  memcpy(at, "\x98\x04\x01\x01", 4); /* ownerOpen, id 1, owner 1, pid, command, process, no pidfd, no copy */
  at = put_uint(at + 4, (uint32_t)getpid());
  memcpy(at, "\xa5" "bench\x00\xc2\xc0", 9);
  call(fd, frame, at + 9, -1);
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  int count = atoi(argv[3]);
  depth = atoi(argv[4]);
  if (count < 1 || count > connections_max || depth < 1 || depth > depth_max) return 2;
  int file = open(argv[2], O_RDWR | O_CREAT, 0600), epoll = epoll_create1(EPOLL_CLOEXEC);
  struct connection *connections = calloc((size_t)count, sizeof *connections);
  if (file < 0 || epoll < 0 || !connections) fail("start");
  for (int i = 0; i < count; i++) {
    connections[i].index = i;
    open_session(&connections[i], argv[1], file);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &connections[i]};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &event)) fail("epoll_ctl");
    for (int place = 0; place < depth; place++) next_call(&connections[i], (uint32_t)place);
    flush(&connections[i]);
  }
  long wanted = atol(argv[5]), warm_up = wanted / 5, counted_from = 0;
  double before = 0;
  while (before == 0 || answered < counted_from + wanted) {
    struct epoll_event events[connections_max];
    int ready = epoll_wait(epoll, events, connections_max, -1);
    for (int i = 0; i < ready; i++) receive(events[i].data.ptr);
    if (before == 0 && answered >= warm_up) {
      before = now();
      counted_from = answered;
    }
  }
  printf("%.0f\n", (double)(answered - counted_from) / (now() - before));
  return 0;
}
