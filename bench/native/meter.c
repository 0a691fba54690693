/* Pairs of F_SETLK and F_UNLCK without end. usage: meter FILE COUNTS
 * Prints `meter` when warm. How many pairs there have been is in the file COUNTS, a 64-bit number, at any time. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const uint64_t warm_up_pairs = 10000;
/* Between two writes of the count. */
static const uint64_t pairs_told = 32;

static void set(int fd, short type) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = 1, .l_len = 1};
  if (fcntl(fd, F_SETLK, &lock)) {
    perror("F_SETLK");
    exit(1);
  }
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int fd = open(argv[1], O_RDWR | O_CREAT, 0600);
  int counts = open(argv[2], O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (fd < 0 || counts < 0) return 1;
  for (uint64_t count = 1;; count++) {
    set(fd, F_WRLCK);
    set(fd, F_UNLCK);
    if (count == warm_up_pairs) {
      puts("meter");
      fflush(stdout);
    }
    if (count % pairs_told == 0 && pwrite(counts, &count, sizeof count, 0) != sizeof count) return 1;
  }
}
