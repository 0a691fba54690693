/* Pages of records, read by two threads when there are many processes.
 *
 * Most of the time goes into /proc, where two readers do not hinder each other. Both take chunks of processes from one
 * counter and pack them into memory of their own; at the end the chunks are put together in order, as far as they fit.
 * The helper exists for nothing else; without a second CPU it is not started. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "observe.h"

enum { CHUNK = 16, CHUNKS_MAX = 256, AREA_BYTES = 64 * 1024 + RECORD_BYTES_MAX, HELPED_MIN = 4 * CHUNK };

struct chunk {
  const uint8_t *bytes;
  int length;
  int looked_at; /* pairs */
};

/* One page. */
static struct {
  const int *pairs;
  int count, tgid, size;
  uint32_t groups;
  int64_t end;
  atomic_int next, bytes, stop;
  struct chunk chunks[CHUNKS_MAX];
} page;

static int64_t microseconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Packs chunks until the page is full or its time is over. */
static void read_chunks(uint8_t *area) {
  uint8_t *at = area;
  while (!page.stop) {
    int number = atomic_fetch_add(&page.next, 1);
    int first = number * CHUNK, last = first + CHUNK < page.count ? first + CHUNK : page.count;
    if (number >= CHUNKS_MAX || first >= page.count) return;
    struct chunk *chunk = &page.chunks[number];
    *chunk = (struct chunk){.bytes = at};
    for (int i = first; i < last && area + AREA_BYTES - at >= RECORD_BYTES_MAX; i++) {
      struct observed process = {.pid = page.pairs[2 * i], .tgid = page.tgid};
      int length = observe_pack(at, &process, page.pairs[2 * i + 1], page.groups);
      if (length > 0) at += length;
      chunk->looked_at++;
    }
    chunk->length = (int)(at - chunk->bytes);
    int all = atomic_fetch_add(&page.bytes, chunk->length) + chunk->length;
    if (chunk->looked_at < last - first || all >= page.size || microseconds_now() >= page.end) page.stop = 1;
  }
}

static struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int state; /* -1 there is none, 0 not started, 1 idle, 2 busy */
} helper = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void *help(void *unused) {
  static uint8_t area[AREA_BYTES];
  pthread_mutex_lock(&helper.lock);
  for (;;) {
    while (helper.state != 2) pthread_cond_wait(&helper.changed, &helper.lock);
    pthread_mutex_unlock(&helper.lock);
    read_chunks(area);
    pthread_mutex_lock(&helper.lock);
    helper.state = 1;
    pthread_cond_broadcast(&helper.changed);
  }
  return unused;
}

static void start_helper(void) {
  cpu_set_t cpus;
  helper.state = -1;
  if (sched_getaffinity(0, sizeof cpus, &cpus) < 0 || CPU_COUNT(&cpus) < 2) return;
  /* Signals are for other threads. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  if (pthread_create(&thread, NULL, help, NULL) == 0) {
    pthread_detach(thread);
    helper.state = 1;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void set_helper(int from, int to) {
  pthread_mutex_lock(&helper.lock);
  while (helper.state != from) pthread_cond_wait(&helper.changed, &helper.lock);
  helper.state = to;
  pthread_cond_broadcast(&helper.changed);
  pthread_mutex_unlock(&helper.lock);
}

/* Appends the records of a chunk that fit. Returns how many of its pairs are done. */
static int take_chunk(const struct chunk *chunk, const int *pairs, uint8_t *bytes, int *used) {
  if (*used + chunk->length <= page.size) {
    memcpy(bytes + *used, chunk->bytes, (size_t)chunk->length);
    *used += chunk->length;
    return chunk->looked_at;
  }
  int pair = 0;
  for (int at = 0; at < chunk->length;) {
    uint16_t length;
    uint32_t pid;
    memcpy(&length, chunk->bytes + at, sizeof length);
    memcpy(&pid, chunk->bytes + at + 4, sizeof pid);
    while (pairs[2 * pair] != (int)pid) pair++;
    if (*used + length > page.size) return pair;
    memcpy(bytes + *used, chunk->bytes + at, length);
    *used += length;
    at += length;
  }
  return chunk->looked_at;
}

/* Without groups nothing is read: a record is its header. */
static int pack_headers(const int *pairs, int first, int count, uint8_t *bytes, int size, int *next) {
  int used = 0, at = first;
  for (; at < count && size - used >= HEADER_BYTES; at++) {
    struct observed process = {.pid = pairs[2 * at]};
    used += observe_pack(bytes + used, &process, pairs[2 * at + 1], 0);
  }
  *next = at;
  return used;
}

/* Packs the records of (pid, parent) pairs from `first` on, threads of `tgid` when that is not 0, until `size` bytes
 * are full or the time is over. What is gone has none. Returns the bytes; next: the first pair that was not looked at. */
SWARD_API int sward_observe_records(const int *pairs, int first, int count, int tgid, uint32_t groups,
                                    int microseconds, uint8_t *bytes, int size, int *next) {
  static uint8_t area[AREA_BYTES];
  if (groups == 0) return pack_headers(pairs, first, count, bytes, size, next);
  page.pairs = pairs + 2 * first;
  page.count = count - first;
  page.tgid = tgid;
  page.size = size;
  page.groups = groups;
  page.end = microseconds_now() + microseconds;
  page.next = page.bytes = page.stop = 0;
  memset(page.chunks, 0, sizeof page.chunks);
  if (helper.state == 0 && page.count >= HELPED_MIN) start_helper();
  int helped = helper.state > 0 && page.count >= HELPED_MIN;
  if (helped) set_helper(1, 2);
  read_chunks(area);
  if (helped) {
    pthread_mutex_lock(&helper.lock);
    while (helper.state == 2) pthread_cond_wait(&helper.changed, &helper.lock);
    pthread_mutex_unlock(&helper.lock);
  }
  int used = 0, done = 0;
  for (int number = 0; number < CHUNKS_MAX && done < page.count; number++) {
    int taken = take_chunk(&page.chunks[number], page.pairs + 2 * done, bytes, &used);
    done += taken;
    if (taken < CHUNK) break;
  }
  *next = first + done;
  return used;
}
