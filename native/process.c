/* Facts about processes: thread groups, pidfds, the tree below a process, pending signals (proc(5), pidfd_open(2)). */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "sward.h"

/* Reads a small file of /proc whole; returns its length (terminated) or -errno. */
static ssize_t read_small(const char *path, char *buffer, size_t size) {
  AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  ssize_t length = read(fd, buffer, size - 1);
  if (length < 0) return -errno;
  buffer[length] = 0;
  return length;
}

/* The thread group of a thread. */
SWARD_API int sward_process_group_of(int tid) {
  char path[64], text[4096];
  snprintf(path, sizeof path, "/proc/%d/status", tid);
  ssize_t length = read_small(path, text, sizeof text);
  if (length < 0) return length == -ENOENT ? -ESRCH : (int)length;
  const char *line = strstr(text, "\nTgid:");
  return line ? atoi(line + 6) : -ESRCH;
}

SWARD_API int sward_process_open(int pid) {
  int fd = (int)syscall(SYS_pidfd_open, pid, 0);
  return fd < 0 ? -errno : fd;
}

SWARD_API int sward_process_signal(int pid, int signal) { return kill(pid, signal) == 0 ? 0 : -errno; }

SWARD_API int sward_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? 0 : -errno; }

/* Command line of a process, blanks between the arguments; its comm in brackets when it has none. */
SWARD_API int sward_process_command(int pid, char *text, int size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
  ssize_t length = read_small(path, text, (size_t)size);
  if (length <= 0) {
    snprintf(path, sizeof path, "/proc/%d/comm", pid);
    length = read_small(path, text, (size_t)size);
    if (length <= 0) return (int)length;
  }
  while (length > 0 && (text[length - 1] == 0 || text[length - 1] == '\n')) length--;
  for (ssize_t i = 0; i < length; i++)
    if (text[i] == 0 || text[i] == '\n') text[i] = ' ';
  return (int)length;
}

/* Appends the children of every thread of pid. */
static int append_children(int pid, int *pids, int count, int max) {
  char path[320], text[65536];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *tasks = opendir(path);
  if (!tasks) return count;
  struct dirent *entry;
  while ((entry = readdir(tasks)) != NULL) {
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%d/task/%s/children", pid, entry->d_name);
    if (read_small(path, text, sizeof text) <= 0) continue;
    for (char *at = text; *at && count < max;) {
      char *end;
      long child = strtol(at, &end, 10);
      if (end == at) break;
      pids[count++] = (int)child;
      at = *end ? end + 1 : end;
    }
  }
  closedir(tasks);
  return count;
}

/* All processes below root (not root itself), parents before children. Returns how many. */
SWARD_API int sward_process_descendants(int root, int *pids, int max) {
  int count = append_children(root, pids, 0, max);
  for (int at = 0; at < count; at++) count = append_children(pids[at], pids, count, max);
  return count;
}

/* Opens /proc/TID/status for sward_thread_status. */
SWARD_API int sward_thread_status_open(int tid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/status", tid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

static uint64_t field(const char *text, const char *name, int base) {
  const char *at = strstr(text, name);
  return at ? strtoull(at + strlen(name), NULL, base) : 0;
}

enum { THREAD_SIGNALLED = 1, THREAD_TRACED = 2, PROCESS_SIGNALLED = 4 };

/* What would interrupt a sleeping system call of the thread: THREAD_SIGNALLED when a signal to it is pending that is
 * neither blocked nor ignored, PROCESS_SIGNALLED when one to its process is (another thread may take that),
 * THREAD_TRACED while a debugger is attached. -ESRCH when the thread is gone. */
SWARD_API int sward_thread_status(int status_fd) {
  char text[4096];
  ssize_t length = pread(status_fd, text, sizeof text - 1, 0);
  if (length < 0) return -errno;
  text[length] = 0;
  const uint64_t bit = 1;
  /* signal(7): the default action of these is to be ignored. SIGCONT only matters to a stopped process. */
  uint64_t harmless = bit << (SIGCHLD - 1) | bit << (SIGURG - 1) | bit << (SIGWINCH - 1) | bit << (SIGCONT - 1);
  uint64_t ignored = field(text, "\nSigIgn:", 16) | (harmless & ~field(text, "\nSigCgt:", 16));
  int result = 0;
  uint64_t deaf = field(text, "\nSigBlk:", 16) | ignored;
  if (field(text, "\nSigPnd:", 16) & ~deaf) result |= THREAD_SIGNALLED;
  if (field(text, "\nShdPnd:", 16) & ~deaf) result |= PROCESS_SIGNALLED;
  if (field(text, "\nTracerPid:", 10) != 0) result |= THREAD_TRACED;
  return result;
}

/* 1 when the thread would not notice the signal: it is ignored, or its default action is to ignore it. */
SWARD_API int sward_thread_ignores(int tid, int signal) {
  char path[64], text[4096];
  snprintf(path, sizeof path, "/proc/%d/status", tid);
  if (read_small(path, text, sizeof text) <= 0) return 0;
  uint64_t bit = (uint64_t)1 << (signal - 1);
  if (field(text, "\nSigCgt:", 16) & bit) return 0;
  if (field(text, "\nSigIgn:", 16) & bit) return 1;
  return signal == SIGCHLD || signal == SIGURG || signal == SIGWINCH || signal == SIGCONT;
}

/* 1 while tid is a thread of tgid. */
SWARD_API int sward_process_has_thread(int tgid, int tid) {
  return syscall(SYS_tgkill, tgid, tid, 0) == 0 || errno == EPERM;
}

/* Open descriptors of a process within [low, high]; with only_cloexec those that exec closes. Returns how many. */
SWARD_API int sward_process_descriptors(int pid, uint32_t low, uint32_t high, int only_cloexec, int *fds, int max) {
  char path[320], text[512];
  snprintf(path, sizeof path, "/proc/%d/fd", pid);
  DIR *directory = opendir(path);
  if (!directory) return -errno;
  int count = 0;
  struct dirent *entry;
  while (count < max && (entry = readdir(directory)) != NULL) {
    if (entry->d_name[0] == '.') continue;
    uint32_t fd = (uint32_t)strtoul(entry->d_name, NULL, 10);
    if (fd < low || fd > high) continue;
    if (only_cloexec) {
      snprintf(path, sizeof path, "/proc/%d/fdinfo/%u", pid, fd);
      if (read_small(path, text, sizeof text) <= 0) continue;
      if (!(field(text, "\nflags:", 8) & O_CLOEXEC)) continue;
    }
    fds[count++] = (int)fd;
  }
  closedir(directory);
  return count;
}

/* Ends this process by the signal, so that whoever waits for it sees that; it leaves no core, which the program has left
 * if there is one. Returns when the signal does not end it: pid_namespaces(7), the init of a namespace is spared. */
static void die_by_signal(int signal) {
  const struct rlimit none = {0, 0};
  const struct sigaction standard = {.sa_handler = SIG_DFL};
  sigset_t only;
  setrlimit(RLIMIT_CORE, &none);
  /* core(5): the limit does not count where cores are piped to a program. */
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  sigaction(signal, &standard, NULL);
  sigemptyset(&only);
  sigaddset(&only, signal);
  sigprocmask(SIG_UNBLOCK, &only, NULL);
  raise(signal);
}

/* Ends this process by a signal, or if there is none (0) with the status; without Node, which at its exit would put the
 * terminal back to how it was when Node started. */
SWARD_API void sward_end(int status, int signal) {
  if (signal) die_by_signal(signal);
  _exit(status);
}

/* A nameless file in memory. */
SWARD_API int sward_memory_file(void) {
  int fd = memfd_create("sward", MFD_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

enum { MISSING_PIDFD_GETFD = 1, MISSING_KCMP = 2, MISSING_VM_READ = 3 };

/* Whether this kernel, and the container around us, let a process look at its own kind: 0, or which call is refused,
 * the one that nothing can stand in for first. */
SWARD_API int sward_probe_refused(void) {
  int self = getpid();
  char from = 1, to = 0;
  struct iovec local = {.iov_base = &to, .iov_len = 1}, remote = {.iov_base = &from, .iov_len = 1};
  if (process_vm_readv(self, &local, 1, &remote, 1, 0) != 1) return MISSING_VM_READ;
  AUTO_CLOSE int pidfd = (int)syscall(SYS_pidfd_open, self, 0);
  AUTO_CLOSE int copy = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, pidfd, 0);
  if (copy < 0) return MISSING_PIDFD_GETFD;
  if (syscall(SYS_kcmp, self, self, KCMP_FILE, pidfd, pidfd) != 0) return MISSING_KCMP;
  return 0;
}

/* Sends a signal to one thread. */
SWARD_API int sward_thread_signal(int tgid, int tid, int signal) {
  return syscall(SYS_tgkill, tgid, tid, signal) == 0 ? 0 : -errno;
}
