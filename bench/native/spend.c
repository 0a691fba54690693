/* Runs a program several times, its output to /dev/null. usage: spend TIMES PROGRAM [ARGUMENT...]
 * Prints for each run a line: wall time in nanoseconds, and ru_maxrss of wait4(2) in KiB: the largest resident set of
 * the program and of the children that it has reaped. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int i = atoi(argv[1]); i > 0; i--) {
    double before = now();
    pid_t child = vfork();
    if (child == 0) {
      dup2(nothing, 1);
      execvp(argv[2], argv + 2);
      _exit(127);
    }
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) return 1;
    printf("%.0f %ld\n", now() - before, usage.ru_maxrss);
  }
  return 0;
}
