/* A file system in memory that is mounted nowhere (fsopen(2), fsmount(2)): only descriptors lead into it, and it is gone
 * with the last of them. Needs CAP_SYS_ADMIN. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include "sward.h"

static int configure(int context, uint64_t bytes) {
  char size[24];
  snprintf(size, sizeof size, "%llu", (unsigned long long)bytes);
  if (bytes > 0 && fsconfig(context, FSCONFIG_SET_STRING, "size", size, 0) < 0) return -errno;
  /* tmpfs(5): the root of a fresh tmpfs is for all, as /tmp is. */
  if (fsconfig(context, FSCONFIG_SET_STRING, "mode", "1777", 0) < 0) return -errno;
  return fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ? -errno : 0;
}

/* Makes a tmpfs that holds at most so many bytes (0: the kernel's default); its root, open as a directory. */
SWARD_API int sward_tmpfs_open(uint64_t bytes) {
  AUTO_CLOSE int context = fsopen("tmpfs", FSOPEN_CLOEXEC);
  if (context < 0) return -errno;
  int result = configure(context, bytes);
  if (result < 0) return result;
  AUTO_CLOSE int mounted = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  if (mounted < 0) return -errno;
  /* fsmount gives an O_PATH descriptor, which ADDFD and getdents would refuse. */
  int root = openat(mounted, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return root < 0 ? -errno : root;
}

enum { IN_MEMORY = 1, NOT_EXECUTABLE = 2 };

/* What the file system at a path is: IN_MEMORY, NOT_EXECUTABLE (mounted noexec). */
SWARD_API int sward_mount_traits(const char *path) {
  struct statfs info;
  if (statfs(path, &info) < 0) return -errno;
  int memory = info.f_type == TMPFS_MAGIC || info.f_type == RAMFS_MAGIC;
  /* The same bit as in struct statvfs, which lacks the type. */
  return (memory ? IN_MEMORY : 0) | (info.f_flags & MS_NOEXEC ? NOT_EXECUTABLE : 0);
}
