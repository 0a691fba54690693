/**
 * Reports of what is held and awaited, in a stable order: record and OFD locks by start, their waiters in
 * order of arrival, then the same for flock locks. Taking held rows again through `lock` and then queueing
 * the waiting ones in this order rebuilds the inode's table elsewhere.
 */
import type { LockFilter, LockRow } from '../../shared/core-types.js';
import type { HeldLock } from './held-lock.js';
import type { InodeState } from './inode-state.js';
import type { Waiter } from './waiter.js';

/** All rows of one inode; a snapshot. */
export function inodeRows(inode: InodeState): LockRow[] {
  const rows: LockRow[] = [];
  for (const space of [inode.records, inode.flocks]) {
    for (const lock of space.heldInOrder()) rows.push(row(inode, lock, false));
    for (const waiter of space.queue.inOrder()) rows.push(row(inode, waiter, true));
  }
  return rows;
}

/** Inodes without rows, after which whoever walks may pause. */
const restInodes = 256;

/**
 * The same rows of several inodes, one by one: between two of them anything may change. What is held and not touched
 * meanwhile is told once. Null: there was nothing for a while.
 */
export function* walkRows(
  inodes: Iterable<InodeState>,
  { waitingOnly }: LockFilter,
): Generator<LockRow | null> {
  let passed = 0;
  for (const inode of inodes) {
    if (++passed % restInodes === 0) yield null;
    for (const space of [inode.records, inode.flocks]) {
      let lock = waitingOnly ? null : space.heldAfter(-1, 0);
      while (lock !== null) {
        const { start, sequence } = lock;
        yield row(inode, lock, false);
        lock = space.heldAfter(start, sequence);
      }
      if (space.queue.count === 0) continue;
      for (const waiter of space.queue.inOrder()) {
        if (waiter.state === 'waiting') yield row(inode, waiter, true);
      }
    }
  }
}

function row(inode: InodeState, lock: HeldLock | Waiter, waiting: boolean): LockRow {
  const { start, end, kind, type, owner, process, since } = lock;
  return { inode, kind, type, start, end, waiting, owner, process, since };
}
