/* What Node changes of a process when it starts, noted before it does (start.c) and given to the workload (launcher.c). */
#ifndef STARTED_H
#define STARTED_H

#include <inttypes.h>
#include <stdint.h>

struct started {
  uint64_t ignored; /* bit n-1: signal n */
  uint64_t blocked;
  uint64_t descriptors; /* getrlimit(2), RLIMIT_NOFILE: the soft limit */
};

/* Signals as the kernel counts them, 1 to 64: libc hides two, which posix_spawn(3) leaves ignored, and rt_sigaction(2) is
 * asked past it. */
enum { SIGNAL_MAX = 64 };
struct kernel_action {
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)(void);
  uint64_t mask;
};

enum { STARTED_TEXT_MAX = 64 };
/* The text of a note; src/shared/started.ts reads it too. */
#define STARTED_PRINT "%016" PRIx64 " %016" PRIx64 " %016" PRIx64
#define STARTED_SCAN "%16" SCNx64 " %16" SCNx64 " %16" SCNx64

#endif
