/*
 * lock-agent DIRECTORY: runs the cases given on standard input, each in DIRECTORY/<number>.
 *
 * It never hangs: a case has `caseSeconds` (its pending step then says "timeout", those after it
 * "skipped"), and after `timeoutsMax` such cases all others are skipped.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { caseSeconds = 60, runnerSeconds = caseSeconds + 15, reapSeconds = 30, timeoutsMax = 4 };

struct shared {
	volatile int answered;
};

static struct shared *shared;
static int timeouts;

static char *read_all(int fd)
{
	size_t length = 0, room = 1 << 16;
	char *text = malloc(room);
	for (;;) {
		ssize_t got = text ? read(fd, text + length, room - length - 1) : -1;
		if (got < 0 && errno != EINTR) {
			perror("lock-agent: read");
			exit(2);
		}
		if (got == 0)
			break;
		length += got > 0 ? (size_t)got : 0;
		if (room - length < 2)
			text = realloc(text, room *= 2);
	}
	text[length] = 0;
	return text;
}

static void on_watchdog(int number)
{
	(void)number;
	if (write(1, "timeout\n", 8) == 8)
		shared->answered++;
	_exit(3);
}

static void runner(const char *directory, char **steps, int count)
{
	setpgid(0, 0);
	signal(SIGALRM, on_watchdog);
	alarm(caseSeconds);
	if (chdir(directory) < 0) {
		perror("lock-agent: chdir");
		_exit(2);
	}
	run_case(steps, count, &shared->answered);
	_exit(0);
}

/* All processes of the case are our descendants and we are their subreaper: none may outlive it. */
static void end_processes(pid_t group)
{
	struct timespec pause = { .tv_nsec = 200000 };
	for (int tries = 0; tries < reapSeconds * 5000; tries++) {
		kill(-group, SIGKILL);
		pid_t gone;
		while ((gone = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (gone < 0 && errno == ECHILD)
			return;
		nanosleep(&pause, NULL);
	}
	fprintf(stderr, "lock-agent: processes of a case survived SIGKILL\n");
	timeouts = timeoutsMax;
}

static void start_case(const char *directory, char **steps, int count)
{
	pid_t pid = fork();
	if (pid < 0) {
		perror("lock-agent: fork");
		exit(2);
	}
	if (pid == 0)
		runner(directory, steps, count);
	setpgid(pid, pid);
	struct pollfd exited = { .fd = syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	if (poll(&exited, 1, runnerSeconds * 1000) <= 0)
		kill(pid, SIGKILL);
	close(exited.fd);
	end_processes(pid);
}

static void do_case(const char *root, int index, const char *name, char **steps, int count)
{
	char directory[4096];
	snprintf(directory, sizeof directory, "%s/%d", root, index);
	if (mkdir(directory, 0755) < 0) {
		perror("lock-agent: mkdir");
		exit(2);
	}
	dprintf(1, "%s\n", name);
	shared->answered = 0;
	if (timeouts < timeoutsMax)
		start_case(directory, steps, count);
	timeouts += shared->answered < count;
	for (int i = shared->answered; i < count; i++)
		dprintf(1, "skipped\n");
	dprintf(1, "end\n");
}

static void do_cases(const char *root, char *text)
{
	char *steps[lineMax], *name = NULL;
	int count = 0, index = 0;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (strncmp(line, "case ", 5) == 0) {
			name = line;
			count = 0;
		} else if (strcmp(line, "end") == 0 && name) {
			do_case(root, index++, name, steps, count);
			name = NULL;
		} else if (count < lineMax) {
			steps[count++] = line;
		}
	}
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "--actor") == 0) { /* after the step "exec" */
		int actor = argv[2][0] - 'A';
		send_line(control_fd(actor, atoi(argv[3])), "ok");
		serve(actor, 0);
	}
	if (argc != 2) {
		fprintf(stderr, "usage: lock-agent DIRECTORY < CASES\n");
		return 2;
	}
	char *text = read_all(0);
	close_range(3, ~0U, 0);
	dup2(open("/dev/null", O_RDWR), 0);
	close_range(3, ~0U, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	do_cases(argv[1], text);
	return 0;
}
