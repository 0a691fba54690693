/* seccomp user notification (seccomp_unotify(2)): receive a trap, look at what it refers to, answer it.
 *
 * One block of memory is shared with TypeScript (src/member/native.ts mirrors the offsets). The block holds at most
 * one trap at a time: the hot loop takes what it needs before it waits again. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#include "sward.h"
#include "watch.h"

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
  int64_t answer_value;       /* 160 */
  int32_t answer_error;       /* 168 */
  uint32_t answer_flags;      /* 172 */
  uint32_t answer_ready;      /* 176: the next wait sends it first */
};
_Static_assert(sizeof(struct seccomp_notif) == 80, "seccomp_notif changed its size");
_Static_assert(sizeof(struct workload_flock) == 32, "struct flock is not the 64-bit one");
_Static_assert(offsetof(struct trap_block, copy) == 80, "mirrored in src/member/native.ts");
_Static_assert(offsetof(struct trap_block, lock) == 128, "mirrored in src/member/native.ts");

enum { READY_TRAP = 1, READY_LINK = 2, READY_EVENTS = 4, LISTENER_GONE = 8 };

static void drop_copy(struct trap_block *block) {
  if (block->copy >= 0) close(block->copy);
  block->copy = -1;
}

/* Sends the answer to the trap in hand, if the block has one ready. */
static void send_ready_answer(struct trap_block *block, int listener) {
  if (block->answer_ready) {
    block->answer_ready = 0;
    struct seccomp_notif_resp response = {.id = block->request.id,
                                          .val = block->answer_value,
                                          .error = block->answer_error,
                                          .flags = block->answer_flags};
    /* ENOENT: the thread was killed meanwhile; its process's end says so, too. */
    while (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) < 0 && errno == EINTR) {
    }
  }
}

/* Sends the ready answer, then blocks until a trap, the leader's socket or the event set has something. Nothing is done
 * between the two: the answered thread runs on this CPU, once this one sleeps. A trap that is there is received into the
 * block. Stays awake for the first spin_microseconds. Returns READY_* bits. */
SWARD_API int sward_trap_wait(struct trap_block *block, int listener, int link, int link_events, int events,
                              int spin_microseconds) {
  struct pollfd fds[3] = {
      {.fd = listener, .events = POLLIN},
      {.fd = events, .events = POLLIN},
      {.fd = link, .events = (short)link_events},
  };
  drop_copy(block);
  send_ready_answer(block, listener);
  if (link < 0 && listener >= 0 && watch_started()) {
    int received = watch_receive(listener, &block->request);
    if (received >= 0)
      return (received & RECEIVED_TRAP ? READY_TRAP : 0) | (received & RECEIVED_EVENTS ? READY_EVENTS : 0);
    /* poll(2) tells whether nobody is left. */
  }
  int count = 0;
  nfds_t watched = link < 0 ? 2 : 3;
  if (spin_microseconds > 0) {
    int64_t start = sward_nanoseconds();
    do {
      count = poll(fds, watched, 0);
    } while (count == 0 && sward_spin_on(start, spin_microseconds));
  }
  if (count == 0) count = poll(fds, watched, -1);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  int ready = 0;
  if (fds[1].revents) ready |= READY_EVENTS;
  if (fds[2].revents) ready |= READY_LINK;
  if (fds[0].revents & POLLIN) {
    memset(&block->request, 0, sizeof block->request);
    /* ENOENT: the thread was killed between the wake-up and now. */
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &block->request) == 0) ready |= READY_TRAP;
  } else if (fds[0].revents & (POLLHUP | POLLNVAL)) {
    /* POLLERR alone: a signal came while the kernel looked. */
    ready |= LISTENER_GONE;
  }
  return ready;
}

/* Answers a trap: the call returns value, or fails with error (negative), or runs (SECCOMP_USER_NOTIF_FLAG_CONTINUE). */
SWARD_API int sward_trap_answer(struct trap_block *block, int listener, uint32_t id_low, uint32_t id_high, int64_t value,
                                int error, uint32_t flags) {
  struct seccomp_notif_resp response = {
      .id = (uint64_t)id_high << 32 | id_low, .val = value, .error = error, .flags = flags};
  drop_copy(block);
  int result;
  do {
    result = ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
  } while (result < 0 && errno == EINTR);
  return result == 0 ? 0 : -errno;
}

/* 0 while the trapped thread still waits for its answer, -ENOENT after. */
SWARD_API int sward_trap_valid(int listener, uint32_t id_low, uint32_t id_high) {
  uint64_t id = (uint64_t)id_high << 32 | id_low;
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0 ? 0 : -errno;
}

SWARD_API int sward_trap_prepare(struct trap_block *block, int listener) {
  block->copy = -1;
  block->answer_ready = 0;
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) == 0 ? 0 : -errno;
}

/* Set where the container refuses pidfd_getfd(2), as Docker's default profile does: descriptors are then looked at
 * through /proc/PID/fd, which shows the file but not the open file description. */
static int through_proc;

SWARD_API void sward_trap_look_through_proc(void) { through_proc = 1; }

/* An O_PATH descriptor of what `fd` of a thread refers to, and its flags and position as fdinfo tells them. */
static int look_through_proc(struct trap_block *block, int tid, int fd) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%d/fd/%d", tid, fd);
  int copy = open(path, O_PATH | O_CLOEXEC);
  if (copy < 0) return errno == ENOENT ? -EBADF : -errno;
  snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", tid, fd);
  AUTO_CLOSE int info = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = info < 0 ? -1 : read(info, text, sizeof text - 1);
  if (length > 0) text[length] = 0;
  const char *flags = length > 4 ? strstr(text, "flags:") : NULL;
  if (!flags) {
    close(copy);
    return -EBADF;
  }
  block->position = strtoll(text + 4, NULL, 10);
  block->flags = (int)strtol(flags + 6, NULL, 8);
  return copy;
}

/* Duplicates descriptor `fd` of a process. The leading thread may have ended while others run: then its pidfd shows
 * no descriptors, and the thread's own is tried (Linux 6.9). */
static int duplicate(int pidfd, int tgid, int tid, int fd) {
  int copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
  if (copy >= 0) return copy;
  int error = -errno;
  if ((error != -EBADF && error != -ESRCH) || tid == tgid) return error;
  AUTO_CLOSE int thread = (int)syscall(SYS_pidfd_open, tid, PIDFD_THREAD);
  if (thread < 0) return error;
  copy = (int)syscall(SYS_pidfd_getfd, thread, fd, 0);
  return copy >= 0 ? copy : error;
}

/* Reads the struct flock of the trap in hand out of its process (any thread's id will do: they share memory). */
static int read_lock(struct trap_block *block, int tgid, uint64_t address) {
  struct iovec local = {.iov_base = &block->lock, .iov_len = sizeof block->lock};
  struct iovec remote = {.iov_base = (void *)(uintptr_t)address, .iov_len = sizeof block->lock};
  ssize_t count = process_vm_readv(tgid, &local, 1, &remote, 1, 0);
  /* The leading thread may have ended while others run. */
  if (count < 0 && errno == ESRCH) count = process_vm_readv((pid_t)block->request.pid, &local, 1, &remote, 1, 0);
  if (count < 0 && (errno == EPERM || errno == ESRCH)) return -errno;
  return count == (ssize_t)sizeof block->lock ? 0 : -EFAULT;
}

/* The trapped thread belongs to that process: the number of the leading thread is the process's while that lives. */
static int is_thread_of(const struct trap_block *block, int tgid) {
  int tid = (int)block->request.pid;
  return tid == tgid || syscall(SYS_tgkill, tgid, tid, 0) == 0 || errno != ESRCH;
}

/* Reads the struct flock alone, for a descriptor that is known not to have changed, through the process's memory file
 * (a third faster than process_vm_readv). Errors as sward_trap_inspect, and -EFAULT where the memory file has no answer. */
SWARD_API int sward_trap_read_lock(struct trap_block *block, int tgid, int memory, uint64_t address) {
  if (!is_thread_of(block, tgid)) return -ESRCH;
  ssize_t count = pread(memory, &block->lock, sizeof block->lock, (off_t)address);
  return count == (ssize_t)sizeof block->lock ? 0 : -EFAULT;
}

/* Opens the memory of a process as it is now: after an exec it is another. */
SWARD_API int sward_process_memory_open(int pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/mem", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

/* Looks at the descriptor (and, when address is not 0, the struct flock) that the trap in hand refers to.
 *
 * What was read is the process's own: its pidfd, used last, works only while nobody else can have its number.
 * -ESRCH: tid is no thread of tgid any more (the caller's memory of it is stale); -EBADF: no such descriptor;
 * -EFAULT: bad address; -EPERM: the process may not be looked at. */
SWARD_API int sward_trap_inspect(struct trap_block *block, int pidfd, int tgid, int fd, uint64_t address) {
  drop_copy(block);
  if (!is_thread_of(block, tgid)) return -ESRCH;
  int read = address == 0 ? 0 : read_lock(block, tgid, address);
  if (read == -EPERM || read == -ESRCH) return read;
  int copy = through_proc ? look_through_proc(block, (int)block->request.pid, fd)
                          : duplicate(pidfd, tgid, (int)block->request.pid, fd);
  if (copy < 0) return copy;
  block->copy = copy;
  struct stat status;
  if (fstat(copy, &status) < 0) return -errno;
  block->mode = status.st_mode;
  block->device = status.st_dev;
  block->inode = status.st_ino;
  block->size = status.st_size;
  if (!through_proc) block->flags = fcntl(copy, F_GETFL);
  /* fcntl(2) looks at the descriptor first: one that is open with O_PATH is EBADF whatever the address. */
  if (read == -EFAULT && (block->flags & O_PATH)) return -EBADF;
  if (!through_proc && address != 0 && block->lock.whence == SEEK_CUR) block->position = lseek(copy, 0, SEEK_CUR);
  return read;
}

/* Writes the block's struct flock back to the workload (F_GETLK). */
SWARD_API int sward_trap_write_lock(struct trap_block *block, int tid, uint64_t address, int only_type) {
  size_t length = only_type ? sizeof block->lock.type : sizeof block->lock;
  struct iovec local = {.iov_base = &block->lock, .iov_len = length};
  struct iovec remote = {.iov_base = (void *)(uintptr_t)address, .iov_len = length};
  return process_vm_writev(tid, &local, 1, &remote, 1, 0) == (ssize_t)length ? 0 : -EFAULT;
}
