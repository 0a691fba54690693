/* What all parts of sward-stress use: the shared memory, mutual exclusion as it is checked, chance and time. */
#define _GNU_SOURCE
#include "stress.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

uint64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * NANOSECONDS + (uint64_t)now.tv_nsec;
}

uint64_t draw(uint64_t *random) {
  uint64_t z = *random += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

uint64_t draw_below(uint64_t *random, uint64_t bound) {
  return bound == 0 ? 0 : draw(random) % bound;
}

/* Looks up every 50 ms whether the round has stopped. A signal's handler may run meanwhile. */
void rest_until(const struct memory *memory, uint64_t moment) {
  uint64_t now;
  while (!LOAD(memory->state.stop) && (now = nanoseconds()) < moment) {
    uint64_t next = moment - now > NANOSECONDS / 20 ? now + NANOSECONDS / 20 : moment;
    struct timespec until = {(time_t)(next / NANOSECONDS), (long)(next % NANOSECONDS)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
  }
}

/* The first group that sees the end of the round ends it for all. */
void stop_round(struct memory *memory) {
  uint64_t never = 0;
  __atomic_compare_exchange_n(&memory->state.stopped, &never, nanoseconds(), 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  STORE(memory->state.stop, 1);
}

/* NULL: there is no such file, or it is not what the leader writes. */
struct memory *map_memory(const char *path) {
  int fd = open(path, O_RDWR | O_CLOEXEC);
  struct stat status;
  struct memory *memory = MAP_FAILED;
  if (fd >= 0 && fstat(fd, &status) == 0 && (size_t)status.st_size >= sizeof *memory)
    memory = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (fd >= 0) close(fd);
  if (memory == MAP_FAILED) return NULL;
  uint64_t processes = memory->settings.processes;
  size_t whole = sizeof *memory + processes * sizeof(struct slot);
  int right = memory->settings.magic == MEMORY_MAGIC && processes <= PROCESSES_MAX && (size_t)status.st_size == whole;
  return right ? memory : NULL;
}

int open_file(uint64_t file) {
  char name[32];
  snprintf(name, sizeof name, "file-%llu", (unsigned long long)file);
  return open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

/* Do two words exclude each other? flock locks and the others do not know each other (flock(2)). */
static int excludes(uint64_t a, uint64_t b) {
  int same_file = (a >> 48 & 0xfff) == (b >> 48 & 0xfff);
  int same_space = ((a >> 60 & 3) == KIND_FLOCK) == ((b >> 60 & 3) == KIND_FLOCK);
  int overlap = (a >> 24 & 0xffffff) < (b & 0xffffff) && (b >> 24 & 0xffffff) < (a & 0xffffff);
  return b >> 63 && same_file && same_space && overlap && ((a | b) >> 62 & 1);
}

/* Says what this slot holds, from when it has been granted until just before it is released, and looks whether
 * anybody says something that excludes it: of two at once, one at least sees the other.
 * A slot whose worker was killed says what it no longer holds. It is doomed before the signal is sent, and stays so
 * until its word is gone and its generation another (bury() in group.c). */
void publish(struct memory *memory, uint64_t own, uint64_t word) {
  STORE(memory->holds[own], word);
  for (uint64_t other = 0; other < memory->settings.processes; other++) {
    uint64_t generation = LOAD(memory->generations[other]), held = LOAD(memory->holds[other]);
    if (other == own || !excludes(word, held)) continue;
    struct slot *slot = &memory->slots[other];
    uint64_t pid = LOAD(slot->pid);
    if (LOAD(slot->doomed) || LOAD(memory->generations[other]) != generation) continue;
    uint64_t index = __atomic_fetch_add(&memory->state.violations, 1, __ATOMIC_SEQ_CST);
    if (index >= VIOLATIONS_MAX) continue;
    memory->state.first[index] = (struct violation){(uint64_t)getpid(), word, pid, held};
  }
}
