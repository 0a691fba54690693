/* Registers of a stopped thread (ptrace(2)): the only part of the native code that knows the machine. */
#ifndef SWARD_REGISTERS_H
#define SWARD_REGISTERS_H

#include <elf.h>
#include <errno.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#define KERNEL_ERESTARTSYS 512

#if defined(__x86_64__)
/* Where a call's number, arguments and result are. */
typedef struct user_regs_struct registers;
static inline void set_call(registers *r, long number, const int64_t *a) {
  r->rax = (unsigned long long)number;
  r->orig_rax = ~0ULL;
  r->rip -= 2; /* the syscall instruction, again */
  r->rdi = (unsigned long long)a[0];
  r->rsi = (unsigned long long)a[1];
  r->rdx = (unsigned long long)a[2];
  r->r10 = (unsigned long long)a[3];
  r->r8 = (unsigned long long)a[4];
  r->r9 = (unsigned long long)a[5];
}
static inline int64_t get_result(const registers *r) { return (int64_t)r->rax; }
static inline void set_result(registers *r, long result, int restartable) {
  r->rax = (unsigned long long)result;
  if (!restartable) r->orig_rax = ~0ULL;
}
static inline void set_number(registers *r, long number) { r->orig_rax = (unsigned long long)number; }
#elif defined(__aarch64__)
typedef struct user_regs_struct registers;
static inline void set_call(registers *r, long number, const int64_t *a) {
  r->regs[8] = (unsigned long long)number;
  r->pc -= 4;
  for (int i = 0; i < 6; i++) r->regs[i] = (unsigned long long)a[i];
}
static inline int64_t get_result(const registers *r) { return (int64_t)r->regs[0]; }
static inline void set_result(registers *r, long result, int restartable) {
  (void)restartable;
  r->regs[0] = (unsigned long long)result;
}
static inline void set_number(registers *r, long number) { r->regs[8] = (unsigned long long)number; }
#else
#error "add the register accessors of this machine"
#endif

static inline int get_registers(int tid, registers *r) {
  struct iovec part = {.iov_base = r, .iov_len = sizeof *r};
  return ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &part) < 0 ? -errno : 0;
}

static inline int put_registers(int tid, const registers *r) {
  struct iovec part = {.iov_base = (void *)(uintptr_t)r, .iov_len = sizeof *r};
  return ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &part) < 0 ? -errno : 0;
}

/* Waits for the stop that was asked for. Returns the wait status, or -errno. */
static inline int wait_stop(int tid) {
  int status;
  pid_t pid;
  do {
    pid = waitpid(tid, &status, __WALL);
  } while (pid < 0 && errno == EINTR);
  return pid < 0 ? -errno : status;
}

#endif
