/*
 * exclusive DIRECTORY NAMES: tries to be the one who makes each of NAMES names, by every call that fails if the name
 * exists; others do the same at the same time. Says "ready", starts at a line on standard input, prints how often it won.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { byOpen, byMkdir, bySymlink, byLink, byRename, byMknod, ways };

static const char *const names[ways] = { "open", "mkdir", "symlink", "link", "rename", "mknod" };

static long attempt(int way, const char *name, const char *own, const char *moved)
{
	int fd;
	switch (way) {
	case byOpen:
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
		return fd < 0 ? fd : close(fd);
	case byMkdir:
		return mkdir(name, 0755);
	case bySymlink:
		return symlink(own, name);
	case byLink:
		return link(own, name);
	case byRename:
		fd = open(moved, O_WRONLY | O_CREAT, 0644);
		close(fd);
		return renameat2(AT_FDCWD, moved, AT_FDCWD, name, RENAME_NOREPLACE);
	default:
		return mknod(name, S_IFREG | 0644, 0);
	}
}

int main(int argc, char **argv)
{
	char own[64], moved[64], name[64];
	long won[ways] = { 0 };
	if (argc != 3 || chdir(argv[1]) < 0) {
		fprintf(stderr, "usage: exclusive DIRECTORY NAMES\n");
		return 2;
	}
	snprintf(own, sizeof own, "own.%d", getpid());
	snprintf(moved, sizeof moved, "moved.%d", getpid());
	close(open(own, O_WRONLY | O_CREAT, 0644));
	printf("ready\n");
	fflush(stdout);
	if (getchar() == EOF)
		return 2;
	for (int i = 0; i < atoi(argv[2]); i++)
		for (int way = 0; way < ways; way++) {
			snprintf(name, sizeof name, "%s.%d", names[way], i);
			if (attempt(way, name, own, moved) == 0) {
				won[way]++;
			} else if (errno != EEXIST) {
				printf("%s: %s\n", name, strerrorname_np(errno));
				return 1;
			}
		}
	for (int way = 0; way < ways; way++)
		printf("%s %ld\n", names[way], won[way]);
	return 0;
}
