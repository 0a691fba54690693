/* Uncontended record locks: F_SETLK and F_UNLCK in turn, while RANGES other locks are held on the same inode.
 * usage: pairs FILE COUNT [RANGES]. Prints nanoseconds per pair of the two calls.
 * The held ranges are the single bytes 0, 2, 4 ...; the pairs take odd bytes between them, in no order. */
#include <fcntl.h>
#include <stdint.h>
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

static void set(int fd, short type, off_t start) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = 1};
  if (fcntl(fd, F_SETLK, &lock)) {
    perror("F_SETLK");
    exit(1);
  }
}

static void pairs(int fd, int count, uint32_t ranges) {
  uint32_t random = 1;
  for (int i = 0; i < count; i++) {
    random = random * 1664525 + 1013904223;
    off_t byte = 2 * (off_t)(ranges ? random % ranges : 0) + 1;
    set(fd, F_WRLCK, byte);
    set(fd, F_UNLCK, byte);
  }
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int fd = open(argv[1], O_RDWR | O_CREAT, 0600);
  if (fd < 0) return 1;
  int count = atoi(argv[2]);
  uint32_t ranges = argc > 3 ? (uint32_t)atoi(argv[3]) : 0;
  for (uint32_t i = 0; i < ranges; i++) set(fd, F_WRLCK, 2 * (off_t)i);
  pairs(fd, warm_up_pairs, ranges);
  double before = now();
  pairs(fd, count, ranges);
  printf("%.0f\n", (now() - before) / count);
  return 0;
}
