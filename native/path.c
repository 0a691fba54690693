/* File operations that a member does for its workload (openat2(2) and the *at family). Every operation runs as the
 * identity that is selected (identity.c). Names are given as a buffer and an offset, so that the rest of a path needs no
 * copy; they end with a zero byte. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include "identity.h"
#include "memory.h"
#include "sward.h"

/* Runs one operation as the workload; its value is 0 or more, or -errno. */
#define AS_WORKLOAD(operation)                                \
  ({                                                          \
    sward_identity_enter();                                   \
    long as_result = (long)(operation);                       \
    long as_error = as_result < 0 ? -(long)errno : as_result; \
    sward_identity_leave();                                   \
    as_error;                                                 \
  })

/* "/proc/self/fd/N" stands for exactly what an O_PATH descriptor refers to, symbolic links included. */
struct self_path {
  char text[40];
};
static struct self_path self_path(int fd) {
  struct self_path path;
  snprintf(path.text, sizeof path.text, "/proc/self/fd/%d", fd);
  return path;
}

SWARD_API int sward_path_open(int dirfd, const char *names, int offset, uint32_t flags, uint32_t mode,
                              uint32_t resolve) {
  struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
  return (int)AS_WORKLOAD(syscall(SYS_openat2, dirfd, names + offset, &how, sizeof how));
}

/* Opens again what `fd` (O_PATH) refers to. */
SWARD_API int sward_path_reopen(int fd, uint32_t flags, uint32_t mode) {
  struct self_path path = self_path(fd);
  return (int)AS_WORKLOAD(open(path.text, (int)(flags | O_CLOEXEC), mode));
}

/* Opens a directory so that it can be passed on (ADDFD refuses O_PATH), with the member's own rights. */
SWARD_API int sward_directory_reopen(int fd) {
  int opened = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return opened < 0 ? -errno : opened;
}

/* Opens a path with the member's own rights, for /proc. */
SWARD_API int sward_own_open(const char *names, int offset, int flags) {
  int fd = open(names + offset, flags | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

/* 1 when a walk of the path meets a symbolic link (before any other obstacle), else 0. */
SWARD_API int sward_path_has_link(const char *names, int follow) {
  struct open_how how = {.flags = (uint64_t)(O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW)),
                         .resolve = RESOLVE_NO_SYMLINKS};
  AUTO_CLOSE int fd = (int)syscall(SYS_openat2, AT_FDCWD, names, &how, sizeof how);
  return fd < 0 && errno == ELOOP;
}

/* st_mode of a name as a hint, links followed; -errno. */
SWARD_API int sward_path_kind(int dirfd, const char *names, int offset, int follow) {
  struct stat status;
  long result = AS_WORKLOAD(fstatat(dirfd, names + offset, &status, follow ? 0 : AT_SYMLINK_NOFOLLOW));
  return result < 0 ? (int)result : (int)status.st_mode;
}

/* What the member decides by: mode, link count, then device, inode, size. */
struct facts {
  uint32_t mode;
  uint32_t links;
  uint64_t device;
  uint64_t inode;
  int64_t size;
};

SWARD_API int sward_descriptor_facts(int fd, struct facts *facts) {
  struct stat status;
  if (fstat(fd, &status) < 0) return -errno;
  *facts = (struct facts){.mode = status.st_mode,
                          .links = (uint32_t)status.st_nlink,
                          .device = status.st_dev,
                          .inode = status.st_ino,
                          .size = status.st_size};
  return 0;
}

/* The facts of what a path in /proc leads to, with the member's own rights. */
SWARD_API int sward_own_facts(const char *path, struct facts *facts) {
  AUTO_CLOSE int fd = open(path, O_PATH | O_CLOEXEC);
  return fd < 0 ? -errno : sward_descriptor_facts(fd, facts);
}

/* Link text with the member's own rights; its length. */
SWARD_API int sward_own_readlink(const char *path, char *text, int size) {
  ssize_t length = readlink(path, text, (size_t)size);
  return length < 0 ? -errno : (int)length;
}

/* Text of the symbolic link that `fd` (O_PATH|O_NOFOLLOW) refers to. */
SWARD_API int sward_link_text(int fd, char *text, int size) {
  return (int)AS_WORKLOAD(readlinkat(fd, "", text, (size_t)size));
}

/* stat(2) of what `fd` refers to, into the thread's memory. */
SWARD_API int sward_object_stat(int fd, int tid, uint64_t address) {
  struct stat status;
  if (fstat(fd, &status) < 0) return -errno;
  return sward_memory_write(tid, address, &status, 0, sizeof status);
}

/* stat(2) of a name in a mount in one call. A single name needs no walk, unless it is a link to be followed. */
SWARD_API int sward_path_stat(int dirfd, const char *names, int offset, uint32_t flags, uint32_t resolve, int tid,
                              uint64_t address) {
  const char *name = names + offset;
  if (!strchr(name, '/') && strcmp(name, "..") != 0) {
    struct stat status;
    long result = AS_WORKLOAD(fstatat(dirfd, name, &status, AT_SYMLINK_NOFOLLOW));
    if (result < 0) return (int)result;
    if (!S_ISLNK(status.st_mode) || flags & O_NOFOLLOW)
      return sward_memory_write(tid, address, &status, 0, sizeof status);
  }
  AUTO_CLOSE int fd = sward_path_open(dirfd, names, offset, flags, 0, resolve);
  return fd < 0 ? fd : sward_object_stat(fd, tid, address);
}

SWARD_API int sward_object_statx(int fd, int flags, uint32_t mask, int tid, uint64_t address) {
  struct statx status;
  if (syscall(SYS_statx, fd, "", flags | AT_EMPTY_PATH, mask, &status) < 0) return -errno;
  return sward_memory_write(tid, address, &status, 0, sizeof status);
}

SWARD_API int sward_object_statfs(int fd, int tid, uint64_t address) {
  struct statfs status;
  if (fstatfs(fd, &status) < 0) return -errno;
  return sward_memory_write(tid, address, &status, 0, sizeof status);
}

/* faccessat2(2) with the selected identity's file system ids. */
SWARD_API int sward_object_access(int fd, int mode) {
  return (int)AS_WORKLOAD(syscall(SYS_faccessat2, fd, "", mode, AT_EMPTY_PATH | AT_EACCESS));
}

SWARD_API int sward_object_chmod(int fd, uint32_t mode) {
  struct self_path path = self_path(fd);
  return (int)AS_WORKLOAD(chmod(path.text, mode));
}

SWARD_API int sward_object_chown(int fd, uint32_t uid, uint32_t gid) {
  return (int)AS_WORKLOAD(fchownat(fd, "", uid, gid, AT_EMPTY_PATH));
}

/* `times`: two struct timespec (tv_nsec may be UTIME_NOW or UTIME_OMIT), NULL for now. */
SWARD_API int sward_object_times(int fd, const struct timespec *times) {
  struct self_path path = self_path(fd);
  return (int)AS_WORKLOAD(utimensat(AT_FDCWD, path.text, times, 0));
}

/* setrlimit(2), RLIMIT_FSIZE of a thread: 1 when the length is beyond it. */
SWARD_API int sward_exceeds_size_limit(int tid, int64_t length) {
  struct rlimit limit;
  return prlimit(tid, RLIMIT_FSIZE, NULL, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
         (uint64_t)length > limit.rlim_cur;
}

SWARD_API int sward_object_truncate(int fd, int64_t length) {
  struct self_path path = self_path(fd);
  return (int)AS_WORKLOAD(truncate(path.text, length));
}

SWARD_API int sward_object_set_attribute(int fd, const char *name, const void *value, int64_t size, int flags) {
  struct self_path path = self_path(fd);
  return (int)AS_WORKLOAD(setxattr(path.text, name, value, (size_t)size, flags));
}

SWARD_API int sward_object_get_attribute(int fd, const char *name, void *value, int64_t size) {
  struct self_path path = self_path(fd);
  return (int)AS_WORKLOAD(getxattr(path.text, name, value, (size_t)size));
}

SWARD_API int sward_object_list_attributes(int fd, void *names, int64_t size) {
  struct self_path path = self_path(fd);
  return (int)AS_WORKLOAD(listxattr(path.text, names, (size_t)size));
}

SWARD_API int sward_object_remove_attribute(int fd, const char *name) {
  struct self_path path = self_path(fd);
  return (int)AS_WORKLOAD(removexattr(path.text, name));
}

SWARD_API int sward_object_watch(int fd, int inotify, uint32_t mask) {
  struct self_path path = self_path(fd);
  return (int)AS_WORKLOAD(inotify_add_watch(inotify, path.text, mask));
}

/* name_to_handle_at(2): `handle` is a struct file_handle with room for handle_bytes. */
SWARD_API int sward_object_handle(int fd, void *handle, int32_t *mount_id, int flags) {
  return (int)AS_WORKLOAD(name_to_handle_at(fd, "", handle, mount_id, flags | AT_EMPTY_PATH));
}

SWARD_API int sward_entry_mkdir(int dirfd, const char *names, int offset, uint32_t mode) {
  return (int)AS_WORKLOAD(mkdirat(dirfd, names + offset, mode));
}

SWARD_API int sward_entry_mknod(int dirfd, const char *names, int offset, uint32_t mode, uint32_t device) {
  return (int)AS_WORKLOAD(syscall(SYS_mknodat, dirfd, names + offset, mode, device));
}

SWARD_API int sward_entry_unlink(int dirfd, const char *names, int offset, int flags) {
  return (int)AS_WORKLOAD(unlinkat(dirfd, names + offset, flags));
}

SWARD_API int sward_entry_symlink(const char *target, int dirfd, const char *names, int offset) {
  return (int)AS_WORKLOAD(symlinkat(target, dirfd, names + offset));
}

SWARD_API int sward_entry_rename(int from, const char *from_name, int from_offset, int to, const char *to_name,
                                 int to_offset, uint32_t flags) {
  return (int)AS_WORKLOAD(
      syscall(SYS_renameat2, from, from_name + from_offset, to, to_name + to_offset, flags));
}

/* Links what `fd` (O_PATH) refers to. */
SWARD_API int sward_entry_link(int fd, int dirfd, const char *names, int offset) {
  struct self_path path = self_path(fd);
  return (int)AS_WORKLOAD(linkat(AT_FDCWD, path.text, dirfd, names + offset, AT_SYMLINK_FOLLOW));
}

/* Binds a socket to a name in a directory (unix(7)). The working directory is ours for a moment: a path to the
 * directory would not fit, and would be what getsockname(2) tells. */
SWARD_API int sward_entry_bind(int dirfd, const char *names, int offset, int socket) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(names + offset);
  if (length > sizeof address.sun_path) return -ENAMETOOLONG;
  memcpy(address.sun_path, names + offset, length);
  /* unix(7): "it is possible that [...] sun_path is not null-terminated". */
  size_t bytes = offsetof(struct sockaddr_un, sun_path) + length + (length < sizeof address.sun_path);
  AUTO_CLOSE int before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (before < 0 || fchdir(dirfd) < 0) return -errno;
  long result = AS_WORKLOAD(bind(socket, (struct sockaddr *)&address, (socklen_t)bytes));
  return fchdir(before) < 0 && result == 0 ? -errno : (int)result;
}

/* getdents64(2), or the older getdents(2), on the member's duplicate of a directory descriptor: they share their
 * position. */
SWARD_API int sward_directory_read(int fd, void *entries, int offset, int size, int old) {
#ifdef SYS_getdents
  long call = old ? SYS_getdents : SYS_getdents64;
#else
  long call = SYS_getdents64;
  (void)old;
#endif
  long count = syscall(call, fd, (char *)entries + offset, size);
  return count < 0 ? -errno : (int)count;
}

SWARD_API int64_t sward_descriptor_position(int fd) {
  off_t position = lseek(fd, 0, SEEK_CUR);
  return position < 0 ? -errno : position;
}

SWARD_API int sward_descriptor_flags(int fd) {
  int flags = fcntl(fd, F_GETFL);
  return flags < 0 ? -errno : flags;
}

SWARD_API int sward_descriptor_set_flags(int fd, int flags) { return fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0; }
