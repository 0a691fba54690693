/* Directory trees of our own: kept by a lock while their maker lives, removed with all that is in them. Others may
 * change a tree while it is removed: no symbolic link is followed, and memory and descriptors stay few at any depth. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "sward.h"

/* Others may go on creating while we remove: not for ever. */
enum { ROUNDS_MAX = 1000 };
#define NAME_FORMAT ".%llu"

/* Takes the lock of a directory: -EAGAIN while another open file description has it. */
SWARD_API int sward_tree_lock(int fd) { return flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0; }

/* Opens a directory, never through a symbolic link; one that its owner may not read is made readable. */
static int open_directory(int parent, const char *name) {
  int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  AUTO_CLOSE int seen = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (seen < 0) return -errno;
  struct stat info;
  if (fstat(seen, &info) < 0) return -errno;
  if ((info.st_mode & S_IRWXU) != S_IRWXU) {
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", seen);
    chmod(path, S_IRWXU);
  }
  int fd = openat(seen, ".", flags);
  return fd < 0 ? -errno : fd;
}

/* Moves a directory that is not empty to `top`, where its turn comes: "." and a number is its name there. */
static int move_up(int directory, const char *name, int top, uint64_t *moved) {
  /* rename(2): moving a directory to another one needs the right to write to it. */
  AUTO_CLOSE int own = open_directory(directory, name);
  if (own < 0) return own;
  char fresh[32];
  do {
    snprintf(fresh, sizeof fresh, NAME_FORMAT, (unsigned long long)++*moved);
    if (renameat2(directory, name, top, fresh, RENAME_NOREPLACE) == 0) return 0;
  } while (errno == EEXIST);
  return -errno;
}

/* Removes all that a directory contains but directories that are not empty: those are moved to `top`. */
static int empty(int directory, int top, uint64_t *moved) {
  int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return -errno;
  DIR *stream = fdopendir(copy);
  if (!stream) {
    close(copy);
    return -ENOMEM;
  }
  int result = 0;
  for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
    const char *name = entry->d_name;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
    if (unlinkat(directory, name, 0) == 0 || errno == ENOENT) continue;
    int refused = -errno;
    if (unlinkat(directory, name, AT_REMOVEDIR) == 0 || errno == ENOENT) continue;
    if (errno == ENOTEMPTY) refused = move_up(directory, name, top, moved);
    if (refused < 0 && refused != -ENOENT) result = refused;
  }
  closedir(stream);
  return result;
}

/* One round: empties `top`, then what moved up meanwhile, which may move up more. */
static int empty_tree(int top) {
  uint64_t moved = 0;
  int result = empty(top, top, &moved);
  for (uint64_t number = 1; number <= moved; number++) {
    char name[32];
    snprintf(name, sizeof name, NAME_FORMAT, (unsigned long long)number);
    AUTO_CLOSE int directory = open_directory(top, name);
    if (directory < 0) continue;
    int emptied = empty(directory, top, &moved);
    if (emptied < 0) result = emptied;
    unlinkat(top, name, AT_REMOVEDIR);
  }
  return result;
}

/* Removes the directory `name` of `parent` with all that is in it. */
SWARD_API int sward_tree_remove(int parent, const char *name) {
  int result = -EBUSY;
  for (int round = 0; round < ROUNDS_MAX; round++) {
    if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT) return 0;
    if (errno != ENOTEMPTY) return -errno;
    AUTO_CLOSE int top = open_directory(parent, name);
    if (top < 0) return top;
    int before = result;
    result = empty_tree(top);
    /* The same refusal twice: it will not go away. */
    if (result < 0 && result == before) return result;
  }
  return -EBUSY;
}
