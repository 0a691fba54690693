/*
 * file-agent: makes single file system calls, told step by step, and answers each with one line.
 *
 *     case /tmp/files/c001 create             ok
 *     A openat AT_FDCWD f O_RDWR|O_CREAT 0644 fd=3
 *     B& open fifo O_RDONLY                   started
 *     A stat f                                file 644 n1 u0:0 s0
 *     B wait                                  fd=3
 *     end                                     end
 *
 * main (file-agent.c) forks the *actors* A to F on first mention, each in the directory of the case (file-actor.c).
 * Most steps are the raw system call of that name (file-calls.c), so that legacy calls and their *at forms both occur;
 * the rest are facts (file-facts.c, file-status.c, file-xattrs.c), data (file-data.c), processes (file-process.c) and
 * sockets and events (file-sockets.c). Words of a step (file-words.c) may name constants, joined by |; a path may
 * also be NULL, BAD (unmapped), KERNEL (not ours), EMPTY, EDGE:text (its page ends without a NUL) or LAST:text (the
 * NUL is its page's last byte); %20 is the byte 0x20. Control descriptors are at `controlBase` or above.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "channel.h"

enum {
	actorsMax = 6,
	wordsMax = 24,
	lineMax = 1 << 16,
	controlBase = 200,
	runnerBase = controlBase + actorsMax,
};

/* One step on its way through an actor. */
struct request {
	int actor;
	int argc;
	char *argv[wordsMax];
	char *reply;
	size_t length;
};

struct command {
	const char *name;
	void (*run)(struct request *request, int option);
	int option;
};

extern const struct command statusCommands[], factCommands[], xattrCommands[], dataCommands[], processCommands[],
	socketCommands[];

/* file-calls.c: makes the system call if it is one of the table */
int run_call(struct request *request);

/* file-actor.c */
void serve(int actor) __attribute__((noreturn));
void dispatch(struct request *request);
void say(struct request *request, const char *format, ...) __attribute__((format(printf, 2, 3))); /* appends */
void say_text(struct request *request, const char *text, size_t length); /* appends; unprintable as %xx */
void say_word(struct request *request, const char *text);
void answer(struct request *request, long result); /* "ok" or the name of errno */
void answer_fd(struct request *request, long fd);  /* "fd=N" or the name of errno */


/* file-words.c: the arguments of a step */
int split_words(char *line, char **words);
const char *word(const struct request *request, int index); /* "" when there is no such word */
int is_word(const struct request *request, int index, const char *text);
long number(const struct request *request, int index);           /* 0 when there is no such word */
const char *pointer(const struct request *request, int index);   /* what a call is given as a path or buffer */
char *bytes(const struct request *request, int index, size_t *length); /* the decoded word, not to be freed */
void forget_pages(void);
