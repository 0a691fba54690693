/* The memory of a trapped thread (process_vm_readv(2)). */
#define _GNU_SOURCE
#include <string.h>
#include <sys/uio.h>

#include "memory.h"
#include "sward.h"

enum { PATH_BYTES = 4096, FIRST_READ = 256, PAGE = 4096 };

static ssize_t read_remote(int tid, void *to, uint64_t from, size_t length) {
  struct iovec local = {.iov_base = to, .iov_len = length};
  struct iovec remote = {.iov_base = (void *)(uintptr_t)from, .iov_len = length};
  return process_vm_readv(tid, &local, 1, &remote, 1, 0);
}

/* Reads `length` bytes of a thread's memory: 0, -EFAULT. */
SWARD_API int sward_memory_read(int tid, uint64_t address, void *to, int length) {
  return read_remote(tid, to, address, (size_t)length) == length ? 0 : -EFAULT;
}

/* As many bytes as can be read, at most `length`. */
SWARD_API int sward_memory_read_some(int tid, uint64_t address, void *to, int length) {
  int done = 0;
  while (done < length) {
    size_t part = PAGE - (size_t)((address + (uint64_t)done) % PAGE);
    if (part > (size_t)(length - done)) part = (size_t)(length - done);
    ssize_t count = read_remote(tid, (char *)to + done, address + (uint64_t)done, part);
    if (count <= 0) break;
    done += (int)count;
  }
  return done > 0 || length == 0 ? done : -EFAULT;
}

SWARD_API int sward_memory_write(int tid, uint64_t address, const void *from, int offset, int length) {
  struct iovec local = {.iov_base = (void *)(uintptr_t)((const char *)from + offset), .iov_len = (size_t)length};
  struct iovec remote = {.iov_base = (void *)(uintptr_t)address, .iov_len = (size_t)length};
  return process_vm_writev(tid, &local, 1, &remote, 1, 0) == length ? 0 : -EFAULT;
}

/* Reads the string at `address` of a thread into `path` (PATH_BYTES), never across a page that it does not need.
 * Whether the thread is still the trapped one is to be asked after it. Returns its length, -EFAULT, -ENAMETOOLONG; -EPERM
 * when the process may not be looked at. */
SWARD_API int sward_path_fetch(int tid, uint64_t address, char *path) {
  int length = 0;
  for (;;) {
    size_t part = PAGE - (size_t)((address + (uint64_t)length) % PAGE);
    size_t most = length == 0 ? FIRST_READ : (size_t)(PATH_BYTES - length);
    if (part > most) part = most;
    ssize_t count = read_remote(tid, path + length, address + (uint64_t)length, part);
    if (count <= 0) return count < 0 && errno == EPERM ? -EPERM : -EFAULT;
    char *end = memchr(path + length, 0, (size_t)count);
    if (end) return (int)(end - path);
    length += (int)count;
    if (length >= PATH_BYTES) return -ENAMETOOLONG;
  }
}
