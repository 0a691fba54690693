/* Lets a trapped thread sleep under ptrace(2) instead of in its trap, so that signals reach it.
 *
 * Order of a park: sward_park_seize, answer the trap with a dummy, sward_park_sleep (the thread is caught before it
 * returns to user space and made to sleep in ppoll). It ends in sward_park_finish, which puts the original call back
 * with its result; -ERESTARTSYS there lets the kernel do EINTR or SA_RESTART itself. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "registers.h"
#include "sward.h"

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif

SWARD_API int sward_park_registers_size(void) { return (int)sizeof(registers); }

/* Attaches and asks for a stop. -EPERM: a debugger has the thread, or ptrace is refused here. */
SWARD_API int sward_park_seize(int tid) {
  if (ptrace(PTRACE_SEIZE, tid, 0, 0) < 0) return -errno;
  return ptrace(PTRACE_INTERRUPT, tid, 0, 0) < 0 ? -errno : 0;
}

/* Catches the thread at the stop before user space, keeps its registers in `saved`, and puts it to sleep.
 * Returns 0, or a wait status (> 0) when it stopped or ended otherwise: the caller goes on from there. */
SWARD_API int sward_park_sleep(int tid, void *saved) {
  int status = wait_stop(tid);
  if (status < 0) return status;
  if (!WIFSTOPPED(status)) return status;
  registers r;
  int error = get_registers(tid, &r);
  if (error) return error;
  memcpy(saved, &r, sizeof r);
  /* Any other stop than the one asked for is a signal's, or a group stop: the caller ends the park at once. */
  if (status >> 16 != PTRACE_EVENT_STOP || WSTOPSIG(status) != SIGTRAP) return status;
  set_call(&r, SYS_ppoll, (const int64_t[6]){0});
  error = put_registers(tid, &r);
  if (error) return error;
  return ptrace(PTRACE_CONT, tid, 0, 0) < 0 ? -errno : 0;
}

/* A thread of ours that stopped or ended: its tid (status in *status), 0 when there is none. */
SWARD_API int sward_park_poll(int tid, int *status) {
  pid_t pid = waitpid(tid, status, WNOHANG | __WALL);
  if (pid < 0) return errno == EINTR ? 0 : -errno;
  return pid;
}

/* Wakes a sleeping parked thread so that it can be finished. Returns the wait status it stopped with. */
SWARD_API int sward_park_stop(int tid) {
  if (ptrace(PTRACE_INTERRUPT, tid, 0, 0) < 0) return -errno;
  return wait_stop(tid);
}

/* Lets the sleep go on after a signal that changes nothing (an ignored one). */
SWARD_API int sward_park_continue(int tid) { return ptrace(PTRACE_CONT, tid, 0, 0) < 0 ? -errno : 0; }

/* Ends the park of a stopped thread: the original call returns `result`; with restart it is put back as interrupted
 * (-ERESTARTSYS) and the kernel decides between EINTR and running it again. `signal` is delivered on the way out. */
SWARD_API int sward_park_finish(int tid, const void *saved, long number, long result, int restart, int signal) {
  registers r;
  memcpy(&r, saved, sizeof r);
  if (restart) {
    set_number(&r, number);
    set_result(&r, -KERNEL_ERESTARTSYS, 1);
  } else {
    set_result(&r, result, 0);
  }
  int error = put_registers(tid, &r);
  if (ptrace(PTRACE_DETACH, tid, 0, (void *)(intptr_t)signal) < 0 && !error) error = -errno;
  return error;
}

/* Detaches a stopped thread as it is. */
SWARD_API int sward_park_detach(int tid, int signal) {
  return ptrace(PTRACE_DETACH, tid, 0, (void *)(intptr_t)signal) < 0 ? -errno : 0;
}
