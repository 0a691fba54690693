/**
 * What the lock core offers, as the leader's server and a member's embedded leader see it.
 * Everything here is synchronous; a wait ends through `LockRequest.settle`.
 */
import type { ConflictingLock, LockKind, LockRange, LockType } from './lock-types.js';

/** An inode known to the core. It lives while somebody has it open (`openInode`) or holds or waits for a lock on it. */
export interface Inode {
  /** `dev:ino` of what the descriptor refers to, in decimal. */
  readonly key: string;
}

/** Who holds locks: a process (record locks) or an open file description (OFD and flock locks). */
export interface Owner {
  /** The process that a report names: for a description, the one that took the lock last. */
  pid: number;
  command: string;
  /** Groups the owners of one member; opaque to the core. */
  readonly session: unknown;
  /**
   * Asked before anybody is refused or made to wait because of this owner. It may release the owner's locks
   * meanwhile (through the core), for instance because the process turns out to be dead; the core looks again.
   * Answers true when it may have changed anything.
   */
  readonly refresh?: () => boolean;
}

export interface OwnerOptions {
  readonly pid: number;
  readonly command: string;
  readonly session: unknown;
  readonly refresh?: () => boolean;
}

/** One lock that is asked for; the object itself is the ticket of the wait. */
export interface LockRequest extends LockRange {
  readonly inode: Inode;
  readonly owner: Owner;
  /** The process that asks: waits are edges between processes. For record locks the owner itself. */
  readonly process: Owner;
  readonly kind: LockKind;
  readonly type: LockType;
  /** Present for a blocking request: called once, later, with 0 when granted, or a negative errno. Never called by `cancel`. */
  readonly settle?: (result: number) => void;
}

/** `lock` answers: 0 granted, PENDING waiting (settle will be called), or a negative errno (-EAGAIN, -EDEADLK, -ENOLCK). */
export const PENDING = 1;

/** One row of a report. */
export interface LockRow extends LockRange {
  readonly inode: Inode;
  readonly kind: LockKind;
  readonly type: LockType;
  readonly waiting: boolean;
  readonly owner: Owner;
  /** Milliseconds of the injected clock at which it was granted or asked for. */
  readonly since: number;
}

/** A cycle of waits that Linux does not detect (it leads through flock or OFD locks); reported, not failed. */
export interface DeadlockReport {
  /** The waiting processes, each waiting for the next, the last for the first. */
  readonly processes: readonly Owner[];
}

export interface Core {
  /** Finds or makes the inode and counts one more opener. `pin` is closed when the inode is forgotten. */
  openInode(key: string, pin: () => void): Inode;
  /** Counts one opener less; forgets the inode when nothing uses it. */
  closeInode(inode: Inode): void;
  createOwner(options: OwnerOptions): Owner;
  /** Takes or converts a lock (F_SETLK, F_SETLKW, flock). */
  lock(request: LockRequest): number;
  /** Releases [start, end) (F_UNLCK, LOCK_UN); what was not held is no error. */
  unlock(inode: Inode, owner: Owner, kind: LockKind, range: LockRange): void;
  /** F_GETLK: the first conflicting lock, lowest start first; undefined when the lock could be placed. */
  query(
    inode: Inode,
    owner: Owner,
    kind: LockKind,
    type: LockType,
    range: LockRange,
  ): ConflictingLock | undefined;
  /** F_OFD_GETLK with F_UNLCK (Linux 6.5): the first lock that this owner itself holds in the range. */
  queryOwn(inode: Inode, owner: Owner, kind: LockKind, range: LockRange): ConflictingLock | undefined;
  /** A descriptor was closed: all of the owner's locks of that kind on that inode go. */
  releaseInode(inode: Inode, owner: Owner, kind: LockKind): void;
  /** The process or description is gone: its locks go, its waits end without settle. */
  releaseOwner(owner: Owner): void;
  /** Whether the owner holds any lock of that kind on that inode (any inode, any kind when left out). */
  holds(owner: Owner, inode?: Inode, kind?: LockKind): boolean;
  /** Ends a wait without settle. False when it is no longer waiting (it was settled). */
  cancel(request: LockRequest): boolean;
  /** Held and waiting locks, inode by inode, in a stable order. */
  rows(): Iterable<LockRow>;
  /** Cycles that exist now and that Linux would not detect. */
  deadlocks(): DeadlockReport[];
}
