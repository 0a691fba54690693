/* Packs records of processes: a header, then the groups that were asked for, each with its own length.
 *
 * Everything is little-endian. A record: u16 length of all of it, u8 version, u8 length of this header, u32 pid,
 * u32 parent. A group: u8 number, u8 version, u16 length of what follows; length 0: it could not be read. Readers skip
 * groups that they do not know and bytes behind those that they know (src/shared/process-records.ts). */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "observe.h"

enum { GROUP_BASE, GROUP_CRED, GROUP_USAGE, GROUP_CMD, GROUP_IO, GROUP_LOCKS };
enum { COMMAND_BYTES_MAX = 4096, LOCKS_BYTES = 16 };

struct out {
  uint8_t *at;
};

static void put(struct out *out, const void *value, size_t size) {
  memcpy(out->at, value, size);
  out->at += size;
}
static void put8(struct out *out, uint8_t value) { put(out, &value, 1); }
static void put16(struct out *out, uint16_t value) { put(out, &value, 2); }
static void put32(struct out *out, uint32_t value) { put(out, &value, 4); }
static void put64(struct out *out, uint64_t value) { put(out, &value, 8); }

/* Begins a group; finish_group fills in its length. */
static uint8_t *begin_group(struct out *out, int group) {
  put8(out, (uint8_t)group);
  put8(out, 1);
  put16(out, 0);
  return out->at;
}

static void finish_group(const struct out *out, uint8_t *from) {
  uint16_t length = (uint16_t)(out->at - from);
  memcpy(from - 2, &length, 2);
}

/* proc_pid_stat(5), numbered as there: 4 is the parent. */
enum { STAT_PGRP = 5, STAT_SESSION = 6, STAT_MINFLT = 10, STAT_MAJFLT = 12, STAT_UTIME = 14, STAT_STIME = 15 };
enum { STAT_THREADS = 20, STAT_START = 22, STAT_RSS = 24, STAT_FIELDS = 25 };

struct stat_facts {
  const char *name;
  size_t name_length;
  char state;
  uint64_t fields[STAT_FIELDS];
};

static int parse_stat(const char *text, struct stat_facts *facts) {
  /* The name may hold anything, parentheses too. */
  const char *open = strchr(text, '('), *close = strrchr(text, ')');
  if (!open || !close || close[1] != ' ' || !close[2]) return -ESRCH;
  facts->name = open + 1;
  facts->name_length = (size_t)(close - open - 1);
  facts->state = close[2];
  const char *at = close + 3;
  for (int field = 4; field < STAT_FIELDS; field++) {
    uint64_t value = 0;
    while (*at == ' ' || *at == '-') at++;
    while (*at >= '0' && *at <= '9') value = value * 10 + (uint64_t)(*at++ - '0');
    facts->fields[field] = value;
  }
  return 0;
}

static uint64_t milliseconds_of(uint64_t ticks) {
  static uint64_t per_second;
  if (!per_second) per_second = (uint64_t)sysconf(_SC_CLK_TCK);
  return ticks * 1000 / per_second;
}

static void put_base(struct out *out, const struct observed *process, const struct stat_facts *facts) {
  uint8_t *from = begin_group(out, GROUP_BASE);
  put32(out, (uint32_t)(process->tgid ? process->tgid : process->pid));
  put32(out, (uint32_t)facts->fields[STAT_SESSION]);
  put32(out, (uint32_t)facts->fields[STAT_PGRP]);
  put64(out, milliseconds_of(facts->fields[STAT_START]));
  put8(out, (uint8_t)facts->state);
  size_t length = facts->name_length < 64 ? facts->name_length : 64;
  put8(out, (uint8_t)length);
  put(out, facts->name, length);
  finish_group(out, from);
}

static void put_usage(struct out *out, const struct stat_facts *facts) {
  uint8_t *from = begin_group(out, GROUP_USAGE);
  put64(out, milliseconds_of(facts->fields[STAT_UTIME]));
  put64(out, milliseconds_of(facts->fields[STAT_STIME]));
  put64(out, facts->fields[STAT_RSS] * (uint64_t)sysconf(_SC_PAGESIZE));
  put64(out, facts->fields[STAT_MINFLT]);
  put64(out, facts->fields[STAT_MAJFLT]);
  put32(out, (uint32_t)facts->fields[STAT_THREADS]);
  finish_group(out, from);
}

/* The four ids behind a name in /proc/PID/status. */
static void ids_of(const char *text, const char *name, uint32_t ids[4]) {
  const char *at = strstr(text, name);
  if (!at) return;
  char *end = (char *)at + strlen(name);
  for (int i = 0; i < 4; i++) ids[i] = (uint32_t)strtoul(end, &end, 10);
}

int observe_creds(const struct observed *process, struct pidfd_facts *facts) {
  int result = observe_info(process, facts);
  if (result != -ENOSYS) return result;
  char text[4096];
  ssize_t length = observe_read(process, "status", text, sizeof text);
  if (length < 0) return (int)length;
  uint32_t uids[4] = {0}, gids[4] = {0};
  ids_of(text, "\nUid:", uids);
  ids_of(text, "\nGid:", gids);
  facts->ruid = uids[0], facts->euid = uids[1], facts->suid = uids[2], facts->fsuid = uids[3];
  facts->rgid = gids[0], facts->egid = gids[1], facts->sgid = gids[2], facts->fsgid = gids[3];
  return 0;
}

static int put_cred(struct out *out, const struct observed *process) {
  struct pidfd_facts facts;
  int result = observe_creds(process, &facts);
  if (result == -ESRCH) return result;
  uint8_t *from = begin_group(out, GROUP_CRED);
  if (result == 0) {
    const uint32_t ids[8] = {facts.ruid, facts.euid, facts.suid, facts.fsuid,
                             facts.rgid, facts.egid, facts.sgid, facts.fsgid};
    put(out, ids, sizeof ids);
  }
  finish_group(out, from);
  return 0;
}

/* The arguments, each with its zero byte. */
static int put_command(struct out *out, const struct observed *process) {
  ssize_t length = observe_read(process, "cmdline", (char *)out->at + 4, COMMAND_BYTES_MAX);
  if (length == -ESRCH) return -ESRCH;
  uint8_t *from = begin_group(out, GROUP_CMD);
  if (length > 0) out->at += length;
  finish_group(out, from);
  return 0;
}

/* proc_pid_io(5): rchar, wchar, syscr, syscw, read_bytes, write_bytes, cancelled_write_bytes, in this order. */
static int put_io(struct out *out, const struct observed *process) {
  char text[512];
  ssize_t length = observe_read(process, "io", text, sizeof text);
  if (length == -ESRCH) return -ESRCH;
  uint8_t *from = begin_group(out, GROUP_IO);
  const char *at = length > 0 ? text : "";
  for (int i = 0; i < 7 && (at = strchr(at, ':')) != NULL; i++) put64(out, strtoull(++at, NULL, 10));
  finish_group(out, from);
  return 0;
}

/* The leader fills it in. */
static void put_locks(struct out *out) {
  static const uint8_t nothing[LOCKS_BYTES];
  uint8_t *from = begin_group(out, GROUP_LOCKS);
  put(out, nothing, sizeof nothing);
  finish_group(out, from);
}

int observe_pack(uint8_t *from, const struct observed *process, int parent, uint32_t groups) {
  struct out packed = {.at = from + 2}, *out = &packed;
  put8(out, 1);
  put8(out, HEADER_BYTES);
  put32(out, (uint32_t)process->pid);
  put32(out, (uint32_t)parent);
  struct stat_facts facts = {0};
  char text[1024];
  int result = 0;
  if (groups & (1 << GROUP_BASE | 1 << GROUP_USAGE)) {
    ssize_t length = observe_read(process, "stat", text, sizeof text);
    result = length < 0 ? (int)length : parse_stat(text, &facts);
    if (result < 0) return result;
    uint32_t now = (uint32_t)facts.fields[4];
    memcpy(from + 8, &now, 4);
  }
  if (groups & 1 << GROUP_BASE) put_base(out, process, &facts);
  if (groups & 1 << GROUP_CRED && (result = put_cred(out, process)) < 0) return result;
  if (groups & 1 << GROUP_USAGE) put_usage(out, &facts);
  if (groups & 1 << GROUP_CMD && (result = put_command(out, process)) < 0) return result;
  if (groups & 1 << GROUP_IO && (result = put_io(out, process)) < 0) return result;
  if (groups & 1 << GROUP_LOCKS) put_locks(out);
  uint16_t length = (uint16_t)(out->at - from);
  memcpy(from, &length, 2);
  return length;
}
