/* What the agents do with sockets: lines between actors and their runner, descriptors between actors. */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <sys/types.h>

void send_bytes(int fd, const char *bytes, size_t length);
/* Blocks, also through signals. The line is terminated; its length, 0 at the end. */
ssize_t receive_line(int fd, char *line, size_t size);

/* The result of sendmsg(2). */
ssize_t send_descriptor(int socket, int fd);
/* The result of recvmsg(2); *fd is -1 when none came along. */
ssize_t receive_descriptor(int socket, int flags, int *fd);

#endif
