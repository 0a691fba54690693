/**
 * The vocabulary of locks, shared by the leader's core, the protocol and the members.
 *
 * An offset is a `number` while it is at most `Number.MAX_SAFE_INTEGER`, else a `bigint`; an `end` is
 * exclusive and `Infinity` means "to the end of the file" (2^63-1 and beyond). So normalised, `<`, `===`
 * and friends compare offsets exactly; only the code that decodes them from user memory does arithmetic.
 */
export type Offset = number | bigint;

/** Which family of locks a call belongs to: fcntl(2) record locks, F_OFD_* locks, flock(2). */
export const LockKind = { record: 0, ofd: 1, flock: 2 } as const;
export type LockKind = (typeof LockKind)[keyof typeof LockKind];

/** F_RDLCK or LOCK_SH; F_WRLCK or LOCK_EX. */
export const LockType = { read: 0, write: 1 } as const;
export type LockType = (typeof LockType)[keyof typeof LockType];

/** A half-open byte range [start, end). flock(2) locks cover [0, Infinity). */
export interface LockRange {
  readonly start: Offset;
  readonly end: Offset;
}

/** What F_GETLK tells of the first conflicting lock. */
export interface ConflictingLock extends LockRange {
  readonly type: LockType;
  /** Holder's process id, -1 for an OFD lock (fcntl(2)). */
  readonly pid: number;
}

const maxSafe = BigInt(Number.MAX_SAFE_INTEGER);

/** Brings an offset into the one form in which offsets compare exactly. */
export function normalizeOffset(value: bigint): Offset {
  return value > maxSafe ? value : Number(value);
}
