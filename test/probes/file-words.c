/* The words of a step: numbers made of constants, and pointers to text, some of them bad. */
#include "file-agent.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <sys/mman.h>

#ifndef AT_HANDLE_FID
#define AT_HANDLE_FID 0x200
#endif
#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20
#endif

#define CONSTANT(name) { #name, name }

static const struct {
	const char *name;
	long value;
} constants[] = {
	CONSTANT(O_RDONLY), CONSTANT(O_WRONLY), CONSTANT(O_RDWR), CONSTANT(O_CREAT), CONSTANT(O_EXCL),
	CONSTANT(O_TRUNC), CONSTANT(O_APPEND), CONSTANT(O_DIRECTORY), CONSTANT(O_NOFOLLOW), CONSTANT(O_PATH),
	CONSTANT(O_TMPFILE), CONSTANT(O_NONBLOCK), CONSTANT(O_CLOEXEC), CONSTANT(O_NOATIME), CONSTANT(O_SYNC),
	CONSTANT(O_DSYNC), CONSTANT(O_DIRECT), CONSTANT(O_NOCTTY), CONSTANT(O_ASYNC),
	CONSTANT(AT_FDCWD), CONSTANT(AT_EMPTY_PATH), CONSTANT(AT_SYMLINK_NOFOLLOW), CONSTANT(AT_SYMLINK_FOLLOW),
	CONSTANT(AT_REMOVEDIR), CONSTANT(AT_EACCESS), CONSTANT(AT_NO_AUTOMOUNT), CONSTANT(AT_HANDLE_FID),
	CONSTANT(RENAME_NOREPLACE), CONSTANT(RENAME_EXCHANGE), CONSTANT(RENAME_WHITEOUT),
	CONSTANT(RESOLVE_BENEATH), CONSTANT(RESOLVE_IN_ROOT), CONSTANT(RESOLVE_NO_SYMLINKS),
	CONSTANT(RESOLVE_NO_MAGICLINKS), CONSTANT(RESOLVE_NO_XDEV), CONSTANT(RESOLVE_CACHED),
	CONSTANT(F_OK), CONSTANT(R_OK), CONSTANT(W_OK), CONSTANT(X_OK),
	CONSTANT(S_IFREG), CONSTANT(S_IFIFO), CONSTANT(S_IFSOCK), CONSTANT(S_IFCHR), CONSTANT(S_IFDIR),
	CONSTANT(XATTR_CREATE), CONSTANT(XATTR_REPLACE), CONSTANT(RWF_NOAPPEND), CONSTANT(RWF_APPEND),
	CONSTANT(FALLOC_FL_KEEP_SIZE), CONSTANT(FALLOC_FL_PUNCH_HOLE), CONSTANT(FALLOC_FL_ZERO_RANGE),
	CONSTANT(FALLOC_FL_COLLAPSE_RANGE), CONSTANT(FALLOC_FL_INSERT_RANGE),
	CONSTANT(SEEK_SET), CONSTANT(SEEK_CUR), CONSTANT(SEEK_END), CONSTANT(SEEK_DATA), CONSTANT(SEEK_HOLE),
	CONSTANT(PROT_READ), CONSTANT(PROT_WRITE), CONSTANT(PROT_EXEC), CONSTANT(MAP_SHARED),
	CONSTANT(MAP_PRIVATE), CONSTANT(MAP_SHARED_VALIDATE),
	CONSTANT(IN_CREATE), CONSTANT(IN_DELETE), CONSTANT(IN_MODIFY), CONSTANT(IN_MOVED_FROM),
	CONSTANT(IN_MOVED_TO), CONSTANT(IN_DELETE_SELF), CONSTANT(IN_MOVE_SELF), CONSTANT(IN_ATTRIB),
	CONSTANT(IN_OPEN), CONSTANT(IN_CLOSE_WRITE), CONSTANT(IN_CLOSE_NOWRITE), CONSTANT(IN_ACCESS),
	CONSTANT(IN_ALL_EVENTS), CONSTANT(IN_ONLYDIR), CONSTANT(IN_DONT_FOLLOW), CONSTANT(IN_IGNORED),
	CONSTANT(IN_ISDIR),
};

int split_words(char *line, char **words)
{
	int count = 0;
	char *rest = NULL;
	for (char *next = strtok_r(line, " ", &rest); next && count < wordsMax; next = strtok_r(NULL, " ", &rest))
		words[count++] = next;
	return count;
}

const char *word(const struct request *request, int index)
{
	return index < request->argc ? request->argv[index] : "";
}

int is_word(const struct request *request, int index, const char *text)
{
	return strcmp(word(request, index), text) == 0;
}

static long one_number(const char *text, size_t length)
{
	char digits[32] = { 0 };
	for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
		if (strlen(constants[i].name) == length && strncmp(constants[i].name, text, length) == 0)
			return constants[i].value;
	memcpy(digits, text, length < sizeof digits ? length : sizeof digits - 1);
	char *end;
	long value = strtol(digits, &end, 0);
	if (*end)
		fprintf(stderr, "file-agent: not a number: '%s'\n", digits);
	return value;
}

long number(const struct request *request, int index)
{
	long value = 0;
	for (const char *text = word(request, index); *text;) {
		size_t length = strcspn(text, "|");
		value |= one_number(text, length);
		text += length + (text[length] == '|');
	}
	return value;
}

/* Decodes %xx in place, once per step. */
static size_t decode(char *text)
{
	char *out = text;
	for (const char *in = text; *in; in++) {
		char digits[3] = { 0 };
		if (*in == '%' && in[1] && in[2]) {
			memcpy(digits, in + 1, 2);
			*out++ = (char)strtol(digits, NULL, 16);
			in += 2;
		} else {
			*out++ = *in;
		}
	}
	*out = 0;
	return (size_t)(out - text);
}

enum { pageBytes = 4096, pagesMax = 8 };

static struct {
	char *start;
	size_t length;
} pages[pagesMax];
static int pageCount;

/* The text's last byte is the last before an unmapped page. */
static const char *at_edge(const char *text, size_t length)
{
	size_t room = (length + pageBytes - 1) / pageBytes * pageBytes;
	char *start = mmap(NULL, room + pageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (start == MAP_FAILED || pageCount == pagesMax)
		abort();
	munmap(start + room, pageBytes);
	pages[pageCount].start = start;
	pages[pageCount++].length = room;
	memcpy(start + room - length, text, length);
	return start + room - length;
}

void forget_pages(void)
{
	while (pageCount > 0) {
		pageCount--;
		munmap(pages[pageCount].start, pages[pageCount].length);
	}
}

char *bytes(const struct request *request, int index, size_t *length)
{
	if (index >= request->argc) {
		*length = 0;
		return "";
	}
	char *text = request->argv[index];
	*length = strcmp(text, "EMPTY") == 0 ? 0 : decode(text);
	return *length ? text : "";
}

const char *pointer(const struct request *request, int index)
{
	const char *text = word(request, index);
	size_t length;
	if (index >= request->argc || strcmp(text, "NULL") == 0)
		return NULL;
	if (strcmp(text, "BAD") == 0)
		return (const char *)16;
	if (strcmp(text, "KERNEL") == 0)
		return (const char *)(intptr_t)0xffff800000001000;
	text = bytes(request, index, &length);
	if (strncmp(text, "EDGE:", 5) == 0)
		return at_edge(text + 5, length - 5);
	if (strncmp(text, "LAST:", 5) == 0)
		return at_edge(text + 5, length - 5 + 1);
	return text;
}
