/* Writing into a thread's memory, for what answers a trap with a structure. */
#ifndef SWARD_MEMORY_H
#define SWARD_MEMORY_H

#include <stdint.h>

#include "sward.h"

/* `length` bytes from `offset` on: 0 or -EFAULT. */
SWARD_API int sward_memory_write(int tid, uint64_t address, const void *from, int offset, int length);

#endif
