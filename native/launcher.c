/* sward-launcher: starts a workload under the member's seccomp filter, and stays as its keeper.
 *
 * Two processes come of it. The child installs the filter, hands the listener to the member and becomes the program.
 * The parent, the keeper, exists because nothing else outlives the member: it is the subreaper of the whole tree, tells
 * the member how the first process ended and when nothing is left, and kills all that is left when the member asks for
 * it or dies (its end of the socket closes), for a trapped call would find nobody to answer it.
 *
 * To a shell the member is the program. So the keeper, its parent, tells when the program has stopped, for the member
 * to stop as well, and continues the member when the program goes on. And as it is in the process group of the member
 * and blocks all signals, it can tell whether one that came to the member came to the whole group; if not, it passes it
 * on.
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
enum {
  REPORT_LISTENER = 1,
  REPORT_FAILED = 2,
  REPORT_STARTED = 3,
  REPORT_ENDED = 4,
  REPORT_EMPTY = 5,
  REPORT_STOPPED = 6, /* value: by which signal */
  REPORT_CONTINUED = 7,
  REPORT_LEFT = 8 /* a signal, `pid`, was to be passed on after the program had ended; value: it came to the group */
};
enum { FAILED_FILTER = 1, FAILED_EXEC = 2 };

/* What the member wants. */
struct order {
  int32_t kind;
  int32_t signo; /* a signal that came to the member, and the rest as siginfo_t has it */
  int32_t sender;
  int32_t code;
  int64_t caught; /* when, in nanoseconds of CLOCK_MONOTONIC */
};
enum { ORDER_KILL = 1, ORDER_PASS = 2 };

/* A signal as it last came to the keeper; what the kernel sends has no sender. */
struct arrival {
  int32_t sender;
  int32_t code;
  int64_t taken; /* when */
  /* How long the member may have caught it after that: until it has told of one, however long it was stopped. */
  int64_t patience;
};
enum { PATIENCE_NANOSECONDS = 5 * 1000 * 1000 };

/* What the keeper keeps. */
struct workload {
  int control;
  pid_t member;
  pid_t first; /* 0 once it has ended */
  int stopped; /* it has, or had when it ended: it may be killed then, too */
  int child_signals;
  int other_signals;
  struct arrival arrivals[SIGNAL_MAX + 1];
};

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

static void signal_member(const struct workload *workload, int signo) {
  if (getppid() == workload->member) kill(workload->member, signo);
}

static pid_t parent_of(pid_t pid) {
  char path[32], text[256] = "";
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || read(fd, text, sizeof text - 1) < 0) return 0;
  /* proc_pid_stat(5): pid (name) state parent; there may be parentheses in the name. */
  const char *end = strrchr(text, ')');
  int parent = 0;
  return end && sscanf(end, ") %*c %d", &parent) == 1 ? parent : 0;
}

/* Whether a shell may be waiting for our process group to stop, which is thus not an orphaned one (setpgid(2)): an
 * ancestor of the member is in another group of the session. */
static int is_job(pid_t member) {
  for (pid_t pid = parent_of(member); pid > 0 && getsid(pid) == getsid(0); pid = parent_of(pid))
    if (getpgid(pid) != getpgrp()) return 1;
  return 0;
}

/* The first process has ended, stopped or been continued.
 *
 * The member stops itself, so that a shell sees by which signal. By SIGSTOP it cannot: it could not take that back when
 * the program is continued at that moment. Sent from here, SIGSTOP and SIGCONT come in the order of what happened. What
 * the kernel does with the other stop signals, not to let an orphaned group stop, is done here for SIGSTOP: without a
 * shell, the rest of the workload is better served by a member that runs. */
static void mirror(struct workload *workload, int status) {
  if (WIFSTOPPED(status)) workload->stopped = 1;
  if (WIFCONTINUED(status)) {
    /* First the word: a member that has not stopped yet reads it before it does, one that has gets the signal. */
    tell(workload->control, REPORT_CONTINUED, workload->first, 0, -1);
    signal_member(workload, SIGCONT);
    workload->stopped = 0;
  } else if (!WIFSTOPPED(status)) {
    tell(workload->control, REPORT_ENDED, workload->first, status, -1);
    workload->first = 0;
    if (workload->stopped) signal_member(workload, SIGCONT);
  } else if (WSTOPSIG(status) == SIGSTOP) {
    if (is_job(workload->member)) signal_member(workload, SIGSTOP);
  } else {
    tell(workload->control, REPORT_STOPPED, workload->first, WSTOPSIG(status), -1);
  }
}

/* Collects what ended. Returns 1 when nothing is left. */
static int reap(struct workload *workload) {
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED);
    if (pid == 0) return 0;
    if (pid < 0) return errno == ECHILD;
    if (pid == workload->first) mirror(workload, status);
  }
}

static void note_arrivals(struct workload *workload) {
  struct signalfd_siginfo info;
  while (read(workload->other_signals, &info, sizeof info) > 0) {
    /* SIGCONT of the member is to wake us, if we were stopped. */
    if ((pid_t)info.ssi_pid == workload->member) continue;
    workload->arrivals[info.ssi_signo] =
        (struct arrival){(int32_t)info.ssi_pid, info.ssi_code, sward_nanoseconds(), INT64_MAX};
  }
}

/* Whether a signal that came to the member came to its whole process group: the newest processes of a group get it
 * first, so it is here already.
 *
 * Ordinary signals do not queue: one that comes again before it is taken is lost, here or there. So they cannot be
 * counted; but what the member caught before we took ours was in time for it, and so was what it caught soon after. */
static int came_to_group(struct workload *workload, const struct order *order) {
  note_arrivals(workload);
  struct arrival *here = &workload->arrivals[order->signo];
  if (here->sender != order->sender || here->code != order->code) return 0;
  int64_t later = order->caught - here->taken;
  int came = later < here->patience;
  /* All that came before this one was caught has been told of; before ours was taken, more may have come. */
  here->patience = later > 0 ? 0 : PATIENCE_NANOSECONDS;
  return came;
}

/* A signal came to the member: the program is to get it, once. */
static void pass(struct workload *workload, const struct order *order) {
  if (order->signo < 1 || order->signo > SIGNAL_MAX) return;
  int came = came_to_group(workload, order);
  if (!workload->first) tell(workload->control, REPORT_LEFT, order->signo, came, -1);
  else if (!came || getpgid(workload->first) != getpgrp()) kill(workload->first, order->signo);
}

/* Does what the member wants. Returns 1 when it wants nothing more: what is left is to be killed, or the member is gone
 * (end of file), which means the same. */
static int obey(struct workload *workload) {
  struct order order;
  ssize_t length = recv(workload->control, &order, sizeof order, MSG_DONTWAIT);
  if (length < 0) return errno != EAGAIN && errno != EINTR;
  if (length < (ssize_t)sizeof order || order.kind == ORDER_KILL) return 1;
  pass(workload, &order);
  return 0;
}

static int keep(struct workload *workload) {
  /* What came before the first process was there did not come to it. */
  note_arrivals(workload);
  memset(workload->arrivals, 0, sizeof workload->arrivals);
  tell(workload->control, REPORT_STARTED, workload->first, 0, -1);
  int empty = reap(workload);
  while (!empty) {
    struct pollfd fds[3] = {{.fd = workload->control, .events = POLLIN},
                            {.fd = workload->child_signals, .events = POLLIN},
                            {.fd = workload->other_signals, .events = POLLIN}};
    if (poll(fds, 3, -1) < 0) continue;
    note_arrivals(workload);
    /* First what is wanted: SIGCONT may have to undo a stop that would otherwise be mirrored now. */
    if (fds[0].revents && obey(workload)) {
      kill_all();
      break;
    }
    if (fds[1].revents) {
      struct signalfd_siginfo info;
      while (read(workload->child_signals, &info, sizeof info) > 0) {
      }
      empty = reap(workload);
    }
  }
  tell(workload->control, REPORT_EMPTY, 0, 0, -1);
  return 0;
}

/* The descriptor that tells of these signals, which are blocked. */
static int listen_to(const sigset_t *signals) {
  return signalfd(-1, signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "sward-launcher: run by `member`, not by hand\n");
    return 2;
  }
  int control = atoi(argv[1]);
  pid_t member = getppid();
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
  sigset_t child, others;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigfillset(&others);
  sigdelset(&others, SIGCHLD);
  struct workload workload = {.control = 3,
                              .member = member,
                              .first = first,
                              .child_signals = listen_to(&child),
                              .other_signals = listen_to(&others)};
  return keep(&workload);
}
