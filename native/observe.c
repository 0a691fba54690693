/* Facts about many processes in one call: who is below whom, and packed records of what was asked for.
 *
 * The groups of a record and its layout are mirrored by src/shared/process-records.ts. Reading one small file of /proc
 * costs 6 to 12 microseconds, PIDFD_GET_INFO (Linux 6.13) with its pidfd 5, a process named in its parent's `children`
 * file 0.1: so that file explains most processes, and only the others are asked one by one. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "observe.h"

/* Kept for good: names relative to it are found faster than absolute ones. */
static int proc_directory(void) {
  static int directory = -1;
  if (directory < 0) directory = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return directory < 0 ? -errno : directory;
}

ssize_t observe_read(const struct observed *process, const char *name, char *buffer, size_t size) {
  char path[64];
  int directory = proc_directory();
  if (directory < 0) return directory;
  observe_path(process, name, path);
  AUTO_CLOSE int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? -ESRCH : -errno;
  ssize_t length = read(fd, buffer, size - 1);
  if (length < 0) return -errno;
  buffer[length] = 0;
  return length;
}

int observe_info(const struct observed *process, struct pidfd_facts *facts) {
  static _Atomic int unknown;
  if (unknown) return -ENOSYS;
  AUTO_CLOSE int fd = (int)syscall(SYS_pidfd_open, process->pid, process->tgid ? PIDFD_THREAD : 0);
  /* Too many open, or no PIDFD_THREAD: there is another way. */
  if (fd < 0) return errno == ESRCH ? -ESRCH : -ENOSYS;
  memset(facts, 0, sizeof *facts);
  facts->mask = PIDFD_FACTS_PID | PIDFD_FACTS_CREDS;
  if (ioctl(fd, PIDFD_FACTS, facts) == 0 && (facts->mask & PIDFD_FACTS_CREDS)) return 0;
  if (errno == ESRCH) return -ESRCH;
  unknown = 1;
  return -ENOSYS;
}

/* The parent of a process, 0 when it has none that is visible here, or -errno. */
SWARD_API int sward_observe_parent(int pid) {
  struct observed process = {.pid = pid};
  struct pidfd_facts facts;
  int result = observe_info(&process, &facts);
  if (result == 0) return (int)facts.ppid;
  if (result != -ENOSYS) return result;
  char text[1024];
  ssize_t length = observe_read(&process, "stat", text, sizeof text);
  if (length < 0) return (int)length;
  const char *after_name = strrchr(text, ')');
  return after_name ? atoi(after_name + 4) : -ESRCH;
}

/* Calls back with each number that names an entry of the directory. */
static int each_number(int directory, const char *path, int (*take)(int number, void *context), void *context) {
  static char entries[256 * 1024];
  AUTO_CLOSE int fd = openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? -ESRCH : -errno;
  for (;;) {
    long length = syscall(SYS_getdents64, fd, entries, sizeof entries);
    if (length <= 0) return length < 0 ? -errno : 0;
    for (long at = 0; at < length;) {
      const struct dirent64 *entry = (const struct dirent64 *)(entries + at);
      at += entry->d_reclen;
      if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
      int result = take(atoi(entry->d_name), context);
      if (result < 0) return result;
    }
  }
}

struct node {
  int pid;
  int parent; /* UNKNOWN until something told it */
  uint8_t asked; /* children whose parent was found by asking them */
  uint8_t place;
};
enum { UNKNOWN = -1 };
enum { PLACE_UNKNOWN, PLACE_INSIDE, PLACE_OUTSIDE };

struct forest {
  struct node *nodes;
  int count, room;
};

static int add_node(int pid, void *context) {
  struct forest *forest = context;
  if (forest->count == forest->room) {
    int room = forest->room ? 2 * forest->room : 1024;
    struct node *nodes = realloc(forest->nodes, (size_t)room * sizeof *nodes);
    if (!nodes) return -ENOMEM;
    forest->nodes = nodes;
    forest->room = room;
  }
  forest->nodes[forest->count++] = (struct node){.pid = pid, .parent = UNKNOWN};
  return 0;
}

/* /proc lists processes by number. */
static struct node *find_node(const struct forest *forest, int pid) {
  int low = 0, high = forest->count;
  while (low < high) {
    int middle = (low + high) / 2;
    if (forest->nodes[middle].pid < pid) low = middle + 1;
    else high = middle;
  }
  return low < forest->count && forest->nodes[low].pid == pid ? &forest->nodes[low] : NULL;
}

/* Tells the children of the first thread of a process their parent. The file may leave some out while others end:
 * those are asked. */
static void explain_children(const struct forest *forest, int pid) {
  char path[64], text[4096 + 1];
  struct observed process = {.pid = pid, .tgid = pid};
  observe_path(&process, "children", path);
  AUTO_CLOSE int fd = openat(proc_directory(), path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  int child = 0;
  for (ssize_t length; (length = read(fd, text, sizeof text - 1)) > 0;) {
    for (ssize_t at = 0; at < length; at++) {
      if (text[at] >= '0' && text[at] <= '9') {
        child = child * 10 + (text[at] - '0');
        continue;
      }
      struct node *node = find_node(forest, child);
      if (node && node->parent == UNKNOWN) node->parent = pid;
      child = 0;
    }
  }
}

static void explain(const struct forest *forest) {
  for (int i = 0; i < forest->count; i++) {
    struct node *node = &forest->nodes[i];
    if (node->parent != UNKNOWN) continue;
    int parent = sward_observe_parent(node->pid);
    node->parent = parent < 0 ? 0 : parent;
    struct node *above = parent > 0 ? find_node(forest, parent) : NULL;
    if (above && above->asked < 2 && ++above->asked == 2) explain_children(forest, parent);
  }
}

/* Whether a process is in the tree of a root; remembers it for all between them. */
static int place_of(const struct forest *forest, struct node *node) {
  struct node *at = node;
  int depth = 0;
  while (at && at->place == PLACE_UNKNOWN && ++depth <= forest->count)
    at = at->parent > 0 ? find_node(forest, at->parent) : NULL;
  uint8_t place = at && at->place == PLACE_INSIDE ? PLACE_INSIDE : PLACE_OUTSIDE;
  for (struct node *each = node; each && each->place == PLACE_UNKNOWN;
       each = each->parent > 0 ? find_node(forest, each->parent) : NULL)
    each->place = place;
  return place;
}

/* The roots and all processes below them as (pid, parent), by pid. Returns how many; there may be more than `max`. */
SWARD_API int sward_observe_tree(const int *roots, int root_count, int *pairs, int max) {
  struct forest forest = {0};
  int directory = proc_directory();
  int result = directory < 0 ? directory : each_number(directory, ".", add_node, &forest);
  if (result == 0) {
    explain(&forest);
    for (int i = 0; i < root_count; i++) {
      struct node *root = find_node(&forest, roots[i]);
      if (root) root->place = PLACE_INSIDE;
    }
    for (int i = 0; i < forest.count; i++) {
      struct node *node = &forest.nodes[i];
      if (place_of(&forest, node) != PLACE_INSIDE) continue;
      if (result < max) {
        pairs[2 * result] = node->pid;
        pairs[2 * result + 1] = node->parent;
      }
      result++;
    }
  }
  free(forest.nodes);
  return result;
}

struct numbers {
  int *pairs, count, max, second;
};

static int add_number(int number, void *context) {
  struct numbers *numbers = context;
  if (numbers->count < numbers->max) {
    numbers->pairs[2 * numbers->count] = number;
    numbers->pairs[2 * numbers->count + 1] = numbers->second;
  }
  numbers->count++;
  return 0;
}

/* The threads of a process as (tid, parent of the process). Returns how many; there may be more than `max`. */
SWARD_API int sward_observe_threads(int pid, int *pairs, int max) {
  char path[64];
  struct observed process = {.pid = pid};
  int directory = proc_directory(), parent = sward_observe_parent(pid);
  if (directory < 0 || parent < 0) return directory < 0 ? directory : parent;
  observe_path(&process, "task", path);
  struct numbers numbers = {.pairs = pairs, .max = max, .second = parent};
  int result = each_number(directory, path, add_number, &numbers);
  return result < 0 ? result : numbers.count;
}

/* 1 when all user ids of the process are this one; 0 when not, or it is gone. */
SWARD_API int sward_observe_owned(int pid, uint32_t uid) {
  struct observed process = {.pid = pid};
  struct pidfd_facts facts;
  int result = observe_creds(&process, &facts);
  return result == 0 && facts.ruid == uid && facts.euid == uid && facts.suid == uid && facts.fsuid == uid;
}

/* Milliseconds since the machine started. */
SWARD_API double sward_observe_uptime(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}
