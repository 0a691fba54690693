/* A set of descriptors (pidfds) whose readiness the hot loop learns through one descriptor (epoll(7)). */
#define _GNU_SOURCE
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>

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

/* A timer (timerfd_create(2)) that sward_timer_arm starts; its descriptor becomes readable when it is due. */
SWARD_API int sward_timer_open(void) {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

/* Starts the timer anew (0: at once), and takes notice of an expiry. */
SWARD_API int sward_timer_arm(int fd, int64_t microseconds) {
  uint64_t expiries;
  ssize_t length = read(fd, &expiries, sizeof expiries);
  (void)length;
  if (microseconds < 1) microseconds = 1;
  struct itimerspec when = {.it_value = {.tv_sec = microseconds / 1000000, .tv_nsec = microseconds % 1000000 * 1000}};
  return timerfd_settime(fd, 0, &when, NULL) == 0 ? 0 : -errno;
}

/* Takes notice of an expiry: the descriptor is not readable any more. */
SWARD_API int sward_timer_clear(int fd) {
  uint64_t expiries;
  return read(fd, &expiries, sizeof expiries) < 0 ? -errno : 0;
}
