/* Calls with a path, one after the other, on a file or a directory that stays as it is.
 * usage: paths CALLS PATH COUNT. Prints nanoseconds per round of the CALLS:
 *   open-close-stat, open-close, stat; getdents: reads the open directory once more from its start. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* V8 compiles what a member does for a call after some thousands of them. */
static const int warm_up_rounds = 5000;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void check(int failed, const char *what) {
  if (!failed) return;
  perror(what);
  exit(1);
}

static void open_close(const char *path) {
  int fd = open(path, O_RDONLY);
  check(fd < 0, path);
  close(fd);
}

static void look(const char *path) {
  struct stat status;
  check(stat(path, &status) != 0, path);
}

static void open_close_stat(const char *path) {
  open_close(path);
  look(path);
}

static int directory = -1;

static void list(const char *path) {
  char entries[8192];
  if (directory < 0) directory = open(path, O_RDONLY | O_DIRECTORY);
  check(lseek(directory, 0, SEEK_SET) != 0, path);
  ssize_t got;
  do got = getdents64(directory, entries, sizeof entries);
  while (got > 0);
  check(got < 0, path);
}

static const struct {
  const char *name;
  void (*round)(const char *path);
} calls[] = {
    {"open-close-stat", open_close_stat}, {"open-close", open_close}, {"stat", look}, {"getdents", list}};

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  int count = atoi(argv[3]);
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    if (strcmp(calls[i].name, argv[1]) != 0) continue;
    for (int round = 0; round < warm_up_rounds; round++) calls[i].round(argv[2]);
    double before = now();
    for (int round = 0; round < count; round++) calls[i].round(argv[2]);
    printf("%.0f\n", (now() - before) / count);
    return 0;
  }
  return 2;
}
