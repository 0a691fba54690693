/* Open file descriptions: which descriptors, in which processes, refer to the same one (kcmp(2), F_DUPFD_QUERY). */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "sward.h"

/* Whether /proc/PID/stat says that the thread has ended and was not collected. */
static int is_zombie(const char *path) {
  char text[512];
  AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (length <= 0) return 0;
  text[length] = 0;
  const char *after_name = strrchr(text, ')');
  return after_name && after_name[1] == ' ' && after_name[2] == 'Z';
}

/* A thread of the process that still has its descriptors: the leading one may have ended while others run.
 * Returns pid itself when there is no other. */
static int thread_with_descriptors(int pid) {
  char path[320];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  if (!is_zombie(path)) return pid;
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *tasks = opendir(path);
  if (!tasks) return pid;
  int found = pid;
  struct dirent *entry;
  while (found == pid && (entry = readdir(tasks)) != NULL) {
    int tid = atoi(entry->d_name);
    if (tid == 0 || tid == pid) continue;
    snprintf(path, sizeof path, "/proc/%d/task/%d/fd", pid, tid);
    DIR *descriptors = opendir(path);
    if (!descriptors) continue;
    struct dirent *descriptor;
    while (found == pid && (descriptor = readdir(descriptors)) != NULL)
      if (descriptor->d_name[0] != '.') found = tid;
    closedir(descriptors);
  }
  closedir(tasks);
  return found;
}

/* kcmp(2) of descriptor `own` of process `self` and descriptor fd of process pid. */
static long compare(int self, int own, int pid, int fd) {
  long order = syscall(SYS_kcmp, self, pid, KCMP_FILE, own, fd);
  if (order < 0 && (errno == EBADF || errno == ESRCH)) {
    int tid = thread_with_descriptors(pid);
    if (tid != pid) order = syscall(SYS_kcmp, self, tid, KCMP_FILE, own, fd);
  }
  return order;
}

/* 1 when descriptor fd of process pid refers to the open file description of our own descriptor. */
static int refers(int self, int own, int pid, int fd) { return compare(self, own, pid, fd) == 0; }

/* 1 when descriptors of two processes refer to the same open file description, 0 when not or when either is gone, or
 * -errno. */
SWARD_API int sward_descriptions_same(int pid, int fd, int other, int other_fd) {
  long order = compare(pid, fd, other, other_fd);
  if (order < 0 && errno != EBADF && errno != ESRCH) return -errno;
  return order == 0;
}

/* 1 when two descriptors of this process refer to the same open file description. */
SWARD_API int sward_description_same(int a, int b) {
  int same = fcntl(a, F_DUPFD_QUERY, b);
  if (same >= 0) return same;
  int self = getpid();
  return refers(self, a, self, b);
}

/* 1 when (pid, fd) still refers to the description behind our descriptor. */
SWARD_API int sward_description_at(int own, int pid, int fd) { return refers(getpid(), own, pid, fd); }

/* 1 when descriptor fd of the process still refers to that inode; 0 when not, or the process has let go of all. */
SWARD_API int sward_descriptor_on(int pidfd, int pid, int fd, uint64_t device, uint64_t inode) {
  int direct = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
  if (direct < 0 && errno == EPERM) {
    /* Refused by the container (or by the process, which then counts as holding on). */
    char path[64];
    struct stat there;
    snprintf(path, sizeof path, "/proc/%d/fd/%d", thread_with_descriptors(pid), fd);
    if (stat(path, &there) < 0) return errno != ENOENT;
    return there.st_dev == device && there.st_ino == inode;
  }
  if (direct < 0) {
    int tid = thread_with_descriptors(pid);
    AUTO_CLOSE int thread = tid == pid ? -1 : (int)syscall(SYS_pidfd_open, tid, PIDFD_THREAD);
    if (thread >= 0) direct = (int)syscall(SYS_pidfd_getfd, thread, fd, 0);
  }
  AUTO_CLOSE int copy = direct;
  if (copy < 0) return 0;
  struct stat status;
  return fstat(copy, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

/* Finds a descriptor of one process that refers to our descriptor's description, fds in [skip_low, skip_high] left
 * out. Returns its number or -ENOENT. */
SWARD_API int sward_description_find(int own, int pid, int skip_low, int skip_high) {
  char path[64];
  int self = getpid();
  snprintf(path, sizeof path, "/proc/%d/task/%d/fd", pid, thread_with_descriptors(pid));
  DIR *directory = opendir(path);
  if (!directory) return -errno;
  int found = -ENOENT;
  struct dirent *entry;
  while (found < 0 && (entry = readdir(directory)) != NULL) {
    if (entry->d_name[0] == '.') continue;
    int fd = atoi(entry->d_name);
    if (fd >= skip_low && fd <= skip_high) continue;
    if (refers(self, own, pid, fd)) found = fd;
  }
  closedir(directory);
  return found;
}

enum { NO_SOCKETS = 0, SOCKETS = 1, IN_FLIGHT = 2 };

/* IN_FLIGHT when a Unix socket of the process has descriptors in its receive queue (SCM_RIGHTS not yet received):
 * fdinfo's scm_fds (Linux 5.9); SOCKETS when it has Unix sockets. */
SWARD_API int sward_process_descriptors_in_flight(int pid) {
  char path[320], target[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/fd", pid);
  DIR *directory = opendir(path);
  if (!directory) return NO_SOCKETS;
  int found = NO_SOCKETS;
  struct dirent *entry;
  while (found != IN_FLIGHT && (entry = readdir(directory)) != NULL) {
    if (entry->d_name[0] == '.') continue;
    ssize_t length = readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);
    if (length < 7 || strncmp(target, "socket:", 7) != 0) continue;
    snprintf(path, sizeof path, "/proc/%d/fdinfo/%s", pid, entry->d_name);
    AUTO_CLOSE int info = open(path, O_RDONLY | O_CLOEXEC);
    if (info < 0) continue;
    length = read(info, text, sizeof text - 1);
    if (length <= 0) continue;
    text[length] = 0;
    const char *count = strstr(text, "scm_fds:");
    if (count) found = atoi(count + 8) > 0 ? IN_FLIGHT : SOCKETS;
  }
  closedir(directory);
  return found;
}

SWARD_API int sward_close(int fd) { return close(fd) == 0 ? 0 : -errno; }

/* Where a descriptor of ours points, as /proc/self/fd shows it (" (deleted)" included). Returns the length. */
SWARD_API int sward_descriptor_path(int fd, char *text, int size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(path, text, (size_t)size);
  return length < 0 ? -errno : (int)length;
}

/* An O_PATH descriptor of the inode behind one of ours: it pins the inode without holding the description open. */
SWARD_API int sward_descriptor_pin(int fd) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int pin = open(path, O_PATH | O_CLOEXEC);
  return pin < 0 ? -errno : pin;
}

/* Our duplicate of descriptor `fd` of a thread's process. */
SWARD_API int sward_descriptor_take(int tid, int fd) {
  AUTO_CLOSE int pidfd = (int)syscall(SYS_pidfd_open, tid, 0);
  AUTO_CLOSE int thread = pidfd < 0 ? (int)syscall(SYS_pidfd_open, tid, PIDFD_THREAD) : -1;
  if (pidfd < 0 && thread < 0) return -errno;
  int copy = (int)syscall(SYS_pidfd_getfd, pidfd < 0 ? thread : pidfd, fd, 0);
  return copy < 0 ? -errno : copy;
}
