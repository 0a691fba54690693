/* Pages of records, read by two threads when there are many processes.
 *
 * Most of the time goes into /proc, where two readers do not hinder each other. Both take chunks of processes from one
 * counter and pack them into memory of their own; at the end the chunks are put together in order, as far as they fit. */
#define _GNU_SOURCE
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
static void read_chunks(void *area) {
  uint8_t *at = area;
  while (!page.stop) {
    int number = atomic_fetch_add(&page.next, 1);
    int first = number * CHUNK, last = first + CHUNK < page.count ? first + CHUNK : page.count;
    if (number >= CHUNKS_MAX || first >= page.count) return;
    struct chunk *chunk = &page.chunks[number];
    *chunk = (struct chunk){.bytes = at};
    for (int i = first; i < last && (uint8_t *)area + AREA_BYTES - at >= RECORD_BYTES_MAX; i++) {
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
  static uint8_t areas[2][AREA_BYTES];
  if (groups == 0) return pack_headers(pairs, first, count, bytes, size, next);
  page.pairs = pairs + 2 * first;
  page.count = count - first;
  page.tgid = tgid;
  page.size = size;
  page.groups = groups;
  page.end = microseconds_now() + microseconds;
  page.next = page.bytes = page.stop = 0;
  memset(page.chunks, 0, sizeof page.chunks);
  int helped = page.count >= HELPED_MIN && observe_second(read_chunks, areas[1]);
  read_chunks(areas[0]);
  if (helped) observe_second_join();
  int used = 0, done = 0;
  for (int number = 0; number < CHUNKS_MAX && done < page.count; number++) {
    int taken = take_chunk(&page.chunks[number], page.pairs + 2 * done, bytes, &used);
    done += taken;
    if (taken < CHUNK) break;
  }
  *next = first + done;
  return used;
}
