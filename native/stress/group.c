/* A group of workers of `leader stress`: one is started in each member, and as many without.
 *
 * It exists because only a parent can kill a process by its number and be sure whom it hits. It starts its workers,
 * kills and replaces them if that is wanted, and ends the round. The leader's command speaks to it in lines:
 *   says `ready`; is told `go`, or later `stop`; says `idle` when its workers have ended;
 *   is told `probe`; says `held N`: how many locks of the files cannot be had now, although nobody should hold any.
 * The end of its input is its own end. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

struct group {
  struct memory *memory;
  uint64_t first, end, alive, random;
  uint64_t next_kill, give_up; /* moments, or never */
  sigset_t worker_signals;
  int children, idle;
};

static const uint64_t never = UINT64_MAX;

static void say(const char *text) {
  if (write(STDOUT_FILENO, text, strlen(text)) < 0) _exit(1);
}

static void start_worker(struct group *group, uint64_t own) {
  struct memory *memory = group->memory;
  struct slot *slot = &memory->slots[own];
  pid_t parent = getpid(), pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    close(group->children);
    sigprocmask(SIG_SETMASK, &group->worker_signals, NULL);
    while (!LOAD(memory->state.go)) syscall(SYS_futex, &memory->state.go, FUTEX_WAIT, 0, NULL, NULL, 0);
    work(memory, own);
  }
  if (pid < 0) {
    STORE(slot->lost, 1);
    return;
  }
  STORE(slot->pid, (uint64_t)pid);
  group->alive++;
}

/* A worker has ended: on its own, killed by us, or otherwise, which is a failure. */
static void bury(struct group *group, pid_t pid, int status) {
  struct memory *memory = group->memory;
  uint64_t own = group->first;
  while (own < group->end && LOAD(memory->slots[own].pid) != (uint64_t)pid) own++;
  if (own == group->end) return;
  struct slot *slot = &memory->slots[own];
  int doomed = LOAD(slot->doomed) != 0, stopped = LOAD(memory->state.stop) != 0;
  group->alive--;
  STORE(slot->pid, 0);
  /* The order in which publish() reads them: what the dead one held must not become its successor's. */
  STORE(memory->holds[own], 0);
  STORE(memory->generations[own], memory->generations[own] + 1);
  STORE(slot->doomed, 0);
  if (!doomed && status != 0) STORE(slot->lost, slot->lost + 1);
  if (doomed && !stopped) start_worker(group, own);
}

static void kill_worker(struct group *group, uint64_t own) {
  struct slot *slot = &group->memory->slots[own];
  if (LOAD(slot->pid) == 0) return;
  STORE(slot->doomed, 1);
  kill((pid_t)slot->pid, SIGKILL);
}

static uint64_t kill_moment(struct group *group) {
  uint64_t mean = group->memory->settings.kill;
  return mean == 0 ? never : nanoseconds() + draw_below(&group->random, 2 * mean + 1);
}

/* Those that still wait, long after everybody has released what he held, wait for nobody: they are left behind. */
static void give_up(struct group *group) {
  for (uint64_t own = group->first; own < group->end; own++) {
    struct slot *slot = &group->memory->slots[own];
    if (LOAD(slot->pid) == 0) continue;
    STORE(slot->stuck, slot->wanted ? slot->wanted : 1);
    kill_worker(group, own);
  }
  group->give_up = never;
}

static uint64_t held_now(const struct settings *settings) {
  uint64_t held = 0;
  for (uint64_t file = 0; file < settings->files; file++) {
    int fd = open_file(file);
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fd < 0 || fcntl(fd, F_OFD_SETLK, &all) < 0) held++;
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0) held++;
    if (fd >= 0) close(fd);
  }
  return held;
}

/* A fault on purpose: a lock that nobody gives back. */
static void leave_lock(void) {
  struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  fcntl(open_file(0), F_OFD_SETLK, &all);
}

/* Returns 0 at the end of the input. */
static int hear(struct group *group) {
  struct memory *memory = group->memory;
  char text[64];
  ssize_t size = read(STDIN_FILENO, text, sizeof text - 1);
  if (size <= 0) return size < 0 && errno == EINTR;
  text[size] = 0;
  if (strstr(text, "go\n")) {
    uint64_t unset = 0;
    __atomic_compare_exchange_n(&memory->state.started, &unset, nanoseconds(), 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    STORE(memory->state.go, 1);
    syscall(SYS_futex, &memory->state.go, FUTEX_WAKE, PROCESSES_MAX, NULL, NULL, 0);
    group->next_kill = kill_moment(group);
  }
  if (strstr(text, "stop\n")) stop_round(memory);
  if (strstr(text, "probe\n")) {
    if (memory->settings.fault == FAULT_LEFT) leave_lock();
    snprintf(text, sizeof text, "held %llu\n", (unsigned long long)held_now(&memory->settings));
    say(text);
  }
  return 1;
}

/* What the clock asks for; returns the moment of the next such thing. */
static uint64_t keep_time(struct group *group) {
  struct memory *memory = group->memory;
  const struct settings *settings = &memory->settings;
  uint64_t now = nanoseconds(), next = group->next_kill;
  if (!LOAD(memory->state.go) || group->idle) return never;
  if (settings->operations == 0) {
    uint64_t end = LOAD(memory->state.started) + settings->duration;
    if (now >= end) stop_round(memory);
    else if (end < next) next = end;
  }
  if (LOAD(memory->state.stop)) {
    if (group->give_up == 0) group->give_up = now + settings->patience;
    if (now >= group->give_up) give_up(group);
    return group->give_up;
  }
  if (now >= group->next_kill) {
    uint64_t own = group->first + draw_below(&group->random, group->end - group->first);
    if (LOAD(memory->slots[own].pid) != 0 && !LOAD(memory->slots[own].doomed)) {
      STORE(memory->slots[own].kills, memory->slots[own].kills + 1);
      kill_worker(group, own);
    }
    next = group->next_kill = kill_moment(group);
  }
  /* Another group may stop the round, or its last worker end it. */
  return next < now + NANOSECONDS / 20 ? next : now + NANOSECONDS / 20;
}

static void collect(struct group *group) {
  struct signalfd_siginfo info;
  while (read(group->children, &info, sizeof info) > 0) {
  }
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) bury(group, pid, status);
  if (group->alive > 0 || group->idle || !LOAD(group->memory->state.go)) return;
  group->idle = 1;
  /* Rounds of so many operations have lasted until the last worker was done. */
  if (!LOAD(group->memory->state.stop)) STORE(group->memory->state.stopped, nanoseconds());
  say("idle\n");
}

int lead_group(struct memory *memory, uint64_t first, uint64_t end) {
  struct group group = {.memory = memory, .first = first, .end = end, .next_kill = never};
  group.random = memory->settings.seed ^ ~first;
  if (memory->settings.fault == FAULT_STUCK && first == 0) leave_lock();
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, &group.worker_signals);
  group.children = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
  if (group.children < 0) return 1;
  for (uint64_t own = first; own < end; own++) start_worker(&group, own);
  say("ready\n");
  for (;;) {
    struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = group.children, .events = POLLIN}};
    uint64_t next = keep_time(&group), now = nanoseconds(), left = next > now ? next - now : 0;
    struct timespec timeout = {(time_t)(left / NANOSECONDS), (long)(left % NANOSECONDS)};
    if (ppoll(fds, 2, next == never ? NULL : &timeout, NULL) < 0 && errno != EINTR) return 1;
    if (fds[0].revents && !hear(&group)) return 0;
    collect(&group);
  }
}
