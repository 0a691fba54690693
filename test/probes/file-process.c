/* Processes: children, threads, programs, identities. */
#include "file-agent.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* fork C: the child is actor C; clonefs C: and shares its working directory, root and umask with us */
static void do_fork(struct request *request, int flags)
{
	int child = word(request, 1)[0] - 'A';
	long pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, 0);
	if (pid == 0)
		serve(child);
	answer(request, pid);
}

static void *in_thread(void *request)
{
	dispatch(request);
	return NULL;
}

/* inthread CALL...: another thread makes the call */
static void do_thread(struct request *request, int option)
{
	pthread_t thread;
	(void)option;
	memmove(request->argv, request->argv + 1, (size_t)--request->argc * sizeof *request->argv);
	if (pthread_create(&thread, NULL, in_thread, request) != 0)
		say(request, "no thread");
	else
		pthread_join(thread, NULL);
}

/* unsharefs: no longer shares the working directory with other threads or processes */
static void do_unshare(struct request *request, int flags)
{
	answer(request, unshare(flags));
}

static char *no_environment[] = { "PATH=/usr/bin:/bin", NULL };

/* exec PATH: this actor goes on in that program, which must be a copy of the agent */
static void do_exec(struct request *request, int option)
{
	char letter[] = { (char)('A' + request->actor), 0 };
	char *arguments[] = { (char *)pointer(request, 1), "--actor", letter, NULL };
	(void)option;
	answer(request, execve(arguments[0], arguments, no_environment));
}

enum { outputMax = 8192 };

static void child(const struct request *request, int out, int failed, int at)
{
	char *arguments[wordsMax] = { 0 };
	int first = at ? 4 : 2;
	dup2(out, 1);
	dup2(out, 2);
	for (int i = first; i < request->argc; i++)
		arguments[i - first] = (char *)pointer(request, i);
	if (at)
		syscall(SYS_execveat, number(request, 1), pointer(request, 2), arguments, no_environment,
			number(request, 3));
	else
		syscall(SYS_execve, pointer(request, 1), arguments, no_environment);
	int error = errno;
	if (write(failed, &error, sizeof error) < 0)
		_exit(126);
	_exit(127);
}

/* run PATH ARGV0..., runat DIRFD PATH FLAGS ARGV0...: a child executes it; its output and status */
static void do_run(struct request *request, int at)
{
	static char output[outputMax];
	int out[2], failed[2], status, error;
	size_t length = 0;
	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(failed, O_CLOEXEC) < 0)
		return answer(request, -1);
	pid_t pid = fork();
	if (pid == 0)
		child(request, out[1], failed[1], at);
	close(out[1]);
	close(failed[1]);
	for (ssize_t got; (got = read(out[0], output + length, sizeof output - length)) > 0;)
		length += (size_t)got;
	long wrong = read(failed[0], &error, sizeof error);
	close(out[0]);
	close(failed[0]);
	waitpid(pid, &status, 0);
	if (wrong > 0) {
		errno = error;
		return answer(request, -1);
	}
	say(request, length ? "%d " : "%d", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
	say_text(request, output, length);
}

/* become UID GID [GROUP...]: without capabilities, unless UID is 0 */
static void do_become(struct request *request, int option)
{
	gid_t groups[wordsMax];
	size_t count = 0;
	(void)option;
	for (int i = 3; i < request->argc; i++)
		groups[count++] = (gid_t)number(request, i);
	long uid = number(request, 1), gid = number(request, 2);
	if (setgroups(count, groups) < 0 || setresgid((gid_t)gid, (gid_t)gid, (gid_t)gid) < 0)
		return answer(request, -1);
	answer(request, setresuid((uid_t)uid, (uid_t)uid, (uid_t)uid));
}

/* seteuid UID: the others stay */
static void do_seteuid(struct request *request, int option)
{
	(void)option;
	answer(request, setresuid((uid_t)-1, (uid_t)number(request, 1), (uid_t)-1));
}

/* dropcaps: a root without privileges */
static void do_drop(struct request *request, int option)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };
	(void)option;
	answer(request, syscall(SYS_capset, &header, none));
}

/* limit BYTES or limit DESCRIPTORS: beyond it EFBIG, without its signal, or EMFILE */
static void do_limit(struct request *request, int resource)
{
	struct rlimit limit = { .rlim_cur = (rlim_t)number(request, 1), .rlim_max = RLIM_INFINITY };
	struct rlimit old;
	signal(SIGXFSZ, SIG_IGN);
	if (getrlimit((__rlimit_resource_t)resource, &old) == 0)
		limit.rlim_max = old.rlim_max;
	answer(request, setrlimit((__rlimit_resource_t)resource, &limit));
}

static void do_umask(struct request *request, int option)
{
	(void)option;
	say(request, "%04o", (unsigned)umask((mode_t)number(request, 1)));
}

static void do_comm(struct request *request, int option)
{
	char name[64] = { 0 };
	(void)option;
	prctl(PR_GET_NAME, name);
	say_word(request, name);
}

static void do_exit(struct request *request, int option)
{
	(void)option;
	send_bytes(controlBase + request->actor, "exited", 6);
	_exit(0);
}

const struct command processCommands[] = {
	{ "fork", do_fork, 0 },
	{ "clonefs", do_fork, CLONE_FS },
	{ "inthread", do_thread, 0 },
	{ "unsharefs", do_unshare, CLONE_FS },
	{ "exec", do_exec, 0 },
	{ "run", do_run, 0 },
	{ "runat", do_run, 1 },
	{ "become", do_become, 0 },
	{ "seteuid", do_seteuid, 0 },
	{ "dropcaps", do_drop, 0 },
	{ "unshareuser", do_unshare, CLONE_NEWUSER },
	{ "limitfiles", do_limit, RLIMIT_NOFILE },
	{ "limitbytes", do_limit, RLIMIT_FSIZE },
	{ "umask", do_umask, 0 },
	{ "comm", do_comm, 0 },
	{ "exit", do_exit, 0 },
	{ NULL, NULL, 0 },
};
