/* Data through descriptors and mappings. */
#include "file-agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char buffer[lineMax];

static void say_count(struct request *request, long result)
{
	if (result < 0)
		answer(request, result);
	else
		say(request, "%ld", result);
}

static void say_read(struct request *request, long got)
{
	if (got < 0)
		answer(request, got);
	else if (got == 0)
		say(request, "end");
	else
		say_text(request, buffer, (size_t)got);
}

/* write FD TEXT, pwrite FD OFFSET TEXT, pwritev2 FD OFFSET TEXT FLAGS */
static void do_write(struct request *request, int option)
{
	size_t length;
	(void)option;
	char *text = bytes(request, 2, &length);
	say_count(request, write((int)number(request, 1), text, length));
}

static void do_pwrite(struct request *request, int option)
{
	struct iovec part;
	(void)option;
	part.iov_base = bytes(request, 3, &part.iov_len);
	if (request->argc > 4)
		say_count(request, pwritev2((int)number(request, 1), &part, 1, number(request, 2), (int)number(request, 4)));
	else
		say_count(request, pwrite((int)number(request, 1), part.iov_base, part.iov_len, number(request, 2)));
}

/* read FD BYTES, pread FD OFFSET BYTES */
static void do_read(struct request *request, int option)
{
	(void)option;
	say_read(request, read((int)number(request, 1), buffer, (size_t)number(request, 2)));
}

static void do_pread(struct request *request, int option)
{
	(void)option;
	say_read(request, pread((int)number(request, 1), buffer, (size_t)number(request, 3), number(request, 2)));
}

static void do_lseek(struct request *request, int option)
{
	(void)option;
	say_count(request, lseek((int)number(request, 1), number(request, 2), (int)number(request, 3)));
}

/* put PATH TEXT: creates the file if need be and writes at its start */
static void do_put(struct request *request, int option)
{
	size_t length;
	int fd = open(pointer(request, 1), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	char *text = bytes(request, 2, &length);
	(void)option;
	answer(request, fd < 0 ? -1 : write(fd, text, length));
	close(fd);
}

static void do_cat(struct request *request, int option)
{
	int fd = open(pointer(request, 1), O_RDONLY | O_CLOEXEC);
	(void)option;
	if (fd < 0)
		return answer(request, fd);
	say_read(request, read(fd, buffer, sizeof buffer));
	close(fd);
}

/* copy FROM TO MODE: a program, say */
static void do_copy(struct request *request, int option)
{
	int from = open(pointer(request, 1), O_RDONLY | O_CLOEXEC);
	int to = open(pointer(request, 2), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)number(request, 3));
	long got = from < 0 || to < 0 ? -1 : 1;
	(void)option;
	while (got > 0 && (got = read(from, buffer, sizeof buffer)) > 0)
		if (write(to, buffer, (size_t)got) != got)
			got = -1;
	answer(request, got);
	close(from);
	close(to);
}

/* getfl FD: the access mode and what matters of the status flags */
static void do_getfl(struct request *request, int option)
{
	const char *modes[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "3" };
	int flags = fcntl((int)number(request, 1), F_GETFL);
	(void)option;
	if (flags < 0)
		return answer(request, flags);
	say(request, "%s", modes[flags & O_ACCMODE]);
	const struct {
		const char *name;
		int value;
	} known[] = {
		{ "O_APPEND", O_APPEND },     { "O_NONBLOCK", O_NONBLOCK },   { "O_PATH", O_PATH },
		{ "O_NOATIME", O_NOATIME },   { "O_SYNC", O_SYNC & ~O_DSYNC },	      { "O_DSYNC", O_DSYNC },
		{ "O_DIRECTORY", O_DIRECTORY }, { "O_NOFOLLOW", O_NOFOLLOW }, { "O_TRUNC", O_TRUNC },
		{ "O_CREAT", O_CREAT },	      { "O_EXCL", O_EXCL },
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (flags & known[i].value)
			say(request, "|%s", known[i].name);
}

static void do_setfl(struct request *request, int option)
{
	(void)option;
	answer(request, fcntl((int)number(request, 1), F_SETFL, (int)number(request, 2)));
}

static void do_getfd(struct request *request, int option)
{
	int flags = fcntl((int)number(request, 1), F_GETFD);
	(void)option;
	if (flags < 0)
		return answer(request, flags);
	say(request, flags & FD_CLOEXEC ? "cloexec" : "inherited");
}

static char *mapping;
static size_t mappingBytes;

/* mmap FD BYTES PROTECTION FLAGS; mprotect PROTECTION; poke OFFSET TEXT; peek OFFSET BYTES; munmap */
static void do_mmap(struct request *request, int option)
{
	(void)option;
	char *start = mmap(NULL, (size_t)number(request, 2), (int)number(request, 3), (int)number(request, 4),
			   (int)number(request, 1), 0);
	if (start != MAP_FAILED) {
		mapping = start;
		mappingBytes = (size_t)number(request, 2);
	}
	answer(request, start == MAP_FAILED ? -1 : 0);
}

static void do_mprotect(struct request *request, int option)
{
	(void)option;
	answer(request, mprotect(mapping, mappingBytes, (int)number(request, 1)));
}

static void do_poke(struct request *request, int option)
{
	size_t length;
	char *text = bytes(request, 2, &length);
	(void)option;
	memcpy(mapping + number(request, 1), text, length);
	say(request, "ok");
}

static void do_peek(struct request *request, int option)
{
	(void)option;
	say_text(request, mapping + number(request, 1), (size_t)number(request, 2));
}

static void do_munmap(struct request *request, int option)
{
	(void)option;
	answer(request, munmap(mapping, mappingBytes));
}

enum { transferCopy, transferSend, transferSplice };

/* copy_file_range IN OUT OFFSET BYTES (of OUT), sendfile IN OUT, splice IN OUT OFFSET */
static void do_transfer(struct request *request, int option)
{
	int in = (int)number(request, 1), out = (int)number(request, 2);
	loff_t at = number(request, 3);
	size_t length = (size_t)number(request, 4);
	say_count(request, option == transferCopy   ? copy_file_range(in, NULL, out, &at, length, 0)
			   : option == transferSend ? sendfile(out, in, NULL, length)
						    : splice(in, NULL, out, &at, length, 0));
}

static void do_pipe(struct request *request, int option)
{
	int ends[2];
	(void)option;
	if (pipe(ends) < 0)
		return answer(request, -1);
	say(request, "fd=%d,%d", ends[0], ends[1]);
}

const struct command dataCommands[] = {
	{ "write", do_write, 0 },
	{ "pwrite", do_pwrite, 0 },
	{ "read", do_read, 0 },
	{ "pread", do_pread, 0 },
	{ "lseek", do_lseek, 0 },
	{ "put", do_put, 0 },
	{ "cat", do_cat, 0 },
	{ "copy", do_copy, 0 },
	{ "getfl", do_getfl, 0 },
	{ "setfl", do_setfl, 0 },
	{ "getfd", do_getfd, 0 },
	{ "mmap", do_mmap, 0 },
	{ "mprotect", do_mprotect, 0 },
	{ "poke", do_poke, 0 },
	{ "peek", do_peek, 0 },
	{ "munmap", do_munmap, 0 },
	{ "copy_file_range", do_transfer, transferCopy },
	{ "sendfile", do_transfer, transferSend },
	{ "splice", do_transfer, transferSplice },
	{ "pipe", do_pipe, 0 },
	{ NULL, NULL, 0 },
};
