/* Makes a trapped thread run system calls itself (ptrace(2)): what only it can do for itself, such as chdir and execve.
 *
 * Order: sward_inject_seize, answer the trap with a dummy, sward_inject_catch; then any number of sward_inject_call, each
 * followed by sward_inject_result at its exit stop; sward_inject_finish puts the original call back with its result.
 * All signals are blocked meanwhile, but for calls that may sleep: those end early when a signal comes, which stays
 * pending until the thread is let go. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "registers.h"
#include "sward.h"

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif

enum { SYSCALL_STOP = SIGTRAP | 0x80, SIGNAL_SET_BYTES = 8 };

/* What is put back in the end; `saved` in TypeScript. */
struct saved_state {
  uint64_t mask;
  registers r;
};

SWARD_API int sward_inject_state_size(void) { return (int)sizeof(struct saved_state); }

/* Attaches and asks for a stop. -EPERM: a debugger has the thread, or ptrace is refused here. */
SWARD_API int sward_inject_seize(int tid) {
  if (ptrace(PTRACE_SEIZE, tid, 0, PTRACE_O_TRACESYSGOOD) < 0) return -errno;
  return ptrace(PTRACE_INTERRUPT, tid, 0, 0) < 0 ? -errno : 0;
}

static int set_mask(int tid, uint64_t mask) {
  return ptrace(PTRACE_SETSIGMASK, tid, (void *)(uintptr_t)SIGNAL_SET_BYTES, &mask) < 0 ? -errno : 0;
}

/* Catches the thread before it returns to user space. 0; -ESRCH when it ended; a signal number (> 0) when a signal
 * came first: the thread is stopped with that. */
SWARD_API int sward_inject_catch(int tid, struct saved_state *saved) {
  int status = wait_stop(tid);
  if (status < 0) return status;
  if (!WIFSTOPPED(status)) return -ESRCH;
  int error = get_registers(tid, &saved->r);
  if (error) return error;
  if (ptrace(PTRACE_GETSIGMASK, tid, (void *)(uintptr_t)SIGNAL_SET_BYTES, &saved->mask) < 0) return -errno;
  if (status >> 16 != PTRACE_EVENT_STOP) return WSTOPSIG(status);
  return set_mask(tid, ~(uint64_t)0);
}

/* Starts a call; with `interruptible` the thread's own signals may end it. With `wait` this returns at its exit stop
 * (the call must be none that is trapped), else at its entry: the exit stop is reported by waitpid(2). -ESRCH when
 * the thread ended. */
SWARD_API int sward_inject_call(int tid, const struct saved_state *saved, long number, const int64_t *arguments,
                                int interruptible, int wait) {
  registers r = saved->r;
  set_call(&r, number, arguments);
  int error = put_registers(tid, &r);
  if (error) return error;
  for (int stops = 0; stops < (wait ? 2 : 1);) {
    if (ptrace(PTRACE_SYSCALL, tid, 0, 0) < 0) return -errno;
    int status = wait_stop(tid);
    if (status < 0) return status;
    if (!WIFSTOPPED(status)) return -ESRCH;
    /* Group stops can come in between: they take effect when the thread is let go. */
    if (WSTOPSIG(status) == SYSCALL_STOP) stops++;
  }
  if (wait) return 0;
  if (interruptible) set_mask(tid, saved->mask);
  return ptrace(PTRACE_SYSCALL, tid, 0, 0) < 0 ? -errno : 0;
}

/* At a stop that waitpid reported: 1 and *result when it is the exit of the call; 0 when it was another stop and the
 * thread was sent on; -ESRCH when the thread ended. */
SWARD_API int sward_inject_result(int tid, int status, int64_t *result) {
  if (!WIFSTOPPED(status)) return -ESRCH;
  if (WSTOPSIG(status) != SYSCALL_STOP) {
    return ptrace(PTRACE_SYSCALL, tid, 0, 0) < 0 ? -errno : 0;
  }
  registers r;
  int error = get_registers(tid, &r);
  if (error) return error;
  *result = get_result(&r);
  set_mask(tid, ~(uint64_t)0);
  return 1;
}

/* The result of a call that was waited for. */
SWARD_API int sward_inject_peek(int tid, int64_t *result) {
  registers r;
  int error = get_registers(tid, &r);
  *result = get_result(&r);
  return error;
}

/* Puts the original call back as having returned `result`; with `restart` as interrupted, so that the kernel does EINTR
 * or SA_RESTART. With `replaced` the program is another (execve): only its signal mask is put back. */
SWARD_API int sward_inject_finish(int tid, const struct saved_state *saved, long number, int64_t result, int restart,
                                  int replaced, int signal) {
  int error = set_mask(tid, saved->mask);
  if (!replaced) {
    registers r = saved->r;
    if (restart) {
      set_number(&r, number);
      set_result(&r, -KERNEL_ERESTARTSYS, 1);
    } else {
      set_result(&r, (long)result, 0);
    }
    int put = put_registers(tid, &r);
    if (!error) error = put;
  }
  if (ptrace(PTRACE_DETACH, tid, 0, (void *)(intptr_t)signal) < 0 && !error) error = -errno;
  return error;
}
