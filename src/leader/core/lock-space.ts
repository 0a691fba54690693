/**
 * The locks held on one inode that can conflict with each other, and the queue of those who wait for them.
 *
 * An inode has two: record and OFD locks share one, flock(2) has another. `conflict` asks, `place` and `cut` do:
 * they assume that nothing of another owner is in the way. Read locks and write locks are kept in one tree each
 * (write locks are disjoint), every owner's locks in one more. Waiters whose blocker went or shrank are put into
 * `freed`; whoever calls must look at them again.
 */
import { type LockKind, LockType, type Offset } from '../../shared/lock-types.js';
import { HeldLock } from './held-lock.js';
import type { InodeState } from './inode-state.js';
import { OwnRanges } from './own-ranges.js';
import type { OwnerState } from './owner-state.js';
import { RangeTree } from './range-tree.js';
import { WaitQueue } from './wait-queue.js';
import { freeBlocked, moveBlocked, type Waiter } from './waiter.js';

export class LockSpace {
  readonly inode: InodeState;
  readonly queue = new WaitQueue();
  /** Used by one search of the graph of waits at a time. */
  searchMark = 0;
  widestWait: Waiter | null = null;
  readonly #readLocks = new RangeTree<HeldLock>();
  readonly #writeLocks = new RangeTree<HeldLock>();
  readonly #freed: Waiter[];

  constructor(inode: InodeState, freed: Waiter[]) {
    this.inode = inode;
    this.#freed = freed;
  }

  get isIdle(): boolean {
    return this.#readLocks.isEmpty && this.#writeLocks.isEmpty && this.queue.count === 0;
  }

  /** The first lock of another owner in the way: lowest start, then granted first. */
  conflict(type: LockType, start: Offset, end: Offset, owner: OwnerState): HeldLock | null {
    const writeLock = this.#writeLocks.first(start, end, owner);
    // fcntl(2): any number of processes may hold a read lock, one process a write lock.
    if (type === LockType.read) return writeLock;
    const readLock = this.#readLocks.first(start, end, owner);
    if (writeLock === null || readLock === null) return writeLock ?? readLock;
    if (readLock.start < writeLock.start) return readLock;
    return writeLock;
  }

  /** Adds all held locks that are in the waiter's way. */
  collectConflicts(waiter: Waiter, found: HeldLock[]): void {
    const { start, end, owner } = waiter;
    this.#writeLocks.collect(start, end, owner, Number.POSITIVE_INFINITY, found);
    if (waiter.type === LockType.read) return;
    this.#readLocks.collect(start, end, owner, Number.POSITIVE_INFINITY, found);
  }

  /** Gives the owner this lock, splitting and merging its own; answers the held lock that contains it. */
  place(
    owner: OwnerState,
    process: OwnerState,
    kind: LockKind,
    type: LockType,
    start: Offset,
    end: Offset,
    sequence: number,
    now: number,
  ): HeldLock {
    let own = owner.holdings.get(this);
    if (own === undefined) {
      own = new OwnRanges();
      owner.holdings.set(this, own);
    } else if (own.count > 1 && own.isWithin(start, end)) {
      this.#clear(own, owner);
    }
    let merged: HeldLock | null = null;
    let low = start;
    let high = end;
    let lock = own.firstEndingFrom(start);
    while (lock !== null && lock.start <= end) {
      const next = own.after(lock);
      if (lock.type === type) {
        // fcntl(2): the new lock is coalesced with existing locks of its type that it touches.
        if (lock.start < low) low = lock.start;
        if (lock.end > high) high = lock.end;
        if (merged === null) {
          merged = lock;
        } else {
          moveBlocked(lock, merged);
          this.#remove(own, lock);
        }
      } else if (lock.start < end && lock.end > start) {
        // fcntl(2): what overlaps is converted, and the existing lock shrinks or is split.
        this.#cutOut(own, lock, start, end);
      }
      lock = next;
    }
    if (merged !== null) {
      if (merged.start > low || merged.end < high) this.#resize(merged, low, high);
      if (merged.process !== process) this.attribute(merged, process);
      return merged;
    }
    const placed = new HeldLock(owner, process, kind, type, start, end, sequence, now);
    this.#insert(own, placed);
    return placed;
  }

  /** The lock counts for this process from now on. */
  attribute(lock: HeldLock, process: OwnerState): void {
    lock.process.taken -= 1;
    process.taken += 1;
    lock.process = process;
  }

  /** Takes [start, end) from what the owner holds. */
  cut(owner: OwnerState, start: Offset, end: Offset): void {
    const own = owner.holdings.get(this);
    if (own === undefined) return;
    if (own.isWithin(start, end)) {
      this.#clear(own, owner);
    } else {
      let lock = own.firstOverlapping(start, end);
      while (lock !== null && lock.start < end) {
        const next = own.after(lock);
        this.#cutOut(own, lock, start, end);
        lock = next;
      }
    }
    if (own.count === 0) owner.holdings.delete(this);
  }

  /** All held locks: lowest start first, then granted first. */
  heldInOrder(): HeldLock[] {
    const locks = [...this.#readLocks, ...this.#writeLocks];
    return locks.sort((a, b) => (a.start < b.start ? -1 : b.start < a.start ? 1 : a.sequence - b.sequence));
  }

  /** The held lock behind that place in the order of `heldInOrder`. */
  heldAfter(start: Offset, sequence: number): HeldLock | null {
    const read = this.#readLocks.after(start, sequence);
    const write = this.#writeLocks.after(start, sequence);
    if (read === null || write === null) return read ?? write;
    return read.start < write.start || (read.start <= write.start && read.sequence < write.sequence)
      ? read
      : write;
  }

  /** Takes [start, end) from one lock that overlaps it. */
  #cutOut(own: OwnRanges, lock: HeldLock, start: Offset, end: Offset): void {
    const { start: oldStart, end: oldEnd } = lock;
    if (lock.firstBlocked !== null) freeBlocked(lock, this.#freed);
    if (oldStart >= start && oldEnd <= end) {
      this.#remove(own, lock);
      return;
    }
    if (oldStart >= start) {
      this.#resize(lock, end, oldEnd);
      return;
    }
    this.#resize(lock, oldStart, start);
    if (oldEnd <= end) return;
    // fcntl(2): unlocking in the middle leaves two locks.
    const { owner, process, kind, type, sequence, since } = lock;
    this.#insert(own, new HeldLock(owner, process, kind, type, end, oldEnd, sequence, since));
  }

  #insert(own: OwnRanges, lock: HeldLock): void {
    this.#treeOf(lock).insert(lock);
    own.insert(lock);
    lock.process.taken += 1;
    lock.owner.held += 1;
    lock.owner.account.locks += 1;
  }

  #remove(own: OwnRanges, lock: HeldLock): void {
    this.#treeOf(lock).remove(lock);
    own.remove(lock);
    this.#uncount(lock);
  }

  /** Removes all that an owner holds. */
  #clear(own: OwnRanges, owner: OwnerState): void {
    const readLocksGone = this.#readLocks.removeOwner(owner, own.count);
    const writeLocksGone = this.#writeLocks.removeOwner(owner, own.count);
    own.forEach((lock) => {
      if (lock.firstBlocked !== null) freeBlocked(lock, this.#freed);
      if (lock.type === LockType.read ? !readLocksGone : !writeLocksGone) this.#treeOf(lock).remove(lock);
      this.#uncount(lock);
    });
    own.clear();
  }

  #uncount(lock: HeldLock): void {
    lock.process.taken -= 1;
    lock.owner.held -= 1;
    lock.owner.account.locks -= 1;
  }

  /** Changes a lock's range; its place among the owner's locks stays the same. */
  #resize(lock: HeldLock, start: Offset, end: Offset): void {
    const tree = this.#treeOf(lock);
    tree.remove(lock);
    lock.start = start;
    lock.end = end;
    tree.insert(lock);
  }

  #treeOf(lock: HeldLock): RangeTree<HeldLock> {
    return lock.type === LockType.read ? this.#readLocks : this.#writeLocks;
  }
}
