/**
 * Reports of what is held and awaited, in a stable order: record and OFD locks by start, their waiters in
 * order of arrival, then the same for flock locks. Taking held rows again through `lock` and then queueing
 * the waiting ones in this order rebuilds the inode's table elsewhere.
 */
import type { LockRow } from '../../shared/core-types.js';
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

function row(inode: InodeState, lock: HeldLock | Waiter, waiting: boolean): LockRow {
  const { start, end, kind, type, owner, since } = lock;
  return { inode, kind, type, start, end, waiting, owner, since };
}
