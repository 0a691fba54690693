/* Extended attributes, the calls of 2.4.18 and those of 6.13 that take a directory and flags. */
#include "file-agent.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { pathCall, linkCall, descriptorCall };

/* The `*at` calls of Linux 6.13, the same number on all architectures. */
enum { setxattrat = 463, getxattrat = 464, listxattrat = 465, removexattrat = 466 };

struct valueArguments {
	uint64_t value;
	uint32_t size;
	uint32_t flags;
};

static char buffer[lineMax];

static long target(const struct request *request, int option)
{
	return option == descriptorCall ? number(request, 1) : (long)pointer(request, 1);
}

/* setxattr PATH NAME VALUE [FLAGS] */
static void do_set(struct request *request, int option)
{
	const long calls[] = { SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr };
	size_t length;
	char *value = bytes(request, 3, &length);
	answer(request, syscall(calls[option], target(request, option), pointer(request, 2), value, length,
				number(request, 4)));
}

static long room(const struct request *request, int index)
{
	return request->argc > index ? number(request, index) : (long)sizeof buffer;
}

static void say_value(struct request *request, long got, long room)
{
	if (got < 0)
		answer(request, got);
	else if (room == 0)
		say(request, "%ld bytes", got);
	else if (got == 0)
		say(request, "empty");
	else
		say_text(request, buffer, (size_t)got);
}

/* getxattr PATH NAME [BYTES] */
static void do_get(struct request *request, int option)
{
	const long calls[] = { SYS_getxattr, SYS_lgetxattr, SYS_fgetxattr };
	say_value(request,
		  syscall(calls[option], target(request, option), pointer(request, 2), buffer, room(request, 3)),
		  room(request, 3));
}

static int by_text(const void *one, const void *two)
{
	return strcmp(*(char *const *)one, *(char *const *)two);
}

/* Only the user's attributes: the system may add its own. */
static void say_names(struct request *request, long got, long room)
{
	char *names[1024];
	int count = 0;
	if (got < 0 || room == 0)
		return say_value(request, got, room);
	for (char *name = buffer; name < buffer + got && count < 1024; name += strlen(name) + 1)
		if (strncmp(name, "user.", 5) == 0)
			names[count++] = name;
	qsort(names, (size_t)count, sizeof *names, by_text);
	for (int i = 0; i < count; i++) {
		say(request, i ? " " : "");
		say_word(request, names[i]);
	}
	if (count == 0)
		say(request, "empty");
}

/* listxattr PATH [BYTES] */
static void do_list(struct request *request, int option)
{
	const long calls[] = { SYS_listxattr, SYS_llistxattr, SYS_flistxattr };
	say_names(request, syscall(calls[option], target(request, option), buffer, room(request, 2)), room(request, 2));
}

/* removexattr PATH NAME */
static void do_remove(struct request *request, int option)
{
	const long calls[] = { SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr };
	answer(request, syscall(calls[option], target(request, option), pointer(request, 2)));
}

/* setxattrat DIRFD PATH FLAGS NAME VALUE, getxattrat DIRFD PATH FLAGS NAME, listxattrat, removexattrat likewise */
static void do_at(struct request *request, int option)
{
	long fd = number(request, 1), flags = number(request, 3);
	const char *path = pointer(request, 2), *name = pointer(request, 4);
	struct valueArguments value = { .value = (uint64_t)(uintptr_t)buffer, .size = sizeof buffer };
	size_t length;
	switch (option) {
	case setxattrat:
		value.value = (uint64_t)(uintptr_t)bytes(request, 5, &length);
		value.size = (uint32_t)length;
		answer(request, syscall(option, fd, path, flags, name, &value, sizeof value));
		break;
	case getxattrat:
		say_value(request, syscall(option, fd, path, flags, name, &value, sizeof value), 1);
		break;
	case listxattrat:
		say_names(request, syscall(option, fd, path, flags, buffer, sizeof buffer), 1);
		break;
	default:
		answer(request, syscall(option, fd, path, flags, name));
	}
}

const struct command xattrCommands[] = {
	{ "setxattr", do_set, pathCall },
	{ "lsetxattr", do_set, linkCall },
	{ "fsetxattr", do_set, descriptorCall },
	{ "getxattr", do_get, pathCall },
	{ "lgetxattr", do_get, linkCall },
	{ "fgetxattr", do_get, descriptorCall },
	{ "listxattr", do_list, pathCall },
	{ "llistxattr", do_list, linkCall },
	{ "flistxattr", do_list, descriptorCall },
	{ "removexattr", do_remove, pathCall },
	{ "lremovexattr", do_remove, linkCall },
	{ "fremovexattr", do_remove, descriptorCall },
	{ "setxattrat", do_at, setxattrat },
	{ "getxattrat", do_at, getxattrat },
	{ "listxattrat", do_at, listxattrat },
	{ "removexattrat", do_at, removexattrat },
	{ NULL, NULL, 0 },
};
