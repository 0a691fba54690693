/*
 * interrupt-waits [fcntl|ofd|flock] [--thread] [--waits N] [--seed N] [--file PATH]
 *
 * N times, a waiter (a child process, or with --thread a thread; not for fcntl) blocks for a lock that the
 * main process holds; at a random moment it is interrupted by a signal whose handler has no SA_RESTART, or
 * granted, or both at once in either order. It must return 0 or EINTR. After 0 it must hold the lock, after
 * EINTR it must not, and nobody else may. Exit status 0 if so.
 *
 * A signal that lands before the call has begun interrupts nothing: when nothing comes of it for
 * `resendMilliseconds`, it is sent again (counted as resent; latencies count from the last one).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { resendMilliseconds = 20, resendsMax = 500, delayMicrosecondsMax = 400, longEvery = 8, longFactor = 10 };
enum kind { kindFcntl, kindOfd, kindFlock };
enum plan { planSignal, planGrant, planSignalThenGrant, planGrantThenSignal, planCount };

/* Between main and waiter, which may be another process. */
struct shared {
	sem_t go, done, ready;
	int release; /* the next turn of the waiter is to unlock */
	int stop;
	pid_t tid;
	int result; /* 0 or errno */
	int64_t returned;
	volatile long handled;
};

struct counts {
	long granted, interrupted, resent, wrong;
	int64_t signal_max, grant_max;
};

static struct shared *shared;
static struct counts counts;
static enum kind kind;
static int waiter_fd, holder_fd, threaded, waits = 10000;
static pid_t waiter_pid;
static uint64_t seed = 1;
static const char *path;

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* xorshift64: the same moments for the same seed */
static uint64_t below(uint64_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % limit;
}

static int change_lock(int fd, short type, int wait)
{
	struct flock lock = { .l_type = type };
	if (kind == kindFlock)
		return flock(fd, (type == F_UNLCK ? LOCK_UN : LOCK_EX) | (wait ? 0 : LOCK_NB));
	if (kind == kindOfd)
		return fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
	return fcntl(fd, wait ? F_SETLKW : F_SETLK, &lock);
}

static void on_signal(int number)
{
	(void)number;
	shared->handled++;
}

static void wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore) < 0)
		;
}

static void *waiter(void *unused)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigaction(SIGUSR1, &action, NULL);
	shared->tid = (pid_t)syscall(SYS_gettid);
	waiter_fd = open(path, O_RDWR | O_CLOEXEC);
	sem_post(&shared->ready);
	for (;;) {
		wait_for(&shared->go);
		if (shared->stop)
			return unused;
		int release = shared->release;
		int result = change_lock(waiter_fd, release ? F_UNLCK : F_WRLCK, !release);
		shared->returned = now();
		shared->result = result < 0 ? errno : 0;
		sem_post(&shared->done);
	}
}

static void wrong(int index, const char *what)
{
	if (counts.wrong++ < 10)
		fprintf(stderr, "interrupt-waits: wait %d: %s (result %d)\n", index, what, shared->result);
}

static void send_signal(void)
{
	syscall(SYS_tgkill, threaded ? getpid() : waiter_pid, shared->tid, SIGUSR1);
}

/* A random moment: short ones spin, long ones sleep (and find a parked waiter). */
static void random_pause(void)
{
	int64_t until = now() + (int64_t)below(delayMicrosecondsMax) * 1000;
	if (below(longEvery) == 0)
		usleep((useconds_t)below(delayMicrosecondsMax * longFactor));
	while (now() < until)
		;
}

static int await_done(void)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += resendMilliseconds * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	int got;
	while ((got = sem_timedwait(&shared->done, &until)) < 0 && errno == EINTR)
		;
	return got;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Lets the waiter return, by the plan: 1 when we have unlocked, 0 when not, -1 when it does not return. */
static int end_wait(enum plan plan, int64_t *last)
{
	*last = now();
	if (plan == planSignal || plan == planSignalThenGrant)
		send_signal();
	if (plan != planSignal)
		change_lock(holder_fd, F_UNLCK, 0);
	if (plan == planGrantThenSignal)
		send_signal();
	for (int tries = 0; await_done() < 0; tries++) {
		if (tries >= resendsMax)
			return -1;
		if (plan != planSignal)
			continue;
		*last = now();
		counts.resent++;
		send_signal();
	}
	return plan != planSignal;
}

/* After the wait: the waiter has the lock or has not; main ends with the lock again. */
static void check(int index, int unlocked)
{
	int has_it = shared->result == 0;
	if (shared->result != 0 && shared->result != EINTR)
		wrong(index, "neither 0 nor EINTR");
	if (has_it && !unlocked)
		wrong(index, "granted while held");
	if (!unlocked && change_lock(holder_fd, F_UNLCK, 0) < 0)
		wrong(index, "cannot unlock");
	int taken = change_lock(holder_fd, F_WRLCK, 0) < 0;
	if (taken != has_it)
		wrong(index, taken ? "EINTR, but the lock is held" : "0, but the lock is free");
	if (!taken)
		return;
	shared->release = 1;
	sem_post(&shared->go);
	wait_for(&shared->done);
	shared->release = 0;
	if (change_lock(holder_fd, F_WRLCK, 0) < 0)
		wrong(index, "unlocked by the waiter, but held");
}

static int one_wait(int index)
{
	int64_t last;
	enum plan plan = (enum plan)below(planCount);
	sem_post(&shared->go);
	random_pause();
	int unlocked = end_wait(plan, &last);
	if (unlocked < 0) {
		wrong(index, "the waiter does not return");
		return -1;
	}
	int64_t latency = shared->returned - last;
	if (shared->result == 0) {
		counts.granted++;
		counts.grant_max = larger(counts.grant_max, latency);
	} else {
		counts.interrupted++;
		counts.signal_max = larger(counts.signal_max, latency);
	}
	check(index, unlocked);
	return 0;
}

static void start_waiter(void)
{
	pthread_t thread;
	if (threaded) {
		pthread_create(&thread, NULL, waiter, NULL);
		pthread_detach(thread);
	} else {
		waiter_pid = fork();
		if (waiter_pid == 0) {
			waiter(NULL);
			_exit(0);
		}
	}
	wait_for(&shared->ready);
}

static void parse(int argc, char **argv)
{
	int bad = 0;
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		if (strcmp(argv[i], "fcntl") == 0)
			kind = kindFcntl;
		else if (strcmp(argv[i], "ofd") == 0)
			kind = kindOfd;
		else if (strcmp(argv[i], "flock") == 0)
			kind = kindFlock;
		else if (strcmp(argv[i], "--thread") == 0)
			threaded = 1;
		else if (strcmp(argv[i], "--waits") == 0 && ++i)
			waits = atoi(value);
		else if (strcmp(argv[i], "--seed") == 0 && ++i)
			seed = strtoull(value, NULL, 0);
		else if (strcmp(argv[i], "--file") == 0 && ++i)
			path = value;
		else
			bad = 1;
	}
	if (bad || waits < 1 || seed == 0 || (threaded && kind == kindFcntl)) {
		fprintf(stderr, "usage: interrupt-waits [fcntl|ofd|flock] [--thread] [--waits N] [--seed N] [--file PATH]\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	static const char *names[] = { "fcntl", "ofd", "flock" };
	char made[] = "/tmp/interrupt-waits-XXXXXX";
	parse(argc, argv);
	holder_fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : mkostemp(made, O_CLOEXEC);
	int temporary = !path;
	path = path ? path : made;
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sem_init(&shared->go, 1, 0);
	sem_init(&shared->done, 1, 0);
	sem_init(&shared->ready, 1, 0);
	start_waiter();
	int failed = holder_fd < 0 || change_lock(holder_fd, F_WRLCK, 0) < 0, done = 0;
	int64_t start = now();
	for (; done < waits && !failed; done++)
		failed = one_wait(done) < 0;
	int ok = !failed && counts.wrong == 0;
	printf("interrupt-waits %s%s: %s waits=%d granted=%ld interrupted=%ld resent=%ld signals=%ld wrong=%ld "
	       "max_signal_us=%lld max_grant_us=%lld seconds=%.2f\n",
	       names[kind], threaded ? " thread" : "", ok ? "ok" : "WRONG", done, counts.granted, counts.interrupted,
	       counts.resent, shared->handled, counts.wrong, (long long)counts.signal_max / 1000,
	       (long long)counts.grant_max / 1000, (double)(now() - start) / 1e9);
	if (waiter_pid > 0)
		kill(waiter_pid, SIGKILL);
	if (temporary)
		unlink(path);
	return ok ? 0 : 1;
}
