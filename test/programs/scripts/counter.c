/* counter KIND FILE TIMES [MICROSECONDS]: adds to the number in FILE, that many times, each under a write lock of the
 * kind fcntl, ofd or flock, on a descriptor of its own; every MICROSECONDS a signal interrupts it, without SA_RESTART.
 * A lock call is tried again after EINTR. Exit status 0 if nothing else went wrong. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/time.h>
#include <unistd.h>

static volatile long signals;

static void on_alarm(int number) {
  (void)number;
  signals++;
}

static int change_once(const char *kind, int fd, short type) {
  struct flock lock = { .l_type = type };
  if (strcmp(kind, "flock") == 0) return flock(fd, type == F_UNLCK ? LOCK_UN : LOCK_EX);
  if (strcmp(kind, "ofd") == 0) return fcntl(fd, F_OFD_SETLKW, &lock);
  return fcntl(fd, F_SETLKW, &lock);
}

static int change(const char *kind, int fd, short type) {
  int result;
  while ((result = change_once(kind, fd, type)) < 0 && errno == EINTR) {
  }
  return result;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  int fd = open(argv[2], O_RDWR), interval = argc > 4 ? atoi(argv[4]) : 0;
  struct sigaction action = { .sa_handler = on_alarm };
  struct itimerval timer = { { 0, interval }, { 0, interval } };
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &timer, NULL);
  for (int left = atoi(argv[3]); left > 0; left--) {
    char text[32] = "";
    if (change(argv[1], fd, F_WRLCK) < 0) return perror("lock"), 1;
    if (pread(fd, text, sizeof text - 1, 0) < 0) return perror("read"), 1;
    int length = snprintf(text, sizeof text, "%ld\n", atol(text) + 1);
    if (pwrite(fd, text, (size_t)length, 0) != length) return perror("write"), 1;
    if (change(argv[1], fd, F_UNLCK) < 0) return perror("unlock"), 1;
  }
  if (interval > 0 && signals == 0) return fputs("no signal came\n", stderr), 1;
  return 0;
}
