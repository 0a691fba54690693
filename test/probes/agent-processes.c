/* Processes, threads and signals. The runner has already turned the names of actors into numbers. */
#include "agent.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static volatile sig_atomic_t handled[NSIG];

int signal_number(const char *name)
{
	static const struct { const char *name; int number; } signals[] = {
		{ "USR1", SIGUSR1 }, { "USR2", SIGUSR2 }, { "ALRM", SIGALRM }, { "TERM", SIGTERM },
		{ "KILL", SIGKILL }, { "STOP", SIGSTOP }, { "CONT", SIGCONT }, { "CHLD", SIGCHLD },
		{ "WINCH", SIGWINCH },
	};
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		if (strcmp(signals[i].name, name) == 0)
			return signals[i].number;
	return -1;
}

/* fork B, share-files B: the child goes on as B; only the parent answers. */
static void do_fork(struct request *request, int flags)
{
	pid_t pid = flags ? (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0) : fork();
	if (pid == 0)
		serve((int)number(request, 1), 0);
	if (pid < 0)
		return answer(request, -1);
	say(request, "pid=%d", pid);
}

/* exec: the same program again, as the same actor; the new image answers on the channel of this thread. */
static void do_exec(struct request *request, int option)
{
	char actor[] = { (char)('A' + request->actor), 0 }, thread[] = { (char)('0' + request->thread), 0 };
	(void)option;
	execl("/proc/self/exe", "lock-agent", "--actor", actor, thread, (char *)NULL);
	answer(request, -1);
}

static void do_exit(struct request *request, int option)
{
	(void)request, (void)option;
	_exit(0);
}

static void *thread_main(void *argument)
{
	int *place = argument, actor = place[0], thread = place[1];
	char line[32];
	free(place);
	snprintf(line, sizeof line, "tid=%d", (int)syscall(SYS_gettid));
	send_line(control_fd(actor, 0), line);
	serve(actor, thread);
}

/* thread N: starts another thread, which answers with its tid */
static void do_thread(struct request *request, int option)
{
	pthread_t thread;
	int *place = malloc(2 * sizeof *place);
	place[0] = request->actor;
	place[1] = (int)number(request, 1);
	errno = pthread_create(&thread, NULL, thread_main, place);
	(void)option;
	if (errno)
		return answer(request, -1);
	pthread_detach(thread);
	request->silent = 1;
}

/* This thread ends, be it the main one; the process goes on while it has others. */
static void do_thread_exit(struct request *request, int option)
{
	(void)option;
	send_line(control_fd(request->actor, request->thread), "ok");
	syscall(SYS_exit, 0);
}

enum { vforkClose, vforkExec };

static void do_vfork(struct request *request, int option)
{
	int fd = (int)number(request, 1);
	pid_t pid = vfork();
	if (pid == 0) {
		if (option == vforkClose)
			close(fd);
		else
			execl("/bin/true", "true", (char *)NULL);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	answer(request, pid);
}

static void do_spawn(struct request *request, int option)
{
	pid_t pid;
	char *arguments[] = { "true", NULL };
	(void)option;
	errno = posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, environ);
	if (errno)
		return answer(request, -1);
	waitpid(pid, NULL, 0);
	say(request, "ok");
}

static void count_signal(int number)
{
	handled[number]++;
}

/* handler SIGNAL restart|norestart|ignore|default */
static void do_handler(struct request *request, int option)
{
	struct sigaction action = { .sa_handler = count_signal };
	(void)option;
	action.sa_flags = is_word(request, 2, "restart") ? SA_RESTART : 0;
	if (is_word(request, 2, "ignore"))
		action.sa_handler = SIG_IGN;
	if (is_word(request, 2, "default"))
		action.sa_handler = SIG_DFL;
	answer(request, sigaction(signal_number(word(request, 1)), &action, NULL));
}

static void do_handled(struct request *request, int option)
{
	(void)option;
	say(request, "%d", (int)handled[signal_number(word(request, 1))]);
}

static void do_mask(struct request *request, int how)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, signal_number(word(request, 1)));
	errno = pthread_sigmask(how, &set, NULL);
	answer(request, errno ? -1 : 0);
}

/* signal PID TID SIGNAL; TID 0: to the process */
static void do_signal(struct request *request, int option)
{
	pid_t pid = (pid_t)number(request, 1), tid = (pid_t)number(request, 2);
	int signal = signal_number(word(request, 3));
	(void)option;
	answer(request, tid ? syscall(SYS_tgkill, pid, tid, signal) : kill(pid, signal));
}

/* alarm MILLISECONDS: again and again, so that it cannot be missed; 0 ends it */
static void do_alarm(struct request *request, int option)
{
	long long milliseconds = number(request, 1);
	struct timeval period = { milliseconds / 1000, milliseconds % 1000 * 1000 };
	struct itimerval timer = { .it_interval = period, .it_value = period };
	(void)option;
	answer(request, setitimer(ITIMER_REAL, &timer, NULL));
}

const struct command processCommands[] = {
	{ "fork", do_fork, 0 },
	{ "share-files", do_fork, CLONE_FILES },
	{ "exec", do_exec, 0 },
	{ "exit", do_exit, 0 },
	{ "thread", do_thread, 0 },
	{ "thread_exit", do_thread_exit, 0 },
	{ "vfork_close", do_vfork, vforkClose },
	{ "vfork_exec", do_vfork, vforkExec },
	{ "posix_spawn", do_spawn, 0 },
	{ "handler", do_handler, 0 },
	{ "handled", do_handled, 0 },
	{ "mask", do_mask, SIG_BLOCK },
	{ "unmask", do_mask, SIG_UNBLOCK },
	{ "signal", do_signal, 0 },
	{ "alarm", do_alarm, 0 },
	{ NULL, NULL, 0 },
};
