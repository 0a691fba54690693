/* How long single pairs of F_SETLK and F_UNLCK take. usage: latencies FILE COUNT
 * Prints nanoseconds: the median, what 99 % do not exceed, and the longest. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const int warm_up_pairs = 10000;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double pair(int fd) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 1};
  double before = now();
  if (fcntl(fd, F_SETLK, &lock)) exit(1);
  lock.l_type = F_UNLCK;
  if (fcntl(fd, F_SETLK, &lock)) exit(1);
  return now() - before;
}

static int order(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int fd = open(argv[1], O_RDWR | O_CREAT, 0600), count = atoi(argv[2]);
  if (fd < 0 || count < 100) return 1;
  double *taken = malloc((size_t)count * sizeof *taken);
  if (!taken) return 1;
  for (int i = 0; i < warm_up_pairs; i++) pair(fd);
  for (int i = 0; i < count; i++) taken[i] = pair(fd);
  qsort(taken, (size_t)count, sizeof *taken, order);
  printf("%.0f %.0f %.0f\n", taken[count / 2], taken[count / 100 * 99], taken[count - 1]);
  return 0;
}
