/* seccomp user notification (seccomp_unotify(2)): receive a trap, look at what it refers to, answer it.
 *
 * One block of memory is shared with TypeScript (src/member/native.ts mirrors the offsets). The block holds at most
 * one trap at a time: the hot loop takes what it needs before it waits again. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <time.h>

#include "sward.h"

/* struct flock as 64-bit programs pass it to fcntl(2). */
struct workload_flock {
  int16_t type;
  int16_t whence;
  int32_t padding;
  int64_t start;
  int64_t length;
  int32_t pid;
  int32_t padding_end;
};

struct trap_block {
  struct seccomp_notif request; /* 0 */
  int32_t copy;                 /* 80: our duplicate of the descriptor, closed by the next answer unless claimed */
  uint32_t mode;                /* 84: st_mode */
  uint64_t device;              /* 88 */
  uint64_t inode;               /* 96 */
  int64_t size;                 /* 104 */
  int64_t position;             /* 112: only for SEEK_CUR */
  int32_t flags;                /* 120: F_GETFL */
  int32_t padding;
  struct workload_flock lock; /* 128 */
};
_Static_assert(sizeof(struct seccomp_notif) == 80, "seccomp_notif changed its size");
_Static_assert(sizeof(struct workload_flock) == 32, "struct flock is not the 64-bit one");
_Static_assert(offsetof(struct trap_block, copy) == 80, "mirrored in src/member/native.ts");
_Static_assert(offsetof(struct trap_block, lock) == 128, "mirrored in src/member/native.ts");

enum { READY_TRAP = 1, READY_LINK = 2, READY_SIGNALS = 4, READY_EVENTS = 8, LISTENER_GONE = 16, READY_CONTROL = 32 };

/* Blocks until a trap, the leader socket, a signal, the event set (pidfds) or the keeper has something, or for
 * timeout_us (-1: for ever). A trap that is there is received into the block. Returns READY_* bits. */
SWARD_API int sward_trap_wait(struct trap_block *block, int listener, int link, int link_events, int signals, int events,
                              int control, int64_t timeout_us) {
  struct pollfd fds[5] = {
      {.fd = listener, .events = POLLIN},           {.fd = link, .events = (short)link_events},
      {.fd = signals, .events = POLLIN},            {.fd = events, .events = POLLIN},
      {.fd = control, .events = POLLIN},
  };
  struct timespec timeout = {.tv_sec = timeout_us / 1000000, .tv_nsec = (timeout_us % 1000000) * 1000};
  int count = ppoll(fds, 5, timeout_us < 0 ? NULL : &timeout, NULL);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  int ready = 0;
  if (fds[1].revents) ready |= READY_LINK;
  if (fds[2].revents) ready |= READY_SIGNALS;
  if (fds[3].revents) ready |= READY_EVENTS;
  if (fds[4].revents) ready |= READY_CONTROL;
  if (fds[0].revents & POLLIN) {
    memset(&block->request, 0, sizeof block->request);
    /* ENOENT: the thread was killed between the wake-up and now. */
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &block->request) == 0) ready |= READY_TRAP;
  } else if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) {
    ready |= LISTENER_GONE;
  }
  return ready;
}

static void drop_copy(struct trap_block *block) {
  if (block->copy >= 0) close(block->copy);
  block->copy = -1;
}

/* Answers a trap: the call returns value, or fails with error (negative), or runs (SECCOMP_USER_NOTIF_FLAG_CONTINUE). */
SWARD_API int sward_trap_answer(struct trap_block *block, int listener, uint32_t id_low, uint32_t id_high, int64_t value,
                                int error, uint32_t flags) {
  struct seccomp_notif_resp response = {
      .id = (uint64_t)id_high << 32 | id_low, .val = value, .error = error, .flags = flags};
  int result = ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) == 0 ? 0 : -errno;
  drop_copy(block);
  return result;
}

/* 0 while the trapped thread still waits for its answer, -ENOENT after. */
SWARD_API int sward_trap_valid(int listener, uint32_t id_low, uint32_t id_high) {
  uint64_t id = (uint64_t)id_high << 32 | id_low;
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0 ? 0 : -errno;
}

SWARD_API int sward_trap_prepare(struct trap_block *block, int listener) {
  block->copy = -1;
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) == 0 ? 0 : -errno;
}

/* Duplicates descriptor `fd` of a process. The leading thread may have ended while others run: then its pidfd shows
 * no descriptors, and the thread's own is tried (Linux 6.9). */
static int duplicate(int pidfd, int tgid, int tid, int fd) {
  int copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
  if (copy >= 0) return copy;
  int error = -errno;
  if (error != -EBADF || tid == tgid) return error;
  AUTO_CLOSE int thread = (int)syscall(SYS_pidfd_open, tid, PIDFD_THREAD);
  if (thread < 0) return error;
  copy = (int)syscall(SYS_pidfd_getfd, thread, fd, 0);
  return copy >= 0 ? copy : error;
}

/* Looks at the descriptor (and, when address is not 0, the struct flock) that the trap in hand refers to.
 *
 * -ESRCH: tid is no thread of tgid any more (the caller's memory of it is stale); -EBADF: no such descriptor;
 * -EFAULT: bad address; -ENOENT: the trap is gone; -EPERM: the process may not be looked at. */
SWARD_API int sward_trap_inspect(struct trap_block *block, int listener, int pidfd, int tgid, int fd, uint64_t address) {
  int tid = (int)block->request.pid;
  drop_copy(block);
  if (syscall(SYS_tgkill, tgid, tid, 0) < 0 && errno == ESRCH) return -ESRCH;
  if (address != 0) {
    struct iovec local = {.iov_base = &block->lock, .iov_len = sizeof block->lock};
    /* Never hand a null pointer on as "all of memory": the kernel checks it. */
    struct iovec remote = {.iov_base = (void *)(uintptr_t)address, .iov_len = sizeof block->lock};
    ssize_t count = process_vm_readv(tid, &local, 1, &remote, 1, 0);
    if (count < 0 && (errno == EPERM || errno == ESRCH)) return -errno;
    if (count != (ssize_t)sizeof block->lock) {
      /* fcntl(2) looks the descriptor up first: a bad one wins over a bad address. */
      int probe = duplicate(pidfd, tgid, tid, fd);
      if (probe < 0) return probe;
      int path_only = (fcntl(probe, F_GETFL) & O_PATH) != 0;
      close(probe);
      return path_only ? -EBADF : -EFAULT;
    }
  }
  int copy = duplicate(pidfd, tgid, tid, fd);
  if (copy < 0) return copy;
  block->copy = copy;
  struct stat status;
  if (fstat(copy, &status) < 0) return -errno;
  block->mode = status.st_mode;
  block->device = status.st_dev;
  block->inode = status.st_ino;
  block->size = status.st_size;
  block->flags = fcntl(copy, F_GETFL);
  block->position = 0;
  if (address != 0 && block->lock.whence == SEEK_CUR) block->position = lseek(copy, 0, SEEK_CUR);
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &block->request.id) == 0 ? 0 : -errno;
}

/* Writes the block's struct flock back to the workload (F_GETLK). */
SWARD_API int sward_trap_write_lock(struct trap_block *block, int tid, uint64_t address, int only_type) {
  size_t length = only_type ? sizeof block->lock.type : sizeof block->lock;
  struct iovec local = {.iov_base = &block->lock, .iov_len = length};
  struct iovec remote = {.iov_base = (void *)(uintptr_t)address, .iov_len = length};
  return process_vm_writev(tid, &local, 1, &remote, 1, 0) == (ssize_t)length ? 0 : -EFAULT;
}
