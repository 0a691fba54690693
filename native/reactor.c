/* The leader's loop over its connections (epoll(7)), a batch per call: one call waits, accepts and receives from all
 * that is ready into one buffer and fills a table of events; one call sends to several connections.
 * It decides nothing: what the events mean, and whom to disconnect, is said by src/leader/server.ts. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "socket.h"
#include "sward.h"

enum { EVENTS_MAX = 256, SENDS_MAX = 256, INPUT_BYTES = 1 << 20, OUTPUT_BYTES = 1 << 20, RECEIVE_BYTES = 1 << 16 };
enum { EVENT_ACCEPTED = 1, EVENT_DATA, EVENT_CLOSED, EVENT_WRITABLE, EVENT_SIGNAL, EVENT_ACCEPT_FAILED };
enum { KIND_CONNECTION = 0, KIND_LISTENER = 1, KIND_SIGNALS = 2 };

struct event {
  int32_t kind;
  int32_t fd;
  int32_t a; /* accepted: pid; data: offset in the input; closed, accept failed: errno; signal: number */
  int32_t b; /* accepted: uid; data: length; signal: sender's pid */
  int32_t c; /* data: first descriptor */
  int32_t d; /* data: number of descriptors */
};

struct send_job {
  int32_t fd;
  int32_t offset; /* in the output */
  int32_t length;
  int32_t result; /* out: bytes sent or -errno */
};

struct reactor {
  struct event events[EVENTS_MAX];
  struct send_job sends[SENDS_MAX];
  /* Descriptors received in this turn, for each data event a count and then the descriptors. */
  int32_t descriptors[EVENTS_MAX * (SWARD_DESCRIPTORS_MAX + 1)];
  uint8_t input[INPUT_BYTES];
  uint8_t output[OUTPUT_BYTES];
  int epoll;
  int listener;
};
_Static_assert(sizeof(struct event) == 24 && sizeof(struct send_job) == 16, "mirrored in src/leader/reactor.ts");
_Static_assert(offsetof(struct reactor, sends) == 6144 && offsetof(struct reactor, descriptors) == 10240 &&
                   offsetof(struct reactor, input) == 270336,
               "mirrored in src/leader/reactor.ts");

static int watch(const struct reactor *reactor, int operation, int fd, uint32_t events, uint32_t kind) {
  struct epoll_event event = {.events = events, .data = {.u64 = ((uint64_t)kind << 32) | (uint32_t)fd}};
  return epoll_ctl(reactor->epoll, operation, fd, &event) == 0 ? 0 : -errno;
}

/* Watches a listening socket and, unless negative, the pipe of signals.c. NULL when there is no memory or descriptor. */
SWARD_API struct reactor *sward_reactor_create(int listener, int signals) {
  struct reactor *reactor = calloc(1, sizeof *reactor);
  if (!reactor) return NULL;
  reactor->listener = listener;
  reactor->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (reactor->epoll < 0 || watch(reactor, EPOLL_CTL_ADD, listener, EPOLLIN, KIND_LISTENER) < 0 ||
      (signals >= 0 && watch(reactor, EPOLL_CTL_ADD, signals, EPOLLIN, KIND_SIGNALS) < 0)) {
    if (reactor->epoll >= 0) close(reactor->epoll);
    free(reactor);
    return NULL;
  }
  return reactor;
}

/* Ends the watching. The memory stays: JavaScript has it mapped. */
SWARD_API void sward_reactor_close(const struct reactor *reactor) { close(reactor->epoll); }

/* Says whether room to send to a connection is an event too. */
SWARD_API int sward_reactor_watch(const struct reactor *reactor, int fd, int writable) {
  return watch(reactor, EPOLL_CTL_MOD, fd, writable ? EPOLLIN | EPOLLOUT : EPOLLIN, KIND_CONNECTION);
}

/* Stops or resumes accepting: with no descriptor left, a waiting connection would make every turn return at once. */
SWARD_API int sward_reactor_accepting(const struct reactor *reactor, int accepting) {
  return watch(reactor, EPOLL_CTL_MOD, reactor->listener, accepting ? EPOLLIN : 0, KIND_LISTENER);
}

static int accept_connections(struct reactor *reactor, int count) {
  while (count < EVENTS_MAX) {
    struct event *event = &reactor->events[count];
    int fd = accept4(reactor->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return count;
      *event = (struct event){.kind = EVENT_ACCEPT_FAILED, .fd = reactor->listener, .a = errno};
      return count + 1;
    }
    int32_t peer[3];
    if (sward_socket_credentials(fd, peer) < 0 || watch(reactor, EPOLL_CTL_ADD, fd, EPOLLIN, KIND_CONNECTION) < 0) {
      close(fd);
      continue;
    }
    *event = (struct event){.kind = EVENT_ACCEPTED, .fd = fd, .a = peer[0], .b = peer[1]};
    count++;
  }
  return count;
}

static int take_signals(struct reactor *reactor, int count) {
  int32_t records[16][SWARD_SIGNAL_NUMBERS];
  int taken = sward_signals_take(records, 16);
  for (int i = 0; i < taken && count < EVENTS_MAX; i++)
    reactor->events[count++] =
        (struct event){.kind = EVENT_SIGNAL, .a = records[i][0], .b = records[i][2]};
  return count;
}

/* Waits at most timeout milliseconds (-1: for ever) and returns the number of events, or -errno; stays awake for the
 * first spin_microseconds of that. Level-triggered: what does not fit into the buffer or the table comes with the next
 * call. */
SWARD_API int sward_reactor_wait(struct reactor *reactor, int timeout_milliseconds, int spin_microseconds) {
  struct epoll_event ready[EVENTS_MAX / 2]; /* a connection may yield two events */
  int ready_count = 0;
  if (spin_microseconds > 0) {
    int64_t start = sward_nanoseconds();
    do {
      ready_count = epoll_wait(reactor->epoll, ready, EVENTS_MAX / 2, 0);
    } while (ready_count == 0 && sward_spin_on(start, spin_microseconds));
  }
  if (ready_count == 0) ready_count = epoll_wait(reactor->epoll, ready, EVENTS_MAX / 2, timeout_milliseconds);
  if (ready_count < 0) return errno == EINTR ? 0 : -errno;
  int count = 0, input_used = 0, descriptors_used = 0;
  for (int i = 0; i < ready_count && count < EVENTS_MAX - 1; i++) {
    int fd = (int)(uint32_t)ready[i].data.u64;
    uint32_t kind = (uint32_t)(ready[i].data.u64 >> 32);
    if (kind == KIND_SIGNALS) count = take_signals(reactor, count);
    if (kind != KIND_CONNECTION) continue;
    if (ready[i].events & EPOLLOUT) reactor->events[count++] = (struct event){.kind = EVENT_WRITABLE, .fd = fd};
    if (!(ready[i].events & ~(uint32_t)EPOLLOUT) || INPUT_BYTES - input_used < RECEIVE_BYTES) continue;
    int32_t *fds = reactor->descriptors + descriptors_used;
    int length = sward_socket_receive(fd, reactor->input, input_used, RECEIVE_BYTES, fds);
    if (length == -EAGAIN || length == -EINTR) continue;
    struct event *event = &reactor->events[count++];
    if (length <= 0) {
      *event = (struct event){.kind = EVENT_CLOSED, .fd = fd, .a = -length};
      continue;
    }
    *event = (struct event){EVENT_DATA, fd, input_used, length, descriptors_used + 1, fds[0]};
    input_used += length;
    descriptors_used += 1 + fds[0];
  }
  /* New connections last: they may reuse no number that this batch still speaks of. */
  for (int i = 0; i < ready_count; i++)
    if (ready[i].data.u64 >> 32 == KIND_LISTENER) count = accept_connections(reactor, count);
  return count;
}

/* Sends the first `count` jobs of the table from the output; each result is left in its job. */
SWARD_API void sward_reactor_send(struct reactor *reactor, int count) {
  for (int i = 0; i < count; i++) {
    struct send_job *job = &reactor->sends[i];
    ssize_t sent = send(job->fd, reactor->output + job->offset, (size_t)job->length, MSG_NOSIGNAL | MSG_DONTWAIT);
    job->result = sent < 0 ? -errno : (int32_t)sent;
  }
}
