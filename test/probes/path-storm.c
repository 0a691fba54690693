/*
 * path-storm DIRECTORY MILLISECONDS restart|interrupt: makes, renames and removes names under 1,000 signals a second,
 * for that long or, where the machine has little time for us, until enough of both have come.
 *
 * With `restart` the handler has SA_RESTART; with `interrupt` it has not, and EINTR is retried. A call that took effect
 * and is made again would find its own doing: a false EEXIST or ENOENT. Each is told; the status is 1 if there was one.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { signalsMin = 100, operationsMin = 100 };

static volatile sig_atomic_t signals;
static long operations, interrupted, faults;
static int retries;

static void on_signal(int number)
{
	(void)number;
	signals++;
}

static long milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int again(long result)
{
	if (result >= 0 || errno != EINTR)
		return 0;
	interrupted++;
	return retries;
}

static void check(const char *call, long result)
{
	operations++;
	if (result >= 0)
		return;
	faults++;
	printf("%s: %s\n", call, strerrorname_np(errno));
}

#define TRY(call)                       \
	do {                            \
		long result_;           \
		do                      \
			result_ = call; \
		while (again(result_)); \
		check(#call, result_);  \
	} while (0)

static void one_round(void)
{
	int fd;
	TRY(mkdir("d", 0755));
	TRY(fd = open("d/f", O_RDWR | O_CREAT | O_EXCL, 0644));
	check("write", write(fd, "x", 1));
	close(fd);
	TRY(rename("d/f", "d/g"));
	TRY(link("d/g", "d/h"));
	TRY(symlink("h", "d/l"));
	TRY(rename("d", "e"));
	TRY(fd = open("e/l", O_RDONLY));
	close(fd);
	TRY(mknod("e/p", S_IFIFO | 0644, 0));
	TRY(unlink("e/p"));
	TRY(unlink("e/g"));
	TRY(unlink("e/h"));
	TRY(unlink("e/l"));
	TRY(chdir("e"));
	TRY(chdir(".."));
	TRY(rmdir("e"));
}

int main(int argc, char **argv)
{
	if (argc != 4 || chdir(argv[1]) < 0) {
		fprintf(stderr, "usage: path-storm DIRECTORY MILLISECONDS restart|interrupt\n");
		return 2;
	}
	retries = strcmp(argv[3], "interrupt") == 0;
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = retries ? 0 : SA_RESTART };
	sigaction(SIGALRM, &action, NULL);
	struct itimerval every = { .it_interval.tv_usec = 1000, .it_value.tv_usec = 1000 };
	setitimer(ITIMER_REAL, &every, NULL);
	long end = milliseconds() + atol(argv[2]);
	while ((milliseconds() < end || signals < signalsMin || operations < operationsMin) && faults < 10)
		one_round();
	every = (struct itimerval){ 0 };
	setitimer(ITIMER_REAL, &every, NULL);
	printf("operations %ld signals %d faults %ld\n", operations, (int)signals, faults);
	return faults > 0;
}
