/*
 * lock-agent: an interpreter for stories about locks, told by several processes.
 *
 * It reads cases from standard input and answers each step with one line:
 *
 *     case unlocking lets the other in        case unlocking lets the other in
 *     A open f rw                             fd=3
 *     A setlk 3 w 0 10                        ok
 *     B open f rw                             fd=3
 *     B bg setlkw 3 w 0 10                    blocked
 *     A setlk 3 u 0 0                         ok
 *     B wait                                  ok
 *     end                                     end
 *
 * main (lock-agent.c) forks one *runner* per case (agent-case.c), in a directory and process group of its
 * own. The runner forks the *actors* A to H on first mention (agent-actor.c); `A.1` and `A.2` are further
 * threads of A. Actors make the calls (agent-locks.c, agent-files.c, agent-processes.c). The runner never
 * opens a file of the case. All control descriptors are at `controlBase` or above; cases stay below.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "channel.h"

enum {
	actorsMax = 8,
	threadsMax = 3,
	wordsMax = 12,
	lineMax = 512,

	/* Descriptors: both ends of a control channel per thread, both ends of a mailbox per actor. */
	controlBase = 200,
	runnerBase = controlBase + actorsMax * threadsMax,
	mailboxInBase = runnerBase + actorsMax * threadsMax,
	mailboxOutBase = mailboxInBase + actorsMax,
};

/* One step on its way through an actor. */
struct request {
	int actor;
	int thread;
	int argc;
	char *argv[wordsMax];
	char reply[lineMax];
	int silent; /* no reply from here: the process that comes next sends it */
};

struct command {
	const char *name;
	void (*run)(struct request *request, int option);
	int option;
};

extern const struct command lockCommands[];
extern const struct command fileCommands[];
extern const struct command processCommands[];

static inline int control_fd(int actor, int thread) { return controlBase + actor * threadsMax + thread; }
static inline int runner_fd(int actor, int thread) { return runnerBase + actor * threadsMax + thread; }

/* agent-actor.c */
void serve(int actor, int thread) __attribute__((noreturn));
void answer(struct request *request, long result); /* "ok" or the name of errno */
void answer_fd(struct request *request, int fd);   /* "fd=N" or the name of errno */
void say(struct request *request, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *word(const struct request *request, int index); /* "" when there is no such word */
int is_word(const struct request *request, int index, const char *text);
long long number(const struct request *request, int index);

int split_words(char *line, char **words);
void send_line(int fd, const char *line);

/* agent-case.c: runs the steps of one case in the current directory, counts those answered. */
void run_case(char **steps, int count, volatile int *answered);

/* agent-processes.c */
int signal_number(const char *name);
