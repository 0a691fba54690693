/**
 * What the core knows of an owner: what it holds (per lock space) and which requests wait for or through it.
 *
 * `asking` lists the waits of this process, `waiting` the waits for locks that this owner is to hold; for record
 * locks they are the same. `taken` counts the held locks that this process took last, whoever owns them.
 * The counters and lists are kept by lock-space.ts and core.ts.
 */
import type { Owner, OwnerOptions } from '../../shared/core-types.js';
import type { LockSpace } from './lock-space.js';
import type { OwnRanges } from './own-ranges.js';
import type { Waiter } from './waiter.js';

/** What all owners of one session hold together, and have done so far. */
export interface Account {
  locks: number;
  acquisitions: number;
  waits: number;
  waitMilliseconds: number;
}

export class OwnerState implements Owner {
  pid: number;
  localPid: number;
  command: string;
  readonly session: unknown;
  readonly copy?: number;
  readonly refresh?: () => boolean;
  readonly account: Account;
  /** Only spaces in which something is held. */
  readonly holdings = new Map<LockSpace, OwnRanges>();
  held = 0;
  taken = 0;
  /** It was released. */
  ended = false;
  readonly asking: Waiter[] = [];
  readonly waiting: Waiter[] = [];
  /** Used by one search of the graph of waits at a time. */
  searchMark = 0;
  reachedFrom: OwnerState | null = null;

  constructor(options: OwnerOptions, account: Account) {
    this.pid = options.pid;
    this.localPid = options.localPid ?? options.pid;
    this.command = options.command;
    this.session = options.session;
    if (options.copy !== undefined) this.copy = options.copy;
    if (options.refresh !== undefined) this.refresh = options.refresh;
    this.account = account;
  }

  /** Whether somebody might wait for this process: false is certain, true is not. */
  mayBlockOthers(): boolean {
    if (this.asking.length > 0 || this.waiting.length > 0 || this.taken > this.held) return true;
    for (const space of this.holdings.keys()) if (space.queue.count > 0) return true;
    return false;
  }
}
