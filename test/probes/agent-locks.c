/*
 * The lock calls. A range is `TYPE START LEN [set|cur|end]`, TYPE being r, w or u; or, for everything that
 * is not a well-formed lock, `raw TYPE WHENCE START LEN PID` in numbers, or `badptr KIND`.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

static short type_of(const char *name)
{
	switch (name[0]) {
	case 'r':
		return F_RDLCK;
	case 'w':
		return F_WRLCK;
	case 'u':
		return F_UNLCK;
	default:
		return 99;
	}
}

static short whence_of(const char *name)
{
	if (strcmp(name, "cur") == 0)
		return SEEK_CUR;
	return strcmp(name, "end") == 0 ? SEEK_END : SEEK_SET;
}

static struct flock parse_lock(const struct request *request)
{
	if (is_word(request, 2, "raw"))
		return (struct flock){
			.l_type = (short)number(request, 3),
			.l_whence = (short)number(request, 4),
			.l_start = number(request, 5),
			.l_len = number(request, 6),
			.l_pid = (pid_t)number(request, 7),
		};
	return (struct flock){
		.l_type = type_of(word(request, 2)),
		.l_whence = whence_of(word(request, 5)),
		.l_start = number(request, 3),
		.l_len = number(request, 4),
	};
}

/* null, low, kernel: never mapped; straddle: half of it; rodata: readable, a write lock on 0-9. */
static void *bad_pointer(const char *kind)
{
	struct flock lock = { .l_type = F_WRLCK, .l_len = 10 };
	if (strcmp(kind, "null") == 0)
		return NULL;
	if (strcmp(kind, "low") == 0)
		return (void *)8;
	if (strcmp(kind, "kernel") == 0)
		return (void *)0xffff800000000000ULL;
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(pages + 4096, 4096);
	if (strcmp(kind, "straddle") == 0)
		return pages + 4096 - 16;
	if (strcmp(kind, "edge") == 0) /* valid: ends with the page */
		return memcpy(pages + 4096 - sizeof lock, &lock, sizeof lock);
	memcpy(pages, &lock, sizeof lock);
	mprotect(pages, 4096, PROT_READ);
	return pages;
}

static void set_lock(struct request *request, int command)
{
	int fd = (int)number(request, 1);
	struct flock lock;
	void *pointer = &lock;
	if (is_word(request, 2, "badptr"))
		pointer = bad_pointer(word(request, 3));
	else
		lock = parse_lock(request);
	answer(request, fcntl(fd, command, pointer));
}

/* "unlck", or the lock in the way: "w 0 10 pid=A". After `raw`: all fields, in numbers, whatever they say. */
static void get_lock(struct request *request, int command)
{
	int fd = (int)number(request, 1);
	if (is_word(request, 2, "badptr"))
		return answer(request, fcntl(fd, command, bad_pointer(word(request, 3))));
	struct flock lock = parse_lock(request);
	if (fcntl(fd, command, &lock) < 0)
		return answer(request, -1);
	if (is_word(request, 2, "raw"))
		return say(request, "type=%d whence=%d start=%lld len=%lld pid=%d", lock.l_type, lock.l_whence,
			   (long long)lock.l_start, (long long)lock.l_len, lock.l_pid);
	if (lock.l_type == F_UNLCK)
		return say(request, "unlck");
	say(request, "%c %lld %lld pid=%d", lock.l_type == F_RDLCK ? 'r' : 'w', (long long)lock.l_start,
	    (long long)lock.l_len, lock.l_pid);
}

/* flock FD sh|ex|un|raw-number [nb] */
static void whole_lock(struct request *request, int option)
{
	const char *name = word(request, 2);
	int operation = strcmp(name, "sh") == 0 ? LOCK_SH
		      : strcmp(name, "ex") == 0 ? LOCK_EX
		      : strcmp(name, "un") == 0 ? LOCK_UN
						: (int)number(request, 2);
	if (is_word(request, 3, "nb"))
		operation |= LOCK_NB;
	(void)option;
	answer(request, flock((int)number(request, 1), operation));
}

/* lockf FD lock|tlock|ulock|test SIZE, from the current offset */
static void section_lock(struct request *request, int option)
{
	const char *name = word(request, 2);
	int command = strcmp(name, "lock") == 0	   ? F_LOCK
		    : strcmp(name, "tlock") == 0 ? F_TLOCK
		    : strcmp(name, "ulock") == 0 ? F_ULOCK
						 : F_TEST;
	(void)option;
	answer(request, lockf((int)number(request, 1), command, number(request, 3)));
}

/* in_kernel FD: whether the kernel itself knows of locks held through it (proc(5), fdinfo) */
static void in_kernel(struct request *request, int option)
{
	char path[64], text[4096] = "";
	(void)option;
	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", (int)number(request, 1));
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = read(fd, text, sizeof text - 1);
	close(fd);
	say(request, got <= 0 ? "unknown" : strstr(text, "lock:") ? "yes" : "no");
}

const struct command lockCommands[] = {
	{ "setlk", set_lock, F_SETLK },
	{ "setlkw", set_lock, F_SETLKW },
	{ "getlk", get_lock, F_GETLK },
	{ "ofd_setlk", set_lock, F_OFD_SETLK },
	{ "ofd_setlkw", set_lock, F_OFD_SETLKW },
	{ "ofd_getlk", get_lock, F_OFD_GETLK },
	{ "flock", whole_lock, 0 },
	{ "lockf", section_lock, 0 },
	{ "in_kernel", in_kernel, 0 },
	{ NULL, NULL, 0 },
};
