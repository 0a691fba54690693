/**
 * Who waits, who is granted next, and the calls back that this owes.
 *
 * `serve` looks again at the waiters in `freed`, in order of arrival: a waiter is granted when neither a held lock
 * nor an earlier waiter is in its way. A waiter with only earlier waiters in its way is granted all the same when
 * one of them waits, through others, for what this waiter's own process holds: queueing must never make a
 * deadlock that Linux would not have. Calls back wait in a list until `deliver`.
 */
import type { DeadlockReport, LockRequest, WaitEdge } from '../../shared/core-types.js';
import type { LockRange } from '../../shared/lock-types.js';
import { WaitRecord } from './contention.js';
import type { CoreEnvironment } from './core.js';
import { DeadlockLog } from './deadlock.js';
import type { LockSpace } from './lock-space.js';
import type { OwnerState } from './owner-state.js';
import { WaitGraph } from './wait-graph.js';
import { block, freeBlocked, moveBlocked, unblock, Waiter } from './waiter.js';

export class Grants {
  /** Waiters that nothing is known to block: to be looked at by `serve`. */
  readonly freed: Waiter[] = [];
  /** Of all inodes, forgotten ones too. */
  readonly activity = { acquisitions: 0, refusals: 0, contention: new WaitRecord(), deadlocks: 0 };
  readonly #environment: CoreEnvironment;
  readonly #graph = new WaitGraph();
  readonly #deadlocks = new DeadlockLog(this.#graph);
  /** In order of arrival. */
  readonly #waiters = new Map<LockRequest, Waiter>();
  readonly #undelivered: (Waiter | DeadlockReport)[] = [];
  #delivering = false;
  #sequence = 0;

  constructor(environment: CoreEnvironment) {
    this.#environment = environment;
  }

  newWaiter(request: LockRequest, space: LockSpace, range: LockRange): Waiter {
    if (this.#waiters.has(request)) throw new Error('the request is waiting already');
    this.#sequence += 1;
    return new Waiter(request, space, range.start, range.end, this.#sequence, this.#environment.now());
  }

  find(request: LockRequest): Waiter | undefined {
    return this.#waiters.get(request);
  }

  /** Whether a newcomer without a held lock in its way has to queue behind an earlier waiter. */
  mustQueue(waiter: Waiter): boolean {
    if (waiter.space.queue.earlier(waiter) === null) return false;
    return !mayBeAwaited(waiter) || !this.#graph.queueLeadsBack(waiter);
  }

  /** Whether waiting would close a cycle that Linux, too, would find. */
  closesRecordCycle(waiter: Waiter): boolean {
    return mayBeAwaited(waiter) && this.#graph.cycle(waiter, true) !== undefined;
  }

  enqueue(waiter: Waiter): void {
    const closesCycles = mayBeAwaited(waiter);
    waiter.state = 'waiting';
    waiter.space.queue.add(waiter);
    waiter.process.asking.push(waiter);
    waiter.owner.waiting.push(waiter);
    this.#waiters.set(waiter.request, waiter);
    this.freed.push(waiter);
    if (closesCycles) this.#deadlocks.noteEdges(waiter);
  }

  /** The wait is a real one: remembers because of whom it began. */
  begin(waiter: Waiter): void {
    waiter.muted = false;
    const { blocker } = waiter;
    if (blocker !== null) waiter.cause = (blocker instanceof Waiter && blocker.cause) || blocker.process;
  }

  *waits(after: number): Generator<WaitEdge> {
    for (const waiter of this.#waiters.values()) {
      const { sequence, space, kind, type, start, end, since, process, blocker } = waiter;
      if (sequence <= after || blocker === null) continue;
      const queued = blocker instanceof Waiter;
      const { inode } = space;
      yield { sequence, inode, kind, type, start, end, since, process, blocker: blocker.process, queued };
    }
  }

  /** Ends a wait without calling back. */
  remove(waiter: Waiter): void {
    this.#noteWait(waiter, this.#environment.now(), false);
    this.#dequeue(waiter);
    waiter.state = 'removed';
    freeBlocked(waiter, this.freed);
  }

  grantNow(request: LockRequest, space: LockSpace, range: LockRange): void {
    const owner = request.owner as OwnerState;
    const process = request.process as OwnerState;
    this.#sequence += 1;
    const now = this.#environment.now();
    const { kind, type } = request;
    space.place(owner, process, kind, type, range.start, range.end, this.#sequence, now);
    this.#noteAcquisition(space, owner);
    if (space.queue.count > 0) this.noteHolder(process, owner);
  }

  /** Others may now wait for this process and owner: that closes a cycle when they wait themselves. */
  noteHolder(process: OwnerState, owner: OwnerState): void {
    for (const waiter of process.asking) this.#deadlocks.noteEdges(waiter);
    for (const waiter of owner.waiting) if (waiter.process !== process) this.#deadlocks.noteEdges(waiter);
  }

  serve(): void {
    if (this.freed.length === 0 && !this.#deadlocks.mayHaveCycles) return;
    this.#serveFreed();
    while (this.#deadlocks.mayHaveCycles) {
      this.#deadlocks.prune();
      const waiter = this.#queuedInCycle();
      if (waiter === undefined) break;
      this.#grant(waiter);
      this.#serveFreed();
    }
    this.#undelivered.push(...this.#deadlocks.takeReports());
  }

  serveAndDeliver(): void {
    this.serve();
    this.deliver();
  }

  /** Calls back; what is called may call the core again. One that throws does not keep the others from being called. */
  deliver(): void {
    if (this.#undelivered.length === 0 || this.#delivering) return;
    this.#delivering = true;
    const errors: unknown[] = [];
    for (let next = 0; next < this.#undelivered.length; next += 1) {
      const item = this.#undelivered[next]!;
      try {
        if (!(item instanceof Waiter)) {
          this.activity.deadlocks += 1;
          this.#environment.onDeadlock?.(item);
        } else if (!item.muted) item.request.settle?.(0);
      } catch (error) {
        errors.push(error);
      }
    }
    this.#undelivered.length = 0;
    this.#delivering = false;
    if (errors.length > 0) throw errors[0];
  }

  /** An owner that is gone is not told of grants that it has not heard of yet. */
  muteUndelivered(owner: OwnerState): void {
    for (const item of this.#undelivered) {
      if (item instanceof Waiter && (item.owner === owner || item.process === owner)) item.muted = true;
    }
  }

  deadlocks(): DeadlockReport[] {
    return this.#deadlocks.current();
  }

  #serveFreed(): void {
    while (this.freed.length > 0) {
      // Few are ever freed while others are looked at, so that sorting again is rare.
      const batch = this.freed.length === 1 ? this.freed.splice(0) : this.freed.splice(0).sort(byArrival);
      for (const waiter of batch) {
        if (waiter.state !== 'waiting') continue;
        const blocker = waiter.space.queue.earlier(waiter) ?? heldConflict(waiter);
        if (blocker === null) this.#grant(waiter);
        else block(waiter, blocker);
      }
    }
  }

  #grant(waiter: Waiter): void {
    const { space, owner, process, kind, type, start, end } = waiter;
    this.#dequeue(waiter);
    waiter.state = 'granted';
    this.#sequence += 1;
    const now = this.#environment.now();
    const lock = space.place(owner, process, kind, type, start, end, this.#sequence, now);
    this.#noteAcquisition(space, owner);
    this.#noteWait(waiter, now, true);
    moveBlocked(waiter, lock);
    this.#undelivered.push(waiter);
    if (space.queue.count > 0) this.noteHolder(process, owner);
  }

  #noteAcquisition({ inode }: LockSpace, { account }: OwnerState): void {
    inode.table.acquisitions[inode.row]! += 1;
    account.acquisitions += 1;
    this.activity.acquisitions += 1;
  }

  #noteWait(waiter: Waiter, now: number, granted: boolean): void {
    // Granted before anybody was told to wait.
    if (waiter.muted) return;
    const { inode } = waiter.space;
    const { process, cause } = waiter;
    const { account } = waiter.owner;
    const waited = now - waiter.since;
    inode.contention ??= new WaitRecord();
    inode.contention.add(waited, process, cause, granted);
    inode.table.noteWaits(inode.row, inode.contention);
    this.activity.contention.add(waited, process, cause, granted);
    account.waits += 1;
    account.waitMilliseconds += waited;
  }

  #dequeue(waiter: Waiter): void {
    unblock(waiter);
    waiter.space.queue.remove(waiter);
    removeFrom(waiter.process.asking, waiter);
    removeFrom(waiter.owner.waiting, waiter);
    this.#waiters.delete(waiter.request);
    this.#deadlocks.waitEnded(waiter);
  }

  /** The first waiter that only the queue order keeps waiting, in a cycle. */
  #queuedInCycle(): Waiter | undefined {
    for (const waiter of this.#waiters.values()) {
      if (!(waiter.blocker instanceof Waiter) || heldConflict(waiter) !== null) continue;
      if (this.#graph.queueLeadsBack(waiter)) return waiter;
    }
    return undefined;
  }
}

function heldConflict(waiter: Waiter) {
  return waiter.space.conflict(waiter.type, waiter.start, waiter.end, waiter.owner);
}

/** Whether anybody might wait for the process that asks or the owner it asks for: false is certain. */
function mayBeAwaited({ process, owner }: Waiter): boolean {
  return process.mayBlockOthers() || (owner !== process && owner.mayBlockOthers());
}

function byArrival(a: Waiter, b: Waiter): number {
  return a.sequence - b.sequence;
}

function removeFrom(waiters: Waiter[], waiter: Waiter): void {
  const index = waiters.indexOf(waiter);
  waiters[index] = waiters[waiters.length - 1]!;
  waiters.pop();
}
