/* Processes that append lines of 100 bytes to one file at once, each line with one write(2).
 * usage: appenders FILE PROCESSES LINES append|plain. Prints lines per second, from the first write to the last.
 * "plain" leaves O_APPEND out of the open: something else must see to it that the file is only appended to.
 * Afterwards the file is read: a line that is torn, lost, doubled or out of the order of its writer is an error. */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { line_bytes = 100, processes_max = 64 };

struct shared {
  _Atomic int ready, go;
  uint64_t began[processes_max], ended[processes_max];
};

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static _Noreturn void fail(const char *what) {
  perror(what);
  exit(1);
}

/* "WW NNNNNNNN ", then a letter of the writer's own, so that a piece of another line shows. */
static void begin_lines(char *line, int writer) {
  memset(line, 'A' + writer % 26, line_bytes);
  line[0] = (char)('0' + writer / 10);
  line[1] = (char)('0' + writer % 10);
  line[2] = line[11] = ' ';
  line[line_bytes - 1] = '\n';
}

static void number_line(char *line, int number) {
  for (int digit = 10; digit > 2; digit--, number /= 10) line[digit] = (char)('0' + number % 10);
}

static void append(struct shared *shared, const char *path, int flags, int writer, int lines) {
  int fd = open(path, O_WRONLY | flags);
  if (fd < 0) fail(path);
  char line[line_bytes];
  begin_lines(line, writer);
  shared->ready++;
  while (!shared->go) usleep(100);
  shared->began[writer] = now();
  for (int number = 0; number < lines; number++) {
    number_line(line, number);
    if (write(fd, line, line_bytes) != line_bytes) fail("write");
  }
  shared->ended[writer] = now();
}

static void verify(const char *path, int processes, int lines) {
  FILE *file = fopen(path, "r");
  if (!file) fail(path);
  int next[processes_max] = {0}, wrong = 0;
  char line[line_bytes], wanted[line_bytes];
  while (fread(line, line_bytes, 1, file) == 1) {
    int writer = atoi(line);
    int known = writer >= 0 && writer < processes;
    if (known) {
      begin_lines(wanted, writer);
      number_line(wanted, next[writer]++);
    }
    if (!known || memcmp(line, wanted, line_bytes) != 0) wrong++;
  }
  int odd_end = ftell(file) != (long)processes * lines * line_bytes;
  for (int writer = 0; writer < processes; writer++) odd_end |= next[writer] != lines;
  fclose(file);
  if (!wrong && !odd_end) return;
  fprintf(stderr, "%d lines are not as they were written%s\n", wrong, odd_end ? "; not all are there" : "");
  exit(1);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  const char *path = argv[1];
  int processes = atoi(argv[2]), lines = atoi(argv[3]);
  int flags = strcmp(argv[4], "append") == 0 ? O_APPEND : 0;
  if (processes < 1 || processes > processes_max) return 2;
  int created = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (created < 0) fail(path);
  close(created);
  struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) fail("mmap");
  for (int writer = 0; writer < processes; writer++) {
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child > 0) continue;
    append(shared, path, flags, writer, lines);
    return 0;
  }
  while (shared->ready < processes) {
    if (waitpid(-1, NULL, WNOHANG) > 0) return 1;
    usleep(100);
  }
  shared->go = 1;
  int status, failed = 0;
  while (wait(&status) > 0) failed |= status;
  if (failed) return 1;
  uint64_t began = UINT64_MAX, ended = 0;
  for (int writer = 0; writer < processes; writer++) {
    if (shared->began[writer] < began) began = shared->began[writer];
    if (shared->ended[writer] > ended) ended = shared->ended[writer];
  }
  verify(path, processes, lines);
  printf("%.0f\n", (double)processes * lines / ((double)(ended - began) / 1e9));
  return 0;
}
