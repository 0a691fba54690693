/* Hand-over of a contended lock between two processes: from just before the unlock in one to the return of the blocked
 * F_SETLKW in the other. Both run this program, usually in two members; they take turns to hold and to wait.
 * usage: handover FILE SHARED INDEX TURNS HOLD_US sleep|spin. INDEX: 0 or 1; SHARED: a file that both map.
 * Prints a line of nanoseconds for each turn of the second half in which this process waited; the first half warms up.
 * The holder keeps the lock for HOLD_US after the waiter has said that it will call, so that the waiter is blocked, but
 * for less than a millisecond. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

struct shared {
  _Atomic int first_holds;
  /* Number of the turn, from 1, whose waiter calls now. */
  _Atomic int waits;
  /* Number of the turn whose waiter has the lock. */
  _Atomic int acquired;
  _Atomic uint64_t unlocked_at;
};

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void pause_for(long microseconds) {
  struct timespec t = {.tv_nsec = microseconds * 1000};
  nanosleep(&t, NULL);
}

static void set(int fd, int command, short type) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_len = 1};
  if (fcntl(fd, command, &lock)) {
    perror("fcntl");
    exit(1);
  }
}

static void hold(long microseconds, int spin) {
  if (!spin) {
    pause_for(microseconds);
    return;
  }
  uint64_t until = now() + (uint64_t)microseconds * 1000;
  while (now() < until) continue;
}

int main(int argc, char **argv) {
  if (argc != 7) return 2;
  int fd = open(argv[1], O_RDWR), map = open(argv[2], O_RDWR);
  struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
  if (fd < 0 || map < 0 || shared == MAP_FAILED) return 1;
  int index = atoi(argv[3]), turns = atoi(argv[4]), spin = strcmp(argv[6], "spin") == 0;
  uint64_t *samples = calloc((size_t)turns, sizeof *samples);
  if (!samples) return 1;
  prctl(PR_SET_TIMERSLACK, 1);
  if (index == 0) {
    set(fd, F_SETLK, F_WRLCK);
    shared->first_holds = 1;
  }
  while (!shared->first_holds) pause_for(1000);
  for (int turn = 0; turn < turns; turn++) {
    if (turn % 2 == index) {
      while (shared->waits != turn + 1) pause_for(20);
      hold(atol(argv[5]), spin);
      shared->unlocked_at = now();
      set(fd, F_SETLK, F_UNLCK);
    } else {
      while (shared->acquired != turn) pause_for(20);
      shared->waits = turn + 1;
      set(fd, F_SETLKW, F_WRLCK);
      samples[turn] = now() - shared->unlocked_at;
      shared->acquired = turn + 1;
    }
  }
  for (int turn = turns / 2; turn < turns; turn++) {
    if (turn % 2 != index) printf("%lu\n", samples[turn]);
  }
  return 0;
}
