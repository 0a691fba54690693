/* What the files that read about other processes share: names below /proc, PIDFD_GET_INFO. */
#ifndef SWARD_OBSERVE_H
#define SWARD_OBSERVE_H

#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/types.h>

#include "sward.h"

/* A process, or, with tgid, one thread of it. */
struct observed {
  int pid;
  int tgid;
};

static inline void observe_path(const struct observed *process, const char *name, char path[static 64]) {
  if (process->tgid) snprintf(path, 64, "%d/task/%d/%s", process->tgid, process->pid, name);
  else snprintf(path, 64, "%d/%s", process->pid, name);
}

/* Reads a file of the process below /proc; its length (terminated) or -errno, -ESRCH when it is gone. */
ssize_t observe_read(const struct observed *process, const char *name, char *buffer, size_t size);

/* Linux 6.13: struct pidfd_info in its first size. Missing from the headers of Debian 12. */
struct pidfd_facts {
  uint64_t mask, cgroupid;
  uint32_t pid, tgid, ppid;
  uint32_t ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
  int32_t exit_code;
};
_Static_assert(sizeof(struct pidfd_facts) == 64, "PIDFD_INFO_SIZE_VER0");
#define PIDFD_FACTS_PID (1UL << 0)
#define PIDFD_FACTS_CREDS (1UL << 1)
#define PIDFD_FACTS _IOWR(0xFF, 11, struct pidfd_facts)

/* -ENOSYS when this kernel cannot tell. */
int observe_info(const struct observed *process, struct pidfd_facts *facts);
/* The ids alone, whatever the kernel. */
int observe_creds(const struct observed *process, struct pidfd_facts *facts);

/* Begins work on a second thread, until observe_second_join. 0 when there is no second CPU: it is not done then. */
int observe_second(void (*work)(void *argument), void *argument);
void observe_second_join(void);

enum { HEADER_BYTES = 12, RECORD_BYTES_MAX = 5120 };
/* Packs the record of one process at `at`; how long it is (at most RECORD_BYTES_MAX), or -errno when it is gone. */
int observe_pack(uint8_t *at, const struct observed *process, int parent, uint32_t groups);

#endif
