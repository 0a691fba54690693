/* The identity of a workload's thread (credentials(7), capabilities(7), umask(2)), taken on for single operations.
 *
 * The calls are made raw: they then change the calling thread alone. umask(2) is shared by the threads of a process; no
 * other thread of a member creates files. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "identity.h"
#include "sward.h"

enum { GROUPS_MAX = 1000, STATUS_BYTES = 1 << 16 };

/* What callers keep of a thread. */
struct identity {
  uint64_t capabilities;
  uid_t uid;
  gid_t gid;
  mode_t mask;
  int group_count;
  gid_t groups[GROUPS_MAX];
};

static struct identity own;
static const struct identity *selected;
static struct __user_cap_data_struct own_capabilities[2];
static int known, mask_differs, ids_differ;

static uint64_t number_after(const char *text, const char *name, int base) {
  const char *at = strstr(text, name);
  return at ? strtoull(at + strlen(name), NULL, base) : 0;
}

/* Fields of "Uid:" and "Gid:": real, effective, saved, file system. */
static uint32_t field_after(const char *text, const char *name, int field) {
  const char *at = strstr(text, name);
  if (!at) return 0;
  char *end = (char *)(uintptr_t)at + strlen(name);
  unsigned long value = 0;
  for (int i = 0; i <= field; i++) value = strtoul(end, &end, 10);
  return (uint32_t)value;
}

static int parse(const char *text, struct identity *identity, int real) {
  int field = real ? 0 : 3;
  identity->uid = field_after(text, "\nUid:", field);
  identity->gid = field_after(text, "\nGid:", field);
  identity->mask = (mode_t)number_after(text, "\nUmask:", 8);
  identity->capabilities = number_after(text, "\nCapEff:", 16);
  identity->group_count = 0;
  const char *at = strstr(text, "\nGroups:");
  if (!at) return -EIO;
  at += 8;
  for (;;) {
    char *end;
    while (*at == ' ' || *at == '\t') at++;
    if (*at < '0' || *at > '9') break;
    if (identity->group_count == GROUPS_MAX) return -E2BIG;
    identity->groups[identity->group_count++] = (gid_t)strtoul(at, &end, 10);
    at = end;
  }
  return 0;
}

static char *read_status(int tid) {
  static char text[STATUS_BYTES];
  char path[64];
  snprintf(path, sizeof path, tid > 0 ? "/proc/%d/status" : "/proc/self/status", tid);
  AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (length <= 0) return NULL;
  text[length] = 0;
  return text;
}

/* A workload in a user namespace of its own has capabilities there that mean nothing to our files. */
static int same_user_namespace(int tid) {
  char path[64];
  struct stat theirs, ours;
  snprintf(path, sizeof path, "/proc/%d/ns/user", tid);
  return stat(path, &theirs) == 0 && stat("/proc/self/ns/user", &ours) == 0 && theirs.st_ino == ours.st_ino;
}

static int learn_own(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  char *text = read_status(0);
  if (!text || parse(text, &own, 0) < 0) return -EIO;
  if (syscall(SYS_capget, &header, own_capabilities) < 0) return -errno;
  known = 1;
  return 0;
}

SWARD_API int sward_identity_size(void) { return (int)sizeof(struct identity); }

/* The rights that file operations of thread `tid` have: its file system ids, groups, capabilities and umask; for
 * access(2) (`real`) its real ids. 0; -ESRCH when it is gone; -E2BIG with more than GROUPS_MAX groups. */
SWARD_API int sward_identity_read(int tid, int real, struct identity *identity) {
  if (!known && learn_own() < 0) return -EIO;
  char *text = read_status(tid);
  if (!text) return -ESRCH;
  int error = parse(text, identity, real);
  if (error) return error;
  if (real) {
    /* access(2): capabilities count only for a real user id of 0. */
    identity->capabilities = identity->uid == 0 ? number_after(text, "\nCapPrm:", 16) : 0;
  }
  if (!same_user_namespace(tid)) identity->capabilities = 0;
  identity->capabilities &= own_capabilities[0].permitted | (uint64_t)own_capabilities[1].permitted << 32;
  return 0;
}

/* Operations run with these rights from now on; NULL: with the member's own. The memory stays the caller's. */
SWARD_API void sward_identity_use(const struct identity *identity) {
  selected = NULL;
  if (!identity) return;
  mask_differs = identity->mask != own.mask;
  ids_differ = identity->uid != own.uid || identity->gid != own.gid || identity->capabilities != own.capabilities ||
               identity->group_count != own.group_count ||
               memcmp(identity->groups, own.groups, (size_t)own.group_count * sizeof(gid_t)) != 0;
  if (mask_differs || ids_differ) selected = identity;
}

static void set_effective(uint32_t low, uint32_t high) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  memcpy(data, own_capabilities, sizeof data);
  data[0].effective = low;
  data[1].effective = high;
  syscall(SYS_capset, &header, data);
}

void sward_identity_enter(void) {
  if (!selected) return;
  if (mask_differs) umask(selected->mask);
  if (!ids_differ) return;
  syscall(SYS_setgroups, selected->group_count, selected->groups);
  syscall(SYS_setfsgid, selected->gid);
  syscall(SYS_setfsuid, selected->uid);
  set_effective((uint32_t)selected->capabilities, (uint32_t)(selected->capabilities >> 32));
}

void sward_identity_leave(void) {
  if (!selected) return;
  int error = errno;
  if (mask_differs) umask(own.mask);
  if (ids_differ) {
    set_effective(own_capabilities[0].permitted, own_capabilities[1].permitted);
    syscall(SYS_setfsuid, own.uid);
    syscall(SYS_setfsgid, own.gid);
    syscall(SYS_setgroups, own.group_count, own.groups);
    set_effective(own_capabilities[0].effective, own_capabilities[1].effective);
  }
  errno = error;
}
