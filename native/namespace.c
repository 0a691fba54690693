/* Numbers of processes in another pid namespace, of which an nsfs descriptor is open (ioctl_nsfs(2)). Linux 6.11
 * translates; earlier kernels answer -ENOTTY. Missing from the headers of Debian 12. */
#define _GNU_SOURCE
#include <sys/ioctl.h>

#include "sward.h"

#define NAMESPACE_PARENT _IO(0xb7, 0x2)
#define NAMESPACE_PID_FROM _IOR(0xb7, 0x6, int)
#define NAMESPACE_PID_IN _IOR(0xb7, 0x8, int)

static int translate(int namespace, unsigned long call, int pid) {
  int number = ioctl(namespace, call, pid);
  return number >= 0 ? number : errno == ESRCH ? 0 : -errno;
}

/* What a process of ours is called there; 0: it is not there. */
SWARD_API int sward_namespace_number(int namespace, int pid) { return translate(namespace, NAMESPACE_PID_IN, pid); }

/* What a process that is called so there is called here; 0: there is none. */
SWARD_API int sward_namespace_pid(int namespace, int number) {
  return translate(namespace, NAMESPACE_PID_FROM, number);
}

/* The namespace around it, opened; -EPERM when that is not below ours. */
SWARD_API int sward_namespace_parent(int namespace) {
  int parent = ioctl(namespace, NAMESPACE_PARENT);
  return parent < 0 ? -errno : parent;
}
