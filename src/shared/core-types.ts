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
  /** The process that reports name. */
  pid: number;
  /** The same as F_GETLK tells it: as its own member sees it. */
  localPid: number;
  command: string;
  /** Groups the owners of one member; opaque to the core. */
  readonly session: unknown;
  /** Of a description: a descriptor of that member's that refers to it. */
  readonly copy?: number;
  /**
   * Asked before anybody is refused or made to wait because of this owner. It may release the owner's locks
   * meanwhile (through the core), for instance because the process turns out to be dead; the core looks again.
   * Answers true when it may have changed anything.
   */
  readonly refresh?: () => boolean;
}

export interface OwnerOptions {
  readonly pid: number;
  /** Default: the same. */
  readonly localPid?: number;
  readonly command: string;
  readonly session: unknown;
  readonly copy?: number;
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
  /** Who took it or asks for it; of a record lock the owner itself. */
  readonly process: Owner;
  /** Milliseconds of the injected clock at which it was granted or asked for. */
  readonly since: number;
}

/** Who was waited for, or waited. */
export interface WaitCause {
  readonly pid: number;
  readonly command: string;
  waits: number;
  milliseconds: number;
}

/** Buckets of the histogram of waits: number n counts those below 2^n * 16 µs, the last one all that are longer. */
export const waitBuckets = 24;

/** The waits that have ended since the start. */
export interface Contention {
  readonly waits: number;
  /** Of these, those that were given up. */
  readonly abandoned: number;
  /** All together. */
  readonly milliseconds: number;
  readonly longest: number;
  readonly longestWaiter: WaitCause | null;
  readonly longestCause: WaitCause | null;
  readonly histogram: readonly number[];
  /** Who held what was waited for when the wait began: the latest few. */
  causes(): WaitCause[];
}

/** What has happened to an inode, or to all, since the start. */
export interface Activity {
  /** Locks granted, at once or after a wait. */
  readonly acquisitions: number;
  /** Requests that did not wait and were refused. */
  readonly refusals: number;
  /** Null: nobody ever waited. */
  readonly contention: Contention | null;
}

/** A number of an activity by which inodes can be ranked; `waited` and `longest` are milliseconds. */
export type ActivityNumber = 'waited' | 'longest' | 'waits' | 'acquisitions' | 'refusals';

/** A request that waits, and one reason why: `blocker` holds a lock in its way or, `queued`, only came first. */
export interface WaitEdge extends LockRange {
  /** Grows from edge to edge. */
  readonly sequence: number;
  readonly inode: Inode;
  readonly kind: LockKind;
  readonly type: LockType;
  readonly since: number;
  readonly process: Owner;
  readonly blocker: Owner;
  readonly queued: boolean;
}

/** What the owners of a session hold, and have done since the start. */
export interface SessionActivity {
  readonly locks: number;
  readonly acquisitions: number;
  readonly waits: number;
  readonly waitMilliseconds: number;
}

/** Which locks `walk` tells; all when nothing is said. */
export interface LockFilter {
  /** The key of an inode. */
  readonly key?: string;
  readonly waitingOnly?: boolean;
}

/** What a process has, of its own or through descriptions: locks held, waits, and since when it waits longest. */
export interface Standing {
  readonly held: number;
  readonly waiting: number;
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
  /**
   * The description's locks that `from` took count for `process` from now on: in reports and in the search for
   * deadlocks. Undefined: those of processes that have ended.
   */
  passLocks(description: Owner, from: Owner | undefined, process: Owner): void;
  /** The process or description is gone: its locks go, its waits end without settle. */
  releaseOwner(owner: Owner): void;
  /** Whether the owner holds any lock of that kind on that inode (any inode, any kind when left out). */
  holds(owner: Owner, inode?: Inode, kind?: LockKind): boolean;
  /** Ends a wait without settle. False when it is no longer waiting (it was settled). */
  cancel(request: LockRequest): boolean;
  /** Held and waiting locks, inode by inode, in a stable order. */
  rows(): Iterable<LockRow>;
  /**
   * As `rows`, but may be continued after calls that change something, and costs only what is taken. Null now and then:
   * inodes without rows were passed over.
   */
  walk(filter: LockFilter): Generator<LockRow | null>;
  /** The waits after that sequence number, first come first. */
  waits(after: number): Iterable<WaitEdge>;
  standing(owner: Owner): Standing;
  /** The inode, if it is known now. */
  find(key: string): Inode | undefined;
  activityOf(inode: Inode): Activity;
  /** The inodes known now, except some, to which most has happened: the first `count`, at 0.2 ms for 100,000 inodes. */
  busiest(by: ActivityNumber, count: number, except: { has(inode: Inode): boolean }): readonly Inode[];
  /** What has happened to all inodes together, and through the owners of a session. */
  readonly activity: Activity & { readonly deadlocks: number };
  sessionActivity(session: unknown): SessionActivity;
  /** Called before an inode is forgotten, which had this activity. */
  onForget?: (inode: Inode, activity: Activity) => void;
  /** Cycles that exist now and that Linux would not detect. */
  deadlocks(): DeadlockReport[];
}
