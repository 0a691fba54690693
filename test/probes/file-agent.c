/*
 * file-agent: reads cases from standard input, one step at a time, and answers each with one line.
 *
 * It never hangs: an actor has `stepSeconds` for a step (which then says "timeout"), and at the end of a case all its
 * processes, our descendants as we are their subreaper, are ended.
 */
#include "file-agent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { stepSeconds = 60, reapSeconds = 30, lookMilliseconds = 3, sleepingLooks = 3 };

static char directory[lineMax];
static pid_t group;
static int pending[actorsMax], started[actorsMax], inCase;
static pid_t pids[actorsMax]; /* 0: another actor has forked it */

/* actors end when their channels do, but for those that have been told not to listen */
static void end_case(void)
{
	struct timespec pause = { .tv_nsec = 200000 };
	for (int i = 0; i < actorsMax * 2; i++)
		close(controlBase + i);
	for (int tries = 0; group && tries < reapSeconds * 5000; tries++) {
		kill(-group, SIGKILL);
		pid_t gone;
		while ((gone = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (gone < 0 && errno == ECHILD)
			group = 0;
		nanosleep(&pause, NULL);
	}
	if (group) {
		fprintf(stderr, "file-agent: processes of a case survived SIGKILL\n");
		exit(3);
	}
	memset(pending, 0, sizeof pending);
	memset(pids, 0, sizeof pids);
	memset(started, 0, sizeof started);
	inCase = 0;
}

static const char *begin_case(const char *path, int create)
{
	if (inCase)
		end_case();
	snprintf(directory, sizeof directory, "%s", path);
	if (create && mkdir(directory, 0755) < 0)
		return strerrorname_np(errno);
	for (int i = 0; i < actorsMax; i++) {
		int ends[2];
		if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0)
			return strerrorname_np(errno);
		dup3(ends[0], runnerBase + i, 0);
		dup3(ends[1], controlBase + i, 0);
		close(ends[0]);
		close(ends[1]);
	}
	inCase = 1;
	return "ok";
}

static int start_actor(int actor)
{
	pid_t pid = fork();
	if (pid == 0) {
		setpgid(0, group);
		int null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		close_range(3, controlBase - 1, 0);
		for (int i = 0; i < actorsMax; i++)
			close(runnerBase + i);
		umask(022);
		if (chdir(directory) < 0)
			_exit(3);
		serve(actor);
	}
	if (pid < 0)
		return -1;
	pids[actor] = pid;
	group = group ? group : pid;
	setpgid(pid, group);
	return 0;
}

/* Also notices when the actor that owned the channel has died: nobody else reads it, so the wait is bounded. */
static void await(int actor)
{
	static char line[lineMax];
	struct pollfd answered = { .fd = runnerBase + actor, .events = POLLIN };
	pending[actor] = 0;
	if (poll(&answered, 1, stepSeconds * 1000) <= 0)
		snprintf(line, sizeof line, "timeout");
	else
		receive_line(runnerBase + actor, line, lineMax);
	puts(line);
}

/* The letter of proc(5); 'X' when the process is gone. */
static char process_state(pid_t pid)
{
	char path[64], text[512] = "";
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 'X';
	char *name = read(fd, text, sizeof text - 1) > 0 ? strrchr(text, ')') : NULL;
	close(fd);
	return name && name[1] ? name[2] : 'X';
}

/* Returns when the actor has taken its step and answered it, or sleeps in it. */
static void await_begun(int actor)
{
	struct pollfd answered = { .fd = runnerBase + actor, .events = POLLIN };
	for (int asleep = 0, unread; asleep < sleepingLooks && poll(&answered, 1, lookMilliseconds) == 0;) {
		int taken = ioctl(runnerBase + actor, SIOCOUTQ, &unread) == 0 && unread == 0;
		asleep = taken && (!pids[actor] || strchr("SDX", process_state(pids[actor]))) ? asleep + 1 : 0;
	}
}

static void step(char *line)
{
	int actor = line[0] - 'A';
	int background = line[1] == '&';
	char *text = line + 1 + background;
	if (!inCase || actor < 0 || actor >= actorsMax || *text != ' ') {
		puts("bad step");
		return;
	}
	text++;
	if (strcmp(text, "wait") == 0) {
		await(actor);
		return;
	}
	if (!started[actor] && start_actor(actor) < 0) {
		puts(strerrorname_np(errno));
		return;
	}
	started[actor] = 1;
	/* `fork C` and `clonefs C`: the child that C will be listens to C's channel. */
	if (strncmp(text, "fork ", 5) == 0 || strncmp(text, "clonefs ", 8) == 0)
		started[strchr(text, ' ')[1] - 'A'] = 1;
	send_bytes(runnerBase + actor, text, strlen(text));
	if (background) {
		await_begun(actor);
		puts("started");
	} else {
		await(actor);
	}
}

static void one_line(char *line)
{
	char *words[3];
	if (strncmp(line, "case ", 5) == 0 && split_words(line, words) == 3) {
		puts(begin_case(words[1], strcmp(words[2], "create") == 0));
	} else if (strcmp(line, "end") == 0) {
		end_case();
		puts("end");
	} else {
		step(line);
	}
	fflush(stdout);
}

/* file-agent --tell: what a program finds out about its own execution */
static int tell(int argc, char **argv)
{
	char comm[64] = { 0 }, exe[4096] = { 0 }, cwd[4096] = { 0 };
	prctl(PR_GET_NAME, comm);
	if (readlink("/proc/self/exe", exe, sizeof exe - 1) < 0 || !getcwd(cwd, sizeof cwd))
		perror("file-agent");
	printf("argv");
	for (int i = 0; i < argc; i++)
		printf(" %s", argv[i]);
	printf("; comm %s; exe %s; cwd %s\n", comm, exe, cwd);
	return 7;
}

int main(int argc, char **argv)
{
	static char *line;
	size_t room = 0;
	if (argc == 3 && strcmp(argv[1], "--actor") == 0) { /* after the step "exec" */
		int actor = argv[2][0] - 'A';
		send_bytes(controlBase + actor, "ok", 2);
		serve(actor);
	}
	if (argc > 1)
		return tell(argc, argv);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGPIPE, SIG_IGN);
	for (ssize_t got; (got = getline(&line, &room, stdin)) > 0;) {
		line[got - (line[got - 1] == '\n')] = 0;
		one_line(line);
	}
	end_case();
	return 0;
}
