/* Closes descriptors while its children end, with a handler of SIGCHLD that lacks SA_RESTART.
 * usage: children_end CHILDREN. Says how many closes failed with EINTR. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void ended(int signo) {
  (void)signo;
}

int main(int argc, char **argv) {
  struct sigaction action = {.sa_handler = ended};
  int interrupted = 0, children = argc > 1 ? atoi(argv[1]) : 0;
  if (sigaction(SIGCHLD, &action, NULL)) return 1;
  for (int i = 0; i < children; i++) {
    pid_t child = fork();
    if (child == 0) _exit(0);
    for (int j = 0; j < 40; j++) {
      int copy = dup(0);
      if (close(copy) && errno == EINTR) {
        interrupted++;
        close(copy);
      }
    }
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
  }
  printf("interrupted %d\n", interrupted);
  return 0;
}
