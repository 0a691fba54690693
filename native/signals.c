/* Signals of a process whose main thread blocks in native code, where Node's own handlers would never run:
 * the handler writes one record per signal to a pipe that the hot loop watches (signal-safety(7)). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "socket.h"
#include "sward.h"

/* One caught signal, as read from the pipe. */
struct signal_record {
  int32_t signo;
  int32_t code; /* si_code: SI_USER, CLD_EXITED, ... */
  int32_t pid;  /* sender, or the child */
  uint32_t caught_low; /* when: nanoseconds of CLOCK_MONOTONIC, in two parts */
  uint32_t caught_high;
};
_Static_assert(sizeof(struct signal_record) == SWARD_SIGNAL_NUMBERS * sizeof(int32_t), "mirrored in src/shared/native/signals.ts");

static int write_end = -1;
static int read_end = -1;

static void on_signal(int signo, siginfo_t *info, void *context) {
  (void)context;
  int saved = errno;
  uint64_t now = (uint64_t)sward_nanoseconds();
  struct signal_record record = {signo, info->si_code, info->si_pid, (uint32_t)now, (uint32_t)(now >> 32)};
  /* A full pipe loses the record: 4096 unread signals say no more than one. */
  ssize_t written = write(write_end, &record, sizeof record);
  (void)written;
  errno = saved;
}

/* The descriptor (nonblocking, close-on-exec) from which records are read; the same one every time. */
SWARD_API int sward_signals_open(void) {
  if (read_end >= 0) return read_end;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) return -errno;
  write_end = ends[1];
  read_end = ends[0];
  return read_end;
}

/* Catches a signal from now on; sward_signals_open comes first. */
SWARD_API int sward_signals_catch(int signo) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  /* Another handler may not return to this one (watch.c). */
  sigfillset(&action.sa_mask);
  return sigaction(signo, &action, NULL) == 0 ? 0 : -errno;
}

/* Ignores signals (bit n-1: signal n) in spite of the handlers that Node has for some; but not those that say that an
 * instruction failed, nor SIGCHLD, without which children could not be waited for. */
SWARD_API void sward_signals_ignore(uint64_t signals) {
  static const int kept[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGCHLD};
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) signals &= ~(UINT64_C(1) << (kept[i] - 1));
  for (int signo = 1; signo <= 64; signo++)
    if (signals >> (signo - 1) & 1) signal(signo, SIG_IGN);
}

/* A stop that has been prepared. It is a pending, blocked signal, and signal(7): "If SIGCONT is sent, pending stop signals
 * are discarded". So whoever decides to stop and is told just then to go on does go on. */
static int stop_signal;
static struct sigaction stop_before;

/* Prepares to stop by the default action of this signal (not SIGSTOP); sward_stop_end stops, or thinks better of it. */
SWARD_API void sward_stop_begin(int signo) {
  const struct sigaction standard = {.sa_handler = SIG_DFL};
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signo);
  pthread_sigmask(SIG_BLOCK, &only, NULL);
  sigaction(signo, &standard, &stop_before);
  stop_signal = signo;
  raise(signo);
}

/* Stops, and returns once this process is continued: at once in an orphaned process group (setpgid(2)). What is caught
 * stays caught. */
SWARD_API void sward_stop_end(int stop) {
  const struct timespec at_once = {0};
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, stop_signal);
  if (!stop) sigtimedwait(&only, NULL, &at_once);
  pthread_sigmask(SIG_UNBLOCK, &only, NULL);
  sigaction(stop_signal, &stop_before, NULL);
}

/* Reads up to max records (struct signal_record) into a table; returns how many (0: none now). */
SWARD_API int sward_signals_take(int32_t (*records)[SWARD_SIGNAL_NUMBERS], int max) {
  ssize_t length = read(read_end, records, (size_t)max * sizeof *records);
  if (length < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
  return (int)((size_t)length / sizeof *records);
}
