/* The open descriptors of another process: their numbers, and what each refers to (proc_pid_fd(5), proc_pid_fdinfo(5)).
 *
 * The kernel's list of descriptors costs 0.6 microseconds each, but two facts are had at once: how many there are
 * (st_size of /proc/PID/fd, Linux 6.2), and whether any is at or above a number (the list can begin anywhere). When the
 * `count` descriptors below some number are exactly as many as there are numbers, they are all open and need not be
 * listed. So the list is read from the top down, and only down to the lowest hole. Where that is far down, all are
 * listed, in pages, by two threads. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "observe.h"

/* Descriptors asked for in one call, told in one reply, and listed in the hope that the rest need not be. */
enum { CHUNK = 4096, FDS_MAX = 4 * CHUNK, HOPED_MAX = 1024, ENTRY_BYTES_MAX = 32 };
/* Where the list has the descriptor 0: behind "." and "..". */
enum { FIRST_POSITION = 2 };
/* One more than the highest number that can be asked for. */
static const uint32_t NO_MORE = UINT32_MAX - FIRST_POSITION;

/* A range of numbers, and those of them that were found open, ascending. */
struct part {
  uint32_t low, high;
  int room;
  int found; /* or -errno */
  int directory; /* open for this part alone: it has a position */
  uint32_t fds[FDS_MAX];
  char entries[CHUNK * ENTRY_BYTES_MAX];
};

/* Lists the descriptors in [low, high) of a part, at most `room`. */
static void list_part(void *argument) {
  struct part *part = argument;
  /* struct linux_dirent64: 19 bytes, the name and its end, rounded up. */
  const uint32_t entry_bytes = part->high <= 10000 ? 24 : 32;
  uint32_t next = part->low;
  part->found = 0;
  if (next > INT32_MAX) return;
  if (lseek(part->directory, (off_t)next + FIRST_POSITION, SEEK_SET) < 0) {
    part->found = -errno;
    return;
  }
  while (next < part->high) {
    /* No more than what is wanted: the kernel makes an inode for each entry. */
    uint32_t wanted = (uint32_t)(part->room - part->found) + 1;
    if (wanted > part->high - next) wanted = part->high - next;
    if (wanted > CHUNK) wanted = CHUNK;
    long length = syscall(SYS_getdents64, part->directory, part->entries, (size_t)wanted * entry_bytes);
    if (length < 0) part->found = -errno;
    if (length <= 0) return;
    for (long at = 0; at < length;) {
      const struct dirent64 *entry = (const struct dirent64 *)(part->entries + at);
      at += entry->d_reclen;
      if (entry->d_name[0] == '.') continue;
      uint32_t fd = (uint32_t)strtoul(entry->d_name, NULL, 10);
      if (fd >= part->high || part->found == part->room) return;
      part->fds[part->found++] = fd;
      next = fd + 1;
    }
  }
}

/* Both halves of a range, listed at the same time where two CPUs are. */
static struct part parts[2];

/* Lists the descriptors in [low, high), at most `room` in each half. Returns how many, or -errno. */
static int list_between(uint32_t low, uint32_t high, int room) {
  uint32_t middle = high != NO_MORE && high - low > CHUNK / 2 ? low + (high - low) / 2 : high;
  parts[0].low = low;
  parts[0].high = parts[1].low = middle;
  parts[1].high = high;
  parts[0].room = parts[1].room = room;
  parts[1].found = 0;
  int helped = middle < high && observe_second(list_part, &parts[1]);
  list_part(&parts[0]);
  if (helped) observe_second_join();
  else if (middle < high) list_part(&parts[1]);
  if (parts[0].found < 0) return parts[0].found;
  return parts[1].found < 0 ? parts[1].found : parts[0].found + parts[1].found;
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

/* The descriptors [0, dense), and the listed ones, ascending. */
static struct {
  uint32_t dense;
  int listed;
  uint32_t fds[FDS_MAX];
} known;

/* The descriptors of a part, which are below all known ones. */
static void put_before(const struct part *part) {
  memmove(known.fds + part->found, known.fds, (size_t)known.listed * sizeof *known.fds);
  memcpy(known.fds, part->fds, (size_t)part->found * sizeof *known.fds);
  known.listed += part->found;
}

/* The descriptors of a part, which are above all known ones, as far as there is room. */
static void put_behind(const struct part *part) {
  int taken = part->found < FDS_MAX - known.listed ? part->found : FDS_MAX - known.listed;
  memcpy(known.fds + known.listed, part->fds, (size_t)taken * sizeof *known.fds);
  known.listed += taken;
}

/* Lists from the top down until counting proves the rest open. 0 when that does not work: too many to list, an older
 * kernel, or descriptors came and went meanwhile. */
static int list_down(void) {
  int64_t count = count_open(parts[0].directory);
  if (count <= 0 || count > UINT32_MAX / 2) return 0;
  uint32_t low = (uint32_t)count, high = NO_MORE;
  known.listed = 0;
  for (uint32_t window = HOPED_MAX;; window *= 2) {
    int found = list_between(low, high, HOPED_MAX);
    if (found < 0 || known.listed + found >= HOPED_MAX) return 0;
    put_before(&parts[1]);
    put_before(&parts[0]);
    if (low == 0 || count - known.listed == low) break;
    high = low;
    low = low > window ? low - window : 0;
  }
  known.dense = low;
  return count - known.listed == low && count_open(parts[0].directory) == count;
}

/* Lists from `start` up, as far as there is room. Returns where to go on, or UINT32_MAX, or -errno. */
static int64_t list_up(uint32_t start) {
  known.dense = 0;
  known.listed = 0;
  uint32_t low = start;
  for (uint32_t window = FDS_MAX;;) {
    uint32_t high = low < NO_MORE && NO_MORE - low > window ? low + window : NO_MORE;
    int found = list_between(low, high, FDS_MAX);
    if (found < 0) return found;
    put_behind(&parts[0]);
    put_behind(&parts[1]);
    if (known.listed == FDS_MAX) return (int64_t)known.fds[FDS_MAX - 1] + 1;
    if (high == NO_MORE) return UINT32_MAX;
    low = high;
    /* A table that is nearly empty is passed over faster. */
    window = found > 0 ? FDS_MAX : window < UINT32_MAX / 16 ? 16 * window : window;
  }
}

static int open_descriptors(int pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd", pid);
  int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return directory >= 0 ? directory : errno == ENOENT ? -ESRCH : -errno;
}

/* The open descriptors of a process from `start` on as runs of varints (gap, length). *next: where to go on, or
 * UINT32_MAX when these were the last. Returns the bytes or -errno; -ESRCH when the process is gone. */
SWARD_API int sward_descriptor_numbers(int pid, uint32_t start, uint8_t *bytes, int size, uint32_t *next) {
  AUTO_CLOSE int first = open_descriptors(pid);
  if (first < 0) return first;
  AUTO_CLOSE int second = open_descriptors(pid);
  if (second < 0) return second;
  parts[0].directory = first;
  parts[1].directory = second;
  *next = UINT32_MAX;
  /* A later page: hoping failed before. */
  if (start >= FDS_MAX || !list_down()) {
    int64_t behind = list_up(start);
    if (behind < 0) return (int)behind;
    *next = (uint32_t)behind;
  }
  struct runs runs = {.at = bytes, .end = bytes + size, .next = start};
  put_run(&runs, start, known.dense);
  for (int at = 0; at < known.listed;) {
    int end = at + 1;
    while (end < known.listed && known.fds[end] == known.fds[end - 1] + 1) end++;
    uint32_t from = known.fds[at] > start ? known.fds[at] : start;
    if (!put_run(&runs, from, known.fds[end - 1] + 1)) {
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
  AUTO_CLOSE int directory = open_descriptors(pid);
  if (directory < 0) return directory;
  parts[0].directory = directory;
  int wanted = max < FDS_MAX ? max : FDS_MAX;
  int count = list_between(start, NO_MORE, wanted);
  if (count < 0) return count;
  const uint32_t *fds = parts[0].fds;
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
