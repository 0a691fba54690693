/* The open descriptors of another process: their numbers, and what each refers to (proc_pid_fd(5), proc_pid_fdinfo(5)).
 *
 * The kernel's list of descriptors costs 0.6 microseconds each, but two facts are had at once: how many there are
 * (st_size of /proc/PID/fd, Linux 6.2), and whether any is at or above a number (the list can begin anywhere). When the
 * `count` descriptors below some number are exactly as many as there are numbers, they are all open and need not be
 * listed. So the list is read from the top down, and only down to the lowest hole. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "observe.h"

enum { CHUNK = 4096, ENTRY_BYTES_MAX = 32 };
/* Where the list has the descriptor 0: behind "." and "..". */
enum { FIRST_POSITION = 2 };

/* Descriptors in [low, high) in ascending order; how many, or -errno. */
static int list_between(int directory, uint32_t low, uint32_t high, uint32_t *fds, int max) {
  static char entries[CHUNK * ENTRY_BYTES_MAX];
  /* struct linux_dirent64: 19 bytes, the name and its end, rounded up. */
  const uint32_t entry_bytes = high <= 10000 ? 24 : 32;
  int count = 0;
  uint32_t next = low;
  if (low > INT32_MAX) return 0;
  if (lseek(directory, (off_t)low + FIRST_POSITION, SEEK_SET) < 0) return -errno;
  for (;;) {
    /* No more than what is wanted: the kernel makes an inode for each entry. */
    size_t size = (size_t)(high - next < CHUNK ? high - next : CHUNK) * entry_bytes;
    long length = next < high ? syscall(SYS_getdents64, directory, entries, size) : 0;
    if (length <= 0) return length < 0 ? -errno : count;
    for (long at = 0; at < length;) {
      const struct dirent64 *entry = (const struct dirent64 *)(entries + at);
      at += entry->d_reclen;
      if (entry->d_name[0] == '.') continue;
      uint32_t fd = (uint32_t)strtoul(entry->d_name, NULL, 10);
      if (fd >= high || count == max) return count;
      fds[count++] = fd;
      next = fd + 1;
    }
  }
}

static int64_t count_open(int directory) {
  struct stat status;
  return fstat(directory, &status) < 0 ? 0 : status.st_size;
}

struct runs {
  uint8_t *at;
  const uint8_t *end;
  uint32_t next; /* the number behind the last run */
};

static void put_varint(struct runs *runs, uint32_t value) {
  for (; value >= 0x80; value >>= 7) *runs->at++ = (uint8_t)(value | 0x80);
  *runs->at++ = (uint8_t)value;
}

/* Appends the descriptors [from, to): how many numbers were left out before, and how many follow. 0 when it is full. */
static int put_run(struct runs *runs, uint32_t from, uint32_t to) {
  if (from >= to) return 1;
  if (runs->end - runs->at < 10) return 0;
  put_varint(runs, from - runs->next);
  put_varint(runs, to - from);
  runs->next = to;
  return 1;
}

/* What is known of a process's descriptors: [0, dense) are all open, and the listed ones, at the end of fds. */
struct known {
  uint32_t dense;
  int listed;
};

enum { FDS_MAX = 64 * 1024 };

/* Lists from the top down until counting proves the rest open. 0 when that does not work: too many, an older kernel,
 * or descriptors came and went meanwhile. */
static int list_down(int directory, uint32_t *fds, struct known *known) {
  static uint32_t chunk[FDS_MAX];
  int64_t count = count_open(directory);
  if (count <= 0 || count > UINT32_MAX / 2) return 0;
  uint32_t low = (uint32_t)count, high = UINT32_MAX - FIRST_POSITION;
  int listed = 0;
  for (;;) {
    int found = list_between(directory, low, high, chunk, FDS_MAX);
    if (found < 0 || listed + found >= FDS_MAX) return 0;
    listed += found;
    memcpy(fds + FDS_MAX - listed, chunk, (size_t)found * sizeof *fds);
    if (low == 0 || count - listed == low) break;
    high = low;
    low = low > CHUNK ? low - CHUNK : 0;
  }
  *known = (struct known){.dense = low, .listed = listed};
  return count - listed == low && count_open(directory) == count;
}

/* The open descriptors of a process from `start` on as runs of varints (gap, length). *next: where to go on, or
 * UINT32_MAX when these were the last. Returns the bytes or -errno; -ESRCH when the process is gone. */
SWARD_API int sward_descriptor_numbers(int pid, uint32_t start, uint8_t *bytes, int size, uint32_t *next) {
  static uint32_t fds[FDS_MAX];
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd", pid);
  AUTO_CLOSE int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return errno == ENOENT ? -ESRCH : -errno;
  struct runs runs = {.at = bytes, .end = bytes + size, .next = start};
  struct known known;
  *next = UINT32_MAX;
  if (list_down(directory, fds, &known)) {
    put_run(&runs, start, known.dense);
  } else {
    known.listed = list_between(directory, start, UINT32_MAX - FIRST_POSITION, fds, FDS_MAX);
    if (known.listed < 0) return known.listed;
    if (known.listed == FDS_MAX) *next = fds[FDS_MAX - 1] + 1;
    memmove(fds + FDS_MAX - known.listed, fds, (size_t)known.listed * sizeof *fds);
  }
  for (int at = FDS_MAX - known.listed; at < FDS_MAX;) {
    int end = at + 1;
    while (end < FDS_MAX && fds[end] == fds[end - 1] + 1) end++;
    uint32_t from = fds[at] > start ? fds[at] : start;
    if (!put_run(&runs, from, fds[end - 1] + 1)) {
      *next = from;
      break;
    }
    at = end;
  }
  return (int)(runs.at - bytes);
}

enum { DETAIL_BYTES_MAX = 4096 + 64 };

static void put(uint8_t **at, const void *value, size_t size) {
  memcpy(*at, value, size);
  *at += size;
}

static uint64_t field(const char *text, const char *name, int base) {
  const char *at = strstr(text, name);
  return at ? strtoull(at + strlen(name), NULL, base) : 0;
}

/* What one descriptor refers to: u16 length of all, u8 version, u8 0, u32 fd, u32 mode, u32 flags, u64 offset, u64
 * device, u64 inode, u32 mount, then the target as /proc shows it. 0 when it was closed meanwhile. */
static int put_detail(uint8_t **at, int pid, int directory, uint32_t fd) {
  char path[64], text[1024];
  uint8_t *from = *at;
  uint8_t head[4] = {0, 0, 1, 0};
  snprintf(path, sizeof path, "%u", fd);
  struct statx status;
  /* A file system that does not answer must not hold us. */
  if (statx(directory, path, AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MODE | STATX_INO, &status) < 0)
    memset(&status, 0, sizeof status);
  ssize_t target = readlinkat(directory, path, (char *)from + 48, 4095);
  if (target < 0) return 0;
  snprintf(path, sizeof path, "/proc/%d/fdinfo/%u", pid, fd);
  AUTO_CLOSE int info = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = info < 0 ? 0 : read(info, text, sizeof text - 1);
  text[length > 0 ? length : 0] = 0;
  uint32_t mode = status.stx_mode, flags = (uint32_t)field(text, "flags:", 8), mount = (uint32_t)field(text, "mnt_id:", 10);
  uint64_t offset = field(text, "pos:", 10), inode = status.stx_ino;
  uint64_t device = makedev(status.stx_dev_major, status.stx_dev_minor);
  put(at, head, sizeof head);
  put(at, &fd, 4);
  put(at, &mode, 4);
  put(at, &flags, 4);
  put(at, &offset, 8);
  put(at, &device, 8);
  put(at, &inode, 8);
  put(at, &mount, 4);
  static const uint8_t padding[4];
  put(at, padding, sizeof padding);
  *at += target;
  uint16_t all = (uint16_t)(*at - from);
  memcpy(from, &all, 2);
  return 1;
}

/* Details of the descriptors of a process from `start` on, until `size` bytes or `max` are full. *next as above. */
SWARD_API int sward_descriptor_details(int pid, uint32_t start, int max, uint8_t *bytes, int size, uint32_t *next) {
  static uint32_t fds[1024];
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd", pid);
  AUTO_CLOSE int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return errno == ENOENT ? -ESRCH : -errno;
  int wanted = max < 1024 ? max : 1024;
  int count = list_between(directory, start, UINT32_MAX - FIRST_POSITION, fds, wanted);
  if (count < 0) return count;
  uint8_t *at = bytes;
  for (int i = 0; i < count; i++) {
    if (bytes + size - at < DETAIL_BYTES_MAX) {
      *next = fds[i];
      return (int)(at - bytes);
    }
    put_detail(&at, pid, directory, fds[i]);
  }
  *next = count == wanted ? fds[count - 1] + 1 : UINT32_MAX;
  return (int)(at - bytes);
}
