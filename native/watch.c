/* Receiving traps in one system call instead of two (poll and SECCOMP_IOCTL_NOTIF_RECV, seccomp_unotify(2)).
 *
 * The hot loop blocks in the receiving call itself. A thread of ours waits for everything else that may happen, all of
 * which one epoll set tells, and ends that call with a signal whose handler jumps out of it. A plain interruption would
 * be lost when it came just before the call; a jump is not, wherever it comes. What was received before the jump shows in
 * the request: the kernel has filled it in. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "sward.h"
#include "watch.h"

/* Ignored unless it is caught, and of no use to a member: it receives no urgent data (socket(7)). */
enum { LEAVE_SIGNAL = SIGURG, STACK_BYTES = 256 * 1024 };

static struct {
  int events;
  int started;
  pthread_t loop;
  sigset_t mask;      /* the loop's, outside of handlers */
  sigjmp_buf leave;   /* good while `inside` */
  atomic_int inside;  /* the loop is, or is about to be, in the receiving call */
  atomic_int happened; /* the set had events; the loop has not come back since */
} watch;

static void leave(int signo) {
  (void)signo;
  if (atomic_load(&watch.inside) && pthread_equal(pthread_self(), watch.loop)) siglongjmp(watch.leave, 1);
}

static void *watch_events(void *unused) {
  struct pollfd set = {.fd = watch.events, .events = POLLIN};
  for (;;) {
    if (poll(&set, 1, -1) <= 0) continue;
    atomic_store(&watch.happened, 1);
    /* Not inside: it looks at `happened` before it goes in. */
    if (atomic_load(&watch.inside)) pthread_kill(watch.loop, LEAVE_SIGNAL);
    while (atomic_load(&watch.happened)) syscall(SYS_futex, &watch.happened, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
  }
  return unused;
}

int watch_started(void) {
  return watch.started;
}

/* From now on traps that come to the calling thread are received while another one watches the event set. */
SWARD_API int sward_watch_start(int events) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = leave;
  /* Outside of the receiving call nothing is to fail because of it. */
  action.sa_flags = SA_RESTART;
  if (sigaction(LEAVE_SIGNAL, &action, NULL) < 0) return -errno;
  watch.events = events;
  watch.loop = pthread_self();
  pthread_sigmask(SIG_SETMASK, NULL, &watch.mask);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  sigset_t all;
  sigfillset(&all);
  pthread_t thread;
  pthread_sigmask(SIG_SETMASK, &all, NULL);
  int result = pthread_create(&thread, &attributes, watch_events, NULL);
  pthread_sigmask(SIG_SETMASK, &watch.mask, NULL);
  pthread_attr_destroy(&attributes);
  watch.started = result == 0;
  return -result;
}

int watch_receive(int listener, struct seccomp_notif *request) {
  volatile int error = 0;
  if (atomic_exchange(&watch.happened, 0)) syscall(SYS_futex, &watch.happened, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
  memset(request, 0, sizeof *request);
  if (sigsetjmp(watch.leave, 0) == 0) {
    atomic_store(&watch.inside, 1);
    if (!atomic_load(&watch.happened) && ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, request) < 0) error = errno;
    atomic_store(&watch.inside, 0);
  } else {
    atomic_store(&watch.inside, 0);
    /* The handler did not return: its signal is still blocked. */
    pthread_sigmask(SIG_SETMASK, &watch.mask, NULL);
  }
  int received = (request->id ? RECEIVED_TRAP : 0) | (atomic_load(&watch.happened) ? RECEIVED_EVENTS : 0);
  return received || error == EINTR ? received : -error;
}
