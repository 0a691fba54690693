/* Lets a trapped thread sleep under ptrace(2) instead of in its trap, so that signals reach it.
 *
 * Order of a park: sward_park_seize, answer the trap with a dummy, sward_park_sleep (the thread is caught before it
 * returns to user space and made to sleep in ppoll). It ends in sward_park_finish, which puts the original call back
 * with its result; -ERESTARTSYS there lets the kernel do EINTR or SA_RESTART itself. */
#define _GNU_SOURCE
#include <elf.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "sward.h"

#define KERNEL_ERESTARTSYS 512
#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif

#if defined(__x86_64__)
/* The only part that knows the machine: where a call's number, arguments and result are. */
typedef struct user_regs_struct registers;
static void set_call(registers *r, long number) {
  r->rax = (unsigned long long)number;
  r->orig_rax = ~0ULL;
  r->rip -= 2; /* the syscall instruction, again */
  r->rdi = r->rsi = r->rdx = r->r10 = r->r8 = 0;
}
static void set_result(registers *r, long result, int restartable) {
  r->rax = (unsigned long long)result;
  if (!restartable) r->orig_rax = ~0ULL;
}
static void set_number(registers *r, long number) { r->orig_rax = (unsigned long long)number; }
#elif defined(__aarch64__)
typedef struct user_regs_struct registers;
static void set_call(registers *r, long number) {
  r->regs[8] = (unsigned long long)number;
  r->pc -= 4;
  r->regs[0] = r->regs[1] = r->regs[2] = r->regs[3] = r->regs[4] = 0;
}
static void set_result(registers *r, long result, int restartable) {
  (void)restartable;
  r->regs[0] = (unsigned long long)result;
}
static void set_number(registers *r, long number) { r->regs[8] = (unsigned long long)number; }
#else
#error "add the register accessors of this machine"
#endif

static int get_registers(int tid, registers *r) {
  struct iovec part = {.iov_base = r, .iov_len = sizeof *r};
  return ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &part) < 0 ? -errno : 0;
}

static int put_registers(int tid, const registers *r) {
  struct iovec part = {.iov_base = (void *)(uintptr_t)r, .iov_len = sizeof *r};
  return ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &part) < 0 ? -errno : 0;
}

SWARD_API int sward_park_registers_size(void) { return (int)sizeof(registers); }

/* Attaches and asks for a stop. -EPERM: a debugger has the thread, or ptrace is refused here. */
SWARD_API int sward_park_seize(int tid) {
  if (ptrace(PTRACE_SEIZE, tid, 0, 0) < 0) return -errno;
  return ptrace(PTRACE_INTERRUPT, tid, 0, 0) < 0 ? -errno : 0;
}

/* Waits for the stop that was asked for. Returns the wait status, or -errno. */
static int wait_stop(int tid) {
  int status;
  pid_t pid;
  do {
    pid = waitpid(tid, &status, __WALL);
  } while (pid < 0 && errno == EINTR);
  return pid < 0 ? -errno : status;
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
  set_call(&r, SYS_ppoll);
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
