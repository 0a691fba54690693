/* counter KIND FILE TIMES: adds to the number in FILE, that many times, each under a write lock of the kind
 * fcntl, ofd or flock, on a descriptor of its own. Exit status 0 if every call succeeded. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static int change(const char *kind, int fd, short type) {
  struct flock lock = { .l_type = type };
  if (strcmp(kind, "flock") == 0) return flock(fd, type == F_UNLCK ? LOCK_UN : LOCK_EX);
  if (strcmp(kind, "ofd") == 0) return fcntl(fd, F_OFD_SETLKW, &lock);
  return fcntl(fd, F_SETLKW, &lock);
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  int fd = open(argv[2], O_RDWR);
  for (int left = atoi(argv[3]); left > 0; left--) {
    char text[32] = "";
    if (change(argv[1], fd, F_WRLCK) < 0) return perror("lock"), 1;
    if (pread(fd, text, sizeof text - 1, 0) < 0) return perror("read"), 1;
    int length = snprintf(text, sizeof text, "%ld\n", atol(text) + 1);
    if (pwrite(fd, text, (size_t)length, 0) != length) return perror("write"), 1;
    if (change(argv[1], fd, F_UNLCK) < 0) return perror("unlock"), 1;
  }
  return 0;
}
