/* sward-stress: the processes that take locks for `leader stress` (design/stress.md).
 *
 * usage: sward-stress group MEMORY DIRECTORY FIRST END    workers of the slots FIRST to END, on files in DIRECTORY
 *        sward-stress guard PROGRAM [ARGUMENT]...         becomes PROGRAM, which ends when whoever started it ends */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "stress.h"

int main(int count, char **arguments) {
  if (count > 2 && strcmp(arguments[1], "guard") == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    execvp(arguments[2], arguments + 2);
    perror(arguments[2]);
    return 127;
  }
  if (count != 6 || strcmp(arguments[1], "group") != 0) {
    fputs("sward-stress: a part of `leader stress`, which starts it\n", stderr);
    return 2;
  }
  struct memory *memory = map_memory(arguments[2]);
  uint64_t first = strtoull(arguments[4], NULL, 10), end = strtoull(arguments[5], NULL, 10);
  if (!memory || first >= end || end > memory->settings.processes || chdir(arguments[3]) != 0) {
    fputs("sward-stress: no such memory, directory or slots\n", stderr);
    return 2;
  }
  return lead_group(memory, first, end);
}
