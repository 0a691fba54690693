/**
 * The lock core: who holds and who waits for which fcntl record, OFD and flock locks (see core-types.ts).
 *
 * Every call first changes the state, then serves whom that freed (grants.ts), and only then calls out (settle,
 * onDeadlock, pin), so that what it calls may call the core again. `refresh` of an owner is asked in between,
 * while the state is consistent. Synchronous; time comes from the environment; offsets are only compared.
 */
import type {
  Activity,
  ActivityNumber,
  Core,
  DeadlockReport,
  Inode,
  LockFilter,
  LockRequest,
  LockRow,
  OwnerOptions,
  SessionActivity,
  Standing,
  WaitEdge,
} from '../../shared/core-types.js';
import { PENDING } from '../../shared/core-types.js';
import { errnoNumber } from '../../shared/errno.js';
import { locksPerSessionMax } from '../../shared/limits.js';
import { type ConflictingLock, LockKind, type LockRange, type LockType } from '../../shared/lock-types.js';
import { Accounts } from './accounts.js';
import { ActivityTable } from './activity-table.js';
import { Grants } from './grants.js';
import type { HeldLock } from './held-lock.js';
import { InodeState } from './inode-state.js';
import type { LockSpace } from './lock-space.js';
import { OwnerState } from './owner-state.js';
import { inodeRows, walkRows } from './rows.js';

export interface CoreEnvironment {
  /** Milliseconds. */
  now(): number;
  onDeadlock?(report: DeadlockReport): void;
}

export function createCore(environment: CoreEnvironment): Core {
  return new LockCore(environment);
}

const wholeFile: LockRange = { start: 0, end: Number.POSITIVE_INFINITY };
const conflictResult = -errnoNumber('EAGAIN');
const deadlockResult = -errnoNumber('EDEADLK');
const tooManyResult = -errnoNumber('ENOLCK');

class LockCore implements Core {
  readonly #grants: Grants;
  readonly #accounts = new Accounts();
  readonly #inodes = new Map<string, InodeState>();
  readonly #table = new ActivityTable();
  onForget?: (inode: Inode, activity: Activity) => void;

  constructor(environment: CoreEnvironment) {
    this.#grants = new Grants(environment);
  }

  openInode(key: string, pin: () => void): InodeState {
    const known = this.#inodes.get(key);
    if (known !== undefined) {
      known.openers += 1;
      pin();
      return known;
    }
    const inode = new InodeState(key, pin, this.#grants.freed, this.#table);
    this.#inodes.set(key, inode);
    return inode;
  }

  closeInode(inode: InodeState): void {
    if (inode.openers <= 0) throw new Error(`inode ${inode.key} is closed more often than opened`);
    inode.openers -= 1;
    this.#forgetIfUnused(inode);
  }

  createOwner(options: OwnerOptions): OwnerState {
    return new OwnerState(options, this.#accounts.of(options.session));
  }

  lock(request: LockRequest): number {
    const inode = request.inode as InodeState;
    const owner = request.owner as OwnerState;
    const { kind, type } = request;
    if (inode.forgotten) throw new Error(`inode ${inode.key} is locked after it was forgotten`);
    // fcntl(2): ENOLCK, too many segment locks open.
    if (owner.account.locks >= locksPerSessionMax) return tooManyResult;
    if (kind === LockKind.flock) return this.#flock(request, inode.flocks, owner);
    const space = inode.records;
    const conflict = this.#conflict(space, type, request, owner);
    if (conflict !== null) {
      // fcntl(2): F_SETLK: if a conflicting lock is held by another process, it fails with EAGAIN.
      if (request.settle === undefined) return this.#refuse(inode);
      // fcntl(2): EDEADLK, it was detected that the F_SETLKW command would cause a deadlock.
      return this.#wait(request, space, conflict, kind === LockKind.record);
    }
    if (request.settle !== undefined && space.queue.count > 0) return this.#wait(request, space, null, false);
    return this.#grant(request, space, request);
  }

  unlock(inode: InodeState, owner: OwnerState, kind: LockKind, range: LockRange): void {
    const { start, end } = kind === LockKind.flock ? wholeFile : range;
    inode.space(kind).cut(owner, start, end);
    this.#finish(inode);
  }

  query(
    inode: InodeState,
    owner: OwnerState,
    _kind: LockKind,
    type: LockType,
    range: LockRange,
  ): ConflictingLock | undefined {
    const conflict = this.#conflict(inode.records, type, range, owner);
    this.#forgetIfUnused(inode);
    return conflict === null ? undefined : describe(conflict);
  }

  queryOwn(
    inode: InodeState,
    owner: OwnerState,
    kind: LockKind,
    range: LockRange,
  ): ConflictingLock | undefined {
    const own = owner.holdings.get(inode.space(kind))?.firstOverlapping(range.start, range.end);
    return own === null || own === undefined ? undefined : describe(own);
  }

  releaseInode(inode: InodeState, owner: OwnerState, kind: LockKind): void {
    this.unlock(inode, owner, kind, wholeFile);
  }

  passLocks(description: OwnerState, from: OwnerState | undefined, process: OwnerState): void {
    let awaited = false;
    for (const [space, own] of description.holdings) {
      own.forEach((lock) => {
        if (from === undefined ? lock.process.ended : lock.process === from) space.attribute(lock, process);
      });
      awaited ||= space.queue.count > 0;
    }
    if (!awaited) return;
    this.#grants.noteHolder(process, description);
    this.#grants.serveAndDeliver();
  }

  releaseOwner(owner: OwnerState): void {
    owner.ended = true;
    const touched = new Set<InodeState>();
    for (const waiter of [...owner.asking, ...owner.waiting]) {
      touched.add(waiter.space.inode);
      if (waiter.state === 'waiting') this.#grants.remove(waiter);
    }
    this.#grants.muteUndelivered(owner);
    for (const space of [...owner.holdings.keys()]) {
      touched.add(space.inode);
      space.cut(owner, wholeFile.start, wholeFile.end);
    }
    this.#grants.serve();
    for (const inode of touched) this.#forgetIfUnused(inode);
    this.#grants.deliver();
  }

  holds(owner: OwnerState, inode?: InodeState, kind?: LockKind): boolean {
    if (inode === undefined && kind === undefined) return owner.held > 0;
    for (const space of owner.holdings.keys()) {
      if (inode !== undefined && space.inode !== inode) continue;
      if (kind === undefined || space === space.inode.space(kind)) return true;
    }
    return false;
  }

  cancel(request: LockRequest): boolean {
    const waiter = this.#grants.find(request);
    if (waiter === undefined) return false;
    this.#grants.remove(waiter);
    this.#finish(waiter.space.inode);
    return true;
  }

  *rows(): Iterable<LockRow> {
    for (const inode of [...this.#inodes.values()]) yield* inodeRows(inode);
  }

  walk(filter: LockFilter): Generator<LockRow | null> {
    const known = filter.key === undefined ? undefined : this.#inodes.get(filter.key);
    const chosen = known === undefined ? [] : [known];
    // A map may change while its values are walked through.
    return walkRows(filter.key === undefined ? this.#inodes.values() : chosen, filter);
  }

  waits(after: number): Iterable<WaitEdge> {
    return this.#grants.waits(after);
  }

  standing(owner: OwnerState): Standing {
    const since = owner.asking.reduce((first, waiter) => Math.min(first, waiter.since), Infinity);
    return { held: owner.taken, waiting: owner.asking.length, since };
  }

  find(key: string): InodeState | undefined {
    return this.#inodes.get(key);
  }

  activityOf(inode: InodeState): Activity {
    return inode;
  }

  busiest(by: ActivityNumber, count: number, except: { has(inode: Inode): boolean }): readonly InodeState[] {
    return this.#table.largest(by, count, except);
  }

  get activity(): Core['activity'] {
    return this.#grants.activity;
  }

  sessionActivity(session: unknown): SessionActivity {
    return this.#accounts.of(session);
  }

  deadlocks(): DeadlockReport[] {
    return this.#grants.deadlocks();
  }

  #refuse(inode: InodeState): number {
    inode.table.refusals[inode.row]! += 1;
    this.#grants.activity.refusals += 1;
    return conflictResult;
  }

  #flock(request: LockRequest, space: LockSpace, owner: OwnerState): number {
    // flock(2): a description holds one lock; the same type again changes nothing.
    if (heldType(space, owner) === request.type) return 0;
    const conflict = this.#conflict(space, request.type, wholeFile, owner);
    const converts = heldType(space, owner) !== undefined;
    if (conflict !== null) {
      // flock(2): converting is not atomic: the existing lock is first removed, then a new one is established.
      if (converts) space.cut(owner, wholeFile.start, wholeFile.end);
      if (request.settle !== undefined) return this.#wait(request, space, conflict, false);
      const refused = this.#refuse(space.inode);
      this.#finish(space.inode);
      return refused;
    }
    if (request.settle !== undefined && !converts && space.queue.count > 0) {
      return this.#wait(request, space, null, false);
    }
    return this.#grant(request, space, wholeFile);
  }

  #grant(request: LockRequest, space: LockSpace, range: LockRange): number {
    this.#grants.grantNow(request, space, range);
    this.#grants.serveAndDeliver();
    return 0;
  }

  /** Queues the request behind `conflict` or, when that is null, behind earlier waiters, if there are any in its way. */
  #wait(request: LockRequest, space: LockSpace, conflict: HeldLock | null, mayFail: boolean): number {
    const range = request.kind === LockKind.flock ? wholeFile : request;
    const waiter = this.#grants.newWaiter(request, space, range);
    if (conflict === null && !this.#grants.mustQueue(waiter)) return this.#grant(request, space, range);
    if (mayFail && this.#grants.closesRecordCycle(waiter)) return deadlockResult;
    this.#grants.enqueue(waiter);
    this.#grants.serveAndDeliver();
    if (waiter.state === 'granted') return 0;
    this.#grants.begin(waiter);
    return PENDING;
  }

  /** The first conflicting lock whose owner, asked to look at itself again, still holds it. */
  #conflict(space: LockSpace, type: LockType, range: LockRange, owner: OwnerState): HeldLock | null {
    let conflict = space.conflict(type, range.start, range.end, owner);
    if (conflict?.owner.refresh === undefined) return conflict;
    const asked: OwnerState[] = [];
    // Keeps the inode while the owners release what they hold.
    space.inode.openers += 1;
    while (conflict?.owner.refresh !== undefined && !asked.includes(conflict.owner)) {
      asked.push(conflict.owner);
      if (!conflict.owner.refresh()) break;
      conflict = space.conflict(type, range.start, range.end, owner);
    }
    space.inode.openers -= 1;
    return conflict;
  }

  #finish(inode: InodeState): void {
    this.#grants.serve();
    this.#forgetIfUnused(inode);
    this.#grants.deliver();
  }

  #forgetIfUnused(inode: InodeState): void {
    if (inode.openers > 0 || inode.forgotten || !inode.isUnused) return;
    inode.forgotten = true;
    this.onForget?.(inode, inode);
    this.#inodes.delete(inode.key);
    this.#table.remove(inode);
    inode.pin();
  }
}

/** The type of the flock(2) lock that the owner holds, if any. */
function heldType(space: LockSpace, owner: OwnerState): LockType | undefined {
  return owner.holdings.get(space)?.firstEndingFrom(wholeFile.start)?.type;
}

function describe(lock: HeldLock): ConflictingLock {
  const { type, start, end } = lock;
  // fcntl(2): for an open file description lock, l_pid is -1.
  return { type, start, end, pid: lock.kind === LockKind.record ? lock.owner.localPid : -1 };
}
