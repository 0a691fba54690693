/**
 * An inode as the core knows it: who has it open, its two lock spaces, and the pin that keeps its number from
 * being reused. It is forgotten when nobody has it open and nothing is held or awaited on it.
 */
import type { Activity, Inode } from '../../shared/core-types.js';
import { LockKind } from '../../shared/lock-types.js';
import type { ActivityTable } from './activity-table.js';
import type { WaitRecord } from './contention.js';
import { LockSpace } from './lock-space.js';
import type { Waiter } from './waiter.js';

export class InodeState implements Inode, Activity {
  readonly key: string;
  readonly pin: () => void;
  openers = 1;
  forgotten = false;
  readonly table: ActivityTable;
  /** In the table; it may change with any call. */
  row = 0;
  /** Made when somebody waits for the first time. */
  contention: WaitRecord | null = null;
  /** Record and OFD locks, which conflict with each other. */
  readonly records: LockSpace;
  /** flock(2) locks: on a local file they and fcntl locks do not see each other. */
  readonly flocks: LockSpace;

  constructor(key: string, pin: () => void, freed: Waiter[], table: ActivityTable) {
    this.key = key;
    this.pin = pin;
    this.table = table;
    table.add(this);
    this.records = new LockSpace(this, freed);
    this.flocks = new LockSpace(this, freed);
  }

  get acquisitions(): number {
    return this.table.acquisitions[this.row]!;
  }

  get refusals(): number {
    return this.table.refusals[this.row]!;
  }

  get isUnused(): boolean {
    return this.openers === 0 && this.records.isIdle && this.flocks.isIdle;
  }

  space(kind: LockKind): LockSpace {
    return kind === LockKind.flock ? this.flocks : this.records;
  }
}
