/* Receiving traps while a second thread watches for all else (watch.c). */
#ifndef SWARD_WATCH_H
#define SWARD_WATCH_H

#include <linux/seccomp.h>

enum { RECEIVED_TRAP = 1, RECEIVED_EVENTS = 2 };

/* Whether the watch was started. */
int watch_started(void);

/* Blocks until there is a trap, which is then received, or the watched set has events. Returns RECEIVED_* bits, none
 * after a signal, or -errno: -ENOENT when the trapped thread was killed meanwhile, or nobody is left who could trap. */
int watch_receive(int listener, struct seccomp_notif *request);

#endif
