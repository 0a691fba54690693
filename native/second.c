/* A second thread for reading /proc, where two readers do not hinder each other. It exists for nothing else; without a
 * second CPU it is not started. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "observe.h"

enum { NOT_STARTED, IDLE, BUSY, MISSING };

static struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int state;
  void (*work)(void *argument);
  void *argument;
} second = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void *serve(void *unused) {
  pthread_mutex_lock(&second.lock);
  for (;;) {
    while (second.state != BUSY) pthread_cond_wait(&second.changed, &second.lock);
    pthread_mutex_unlock(&second.lock);
    second.work(second.argument);
    pthread_mutex_lock(&second.lock);
    second.state = IDLE;
    pthread_cond_broadcast(&second.changed);
  }
  return unused;
}

static void start_second(void) {
  cpu_set_t cpus;
  second.state = MISSING;
  if (sched_getaffinity(0, sizeof cpus, &cpus) < 0 || CPU_COUNT(&cpus) < 2) return;
  /* Signals are for other threads. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  if (pthread_create(&thread, NULL, serve, NULL) == 0) {
    pthread_detach(thread);
    second.state = IDLE;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int observe_second(void (*work)(void *argument), void *argument) {
  if (second.state == NOT_STARTED) start_second();
  if (second.state != IDLE) return 0;
  pthread_mutex_lock(&second.lock);
  second.work = work;
  second.argument = argument;
  second.state = BUSY;
  pthread_cond_broadcast(&second.changed);
  pthread_mutex_unlock(&second.lock);
  return 1;
}

void observe_second_join(void) {
  pthread_mutex_lock(&second.lock);
  while (second.state == BUSY) pthread_cond_wait(&second.changed, &second.lock);
  pthread_mutex_unlock(&second.lock);
}
