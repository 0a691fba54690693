#include "channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void send_bytes(int fd, const char *bytes, size_t length)
{
	while (send(fd, bytes, length, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			_exit(4);
}

ssize_t receive_line(int fd, char *line, size_t size)
{
	ssize_t got;
	while ((got = recv(fd, line, size - 1, 0)) < 0)
		if (errno != EINTR)
			_exit(4);
	line[got] = 0;
	return got;
}

union rights {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

ssize_t send_descriptor(int socket, int fd)
{
	union rights rights = { 0 };
	char data = 'x';
	struct iovec byte = { .iov_base = &data, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &byte, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights
	};
	rights.header.cmsg_len = CMSG_LEN(sizeof fd);
	rights.header.cmsg_level = SOL_SOCKET;
	rights.header.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&rights.header), &fd, sizeof fd);
	return sendmsg(socket, &message, 0);
}

ssize_t receive_descriptor(int socket, int flags, int *fd)
{
	union rights rights;
	char data;
	struct iovec byte = { .iov_base = &data, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &byte, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights
	};
	ssize_t got = recvmsg(socket, &message, flags);
	struct cmsghdr *header = got < 0 ? NULL : CMSG_FIRSTHDR(&message);
	*fd = -1;
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(header), sizeof *fd);
	return got;
}
