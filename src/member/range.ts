/** From a struct flock to a half-open range, as flock_to_posix_lock() does it (fcntl(2), fs/locks.c). */
import { SyscallError } from '../shared/errno.js';
import { type LockRange, normalizeOffset, type Offset } from '../shared/lock-types.js';
import type { TrapBlock } from './trap-block.js';

/** OFFSET_MAX of the kernel: the last byte that a lock can cover. */
const offsetMax = 2n ** 63n - 1n;
const whenceSet = 0;
const whenceCurrent = 1;
const whenceEnd = 2;

/** The whole file. */
export const wholeFile: LockRange = { start: 0, end: Number.POSITIVE_INFINITY };

/** Throws EINVAL or EOVERFLOW. */
export function decodeRange(block: TrapBlock): LockRange {
  if (block.lockWhence === whenceSet) {
    const start = block.smallStart();
    if (start >= 0) {
      const length = block.smallLength();
      // fcntl(2): "Specifying 0 for l_len has the special meaning: lock all bytes [...] to the end of file".
      return { start, end: length === 0 ? Number.POSITIVE_INFINITY : start + length };
    }
  }
  return decodeLarge(base(block), block.lockStart, block.lockLength);
}

function base(block: TrapBlock): bigint {
  switch (block.lockWhence) {
    case whenceSet:
      return 0n;
    case whenceCurrent:
      return block.position;
    case whenceEnd:
      return block.size;
    default:
      throw new SyscallError('EINVAL', 'l_whence');
  }
}

function decodeLarge(from: bigint, offset: bigint, length: bigint): LockRange {
  if (offset > offsetMax - from) throw new SyscallError('EOVERFLOW');
  let start = from + offset;
  // fcntl(2): "bytes before the start of the file" cannot be locked.
  if (start < 0n) throw new SyscallError('EINVAL');
  let last = offsetMax;
  if (length > 0n) {
    if (length - 1n > offsetMax - start) throw new SyscallError('EOVERFLOW');
    last = start + length - 1n;
  } else if (length < 0n) {
    // fcntl(2): a negative l_len covers l_start+l_len up to and including l_start-1.
    if (start + length < 0n) throw new SyscallError('EINVAL');
    last = start - 1n;
    start += length;
  }
  return { start: normalizeOffset(start), end: exclusiveEnd(last) };
}

function exclusiveEnd(last: bigint): Offset {
  return last === offsetMax ? Number.POSITIVE_INFINITY : normalizeOffset(last + 1n);
}

/** l_len for F_GETLK's answer: 0 when the lock goes to the end of the file. */
export function rangeLength(range: LockRange): bigint {
  return range.end === Number.POSITIVE_INFINITY ? 0n : BigInt(range.end) - BigInt(range.start);
}
