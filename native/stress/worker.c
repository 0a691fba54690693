/* A worker of `leader stress`: takes a lock, holds it, releases it, thinks, over and over, by plain fcntl and flock.
 *
 * What it does is drawn from the seed and the number of its slot alone, whatever happens meanwhile, so that the same
 * seed gives the same operations with any leader and with none. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

struct operation {
  enum kind kind;
  int write, try, by_close;
  uint64_t file, start, end, hold, think, word;
};

static struct {
  const struct settings *settings;
  struct slot *slot;
  timer_t timer;
  uint64_t random; /* of the signals only */
} signals;

static struct operation next_operation(const struct settings *settings, uint64_t *random) {
  struct operation o = {0};
  uint64_t kinds[KINDS], count = 0;
  for (uint64_t kind = 0; kind < KINDS; kind++)
    if (settings->kinds >> kind & 1) kinds[count++] = kind;
  o.kind = (enum kind)kinds[draw_below(random, count)];
  o.file = draw_below(random, settings->files);
  o.start = draw_below(random, settings->ranges);
  o.end = o.start + 1 + draw_below(random, settings->span);
  if (o.end > settings->ranges) o.end = settings->ranges;
  if (o.kind == KIND_FLOCK) o.start = 0, o.end = settings->ranges;
  o.write = draw_below(random, 100) >= settings->readers;
  o.try = draw_below(random, 100) < settings->tries;
  o.by_close = draw_below(random, 100) < settings->closes;
  o.hold = draw_below(random, 2 * settings->hold + 1);
  o.think = draw_below(random, 2 * settings->think + 1);
  o.word = word_of(o.kind, o.write, o.file, o.start, o.end);
  return o;
}

/* What was drawn so far, in one number (FNV-1a over words). */
static uint64_t digest(uint64_t sum, const struct operation *o) {
  const uint64_t words[] = {o->word, (uint64_t)(o->try << 1 | o->by_close), o->hold, o->think};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) sum = (sum ^ words[i]) * UINT64_C(0x100000001b3);
  return sum;
}

/* One lock call; 0 or an errno. `type` is F_RDLCK, F_WRLCK or F_UNLCK. A file of one range is locked as a whole. */
static int call(int fd, const struct operation *o, int type, int wait, int whole) {
  if (o->kind == KIND_FLOCK) {
    int how = type == F_UNLCK ? LOCK_UN : type == F_WRLCK ? LOCK_EX : LOCK_SH;
    return flock(fd, wait ? how : how | LOCK_NB) == 0 ? 0 : errno;
  }
  struct flock lock = {.l_type = (short)type, .l_whence = SEEK_SET};
  lock.l_start = (off_t)o->start;
  lock.l_len = whole ? 0 : (off_t)(o->end - o->start);
  int record = o->kind == KIND_RECORD;
  return fcntl(fd, wait ? (record ? F_SETLKW : F_OFD_SETLKW) : record ? F_SETLK : F_OFD_SETLK, &lock) == 0 ? 0 : errno;
}

static void fail(struct slot *slot, int error) {
  COUNT(slot->errors, 1);
  STORE(slot->last_error, (uint64_t)error);
  nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL); /* a lost leader refuses at once */
}

static void count_wait(struct slot *slot, uint64_t wait) {
  int exponent = wait < 16 ? 4 : 63 - __builtin_clzll(wait);
  uint64_t bucket = wait < 16 ? wait : (uint64_t)(exponent - 3) * 16 + (wait >> (exponent - 4) & 15);
  COUNT(slot->waits[bucket < BUCKETS ? bucket : BUCKETS - 1], 1);
  COUNT(slot->wait_sum, wait);
  if (wait > slot->wait_max) STORE(slot->wait_max, wait);
}

/* Takes the lock: 0 or an errno; EINTR only when the round has stopped. */
static int acquire(struct memory *memory, struct slot *slot, int fd, const struct operation *o, int restarts) {
  const struct settings *settings = &memory->settings;
  if (settings->fault == FAULT_UNLOCKED) return 0;
  uint64_t began = nanoseconds();
  STORE(slot->wanted, o->word);
  int error;
  while ((error = call(fd, o, o->write ? F_WRLCK : F_RDLCK, !o->try, settings->ranges == 1)) == EINTR) {
    if (o->try) COUNT(slot->interrupted_others, 1);
    else if (restarts) COUNT(slot->interrupted_restarts, 1);
    else COUNT(slot->interrupted_waits, 1);
    if (LOAD(memory->state.stop)) break;
  }
  if (error == 0 && !o->try) count_wait(slot, nanoseconds() - began);
  STORE(slot->wanted, 0);
  return error;
}

static void release(struct memory *memory, struct slot *slot, int *fd, const struct operation *o) {
  int error = 0;
  if (o->by_close) {
    /* close(2): Linux has closed the descriptor even if it says EINTR; a second time it is EBADF. */
    while (close(*fd) < 0 && errno == EINTR) COUNT(slot->interrupted_others, 1);
    *fd = -1;
  } else if (memory->settings.fault != FAULT_UNLOCKED) {
    while ((error = call(*fd, o, F_UNLCK, 0, memory->settings.ranges == 1)) == EINTR)
      COUNT(slot->interrupted_others, 1);
  }
  if (error) fail(slot, error);
}

static void on_signal(int signo) {
  int error = errno;
  (void)signo;
  COUNT(signals.slot->signals, 1);
  uint64_t next = signals.settings->signal / 2 + draw_below(&signals.random, signals.settings->signal) + 1;
  struct itimerspec once = {.it_value = {(time_t)(next / NANOSECONDS), (long)(next % NANOSECONDS)}};
  timer_settime(signals.timer, 0, &once, NULL);
  errno = error;
}

static void start_signals(const struct settings *settings, struct slot *slot, uint64_t seed, int restarts) {
  if (settings->signal == 0) return;
  signals.settings = settings;
  signals.slot = slot;
  signals.random = seed;
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = restarts ? SA_RESTART : 0};
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
  if (sigaction(SIGALRM, &action, NULL) || timer_create(CLOCK_MONOTONIC, &event, &signals.timer)) _exit(1);
  raise(SIGALRM);
}

static void operate(struct memory *memory, uint64_t own, int (*fds)[KINDS], const struct operation *o, int restarts) {
  struct slot *slot = &memory->slots[own];
  int *fd = &fds[o->file][o->kind];
  if (*fd < 0) *fd = open_file(o->file);
  int error = *fd < 0 ? errno : acquire(memory, slot, *fd, o, restarts);
  if (error == 0) {
    publish(memory, own, o->word);
    if (!LOAD(memory->state.stop)) COUNT(slot->locks, 1);
    rest_until(memory, nanoseconds() + o->hold);
    STORE(memory->holds[own], 0);
    release(memory, slot, fd, o);
  } else if (error == EAGAIN && o->try) {
    COUNT(slot->refused, 1);
  } else if (error != EINTR) {
    fail(slot, error);
  }
}

_Noreturn void work(struct memory *memory, uint64_t own) {
  const struct settings *settings = &memory->settings;
  struct slot *slot = &memory->slots[own];
  int(*fds)[KINDS] = malloc(settings->files * sizeof *fds);
  if (!fds) _exit(1);
  for (uint64_t file = 0; file < settings->files; file++)
    for (int kind = 0; kind < KINDS; kind++) fds[file][kind] = -1;
  uint64_t random = settings->seed;
  random = draw(&random) ^ (own << 32 | memory->generations[own]);
  int restarts = settings->restart == RESTART_YES || (settings->restart == RESTART_MIXED && own % 2);
  prctl(PR_SET_TIMERSLACK, 1UL);
  start_signals(settings, slot, ~random, restarts);
  while (!LOAD(memory->state.stop) && (settings->operations == 0 || slot->operations < settings->operations)) {
    struct operation o = next_operation(settings, &random);
    STORE(slot->digest, digest(slot->digest, &o));
    COUNT(slot->operations, 1);
    operate(memory, own, fds, &o, restarts);
    if (o.think > 0) rest_until(memory, nanoseconds() + o.think);
  }
  _exit(0);
}
