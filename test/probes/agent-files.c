/* Files and descriptors: how they come, are copied, sent, and go. */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

static void *mapping;
enum { mappingBytes = 4096 };

/* rw (creates), wo (creates), ro, opath; +cloexec +trunc +append +excl */
static int parse_flags(const char *text)
{
	int flags = O_RDONLY;
	flags |= strstr(text, "rw") ? O_RDWR | O_CREAT : 0;
	flags |= strstr(text, "wo") ? O_WRONLY | O_CREAT : 0;
	flags |= strstr(text, "opath") ? O_PATH : 0;
	flags |= strstr(text, "cloexec") ? O_CLOEXEC : 0;
	flags |= strstr(text, "trunc") ? O_TRUNC : 0;
	flags |= strstr(text, "append") ? O_APPEND : 0;
	flags |= strstr(text, "excl") ? O_EXCL : 0;
	return flags;
}

static void do_open(struct request *request, int option)
{
	(void)option;
	answer_fd(request, open(word(request, 1), parse_flags(word(request, 2)), 0644));
}

static void do_opendir(struct request *request, int option)
{
	(void)option;
	mkdir(word(request, 1), 0755);
	answer_fd(request, open(word(request, 1), O_RDONLY | O_DIRECTORY));
}

static void do_reopen(struct request *request, int option)
{
	char path[64];
	(void)option;
	snprintf(path, sizeof path, "/proc/self/fd/%d", (int)number(request, 1));
	answer_fd(request, open(path, parse_flags(word(request, 2)) & ~O_CREAT));
}

static void do_memfd(struct request *request, int option)
{
	(void)option;
	answer_fd(request, memfd_create("memfd", 0));
}

static void do_pipe(struct request *request, int option)
{
	int ends[2];
	(void)option;
	if (pipe(ends) < 0)
		return answer(request, -1);
	say(request, "fd=%d,%d", ends[0], ends[1]);
}

/* Descriptors of the control channels are none of the case's business. */
static int is_ours(struct request *request, long long fd)
{
	if (fd < controlBase)
		return 0;
	say(request, "bad step");
	return 1;
}

static void do_close(struct request *request, int option)
{
	(void)option;
	if (!is_ours(request, number(request, 1)))
		answer(request, close((int)number(request, 1)));
}

static void do_close_range(struct request *request, int flags)
{
	if (!is_ours(request, number(request, 2)))
		answer(request, close_range((unsigned)number(request, 1), (unsigned)number(request, 2), flags));
}

static void do_dup(struct request *request, int option)
{
	(void)option;
	answer_fd(request, dup((int)number(request, 1)));
}

static void do_dup2(struct request *request, int option)
{
	(void)option;
	if (!is_ours(request, number(request, 2)))
		answer_fd(request, dup2((int)number(request, 1), (int)number(request, 2)));
}

static void do_dup3(struct request *request, int option)
{
	(void)option;
	int flags = is_word(request, 3, "cloexec") ? O_CLOEXEC : 0;
	if (!is_ours(request, number(request, 2)))
		answer_fd(request, dup3((int)number(request, 1), (int)number(request, 2), flags));
}

static void do_fdupfd(struct request *request, int command)
{
	answer_fd(request, fcntl((int)number(request, 1), command, (int)number(request, 2)));
}

static void do_cloexec(struct request *request, int option)
{
	(void)option;
	answer(request, fcntl((int)number(request, 1), F_SETFD, is_word(request, 2, "on") ? FD_CLOEXEC : 0));
}

static void do_seek(struct request *request, int option)
{
	(void)option;
	answer(request, lseek((int)number(request, 1), number(request, 2), SEEK_SET));
}

static void do_truncate(struct request *request, int option)
{
	(void)option;
	answer(request, ftruncate((int)number(request, 1), number(request, 2)));
}

static void do_write(struct request *request, int option)
{
	(void)option;
	long long length = number(request, 2);
	char *zeros = calloc(1, (size_t)length);
	answer(request, write((int)number(request, 1), zeros, (size_t)length));
	free(zeros);
}

enum { nameRename, nameLink, nameSymlink };

static void do_names(struct request *request, int option)
{
	const char *from = word(request, 1), *to = word(request, 2);
	answer(request, option == nameRename ? rename(from, to)
		      : option == nameLink   ? link(from, to)
					     : symlink(from, to));
}

static void do_mkfifo(struct request *request, int option)
{
	(void)option;
	answer(request, mkfifo(word(request, 1), 0644));
}

static void do_unlink(struct request *request, int option)
{
	(void)option;
	answer(request, unlink(word(request, 1)));
}

/* A mapping keeps the open file description alive after the last descriptor of it is closed. */
static void do_mmap(struct request *request, int option)
{
	(void)option;
	mapping = mmap(NULL, mappingBytes, PROT_READ, MAP_SHARED, (int)number(request, 1), 0);
	answer(request, mapping == MAP_FAILED ? -1 : 0);
}

static void do_munmap(struct request *request, int option)
{
	(void)option;
	answer(request, munmap(mapping, mappingBytes));
}

/* sendfd ACTOR FD: into that actor's mailbox */
static void do_sendfd(struct request *request, int option)
{
	(void)option;
	answer(request, send_descriptor(mailboxOutBase + word(request, 1)[0] - 'A', (int)number(request, 2)));
}

static void do_recvfd(struct request *request, int option)
{
	int fd;
	(void)option;
	if (receive_descriptor(mailboxInBase + request->actor, MSG_DONTWAIT, &fd) < 0)
		return answer(request, -1);
	say(request, "fd=%d", fd);
}

const struct command fileCommands[] = {
	{ "open", do_open, 0 },
	{ "opendir", do_opendir, 0 },
	{ "reopen", do_reopen, 0 },
	{ "memfd", do_memfd, 0 },
	{ "pipe", do_pipe, 0 },
	{ "close", do_close, 0 },
	{ "close_range", do_close_range, 0 },
	{ "close_range_cloexec", do_close_range, CLOSE_RANGE_CLOEXEC },
	{ "dup", do_dup, 0 },
	{ "dup2", do_dup2, 0 },
	{ "dup3", do_dup3, 0 },
	{ "fdupfd", do_fdupfd, F_DUPFD },
	{ "fdupfd_cloexec", do_fdupfd, F_DUPFD_CLOEXEC },
	{ "cloexec", do_cloexec, 0 },
	{ "seek", do_seek, 0 },
	{ "truncate", do_truncate, 0 },
	{ "write", do_write, 0 },
	{ "rename", do_names, nameRename },
	{ "link", do_names, nameLink },
	{ "symlink", do_names, nameSymlink },
	{ "mkfifo", do_mkfifo, 0 },
	{ "unlink", do_unlink, 0 },
	{ "mmap", do_mmap, 0 },
	{ "munmap", do_munmap, 0 },
	{ "sendfd", do_sendfd, 0 },
	{ "recvfd", do_recvfd, 0 },
	{ NULL, NULL, 0 },
};
