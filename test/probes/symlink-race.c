/*
 * symlink-race PATH SWAP MILLISECONDS LINK...: one thread swaps SWAP, a directory, with symbolic links of the given texts;
 * the other opens PATH, which leads through it, and reads. Prints each different result (what was read, or an errno) with
 * how often it came.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { resultsMax = 64, textMax = 64 };

static struct {
	char text[textMax];
	long count;
} results[resultsMax];
static int resultCount;
static atomic_int stopped;
static char **links;
static const char *swapped;
static char spare[4096];

static long milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void *swap(void *unused)
{
	(void)unused;
	for (int turn = 0; !stopped; turn++) {
		if (!links[turn])
			turn = 0;
		/* EXCHANGE: the name is always there. */
		if (symlink(links[turn], spare) < 0 || renameat2(AT_FDCWD, spare, AT_FDCWD, swapped, RENAME_EXCHANGE) < 0 ||
		    renameat2(AT_FDCWD, spare, AT_FDCWD, swapped, RENAME_EXCHANGE) < 0 || unlink(spare) < 0) {
			perror("symlink-race: swap");
			exit(2);
		}
	}
	return NULL;
}

static void count(const char *text)
{
	int i = 0;
	while (i < resultCount && strcmp(results[i].text, text) != 0)
		i++;
	if (i == resultsMax)
		exit(2);
	if (i == resultCount) {
		snprintf(results[i].text, textMax, "%s", text);
		resultCount++;
	}
	results[i].count++;
}

static void open_once(const char *path)
{
	char text[textMax] = { 0 };
	int fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof text - 1) < 0)
		snprintf(text, sizeof text, "%s", strerrorname_np(errno));
	close(fd);
	count(text);
}

/* UID and GID of the environment variable SWARD_RACE_AS, if it is set: who opens. */
static void become(const char *ids)
{
	int uid, gid;
	if (!ids)
		return;
	if (sscanf(ids, "%d:%d", &uid, &gid) != 2 || setgid((gid_t)gid) < 0 || setuid((uid_t)uid) < 0) {
		perror("symlink-race: become");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	if (argc < 5) {
		fprintf(stderr, "usage: symlink-race PATH SWAP MILLISECONDS LINK...\n");
		return 2;
	}
	become(getenv("SWARD_RACE_AS"));
	swapped = argv[2];
	links = argv + 4;
	snprintf(spare, sizeof spare, "%s.spare", swapped);
	pthread_t swapper;
	pthread_create(&swapper, NULL, swap, NULL);
	for (long end = milliseconds() + atol(argv[3]); milliseconds() < end;)
		open_once(argv[1]);
	stopped = 1;
	pthread_join(swapper, NULL);
	for (int i = 0; i < resultCount; i++)
		printf("%s %ld\n", results[i].text, results[i].count);
	return 0;
}
