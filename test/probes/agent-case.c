/*
 * The runner: takes the steps of one case, one at a time, sends each to the actor it names and prints the
 * answer. It alone knows which pid is which actor. Its own words: `bg CALL` (do not wait for the end),
 * `wait` (for that end), `poll` ("blocked" or the end). Every other word is the actor's.
 *
 * "blocked" means: no answer for `blockedMilliseconds`, and the thread seen sleeping `sleepingLooks` times
 * in a row at the end of that time, with no signal on its way to it, each time after the arbiter, be it the kernel or
 * a member, has answered a call that the runner made later.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { blockedMilliseconds = 30, lookMilliseconds = 3, sleepingLooks = 3 };

struct actor {
	pid_t pid; /* 0: not started yet */
	int pidfd;
	pid_t tids[threadsMax];    /* 0: no such thread */
	int pending[threadsMax];   /* a call is under way */
};

static struct actor actors[actorsMax];
static int own_file; /* of the runner alone: no actor has it */

struct place {
	int actor;
	int thread;
};

static void broken(const char *what)
{
	fprintf(stderr, "lock-agent: %s: %s\n", what, strerror(errno));
	_exit(2);
}

static void make_pair(int type, int first, int second)
{
	int pair[2];
	if (socketpair(AF_UNIX, type, 0, pair) < 0 || dup2(pair[0], first) < 0 || dup2(pair[1], second) < 0)
		broken("socketpair");
	close(pair[0]);
	close(pair[1]);
}

static void make_channels(void)
{
	for (int actor = 0; actor < actorsMax; actor++) {
		for (int thread = 0; thread < threadsMax; thread++)
			make_pair(SOCK_SEQPACKET, control_fd(actor, thread), runner_fd(actor, thread));
		make_pair(SOCK_DGRAM, mailboxInBase + actor, mailboxOutBase + actor);
	}
}

/* A descriptor of the runner goes out of the way of the case. */
static int move_away(int fd, const char *what)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, mailboxOutBase + actorsMax);
	if (high < 0)
		broken(what);
	close(fd);
	return high;
}

/* Calls are answered in the order in which they were made: what was made before this has been seen to. */
static void ask_arbiter(void)
{
	struct flock any = { .l_type = F_WRLCK };
	if (fcntl(own_file, F_GETLK, &any) < 0)
		broken("F_GETLK");
}

static void register_actor(int actor, pid_t pid)
{
	int high = move_away(syscall(SYS_pidfd_open, pid, 0), "pidfd_open");
	actors[actor] = (struct actor){ .pid = pid, .pidfd = high, .tids = { pid } };
}

static void start_actor(int actor)
{
	pid_t pid = fork();
	if (pid < 0)
		broken("fork");
	if (pid == 0) {
		signal(SIGALRM, SIG_DFL);
		alarm(0);
		close_range(mailboxOutBase + actorsMax, ~0U, 0); /* what is the runner's */
		serve(actor, 0);
	}
	register_actor(actor, pid);
}

static int has_exited(int actor, int milliseconds)
{
	struct pollfd exited = { .fd = actors[actor].pidfd, .events = POLLIN };
	return poll(&exited, 1, milliseconds) > 0;
}

/* 1 with a reply, 0 when none came in time, -1 when the actor is gone. */
static int try_reply(struct place at, char *reply, int milliseconds)
{
	struct pollfd ready[] = {
		{ .fd = runner_fd(at.actor, at.thread), .events = POLLIN },
		{ .fd = actors[at.actor].pidfd, .events = POLLIN },
	};
	if (poll(ready, 2, milliseconds) <= 0)
		return 0;
	if (recv(ready[0].fd, reply, lineMax - 1, MSG_DONTWAIT) < 0)
		return ready[1].revents ? -1 : 0;
	actors[at.actor].pending[at.thread] = 0;
	return 1;
}

static void await_reply(struct place at, char *reply)
{
	int got;
	memset(reply, 0, lineMax);
	while ((got = try_reply(at, reply, 1000)) == 0)
		;
	if (got < 0)
		strcpy(reply, "dead");
}

/* One look at a thread. */
struct look {
	char state;	 /* the letter of proc(5); 'X' when the thread is gone */
	int is_signalled; /* a signal is on its way to it; one that it blocks is not */
};

static unsigned long long signal_set(const char *text, const char *name)
{
	const char *line = strstr(text, name);
	return line ? strtoull(line + strlen(name), NULL, 16) : 0;
}

/* By one read of /proc/pid/task/tid/status: what it says was so at about the same moment. */
static struct look look_at(struct place at)
{
	char path[64], text[4096] = "";
	const struct actor *actor = &actors[at.actor];
	struct look look = { .state = 'X' };
	snprintf(path, sizeof path, "/proc/%d/task/%d/status", actor->pid, actor->tids[at.thread]);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return look;
	const char *line = read(fd, text, sizeof text - 1) > 0 ? strstr(text, "\nState:") : NULL;
	close(fd);
	if (!line)
		return look;
	sscanf(line, "\nState: %c", &look.state);
	unsigned long long pending = signal_set(text, "\nSigPnd:") | signal_set(text, "\nShdPnd:");
	look.is_signalled = (pending & ~signal_set(text, "\nSigBlk:")) != 0;
	return look;
}

static char thread_state(struct place at)
{
	return look_at(at).state;
}

static long long milliseconds_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void reply_or_blocked(struct place at, char *reply)
{
	long long start = milliseconds_now();
	int asleep = 0, got;
	memset(reply, 0, lineMax);
	while ((got = try_reply(at, reply, lookMilliseconds)) == 0) {
		ask_arbiter();
		struct look look = look_at(at);
		/* In a stop of ptrace ('t') something is about to happen to it. */
		asleep = strchr("SDT", look.state) && !look.is_signalled ? asleep + 1 : 0;
		if (asleep < sleepingLooks || milliseconds_now() - start < blockedMilliseconds)
			continue;
		if ((got = try_reply(at, reply, 0)) != 0)
			break;
		strcpy(reply, "blocked");
		return;
	}
	if (got < 0)
		strcpy(reply, "dead");
}

/* "A" or "A.1"; -1 when it is neither. */
static int parse_place(const char *text, struct place *at)
{
	at->actor = text[0] - 'A';
	at->thread = text[1] == '.' ? text[2] - '0' : 0;
	int length = text[1] == '.' ? 3 : 1;
	if (at->actor < 0 || at->actor >= actorsMax || at->thread < 0 || at->thread >= threadsMax)
		return -1;
	return (int)strlen(text) == length ? 0 : -1;
}

static void call(struct place at, const char *line, char *reply)
{
	actors[at.actor].pending[at.thread] = 1;
	send_line(runner_fd(at.actor, at.thread), line);
	await_reply(at, reply);
}

static void ensure_started(struct place at)
{
	char line[32], reply[lineMax];
	struct actor *actor = &actors[at.actor];
	if (!actor->pid)
		start_actor(at.actor);
	if (actor->tids[at.thread])
		return;
	snprintf(line, sizeof line, "thread %d", at.thread);
	call((struct place){ at.actor, 0 }, line, reply);
	actor->tids[at.thread] = atoi(reply + strlen("tid="));
}

/* `fork B`, `share-files B`: the reply tells the new process. */
static void step_new_actor(struct place at, char **words, char *reply)
{
	char line[lineMax];
	struct place child;
	if (parse_place(words[1], &child) < 0 || actors[child.actor].pid) {
		strcpy(reply, "bad step");
		return;
	}
	snprintf(line, sizeof line, "%s %d", words[0], child.actor);
	call(at, line, reply);
	if (strncmp(reply, "pid=", 4) == 0) {
		register_actor(child.actor, atoi(reply + 4));
		strcpy(reply, "ok");
	}
}

/* `exec`: whatever the other threads were doing has ended. */
static void step_exec(struct place at, char *reply)
{
	struct actor *actor = &actors[at.actor];
	call(at, "exec", reply);
	for (int thread = 0; thread < threadsMax; thread++) {
		actor->tids[thread] = thread ? 0 : actor->pid;
		actor->pending[thread] = 0;
	}
}

static void await_exit(int actor, char *reply)
{
	while (!has_exited(actor, 1000))
		;
	strcpy(reply, "ok");
}

/* `signal B USR1`, `signal B.1 USR1` (that thread), `kill9 B`; ends when the effect of it is there. */
static void step_signal(struct place at, char **words, char *reply)
{
	char line[lineMax];
	struct place target;
	const char *name = strcmp(words[0], "kill9") == 0 ? "KILL" : words[2];
	if (parse_place(words[1], &target) < 0 || !name) {
		strcpy(reply, "bad step");
		return;
	}
	const struct actor *other = &actors[target.actor];
	int one_thread = words[1][1] == '.';
	snprintf(line, sizeof line, "signal %d %d %s", other->pid, one_thread ? other->tids[target.thread] : 0, name);
	call(at, line, reply);
	if (strcmp(name, "KILL") == 0 || strcmp(name, "TERM") == 0)
		await_exit(target.actor, reply);
	struct timespec pause = { .tv_nsec = 1000000 };
	/* 't' is not enough: a tracer has seen the signal, or is about to, and the call may still be waiting. */
	if (strcmp(name, "STOP") == 0)
		while (!strchr("TX", thread_state(target)))
			nanosleep(&pause, NULL);
	if (strcmp(name, "CONT") == 0)
		while (thread_state(target) == 'T')
			nanosleep(&pause, NULL);
}

/* `thread_exit`: the thread says so while it still lives. */
static void step_thread_exit(struct place at, const char *line, char *reply)
{
	struct timespec pause = { .tv_nsec = 1000000 };
	call(at, line, reply);
	while (!strchr("ZX", thread_state(at)))
		nanosleep(&pause, NULL);
}

/* Pids become the names of actors. */
static void name_pids(char *reply)
{
	char *at = strstr(reply, "pid=");
	pid_t pid = at ? atoi(at + 4) : 0;
	for (int actor = 0; at && actor < actorsMax; actor++)
		if (pid > 0 && actors[actor].pid == pid)
			sprintf(at, "pid=%c", 'A' + actor);
}

static void run_words(struct place at, char **words, int count, const char *line, char *reply)
{
	int background = strcmp(words[0], "bg") == 0;
	int *pending = &actors[at.actor].pending[at.thread];
	if (strcmp(words[0], "wait") == 0 && *pending) {
		await_reply(at, reply);
	} else if (strcmp(words[0], "poll") == 0 && *pending) {
		reply_or_blocked(at, reply);
	} else if (*pending) {
		strcpy(reply, "busy");
	} else if (background && count > 1) {
		*pending = 1;
		send_line(runner_fd(at.actor, at.thread), strstr(line, "bg ") + 3);
		reply_or_blocked(at, reply);
	} else if (count > 1 && (strcmp(words[0], "fork") == 0 || strcmp(words[0], "share-files") == 0)) {
		step_new_actor(at, words, reply);
	} else if (strcmp(words[0], "exec") == 0) {
		step_exec(at, reply);
	} else if (strcmp(words[0], "thread_exit") == 0) {
		step_thread_exit(at, words[0], reply);
	} else if (strcmp(words[0], "exit") == 0) {
		send_line(runner_fd(at.actor, at.thread), "exit");
		await_exit(at.actor, reply);
	} else if (count > 1 && (strcmp(words[0], "signal") == 0 || strcmp(words[0], "kill9") == 0)) {
		step_signal(at, words, reply);
	} else {
		call(at, strchr(line, ' ') + 1, reply);
	}
}

static void run_step(const char *line, char *reply)
{
	char copy[lineMax], *words[wordsMax + 1] = { NULL };
	struct place at;
	snprintf(copy, sizeof copy, "%s", line);
	int count = split_words(copy, words);
	if (count < 2 || parse_place(words[0], &at) < 0) {
		strcpy(reply, "bad step");
		return;
	}
	if (actors[at.actor].pid && has_exited(at.actor, 0) && strcmp(words[1], "wait") != 0) {
		strcpy(reply, "dead");
		return;
	}
	if (!actors[at.actor].tids[at.thread] && actors[at.actor].pending[0]) { /* only its main thread can start it */
		strcpy(reply, "busy");
		return;
	}
	ensure_started(at);
	run_words(at, words + 1, count - 1, line, reply);
	name_pids(reply);
}

void run_case(char **steps, int count, volatile int *answered)
{
	make_channels();
	own_file = move_away(open("the runner's own", O_RDWR | O_CREAT | O_CLOEXEC, 0600), "open");
	for (int i = 0; i < count; i++) {
		char reply[lineMax] = "";
		run_step(steps[i], reply);
		dprintf(1, "%s\n", reply);
		*answered = i + 1;
	}
}
