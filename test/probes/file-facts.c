/* Facts that take a buffer: link texts, the working directory, listings, handles, a whole tree. */
#include "file-agent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char buffer[lineMax];

/* readlink PATH [BYTES], readlinkat DIRFD PATH [BYTES] */
static void do_readlink(struct request *request, int at)
{
	long room = request->argc > at + 2 ? number(request, at + 2) : (long)sizeof buffer;
	long got = at ? syscall(SYS_readlinkat, number(request, 1), pointer(request, 2), buffer, room)
		      : syscall(SYS_readlink, pointer(request, 1), buffer, room);
	if (got < 0)
		return answer(request, got);
	say_text(request, buffer, (size_t)got);
}

/* getcwd [BYTES]: the raw call gives the length with the NUL */
static void do_getcwd(struct request *request, int option)
{
	long room = request->argc > 1 ? number(request, 1) : (long)sizeof buffer;
	long got = syscall(SYS_getcwd, buffer, room);
	(void)option;
	if (got < 0)
		return answer(request, got);
	if ((size_t)got != strlen(buffer) + 1)
		say(request, "[%ld] ", got - (long)strlen(buffer) - 1);
	say_word(request, buffer);
}

struct listed {
	char *name;
	char type;
	uint64_t inode;
};

struct listing {
	struct listed entries[4096];
	int count;
};

static struct listing whole;

struct record64 { /* linux_dirent64 of getdents64(2) */
	uint64_t inode;
	int64_t next;
	unsigned short length;
	unsigned char type;
	char name[];
};

struct recordOld { /* linux_dirent of getdents(2): the type is the record's last byte */
	unsigned long inode;
	unsigned long next;
	unsigned short length;
	char name[];
};

static char type_letter(unsigned char type)
{
	return type == DT_REG	 ? 'f'
	       : type == DT_DIR	 ? 'd'
	       : type == DT_LNK	 ? 'l'
	       : type == DT_FIFO ? 'p'
	       : type == DT_SOCK ? 's'
	       : type == DT_CHR	 ? 'c'
				 : '?';
}

static int by_name(const void *one, const void *two)
{
	return strcmp(((const struct listed *)one)->name, ((const struct listed *)two)->name);
}

static void add_records(struct listing *listing, const char *data, long length, int old)
{
	for (long at = 0; at < length && listing->count < 4096;) {
		const struct record64 *record = (const void *)(data + at);
		const struct recordOld *recordOld = (const void *)(data + at);
		unsigned short size = old ? recordOld->length : record->length;
		struct listed *entry = &listing->entries[listing->count++];
		entry->name = strdup(old ? recordOld->name : record->name);
		entry->type = type_letter(old ? (unsigned char)data[at + size - 1] : record->type);
		entry->inode = old ? recordOld->inode : record->inode;
		at += size;
	}
}

static long read_directory(struct listing *listing, int fd, long room, int old)
{
	static char data[lineMax];
	long got;
	listing->count = 0;
	while ((got = syscall(old ? SYS_getdents : SYS_getdents64, fd, data, room)) > 0)
		add_records(listing, data, got, old);
	qsort(listing->entries, (size_t)listing->count, sizeof *listing->entries, by_name);
	return got;
}

static void forget(struct listing *listing)
{
	for (int i = 0; i < listing->count; i++)
		free(listing->entries[i].name);
	listing->count = 0;
}

static int is_dots(const struct listed *entry)
{
	return entry->type == 'd' && (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0);
}

/* `.` and `..` are left out if they are there, once each, as they should be. */
static void say_listing(struct request *request, const struct listing *listing)
{
	int dots = 0;
	for (int i = 0; i < listing->count; i++)
		dots += is_dots(&listing->entries[i]);
	for (int i = 0; i < listing->count; i++) {
		if (dots == 2 && is_dots(&listing->entries[i]))
			continue;
		say_word(request, listing->entries[i].name);
		say(request, ":%c ", listing->entries[i].type);
	}
	if (dots == 0)
		say(request, "nothing");
	else if (request->length == 0)
		say(request, "empty");
	else
		request->length--;
}

enum { listPath, listDescriptor, listOld };

/* list PATH [BYTES], listfd FD [BYTES], listold PATH [BYTES] */
static void do_list(struct request *request, int option)
{
	long room = request->argc > 2 ? number(request, 2) : 32768;
	int fd = option == listDescriptor ? (int)number(request, 1) : open(pointer(request, 1), O_RDONLY | O_DIRECTORY);
	long result = fd < 0 ? -1 : read_directory(&whole, fd, room, option == listOld);
	if (result < 0)
		answer(request, result);
	else
		say_listing(request, &whole);
	if (option != listDescriptor && fd >= 0)
		close(fd);
	forget(&whole);
}

/* inodes PATH: do the numbers in a listing agree with what lstat says of each entry */
static void do_inodes(struct request *request, int option)
{
	int fd = open(pointer(request, 1), O_RDONLY | O_DIRECTORY);
	struct stat status;
	(void)option;
	if (fd < 0 || read_directory(&whole, fd, 32768, 0) < 0)
		return answer(request, -1);
	for (int i = 0; i < whole.count; i++)
		if (fstatat(fd, whole.entries[i].name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
		    status.st_ino != whole.entries[i].inode)
			say(request, "%s ", whole.entries[i].name);
	if (request->length == 0)
		say(request, "agree");
	close(fd);
	forget(&whole);
}

static void say_contents(struct request *request, int directory, const char *name)
{
	char data[256];
	int fd = openat(directory, name, O_RDONLY);
	long got = fd < 0 ? -1 : read(fd, data, sizeof data);
	if (got < 0)
		answer(request, got);
	else
		say_text(request, data, (size_t)got);
	close(fd);
}

static void say_tree(struct request *request, int directory)
{
	struct listing *listing = malloc(sizeof *listing);
	if (!listing || read_directory(listing, directory, 32768, 0) < 0)
		return answer(request, -1);
	for (int i = 0; i < listing->count; i++) {
		const struct listed *entry = &listing->entries[i];
		struct stat status;
		if (is_dots(entry) || fstatat(directory, entry->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		say_word(request, entry->name);
		say(request, ":%c%o", entry->type, status.st_mode & 07777);
		if (entry->type == 'f') {
			say(request, ":n%lu:s%ld:", (unsigned long)status.st_nlink, (long)status.st_size);
			say_contents(request, directory, entry->name);
		} else if (entry->type == 'l') {
			long got = readlinkat(directory, entry->name, buffer, sizeof buffer);
			say(request, ":");
			say_text(request, buffer, got > 0 ? (size_t)got : 0);
		} else if (entry->type == 'd') {
			int fd = openat(directory, entry->name, O_RDONLY | O_DIRECTORY);
			say(request, "{");
			if (fd < 0)
				answer(request, fd);
			else
				say_tree(request, fd);
			say(request, "}");
			close(fd);
		}
		say(request, " ");
	}
	forget(listing);
	free(listing);
}

/* tree PATH: everything below */
static void do_tree(struct request *request, int option)
{
	int fd = open(pointer(request, 1), O_RDONLY | O_DIRECTORY);
	(void)option;
	if (fd < 0)
		return answer(request, fd);
	say_tree(request, fd);
	close(fd);
}

/* handle DIRFD PATH FLAGS [BYTES]; samehandle A B */
static void do_handle(struct request *request, int option)
{
	union {
		struct file_handle header;
		char room[256];
	} handle = { .header.handle_bytes = request->argc > 4 ? (unsigned)number(request, 4) : MAX_HANDLE_SZ };
	int mount;
	(void)option;
	long result = syscall(SYS_name_to_handle_at, number(request, 1), pointer(request, 2), &handle.header, &mount,
			      number(request, 3));
	if (result < 0 && errno == EOVERFLOW)
		say(request, "EOVERFLOW needs %s", handle.header.handle_bytes ? "more" : "nothing");
	else
		answer(request, result);
}

static void do_same_handle(struct request *request, int option)
{
	union {
		struct file_handle header;
		char room[256];
	} handles[2] = { { .header.handle_bytes = MAX_HANDLE_SZ }, { .header.handle_bytes = MAX_HANDLE_SZ } };
	int mounts[2];
	(void)option;
	for (int i = 0; i < 2; i++)
		if (name_to_handle_at(AT_FDCWD, pointer(request, i + 1), &handles[i].header, &mounts[i], 0) < 0)
			return answer(request, -1);
	int same = mounts[0] == mounts[1] && memcmp(&handles[0], &handles[1], sizeof handles[0]) == 0;
	say(request, same ? "yes" : "no");
}

const struct command factCommands[] = {
	{ "readlink", do_readlink, 0 },
	{ "readlinkat", do_readlink, 1 },
	{ "getcwd", do_getcwd, 0 },
	{ "list", do_list, listPath },
	{ "listfd", do_list, listDescriptor },
	{ "listold", do_list, listOld },
	{ "inodes", do_inodes, 0 },
	{ "tree", do_tree, 0 },
	{ "handle", do_handle, 0 },
	{ "samehandle", do_same_handle, 0 },
	{ NULL, NULL, 0 },
};
