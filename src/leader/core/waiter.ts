/**
 * A request that waits, and the lists of who is blocked by what.
 *
 * Every waiter records one reason why it cannot be granted: a held lock or an earlier waiter. Only when that goes
 * or changes is the waiter looked at again, so a hand-over among 1,000 waiters looks at few of them. The lists
 * are doubly linked: ending a wait costs O(1).
 */
import type { LockRequest } from '../../shared/core-types.js';
import type { LockKind, LockType, Offset } from '../../shared/lock-types.js';
import type { HeldLock } from './held-lock.js';
import type { LockSpace } from './lock-space.js';
import type { OwnerState } from './owner-state.js';
import { RangeNode } from './range-tree.js';

type WaiterState = 'new' | 'waiting' | 'granted' | 'removed';

export class Waiter extends RangeNode<Waiter> {
  readonly request: LockRequest;
  readonly space: LockSpace;
  readonly owner: OwnerState;
  readonly process: OwnerState;
  readonly kind: LockKind;
  readonly type: LockType;
  readonly since: number;
  state: WaiterState = 'new';
  /** `settle` is not to be called: `lock` has not returned yet or has told the result, or the owner is gone. */
  muted = true;
  blocker: HeldLock | Waiter | null = null;
  /** Who held what was in its way when it began to wait. */
  cause: OwnerState | null = null;
  nextBlocked: Waiter | null = null;
  previousBlocked: Waiter | null = null;
  firstBlocked: Waiter | null = null;
  searchMark = 0;

  constructor(
    request: LockRequest,
    space: LockSpace,
    start: Offset,
    end: Offset,
    sequence: number,
    since: number,
  ) {
    super(start, end, sequence);
    this.request = request;
    this.space = space;
    this.owner = request.owner as OwnerState;
    this.process = request.process as OwnerState;
    this.kind = request.kind;
    this.type = request.type;
    this.since = since;
  }
}

/** Records why the waiter waits. */
export function block(waiter: Waiter, blocker: HeldLock | Waiter): void {
  waiter.blocker = blocker;
  waiter.previousBlocked = null;
  waiter.nextBlocked = blocker.firstBlocked;
  if (blocker.firstBlocked !== null) blocker.firstBlocked.previousBlocked = waiter;
  blocker.firstBlocked = waiter;
}

/** Forgets why the waiter waits. */
export function unblock(waiter: Waiter): void {
  const { blocker, nextBlocked, previousBlocked } = waiter;
  if (blocker === null) return;
  if (previousBlocked !== null) previousBlocked.nextBlocked = nextBlocked;
  else blocker.firstBlocked = nextBlocked;
  if (nextBlocked !== null) nextBlocked.previousBlocked = previousBlocked;
  waiter.blocker = null;
  waiter.nextBlocked = null;
  waiter.previousBlocked = null;
}

/** Makes everybody who was blocked by `from` blocked by `to`. */
export function moveBlocked(from: HeldLock | Waiter, to: HeldLock | Waiter): void {
  for (let waiter = from.firstBlocked; waiter !== null; waiter = from.firstBlocked) {
    unblock(waiter);
    block(waiter, to);
  }
}

/** Adds to `freed` everybody who was blocked by `from`. */
export function freeBlocked(from: HeldLock | Waiter, freed: Waiter[]): void {
  for (let waiter = from.firstBlocked; waiter !== null; waiter = from.firstBlocked) {
    unblock(waiter);
    freed.push(waiter);
  }
}
