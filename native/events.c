/* A set of descriptors (pidfds) whose readiness the hot loop learns through one descriptor (epoll(7)). */
#define _GNU_SOURCE
#include <sys/epoll.h>

#include "sward.h"

SWARD_API int sward_events_open(void) {
  int fd = epoll_create1(EPOLL_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

SWARD_API int sward_events_add(int set, int fd, int key) {
  struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = (uint32_t)key}};
  return epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

SWARD_API int sward_events_remove(int set, int fd) {
  return epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL) == 0 ? 0 : -errno;
}

/* Keys of what is ready now, at most max (64); returns how many. */
SWARD_API int sward_events_take(int set, int *keys, int max) {
  struct epoll_event events[64];
  int count = epoll_wait(set, events, max < 64 ? max : 64, 0);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < count; i++) keys[i] = (int)events[i].data.u32;
  return count;
}
