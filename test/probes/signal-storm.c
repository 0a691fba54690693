/*
 * signal-storm [--restart] [--sibling] [--processes N] [--iterations N] [--file PATH]
 *
 * N processes increment a counter in a file, each time under F_SETLKW, while about 1,000 SIGALRM a second
 * reach each of them: from its own interval timer, or with --sibling from another process. Without --restart
 * the handler interrupts: EINTR from F_SETLKW is counted and tried again. With --restart it must not be
 * seen. The counter must come out exact and no other errno may appear. Exit status 0 if so.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { periodMicroseconds = 1000, processesMax = 64, longEvery = 16, longMicroseconds = 1500 };

struct tally {
	long signals, interrupted, unexpected;
	int last_errno;
};

static struct tally *tallies; /* shared: one per process */
static struct tally *own;
static int restart, sibling, processes = 4, iterations = 5000;
static const char *path;

static void on_alarm(int number)
{
	(void)number;
	own->signals++;
}

static void note_unexpected(void)
{
	own->unexpected++;
	own->last_errno = errno;
}

static void lock_counter(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_len = 8 };
	while (fcntl(fd, F_SETLKW, &lock) < 0) {
		if (errno == EINTR && !restart) {
			own->interrupted++;
			continue;
		}
		note_unexpected();
		if (own->unexpected > 100)
			exit(1);
	}
}

/* The lock is held for a while now and then, so that signals find others waiting. */
static void increment(int fd, int index)
{
	long value = 0;
	struct flock unlock = { .l_type = F_UNLCK, .l_len = 8 };
	lock_counter(fd);
	if (pread(fd, &value, sizeof value, 0) < 0)
		note_unexpected();
	if (index % longEvery == 0)
		usleep(longMicroseconds);
	value++;
	if (pwrite(fd, &value, sizeof value, 0) != sizeof value)
		note_unexpected();
	if (fcntl(fd, F_SETLK, &unlock) < 0)
		note_unexpected();
}

static void worker(int number)
{
	struct itimerval timer = { { 0, periodMicroseconds }, { 0, periodMicroseconds } };
	if (!sibling)
		setitimer(ITIMER_REAL, &timer, NULL);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		note_unexpected();
	for (int i = 0; i < iterations && fd >= 0; i++)
		increment(fd, i + number);
	exit(0);
}

/* Sends until killed; the workers are not reaped before that, so their pids stay theirs. */
static void sender(const pid_t *workers)
{
	for (;;) {
		for (int i = 0; i < processes; i++)
			kill(workers[i], SIGALRM);
		usleep(periodMicroseconds);
	}
}

static pid_t start(void (*run)(int), int number)
{
	pid_t pid = fork();
	if (pid == 0)
		run(number);
	if (pid < 0) {
		perror("fork");
		exit(2);
	}
	return pid;
}

static long final_count(void)
{
	long value = -1;
	int fd = open(path, O_RDONLY);
	if (fd < 0 || pread(fd, &value, sizeof value, 0) != sizeof value)
		perror(path);
	close(fd);
	return value;
}

static int run(void)
{
	pid_t workers[processesMax], helper = 0;
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = restart ? SA_RESTART : 0 };
	int failed = 0, status;
	sigaction(SIGALRM, &action, NULL); /* before the workers exist: the sibling may be quick */
	for (int i = 0; i < processes; i++) {
		own = &tallies[i];
		workers[i] = start(worker, i);
	}
	if (sibling && (helper = fork()) == 0)
		sender(workers);
	for (int i = 0; i < processes; i++) {
		siginfo_t info;
		waitid(P_PID, (id_t)workers[i], &info, WEXITED | WNOWAIT);
	}
	if (helper > 0)
		kill(helper, SIGKILL);
	for (int i = 0; i < processes; i++) {
		waitpid(workers[i], &status, 0);
		failed += status != 0;
	}
	return failed;
}

static int report(int failed, double seconds)
{
	struct tally sum = { 0 };
	long count = final_count(), wanted = (long)processes * iterations;
	for (int i = 0; i < processes; i++) {
		sum.signals += tallies[i].signals;
		sum.interrupted += tallies[i].interrupted;
		sum.unexpected += tallies[i].unexpected;
		sum.last_errno = tallies[i].last_errno ? tallies[i].last_errno : sum.last_errno;
	}
	int ok = !failed && count == wanted && sum.unexpected == 0;
	printf("signal-storm %s: %s count=%ld/%ld signals=%ld interrupted=%ld unexpected=%ld%s%s failed=%d seconds=%.2f\n",
	       restart ? "restart" : "norestart", ok ? "ok" : "WRONG", count, wanted, sum.signals, sum.interrupted,
	       sum.unexpected, sum.last_errno ? " errno=" : "", sum.last_errno ? strerrorname_np(sum.last_errno) : "",
	       failed, seconds);
	return ok ? 0 : 1;
}

static void parse(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		if (strcmp(argv[i], "--restart") == 0)
			restart = 1;
		else if (strcmp(argv[i], "--sibling") == 0)
			sibling = 1;
		else if (strcmp(argv[i], "--processes") == 0 && ++i)
			processes = atoi(value);
		else if (strcmp(argv[i], "--iterations") == 0 && ++i)
			iterations = atoi(value);
		else if (strcmp(argv[i], "--file") == 0 && ++i)
			path = value;
		else
			processes = 0;
	}
	if (processes < 1 || processes > processesMax || iterations < 1) {
		fprintf(stderr, "usage: signal-storm [--restart] [--sibling] [--processes N] [--iterations N] [--file PATH]\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	char made[] = "/tmp/signal-storm-XXXXXX";
	struct timespec from, to;
	parse(argc, argv);
	tallies = mmap(NULL, processesMax * sizeof *tallies, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd = path ? open(path, O_RDWR | O_CREAT | O_TRUNC, 0600) : mkstemp(made);
	if (fd < 0 || ftruncate(fd, 8) < 0 || close(fd) < 0) {
		perror("signal-storm");
		return 2;
	}
	int temporary = !path;
	path = path ? path : made;
	clock_gettime(CLOCK_MONOTONIC, &from);
	int failed = run();
	clock_gettime(CLOCK_MONOTONIC, &to);
	int status = report(failed, (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9);
	if (temporary)
		unlink(path);
	return status;
}
