/**
 * The disjoint locks that one owner holds in one space: a treap ordered by start.
 *
 * It shares the nodes (and their priorities) with the space's trees and keeps its own links. A lock's start and
 * end may change in place as long as the order stays: splitting and merging never reorder disjoint ranges.
 */
import type { Offset } from '../../shared/lock-types.js';
import type { HeldLock } from './held-lock.js';

export class OwnRanges {
  #root: HeldLock | null = null;
  count = 0;

  insert(lock: HeldLock): void {
    lock.ownLeft = null;
    lock.ownRight = null;
    this.#root = this.#root === null ? lock : insertInto(this.#root, lock);
    this.count += 1;
  }

  remove(lock: HeldLock): void {
    this.#root = this.#root === lock ? merge(lock.ownLeft, lock.ownRight) : removeFrom(this.#root, lock);
    this.count -= 1;
  }

  clear(): void {
    this.#root = null;
    this.count = 0;
  }

  /** The first lock that ends at `offset` or after it. */
  firstEndingFrom(offset: Offset): HeldLock | null {
    let found: HeldLock | null = null;
    let node = this.#root;
    while (node !== null) {
      if (node.end >= offset) {
        found = node;
        node = node.ownLeft;
      } else {
        node = node.ownRight;
      }
    }
    return found;
  }

  /** The lock that follows this one. */
  after(lock: HeldLock): HeldLock | null {
    if (this.count === 1) return null;
    let found: HeldLock | null = null;
    let node = this.#root;
    while (node !== null) {
      if (node.start > lock.start) {
        found = node;
        node = node.ownLeft;
      } else {
        node = node.ownRight;
      }
    }
    return found;
  }

  /** The first lock that overlaps [start, end). */
  firstOverlapping(start: Offset, end: Offset): HeldLock | null {
    let found = this.firstEndingFrom(start);
    if (found !== null && found.end <= start) found = this.after(found);
    return found !== null && found.start < end ? found : null;
  }

  /** Whether everything held lies within [start, end). */
  isWithin(start: Offset, end: Offset): boolean {
    let first = this.#root;
    if (first === null) return true;
    let last = first;
    while (first.ownLeft !== null) first = first.ownLeft;
    while (last.ownRight !== null) last = last.ownRight;
    return first.start >= start && last.end <= end;
  }

  /** Calls `visit` for every lock, in no promised order. */
  forEach(visit: (lock: HeldLock) => void): void {
    if (this.#root === null) return;
    const stack = [this.#root];
    for (let lock = stack.pop(); lock !== undefined; lock = stack.pop()) {
      if (lock.ownLeft !== null) stack.push(lock.ownLeft);
      if (lock.ownRight !== null) stack.push(lock.ownRight);
      visit(lock);
    }
  }
}

function insertInto(root: HeldLock | null, lock: HeldLock): HeldLock {
  if (root === null) return lock;
  if (lock.priority > root.priority) {
    splitAround(root, lock);
    return lock;
  }
  if (lock.start < root.start) root.ownLeft = insertInto(root.ownLeft, lock);
  else root.ownRight = insertInto(root.ownRight, lock);
  return root;
}

/** Splits `root` at the lock's start into the lock's subtrees. */
function splitAround(root: HeldLock | null, lock: HeldLock): void {
  if (root === null) {
    lock.ownLeft = null;
    lock.ownRight = null;
  } else if (root.start < lock.start) {
    splitAround(root.ownRight, lock);
    root.ownRight = lock.ownLeft;
    lock.ownLeft = root;
  } else {
    splitAround(root.ownLeft, lock);
    root.ownLeft = lock.ownRight;
    lock.ownRight = root;
  }
}

function merge(low: HeldLock | null, high: HeldLock | null): HeldLock | null {
  if (low === null) return high;
  if (high === null) return low;
  if (low.priority > high.priority) {
    low.ownRight = merge(low.ownRight, high);
    return low;
  }
  high.ownLeft = merge(low, high.ownLeft);
  return high;
}

function removeFrom(root: HeldLock | null, lock: HeldLock): HeldLock | null {
  if (root === null) throw new Error('own ranges: the lock is not in the tree');
  if (root === lock) return merge(lock.ownLeft, lock.ownRight);
  if (lock.start < root.start) root.ownLeft = removeFrom(root.ownLeft, lock);
  else root.ownRight = removeFrom(root.ownRight, lock);
  return root;
}
