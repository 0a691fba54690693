/* Puts descriptors into a trapped process (SECCOMP_IOCTL_NOTIF_ADDFD, seccomp_unotify(2)). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include "sward.h"

enum { SPARE_NUMBER_MAX = 255, SPARE_NUMBERS = 64 };

/* Keeps a thread on this CPU. Returns 1 when it was free to run elsewhere before. */
static int keep_here(int tid, cpu_set_t *before, cpu_set_t *here) {
  unsigned cpu;
  if (sched_getaffinity(tid, sizeof *before, before) < 0 || CPU_COUNT(before) < 2 || getcpu(&cpu, NULL) < 0) return 0;
  CPU_ZERO(here);
  CPU_SET(cpu, here);
  return sched_setaffinity(tid, sizeof *here, here) == 0;
}

static void let_go(int tid, const cpu_set_t *before, const cpu_set_t *here) {
  cpu_set_t now;
  /* Another thread of the program may have changed it meanwhile: then that holds. */
  if (sched_getaffinity(tid, sizeof now, &now) == 0 && CPU_EQUAL(&now, here))
    sched_setaffinity(tid, sizeof *before, before);
}

/* A number far from those that the process will get next: a descriptor there changes none of them. -1 for none. */
static int spare_number(int tid) {
  struct rlimit limit;
  long most = SPARE_NUMBER_MAX;
  if (prlimit(tid, RLIMIT_NOFILE, NULL, &limit) == 0 && limit.rlim_cur <= SPARE_NUMBER_MAX)
    most = (long)limit.rlim_cur - 1;
  for (long number = most; number > most - SPARE_NUMBERS && number > 2; number--) {
    char path[64], text[8];
    snprintf(path, sizeof path, "/proc/%d/fd/%ld", tid, number);
    if (readlink(path, text, sizeof text) < 0 && errno == ENOENT) return (int)number;
  }
  return -1;
}

/* Puts a descriptor into the trapped process, and closes ours. Returns its number there. `spare`: a number out of the
 * way, for a call that the thread is to make. `truncate`: the file is emptied once the process has it, and not if its
 * table of descriptors is full.
 *
 * The kernel wakes the thread to take it, and we sleep meanwhile: on another, idle CPU that costs many times what it
 * costs on this one, which is about to be free. */
SWARD_API int sward_trap_add_descriptor(int listener, uint32_t id_low, uint32_t id_high, int tid, int fd,
                                        int close_on_exec, int spare, int truncate) {
  struct seccomp_notif_addfd add = {.id = (uint64_t)id_high << 32 | id_low,
                                    .srcfd = (uint32_t)fd,
                                    .newfd_flags = close_on_exec ? O_CLOEXEC : 0};
  int number_there = spare ? spare_number(tid) : -1;
  if (number_there >= 0) {
    add.flags = SECCOMP_ADDFD_FLAG_SETFD;
    add.newfd = (uint32_t)number_there;
  }
  cpu_set_t before, here;
  int kept = keep_here(tid, &before, &here);
  int number;
  do {
    number = ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
  } while (number < 0 && errno == EINTR);
  if (number < 0) number = -errno;
  if (kept) let_go(tid, &before, &here);
  if (truncate && number >= 0 && ftruncate(fd, 0) < 0 && errno != EINVAL) number = -errno;
  close(fd);
  return number;
}
