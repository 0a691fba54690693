/* The floor of every trap: a child makes trapped calls, this process answers each at once, with SYNC_WAKE_UP.
 * usage: floor COUNT. Prints nanoseconds per call of two calls (a "pair"), as the lock benchmarks count them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, uint64_t)
#endif
#define WAIT_KILLABLE_RECV (1UL << 5)

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void send_fd(int socket, int fd) {
  char byte = 0, space[CMSG_SPACE(sizeof fd)] = {0};
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(header), &fd, sizeof fd);
  if (sendmsg(socket, &message, 0) != 1) exit(1);
}

static int receive_fd(int socket) {
  char byte, space[CMSG_SPACE(sizeof(int))];
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
  if (recvmsg(socket, &message, 0) != 1) exit(1);
  int fd;
  memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
  return fd;
}

static void workload(int socket, int count) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_flock, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER | WAIT_KILLABLE_RECV,
                              &program);
  if (listener < 0) _exit(2);
  send_fd(socket, listener);
  for (int i = 0; i < 1000; i++) syscall(SYS_flock, 0, 8);
  double before = now();
  for (int i = 0; i < count; i++) {
    syscall(SYS_flock, 0, 8);
    syscall(SYS_flock, 0, 8);
  }
  printf("%.0f\n", (now() - before) / count);
  fflush(stdout);
  _exit(0);
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 20000;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) return 1;
  pid_t child = fork();
  if (child == 0) workload(ends[1], count);
  close(ends[1]);
  int listener = receive_fd(ends[0]);
  ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, 1UL);
  for (;;) {
    struct seccomp_notif request;
    memset(&request, 0, sizeof request);
    struct pollfd fd = {.fd = listener, .events = POLLIN};
    poll(&fd, 1, -1);
    if (fd.revents & POLLHUP) break;
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0) continue;
    struct seccomp_notif_resp response = {.id = request.id};
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
  }
  int status;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
