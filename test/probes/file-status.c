/* What the stat family says, whether names mean the same file, and times. */
#include "file-agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x2000
#endif

enum { statPath, statLink, statDescriptor, statAt };

static const char *type_name(unsigned mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "dir";
	case S_IFLNK:
		return "symlink";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	case S_IFCHR:
		return "char";
	case S_IFBLK:
		return "block";
	default:
		return "unknown";
	}
}

/* The size of a directory is the file system's own affair, and so are its links: some count no subdirectories. */
static void say_status(struct request *request, unsigned mode, unsigned long links, unsigned uid, unsigned gid, long size)
{
	say(request, "%s %04o", type_name(mode), mode & 07777);
	if (!S_ISLNK(mode))
		say(request, " n%lu", links);
	say(request, " u%u:%u", uid, gid);
	if (S_ISREG(mode) || S_ISLNK(mode))
		say(request, " s%ld", size);
}

static void do_stat(struct request *request, int option)
{
	struct stat status = { 0 };
	const char *path = option == statDescriptor || option == statAt ? NULL : pointer(request, 1);
	long result = option == statPath	 ? syscall(SYS_stat, path, &status)
		      : option == statLink	 ? syscall(SYS_lstat, path, &status)
		      : option == statDescriptor ? syscall(SYS_fstat, number(request, 1), &status)
						 : syscall(SYS_newfstatat, number(request, 1), pointer(request, 2),
							   &status, number(request, 3));
	if (result < 0)
		return answer(request, result);
	say_status(request, status.st_mode, status.st_nlink, status.st_uid, status.st_gid, status.st_size);
	if (S_ISCHR(status.st_mode))
		say(request, " %u,%u", major(status.st_rdev), minor(status.st_rdev));
}

/* statx DIRFD PATH FLAGS */
static void do_statx(struct request *request, int option)
{
	struct statx status;
	long result = syscall(SYS_statx, number(request, 1), pointer(request, 2), number(request, 3), STATX_BASIC_STATS,
			      &status);
	(void)option;
	if (result < 0)
		return answer(request, result);
	say_status(request, status.stx_mode, status.stx_nlink, status.stx_uid, status.stx_gid, (long)status.stx_size);
	if (status.stx_attributes & STATX_ATTR_MOUNT_ROOT)
		say(request, " mount-root");
}

/* same A B: is it one inode, symbolic links not followed; samedev A B: is it one file system */
static void do_same(struct request *request, int devices)
{
	struct stat first, second;
	if (lstat(pointer(request, 1), &first) < 0 || lstat(pointer(request, 2), &second) < 0)
		return answer(request, -1);
	int same = first.st_dev == second.st_dev && (devices || first.st_ino == second.st_ino);
	say(request, same ? "yes" : "no");
}

/* samefd FD PATH: does the descriptor refer to what the path names */
static void do_same_fd(struct request *request, int option)
{
	struct stat first, second;
	(void)option;
	if (fstat((int)number(request, 1), &first) < 0 || lstat(pointer(request, 2), &second) < 0)
		return answer(request, -1);
	say(request, first.st_dev == second.st_dev && first.st_ino == second.st_ino ? "yes" : "no");
}

static void say_time(struct request *request, const char *name, const struct statx_timestamp *time)
{
	if (time->tv_sec < 1000000000) /* set by the case; else it is the clock's */
		say(request, "%s=%lld.%09u ", name, (long long)time->tv_sec, time->tv_nsec);
	else
		say(request, "%s=now ", name);
}

static void do_times(struct request *request, int option)
{
	struct statx status;
	(void)option;
	if (statx(AT_FDCWD, pointer(request, 1), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status) < 0)
		return answer(request, -1);
	say_time(request, "a", &status.stx_atime);
	say_time(request, "m", &status.stx_mtime);
	request->length--;
}

static struct statx remembered;

/* Returns when the clock by which files are stamped has gone on, so that a change gives another time. */
static void do_remember(struct request *request, int option)
{
	struct timespec now;
	(void)option;
	if (statx(AT_FDCWD, pointer(request, 1), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &remembered) < 0)
		return answer(request, -1);
	do
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
	while (now.tv_sec < remembered.stx_ctime.tv_sec ||
	       (now.tv_sec == remembered.stx_ctime.tv_sec && (unsigned)now.tv_nsec <= remembered.stx_ctime.tv_nsec));
	say(request, "ok");
}

static int differ(const struct statx_timestamp *one, const struct statx_timestamp *two)
{
	return one->tv_sec != two->tv_sec || one->tv_nsec != two->tv_nsec;
}

/* changed PATH: which of its times differ from the remembered ones */
static void do_changed(struct request *request, int option)
{
	struct statx status;
	(void)option;
	if (statx(AT_FDCWD, pointer(request, 1), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status) < 0)
		return answer(request, -1);
	if (differ(&status.stx_atime, &remembered.stx_atime))
		say(request, "a");
	if (differ(&status.stx_mtime, &remembered.stx_mtime))
		say(request, "m");
	if (differ(&status.stx_ctime, &remembered.stx_ctime))
		say(request, "c");
	if (request->length == 0)
		say(request, "none");
}

/* A time is "now", "omit" or SECONDS.NANOSECONDS. */
static struct timespec parse_time(const char *text)
{
	struct timespec time = { 0 };
	char *rest;
	if (strcmp(text, "now") == 0)
		return (struct timespec){ .tv_nsec = UTIME_NOW };
	if (strcmp(text, "omit") == 0)
		return (struct timespec){ .tv_nsec = UTIME_OMIT };
	time.tv_sec = strtol(text, &rest, 10);
	time.tv_nsec = *rest == '.' ? strtol(rest + 1, NULL, 10) : 0;
	return time;
}

/* utimensat DIRFD PATH (- | ATIME MTIME) [FLAGS] */
static void do_utimensat(struct request *request, int option)
{
	struct timespec times[2] = { parse_time(word(request, 3)), parse_time(word(request, 4)) };
	int unset = is_word(request, 3, "-");
	(void)option;
	answer(request, syscall(SYS_utimensat, number(request, 1), pointer(request, 2), unset ? NULL : times,
				number(request, unset ? 4 : 5)));
}

enum { oldUtime, oldUtimes, oldFutimesat };

/* utime PATH ATIME MTIME, utimes PATH ATIME MTIME, futimesat DIRFD PATH ATIME MTIME; fractions are microseconds */
static void do_utime(struct request *request, int option)
{
	int first = option == oldFutimesat ? 3 : 2;
	struct timespec a = parse_time(word(request, first)), m = parse_time(word(request, first + 1));
	struct utimbuf seconds = { a.tv_sec, m.tv_sec };
	struct timeval times[2] = { { a.tv_sec, a.tv_nsec }, { m.tv_sec, m.tv_nsec } };
	int unset = is_word(request, first, "-");
	long result = option == oldUtime    ? syscall(SYS_utime, pointer(request, 1), unset ? NULL : &seconds)
		      : option == oldUtimes ? syscall(SYS_utimes, pointer(request, 1), unset ? NULL : times)
					    : syscall(SYS_futimesat, number(request, 1), pointer(request, 2),
						      unset ? NULL : times);
	answer(request, result);
}

static void do_statfs(struct request *request, int descriptor)
{
	struct statfs status;
	long result = descriptor ? syscall(SYS_fstatfs, number(request, 1), &status)
				 : syscall(SYS_statfs, pointer(request, 1), &status);
	if (result < 0)
		return answer(request, result);
	say(request, "type %lx name %ld", (long)status.f_type, (long)status.f_namelen);
}

const struct command statusCommands[] = {
	{ "stat", do_stat, statPath },
	{ "lstat", do_stat, statLink },
	{ "fstat", do_stat, statDescriptor },
	{ "newfstatat", do_stat, statAt },
	{ "statx", do_statx, 0 },
	{ "same", do_same, 0 },
	{ "samedev", do_same, 1 },
	{ "samefd", do_same_fd, 0 },
	{ "times", do_times, 0 },
	{ "remember", do_remember, 0 },
	{ "changed", do_changed, 0 },
	{ "utimensat", do_utimensat, 0 },
	{ "utime", do_utime, oldUtime },
	{ "utimes", do_utime, oldUtimes },
	{ "futimesat", do_utime, oldFutimesat },
	{ "statfs", do_statfs, 0 },
	{ "fstatfs", do_statfs, 1 },
	{ NULL, NULL, 0 },
};
