/* What every native file shares: result convention, scope-bound cleanup, constants newer than the headers.
 *
 * Functions return 0 (or a count) or -errno. Nothing here decides anything: the callers in TypeScript do. */
#ifndef SWARD_H
#define SWARD_H

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

/* Linux 6.6: wake the member on the CPU of the trapped thread. Missing from the headers of Debian 12. */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, uint64_t)
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif
/* Linux 5.19: a received trap is immune to ordinary signals. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
/* Linux 6.10: do two descriptors refer to the same open file description? */
#ifndef F_DUPFD_QUERY
#define F_DUPFD_QUERY 1027
#endif
/* Linux 6.9: a pidfd of a thread that does not lead its group. */
#ifndef PIDFD_THREAD
#define PIDFD_THREAD 0200 /* O_EXCL */
#endif

static inline void sward_close_scoped(const int *fd) {
  if (*fd >= 0) close(*fd);
}
#define AUTO_CLOSE __attribute__((cleanup(sward_close_scoped)))

static inline int64_t sward_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* One round of staying awake is over: 0 when the time is. After the first moments others may have the CPU: on a busy
 * machine the one that is waited for may need it. */
static inline int sward_spin_on(int64_t start, int spin_microseconds) {
  int64_t spent = sward_nanoseconds() - start;
  if (spent > INT64_C(20000)) sched_yield();
  return spent < spin_microseconds * INT64_C(1000);
}

#define SWARD_API __attribute__((visibility("default")))

#endif
