/* Unix sockets by name, and inotify. */
#include "file-agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* socket stream|dgram|seqpacket */
static void do_socket(struct request *request, int option)
{
	int type = is_word(request, 1, "stream") ? SOCK_STREAM : is_word(request, 1, "dgram") ? SOCK_DGRAM : SOCK_SEQPACKET;
	(void)option;
	answer_fd(request, socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
}

enum { useBind, useConnect };

/* A name that fills sun_path has no NUL. An abstract one is written @NAME. */
static socklen_t make_address(struct request *request, int index, struct sockaddr_un *address)
{
	size_t length;
	char *path = bytes(request, index, &length);
	memset(address, 0, sizeof *address);
	address->sun_family = AF_UNIX;
	if (length > sizeof address->sun_path)
		length = sizeof address->sun_path;
	memcpy(address->sun_path, path, length);
	if (path[0] == '@') {
		address->sun_path[0] = 0;
		return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	}
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (length < sizeof address->sun_path));
}

/* bind FD PATH, connect FD PATH */
static void do_address(struct request *request, int option)
{
	struct sockaddr_un address;
	socklen_t length = make_address(request, 2, &address);
	int fd = (int)number(request, 1);
	const struct sockaddr *generic = (const struct sockaddr *)&address;
	answer(request, option == useBind ? bind(fd, generic, length) : connect(fd, generic, length));
}

static void do_listen(struct request *request, int option)
{
	(void)option;
	answer(request, listen((int)number(request, 1), 8));
}

static void do_accept(struct request *request, int option)
{
	(void)option;
	answer_fd(request, accept((int)number(request, 1), NULL, NULL));
}

static void say_address(struct request *request, const struct sockaddr_un *address, socklen_t length)
{
	size_t path = length > offsetof(struct sockaddr_un, sun_path) ? length - offsetof(struct sockaddr_un, sun_path) : 0;
	if (path == 0)
		say(request, "unnamed");
	else if (address->sun_path[0] == 0)
		say(request, "@%.*s", (int)path - 1, address->sun_path + 1);
	else
		say_text(request, address->sun_path, strnlen(address->sun_path, path));
}

/* sockname FD, peername FD */
static void do_name(struct request *request, int peer)
{
	struct sockaddr_un address;
	socklen_t length = sizeof address;
	int fd = (int)number(request, 1);
	struct sockaddr *generic = (struct sockaddr *)&address;
	int result = peer ? getpeername(fd, generic, &length) : getsockname(fd, generic, &length);
	if (result < 0)
		return answer(request, result);
	say_address(request, &address, length);
}

/* sendto FD PATH TEXT, sendmsg FD PATH TEXT */
static void do_sendto(struct request *request, int message)
{
	struct sockaddr_un address;
	socklen_t length = make_address(request, 2, &address);
	struct iovec part;
	part.iov_base = bytes(request, 3, &part.iov_len);
	struct msghdr header = { .msg_name = &address, .msg_namelen = length, .msg_iov = &part, .msg_iovlen = 1 };
	int fd = (int)number(request, 1);
	long sent = message ? sendmsg(fd, &header, 0)
			    : sendto(fd, part.iov_base, part.iov_len, 0, (const struct sockaddr *)&address, length);
	answer(request, sent);
}

/* recvfrom FD: the text and who sent it */
static void do_recvfrom(struct request *request, int option)
{
	char text[256];
	struct sockaddr_un address;
	socklen_t length = sizeof address;
	(void)option;
	long got = recvfrom((int)number(request, 1), text, sizeof text, 0, (struct sockaddr *)&address, &length);
	if (got < 0)
		return answer(request, got);
	say_text(request, text, (size_t)got);
	say(request, " from ");
	say_address(request, &address, length);
}

/* sendfd SOCKET FD; recvfd SOCKET */
static void do_sendfd(struct request *request, int option)
{
	(void)option;
	answer(request, send_descriptor((int)number(request, 1), (int)number(request, 2)));
}

static void do_recvfd(struct request *request, int option)
{
	int fd;
	(void)option;
	if (receive_descriptor((int)number(request, 1), 0, &fd) < 0)
		return answer(request, -1);
	say(request, "fd=%d", fd);
}

static void say_event(struct request *request, const struct inotify_event *event)
{
	static const char *names[] = {
		"ACCESS", "MODIFY", "ATTRIB", "CLOSE_WRITE", "CLOSE_NOWRITE", "OPEN",	    "MOVED_FROM",
		"MOVED_TO", "CREATE", "DELETE", "DELETE_SELF", "MOVE_SELF",
	};
	say(request, "%d:", event->wd);
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (event->mask & 1U << i)
			say(request, "%s", names[i]);
	say(request, "%s%s", event->mask & IN_IGNORED ? "IGNORED" : "", event->mask & IN_ISDIR ? "/" : "");
	if (event->len) {
		say(request, "=");
		say_word(request, event->name);
	}
	say(request, " ");
}

/* events FD: all that are queued; the kernel queues them before the call that causes them returns */
static void do_events(struct request *request, int option)
{
	_Alignas(struct inotify_event) char buffer[8192];
	struct pollfd queued = { .fd = (int)number(request, 1), .events = POLLIN };
	(void)option;
	while (poll(&queued, 1, 0) > 0) {
		long got = read(queued.fd, buffer, sizeof buffer);
		if (got <= 0)
			return answer(request, got);
		for (char *at = buffer; at < buffer + got;) {
			const struct inotify_event *event = (const struct inotify_event *)at;
			say_event(request, event);
			at += sizeof *event + event->len;
		}
	}
	if (request->length == 0)
		say(request, "none");
	else
		request->length--;
}

const struct command socketCommands[] = {
	{ "socket", do_socket, 0 },
	{ "bind", do_address, useBind },
	{ "connect", do_address, useConnect },
	{ "listen", do_listen, 0 },
	{ "accept", do_accept, 0 },
	{ "sockname", do_name, 0 },
	{ "peername", do_name, 1 },
	{ "sendto", do_sendto, 0 },
	{ "sendmsg", do_sendto, 1 },
	{ "recvfrom", do_recvfrom, 0 },
	{ "sendfd", do_sendfd, 0 },
	{ "recvfd", do_recvfd, 0 },
	{ "events", do_events, 0 },
	{ NULL, NULL, 0 },
};
