/**
 * A granted lock: a node of its space's tree (left, right) and of its owner's tree (ownLeft, ownRight) at once.
 *
 * It heads the list of the waiters that recorded it as what blocks them.
 */
import type { LockKind, LockType, Offset } from '../../shared/lock-types.js';
import type { OwnerState } from './owner-state.js';
import { RangeNode } from './range-tree.js';
import type { Waiter } from './waiter.js';

export class HeldLock extends RangeNode<HeldLock> {
  readonly owner: OwnerState;
  /** The process that took it last: whom a waiter waits for. */
  process: OwnerState;
  readonly kind: LockKind;
  readonly type: LockType;
  readonly since: number;
  ownLeft: HeldLock | null = null;
  ownRight: HeldLock | null = null;
  firstBlocked: Waiter | null = null;

  constructor(
    owner: OwnerState,
    process: OwnerState,
    kind: LockKind,
    type: LockType,
    start: Offset,
    end: Offset,
    sequence: number,
    since: number,
  ) {
    super(start, end, sequence);
    this.owner = owner;
    this.process = process;
    this.kind = kind;
    this.type = type;
    this.since = since;
  }
}
