/**
 * What a member asks of its leader, the same whether the leader lives in this process (embedded) or behind a socket.
 *
 * Everything is synchronous or ends in a callback: promises stay off the hot path. `lock` answers 0, -errno, or
 * PENDING, in which case `settle` of the call is called exactly once, later. Releases are told, not asked: they
 * take effect before any later request of anybody (architecture: "exactly-then").
 */

import type { ConflictingLock, LockKind, LockRange, LockType } from '../shared/lock-types.js';
import type { Mount } from '../shared/mount-types.js';

/** A file known to the leader, kept open there while this handle lives. */
export interface LinkFile {
  readonly device: bigint;
  readonly inode: bigint;
}

/** A lock owner known to the leader: a process or an open file description. */
export interface LinkOwner {
  readonly pid: number;
}

export interface OwnerFacts {
  readonly pid: number;
  readonly command: string;
  /** A pidfd of the process, -1 for a description. Stays the caller's. */
  readonly pidfd: number;
  /** Our duplicate of a description, -1 for a process. Stays open until the owner is closed. */
  readonly copy: number;
  /** Looks whether the owner still holds what it holds; true when its locks may have changed. */
  readonly refresh: () => boolean;
}

export interface LockCall extends LockRange {
  readonly file: LinkFile;
  readonly owner: LinkOwner;
  /** The process that asks; for record locks the owner itself. */
  readonly process: LinkOwner;
  readonly kind: LockKind;
  readonly type: LockType;
  /** F_SETLKW and flock without LOCK_NB. */
  readonly wait: boolean;
  /** 0, or a negative errno; -EINTR after a cancel that won. */
  settle(result: number): void;
}

/** F_GETLK asks for `read` or `write`; `own` is F_OFD_GETLK with F_UNLCK. */
export type QueryType = LockType | 2;
export const queryOwn = 2;

export interface LockQuery extends LockRange {
  readonly file: LinkFile;
  readonly owner: LinkOwner;
  readonly kind: LockKind;
  readonly type: QueryType;
  settle(result: number, conflict: ConflictingLock | undefined): void;
}

export interface LeaderLink {
  /** The directories whose files the leader coordinates. */
  readonly directories: readonly string[];
  /** The mounts, outer before inner. */
  readonly mounts: readonly Mount[];
  /** Tells the leader of a file; `descriptor` refers to it and stays the caller's. */
  openFile(device: bigint, inode: bigint, descriptor: number): LinkFile;
  closeFile(file: LinkFile): void;
  openOwner(facts: OwnerFacts): LinkOwner;
  /**
   * The description's locks that `from` took count for `process` now: `from` has lost it. Undefined: those of processes
   * that have ended.
   */
  passLocks(description: LinkOwner, from: LinkOwner | undefined, process: LinkOwner): void;
  /** The owner is gone: its locks and waits are, too. */
  closeOwner(owner: LinkOwner): void;
  lock(call: LockCall): number;
  /** Asks to end the wait: settle follows, with -EINTR or with 0 when the grant came first. */
  cancel(call: LockCall): void;
  unlock(file: LinkFile, owner: LinkOwner, kind: LockKind, range: LockRange): void;
  /** A descriptor was closed: the owner's locks of that kind on the file go. */
  release(file: LinkFile, owner: LinkOwner, kind: LockKind): void;
  /** settle is called before this returns, or later. */
  query(query: LockQuery): void;

  /** The descriptor to wait on, -1 when there is none. */
  readonly descriptor: number;
  /** poll(2) events to wait for. */
  readonly events: number;
  /** How long it pays to stay awake for what the leader is about to answer. */
  readonly spinMicroseconds: number;
  /** Reads and dispatches what has arrived, and sends what could not be sent. */
  receive(): void;
  /** Milliseconds on `now`'s clock when `expire` wants to be called, Infinity when never. */
  readonly deadline: number;
  expire(now: number): void;
  close(): void;
}
