/* sward-launcher: starts a workload under the member's seccomp filter, and stays as its keeper.
 *
 * Two processes come of it. The child installs the filter, hands the listener to the member and becomes the program.
 * The parent, the keeper, exists because nothing else outlives the member: it is the subreaper of the whole tree, tells
 * the member how the first process ended and when nothing is left, and kills all that is left when the member asks for
 * it or dies (its end of the socket closes), for a trapped call would find nobody to answer it.
 *
 * usage: sward-launcher CONTROL-FD STARTED PROGRAM [ARGUMENT]...   (run by the member only, with all signals blocked;
 * STARTED is what started.h describes, or empty) */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "started.h"
#include "sward.h"

enum { FILTER_BYTES_MAX = 64 * 1024, PROCESSES_MAX = 65536 };

/* What the launcher tells the member (src/member/launcher.ts mirrors it). */
struct report {
  int32_t kind;
  int32_t pid;
  int32_t value;
};
enum { REPORT_LISTENER = 1, REPORT_FAILED = 2, REPORT_STARTED = 3, REPORT_ENDED = 4, REPORT_EMPTY = 5 };
enum { FAILED_FILTER = 1, FAILED_EXEC = 2 };

static int tell(int control, int kind, int pid, int value, int descriptor) {
  struct report report = {.kind = kind, .pid = pid, .value = value};
  struct iovec part = {.iov_base = &report, .iov_len = sizeof report};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } space;
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (descriptor >= 0) {
    message.msg_control = &space;
    message.msg_controllen = sizeof space.bytes;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  }
  return sendmsg(control, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Gives this process back what Node took from the member: ignored and blocked signals, the limit of descriptors. Where
 * nothing is known of them, signals have their default actions. */
static void as_started(const char *text) {
  struct started then = {0};
  struct rlimit limit;
  if (sscanf(text, STARTED_SCAN, &then.ignored, &then.blocked, &then.descriptors) == 3 &&
      getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = then.descriptors;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  for (int signal = 1; signal <= SIGNAL_MAX; signal++) {
    struct kernel_action action = {.handler = then.ignored >> (signal - 1) & 1 ? SIG_IGN : SIG_DFL};
    syscall(SYS_rt_sigaction, signal, &action, NULL, sizeof action.mask);
  }
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &then.blocked, NULL, sizeof then.blocked);
}

/* The child: filter, listener, program. Its exit status says why it failed, as a shell's would. */
static _Noreturn void become_program(int control, const struct sock_fprog *filter, char **arguments) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
    tell(control, REPORT_FAILED, FAILED_FILTER, errno, -1);
    _exit(125);
  }
  /* Member and keeper killed at once: nobody is left to answer its calls, or to end it. */
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                              SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, filter);
  if (listener < 0 || tell(control, REPORT_LISTENER, getpid(), 0, listener) < 0) {
    tell(control, REPORT_FAILED, FAILED_FILTER, errno, -1);
    _exit(125);
  }
  /* The listener is close-on-exec. From here on calls may be trapped, and the member answers them. */
  execvp(arguments[0], arguments);
  int error = errno;
  tell(control, REPORT_FAILED, FAILED_EXEC, error, -1);
  _exit(error == ENOENT ? 127 : 126);
}

/* Kills whatever is below this process until nothing is: children may fork while we look. */
static void kill_all(void) {
  for (;;) {
    char path[64];
    static char text[65536];
    int killed = 0;
    /* Killed processes hand their children to us, the subreaper: killing generation by generation ends. */
    snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    FILE *children = fopen(path, "re");
    if (children) {
      while (fgets(text, sizeof text, children))
        for (char *at = strtok(text, " \n"); at; at = strtok(NULL, " \n"))
          if (kill(atoi(at), SIGKILL) == 0) killed = 1;
      fclose(children);
    }
    pid_t pid = waitpid(-1, NULL, killed ? 0 : WNOHANG);
    if (pid < 0 && errno == ECHILD) return;
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
  }
}

/* Collects what ended. Returns 1 when nothing is left. */
static int reap(int control, pid_t first) {
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid == 0) return 0;
    if (pid < 0) return errno == ECHILD;
    if (pid == first) tell(control, REPORT_ENDED, pid, status, -1);
  }
}

static int keep(int control, pid_t first, int child_signals) {
  tell(control, REPORT_STARTED, first, 0, -1);
  int empty = reap(control, first);
  while (!empty) {
    struct pollfd fds[2] = {{.fd = control, .events = POLLIN}, {.fd = child_signals, .events = POLLIN}};
    if (poll(fds, 2, -1) < 0) continue;
    if (fds[1].revents) {
      struct signalfd_siginfo info;
      while (read(child_signals, &info, sizeof info) > 0) {
      }
      empty = reap(control, first);
    }
    if (!empty && fds[0].revents) {
      /* One byte: kill what is left. End of file: the member is gone, which means the same. */
      char order;
      ssize_t length = recv(control, &order, 1, MSG_DONTWAIT);
      if (length >= 0 || (errno != EAGAIN && errno != EINTR)) {
        kill_all();
        empty = 1;
      }
    }
  }
  tell(control, REPORT_EMPTY, 0, 0, -1);
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "sward-launcher: run by `member`, not by hand\n");
    return 2;
  }
  int control = atoi(argv[1]);
  fcntl(control, F_SETFD, FD_CLOEXEC);
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);

  static char bytes[FILTER_BYTES_MAX];
  ssize_t length = recv(control, bytes, sizeof bytes, 0);
  if (length <= 0) return 125;
  struct sock_fprog filter = {.len = (unsigned short)((size_t)length / sizeof(struct sock_filter)),
                              .filter = (struct sock_filter *)bytes};

  pid_t first = fork();
  if (first < 0) {
    tell(control, REPORT_FAILED, FAILED_FILTER, errno, -1);
    return 125;
  }
  if (first == 0) {
    as_started(argv[2]);
    become_program(control, &filter, argv + 3);
  }

  /* The keeper keeps nothing open: a reader of the workload's pipes must see their end when the workload closes them. */
  prctl(PR_SET_NAME, "sward-keeper", 0, 0, 0);
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3; fd++) dup2(null, fd);
  if (dup2(control, 3) < 0) return 125;
  syscall(SYS_close_range, 4u, ~0u, 0);
  fcntl(3, F_SETFD, FD_CLOEXEC);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  return keep(3, first, signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC));
}
