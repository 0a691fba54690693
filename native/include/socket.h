/* What the leader's loop uses of the other files. */
#ifndef SWARD_SOCKET_H
#define SWARD_SOCKET_H

#include <stdint.h>

/* Most descriptors of one message (SCM_MAX_FD, unix(7)). */
enum { SWARD_DESCRIPTORS_MAX = 253 };

int sward_socket_credentials(int fd, int32_t *out);
int sward_socket_receive(int fd, uint8_t *bytes, int offset, int capacity, int32_t *fds);
/* A caught signal, in numbers (signals.c). */
enum { SWARD_SIGNAL_NUMBERS = 5 };
int sward_signals_take(int32_t (*records)[SWARD_SIGNAL_NUMBERS], int max);

#endif
