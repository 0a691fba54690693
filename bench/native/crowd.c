/* A process with many children, or many descriptors. usage: crowd CHILDREN DESCRIPTORS [HOLE]
 * Has at least DESCRIPTORS descriptors open, without every HOLEth from 3 on, then starts the children, which sleep, and
 * prints `crowd PID`. A signal ends it, and the children with it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int children = atoi(argv[1]), descriptors = atoi(argv[2]), hole = argc > 3 ? atoi(argv[3]) : 0;
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (descriptors > 0) {
    int file = open("/dev/null", O_RDONLY);
    if (file < 0) return 1;
    for (int fd = file; fd < descriptors - 1;)
      if ((fd = dup(file)) < 0) return 1;
    if (hole > 0)
      for (int fd = 3; fd < descriptors; fd += hole) close(fd);
  }
  for (int i = 0; i < children; i++) {
    pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (;;) pause();
    }
  }
  printf("crowd %d\n", getpid());
  fflush(stdout);
  for (;;) pause();
}
