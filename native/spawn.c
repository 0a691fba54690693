/* Starts the launcher with the member's standard streams, and talks to it (posix_spawn(3), unix(7)). */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "sward.h"

extern char **environ;

/* Runs `launcher CONTROL-FD STARTED argument...` in the directory that a descriptor refers to (-1: in ours); the arguments are `count` strings, each ended by a zero byte, as
 * /proc/self/cmdline shows them: no byte of them is changed. Returns our end of the control socket. */
SWARD_API int sward_spawn_launcher(const char *launcher, const char *started, const char *strings, int count,
                                  int directory, int *pid) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return -errno;
  AUTO_CLOSE int theirs = ends[1];
  /* A duplicate that survives exec: the number is the launcher's first argument. */
  AUTO_CLOSE int passed = fcntl(theirs, F_DUPFD, 10);
  char number[16];
  snprintf(number, sizeof number, "%d", passed);
  char **arguments = calloc((size_t)count + 4, sizeof *arguments);
  if (!arguments || passed < 0) {
    free(arguments);
    close(ends[0]);
    return -ENOMEM;
  }
  arguments[0] = (char *)(uintptr_t)launcher;
  arguments[1] = number;
  arguments[2] = (char *)(uintptr_t)started;
  for (int i = 0; i < count; i++) {
    arguments[i + 3] = (char *)(uintptr_t)strings;
    strings += strlen(strings) + 1;
  }
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t all;
  sigfillset(&all);
  /* The keeper is deaf from the start. What the program is to inherit, the launcher sees to. */
  posix_spawnattr_setsigmask(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (directory >= 0) posix_spawn_file_actions_addfchdir_np(&actions, directory);
  pid_t child;
  int error = posix_spawn(&child, launcher, &actions, &attributes, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  free(arguments);
  if (error) {
    close(ends[0]);
    return -error;
  }
  *pid = child;
  return ends[0];
}

SWARD_API int sward_control_send(int control, const void *bytes, int length) {
  return send(control, bytes, (size_t)length, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Receives one report into three integers; *descriptor is the listener when one came along, else -1.
 * Returns 1, 0 at the end of the stream, -EAGAIN when nothing is there. */
SWARD_API int sward_control_receive(int control, int wait, int32_t *report, int *descriptor) {
  struct iovec part = {.iov_base = report, .iov_len = 3 * sizeof *report};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } space;
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &space, .msg_controllen = sizeof space.bytes};
  *descriptor = -1;
  ssize_t length;
  do {
    length = recvmsg(control, &message, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
  } while (length < 0 && errno == EINTR);
  if (length < 0) return -errno;
  if (length == 0) return 0;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header && header->cmsg_type == SCM_RIGHTS) memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
  return 1;
}

/* The keeper is gone: collect it. */
SWARD_API int sward_reap(int pid) {
  int status;
  return waitpid(pid, &status, WNOHANG) < 0 ? -errno : 0;
}

/* Which descriptors this process inherited, when nobody has noted it (start.c): all but those that look like Node's own
 * (anonymous inodes, a spare /dev/null, pipes of which we hold both ends). To be called before anything else is opened.
 * Returns how many, at most `max`. */
SWARD_API int sward_guess_inherited(int *fds, int max) {
  typedef char target[64];
  target *targets = calloc((size_t)max, sizeof *targets);
  DIR *directory = opendir("/proc/self/fd");
  int count = 0, kept = 0;
  struct dirent *entry;
  while (targets && directory && count < max && (entry = readdir(directory)) != NULL) {
    int fd = atoi(entry->d_name);
    if (entry->d_name[0] == '.' || fd == dirfd(directory)) continue;
    if (readlinkat(dirfd(directory), entry->d_name, targets[count], sizeof *targets - 1) >= 0) fds[count++] = fd;
  }
  for (int i = 0; i < count; i++) {
    /* libuv keeps /dev/null open for accept(2) under EMFILE. */
    int own = strncmp(targets[i], "anon_inode:", 11) == 0 || strcmp(targets[i], "/dev/null") == 0;
    if (strncmp(targets[i], "pipe:", 5) == 0)
      for (int j = 0; j < count; j++) own |= i != j && strcmp(targets[i], targets[j]) == 0;
    if (fds[i] <= 2 || !own) fds[kept++] = fds[i];
  }
  if (directory) closedir(directory);
  free(targets);
  return kept;
}

/* Lets the workload inherit these: Node marks all that it finds close-on-exec when it starts. */
SWARD_API void sward_pass_descriptors(const int *fds, int count) {
  for (int i = 0; i < count; i++) fcntl(fds[i], F_SETFD, 0);
}

/* Lets go of what was passed on, but stderr: whoever reads the workload's output must see its end when the workload
 * closes it. To be called once the launcher runs. */
SWARD_API int sward_drop_descriptors(const int *fds, int count) {
  AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return -errno;
  for (int i = 0; i < count; i++) {
    if (fds[i] < 2) dup3(null, fds[i], O_CLOEXEC);
    else if (fds[i] > 2) close(fds[i]);
  }
  return 0;
}
