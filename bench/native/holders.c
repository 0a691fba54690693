/* Processes that hold locks. usage: holders PROCESSES LOCKS FILES PREFIX
 * Process n takes LOCKS record locks of single bytes, with gaps between, on the file PREFIX followed by n modulo FILES,
 * and sleeps. Prints `holders PID` when all hold theirs. A signal ends it, and the others with it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static int hold(int n, int locks, int files, const char *prefix) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s%d", prefix, n % files);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return -1;
  for (int i = 0; i < locks; i++) {
    off_t byte = 2 * ((off_t)(n / files) * locks + i);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    if (fcntl(fd, F_SETLK, &lock)) return -1;
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  int processes = atoi(argv[1]), locks = atoi(argv[2]), files = atoi(argv[3]), ends[2];
  if (files < 1 || pipe2(ends, O_CLOEXEC)) return 1;
  for (int n = 0; n < processes; n++) {
    pid_t child = fork();
    if (child < 0) return 1;
    if (child > 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    char held = hold(n, locks, files, argv[4]) == 0;
    if (write(ends[1], &held, 1) != 1) return 1;
    for (;;) pause();
  }
  for (int n = 0; n < processes; n++) {
    char held = 0;
    if (read(ends[0], &held, 1) != 1 || !held) {
      fprintf(stderr, "a process could not take its locks\n");
      return 1;
    }
  }
  printf("holders %d\n", getpid());
  fflush(stdout);
  for (;;) pause();
}
