/* sward-member and sward-leader, which bin/ has links to: note what Node is about to change, and become Node.
 *
 * When Node starts it gives signals their default actions, unblocks them, raises the limit of open descriptors, opens
 * some and marks all close-on-exec. A program in a member is to find all that as whoever started the member left it, and a
 * leader under nohup(1) is to stay.
 * The note is an environment variable; the script, dist/bin/NAME.js, removes it before it does anything else
 * (src/shared/started.ts). design/decisions/0012-noted-before-node.md says why this is a program. */
#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "started.h"
#include "sward.h"

#define VARIABLE "SWARD_STARTED="
#define PREFIX "sward-"
enum { FAILED_STATUS = 126, NOT_FOUND_STATUS = 127 };

/* A comma or a hyphen, a descriptor, and the zero byte. A variable may be 128 KiB long. */
enum { NUMBER_TEXT_MAX = 16, DESCRIPTORS_TEXT_MAX = 100000 };

extern char **environ;

static struct started look(void) {
  struct started now = {0};
  for (int signal = 1; signal <= SIGNAL_MAX; signal++) {
    struct kernel_action action = {0};
    syscall(SYS_rt_sigaction, signal, NULL, &action, sizeof action.mask);
    if (action.handler == SIG_IGN) now.ignored |= UINT64_C(1) << (signal - 1);
  }
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &now.blocked, sizeof now.blocked);
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) now.descriptors = limit.rlim_cur;
  return now;
}

/* Writes the open descriptors as runs, `0-2,5`, or `-` when none is open: as many as fit. Nothing where /proc cannot be
 * read. */
static void list_descriptors(char *text, size_t size) {
  DIR *directory = opendir("/proc/self/fd");
  if (!directory) return;
  size_t length = 0, run = 0;
  int last = -2;
  strcpy(text, "-");
  struct dirent *entry;
  while ((entry = readdir(directory)) != NULL && length + NUMBER_TEXT_MAX < size) {
    int fd = atoi(entry->d_name);
    if (entry->d_name[0] == '.' || fd == dirfd(directory)) continue;
    /* The end of a run is written over as the run grows. */
    if (fd != last + 1) run = length += (size_t)sprintf(text + length, length ? ",%d" : "%d", fd);
    else length = run + (size_t)sprintf(text + run, "-%d", fd);
    last = fd;
  }
  closedir(directory);
}

/* The environment with the note. NULL: no memory. */
static char **noted(char *note) {
  size_t count = 0;
  while (environ[count]) count++;
  char **variables = calloc(count + 2, sizeof *variables);
  if (!variables) return NULL;
  size_t kept = 0;
  for (size_t i = 0; i < count; i++)
    if (strncmp(environ[i], VARIABLE, strlen(VARIABLE)) != 0) variables[kept++] = environ[i];
  variables[kept] = note;
  return variables;
}

/* DIRECTORY/native/build/sward-NAME: DIRECTORY/dist/bin/NAME.js. Returns 0, or -1 when we are somewhere else. */
static int find_script(char *path, char *script, size_t size) {
  char *name = strrchr(path, '/');
  for (int level = 0; level < 3; level++) {
    char *slash = strrchr(path, '/');
    if (!slash) return -1;
    *slash = 0;
  }
  if (!name || strncmp(name + 1, PREFIX, strlen(PREFIX)) != 0) return -1;
  snprintf(script, size, "%s/dist/bin/%s.js", path, name + 1 + strlen(PREFIX));
  return 0;
}

int main(int argc, char **argv) {
  char own[PATH_MAX], script[PATH_MAX + 16];
  static char note[sizeof VARIABLE + STARTED_TEXT_MAX + DESCRIPTORS_TEXT_MAX];
  /* Not /proc/self/exe: that all is refused where /proc is another pid namespace's, the script says. */
  const char *called = (const char *)getauxval(AT_EXECFN);
  if (!realpath(called, own) || find_script(own, script, sizeof script) < 0) {
    fprintf(stderr, "sward: %s is not where the build made it\n", called);
    return FAILED_STATUS;
  }
  struct started now = look();
  int length = snprintf(note, sizeof note, VARIABLE STARTED_PRINT " ", now.ignored, now.blocked, now.descriptors);
  list_descriptors(note + length, sizeof note - (size_t)length);
  char **variables = noted(note);
  char **arguments = calloc((size_t)argc + 2, sizeof *arguments);
  if (!variables || !arguments) return FAILED_STATUS;
  arguments[0] = (char *)(uintptr_t)"node";
  arguments[1] = script;
  for (int i = 1; i < argc; i++) arguments[i + 1] = argv[i];
  execvpe(arguments[0], arguments, variables);
  fprintf(stderr, "sward: cannot start node: %s\n", strerror(errno));
  return errno == ENOENT ? NOT_FOUND_STATUS : FAILED_STATUS;
}
