/* Work that touches no path.
 * usage: quiet compute|pipe|socket COUNT. Prints nanoseconds per round:
 *   compute: mixes 64 KiB of memory; pipe: 4 KiB from another process; socket: 100 bytes to another process over TCP
 *   and 100 bytes back.
 * Both processes stay on one CPU: to wake the other, idle one takes several times as long as the rest, or does not. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { pipe_bytes = 4096, message_bytes = 100, words = 8192 };

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

/* In the child: does not outlive this process. */
static int in_child(void) {
  pid_t parent = getpid(), child = fork();
  check(child < 0, "fork");
  if (child > 0) return 0;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  return 1;
}

static void give(int fd, const char *bytes, size_t count) {
  for (size_t given = 0; given < count;) {
    ssize_t got = write(fd, bytes + given, count - given);
    check(got <= 0, "write");
    given += (size_t)got;
  }
}

static void take(int fd, char *bytes, size_t count) {
  for (size_t taken = 0; taken < count;) {
    ssize_t got = read(fd, bytes + taken, count - taken);
    check(got <= 0, "read");
    taken += (size_t)got;
  }
}

static uint64_t memory[words];

static void compute(void) {
  static uint64_t state = 88172645463325252;
  for (int i = 0; i < words; i++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    memory[state % words] += state;
  }
}

static int from_child;

static void start_pipe(void) {
  int ends[2];
  char bytes[pipe_bytes] = {0};
  check(pipe(ends) != 0, "pipe");
  from_child = ends[0];
  if (!in_child()) return;
  for (;;) give(ends[1], bytes, sizeof bytes);
}

static void read_pipe(void) {
  char bytes[pipe_bytes];
  take(from_child, bytes, sizeof bytes);
}

static int connection;

static void start_socket(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0), at_once = 1;
  check(bind(listener, (struct sockaddr *)&address, length) || listen(listener, 1), "bind");
  check(getsockname(listener, (struct sockaddr *)&address, &length), "getsockname");
  connection = socket(AF_INET, SOCK_STREAM, 0);
  check(connect(connection, (struct sockaddr *)&address, length), "connect");
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  if (!in_child()) return;
  int accepted = accept(listener, NULL, NULL);
  setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  char message[message_bytes];
  for (;;) {
    take(accepted, message, sizeof message);
    give(accepted, message, sizeof message);
  }
}

static void converse(void) {
  char message[message_bytes] = {0};
  give(connection, message, sizeof message);
  take(connection, message, sizeof message);
}

static void nothing(void) {}

static void stay_here(void) {
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET((unsigned)sched_getcpu(), &here);
  check(sched_setaffinity(0, sizeof here, &here) != 0, "sched_setaffinity");
}

static const struct {
  const char *name;
  void (*start)(void), (*round)(void);
} kinds[] = {{"compute", nothing, compute}, {"pipe", start_pipe, read_pipe}, {"socket", start_socket, converse}};

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int count = atoi(argv[2]);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (strcmp(kinds[i].name, argv[1]) != 0) continue;
    stay_here();
    kinds[i].start();
    for (int round = 0; round < count / 10; round++) kinds[i].round();
    double before = now();
    for (int round = 0; round < count; round++) kinds[i].round();
    printf("%.0f\n", (now() - before) / count);
    return 0;
  }
  return 2;
}
