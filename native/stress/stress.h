/* The memory that all processes of one round of `leader stress` map, and the parts of sward-stress.
 *
 * Settings are written by src/leader/stress/memory.ts before anything starts; it mirrors this file: every field is a
 * 64-bit word. All that follows the settings is zero at first. A slot belongs to one worker, and to those that replace
 * it when it is killed; only its own worker and its group write to it. */
#ifndef STRESS_H
#define STRESS_H

#include <stdint.h>

#define MEMORY_MAGIC UINT64_C(0x3173736572747301)
#define NANOSECONDS UINT64_C(1000000000)

enum { PROCESSES_MAX = 1024, FILES_MAX = 4096, RANGES_MAX = 1 << 20, VIOLATIONS_MAX = 8 };
enum kind { KIND_RECORD, KIND_OFD, KIND_FLOCK, KINDS };
enum restart { RESTART_NO, RESTART_YES, RESTART_MIXED };
/* Faults on purpose, for the tests of the stress test. */
enum fault { FAULT_NONE, FAULT_UNLOCKED, FAULT_LEFT, FAULT_STUCK };

/* Times in nanoseconds; shares in percent; 0 switches off. */
struct settings {
  uint64_t magic, processes, files;
  uint64_t kinds; /* bit 1 << kind */
  uint64_t ranges, span;
  uint64_t readers, tries, closes;
  uint64_t hold, think; /* means */
  uint64_t signal, restart;
  uint64_t kill; /* mean interval, for each group */
  uint64_t seed, operations, duration, patience, fault;
};

/* Two processes that held what excludes each other. */
struct violation {
  uint64_t pid, word, other_pid, other_word;
};

struct state {
  uint64_t go, stop, started, stopped, violations;
  struct violation first[VIOLATIONS_MAX];
};

/* Waits by length: 16 buckets for each power of two of nanoseconds, see bucket_of(). */
enum { BUCKETS = 608 };

struct slot {
  uint64_t pid, doomed, wanted; /* wanted: the word of the lock that is waited for */
  uint64_t operations, locks, refused, digest;
  uint64_t interrupted_waits, interrupted_others, interrupted_restarts, signals;
  uint64_t kills, lost, stuck, errors, last_error;
  uint64_t wait_sum, wait_max;
  uint64_t waits[BUCKETS];
};

struct memory {
  struct settings settings;
  struct state state;
  uint64_t holds[PROCESSES_MAX];       /* of each slot: the word of the lock that it holds, or 0 */
  uint64_t generations[PROCESSES_MAX]; /* of each slot: how many workers had it before */
  struct slot slots[];
};

#define IS_WORDS(type, words) _Static_assert(sizeof(type) == (words) * 8, "memory.ts mirrors " #type)
IS_WORDS(struct settings, 19);
IS_WORDS(struct state, 5 + 4 * VIOLATIONS_MAX);
IS_WORDS(struct slot, 18 + BUCKETS);

/* A lock in one word, so that it is published at once: held 1, write 1, kind 2, file 12, start 24, end 24 bits. */
static inline uint64_t word_of(enum kind kind, int write, uint64_t file, uint64_t start, uint64_t end) {
  return UINT64_C(1) << 63 | (uint64_t)write << 62 | (uint64_t)kind << 60 | file << 48 | start << 24 | end;
}

#define LOAD(place) __atomic_load_n(&(place), __ATOMIC_SEQ_CST)
#define STORE(place, value) __atomic_store_n(&(place), value, __ATOMIC_SEQ_CST)
/* A counter that only this process changes. */
#define COUNT(place, more) __atomic_store_n(&(place), (place) + (more), __ATOMIC_RELAXED)

uint64_t nanoseconds(void);                       /* CLOCK_MONOTONIC */
uint64_t draw(uint64_t *random);                  /* splitmix64 */
uint64_t draw_below(uint64_t *random, uint64_t bound);
void rest_until(const struct memory *memory, uint64_t moment); /* or until the round stops */
void stop_round(struct memory *memory);

struct memory *map_memory(const char *path);
int open_file(uint64_t file);
void publish(struct memory *memory, uint64_t own, uint64_t word);

/* The worker of a slot: never returns. */
_Noreturn void work(struct memory *memory, uint64_t own);
/* The group of the slots from `first` to `end`: starts, kills and replaces their workers; the exit status. */
int lead_group(struct memory *memory, uint64_t first, uint64_t end);

#endif
