/**
 * Searches the graph of who waits for whom; iterative, each node visited once, nothing kept between searches.
 *
 * A waiter waits for the holders of conflicting locks (hard edges) and for conflicting earlier waiters (soft
 * edges: Linux does not have them). Any wait of a process or through an owner counts as one of its edges, since
 * nobody knows which thread would release.
 */
import { LockKind, LockType } from '../../shared/lock-types.js';
import type { HeldLock } from './held-lock.js';
import type { OwnerState } from './owner-state.js';
import type { Waiter } from './waiter.js';

export class WaitGraph {
  #search = 0;
  readonly #stack: Waiter[] = [];
  readonly #locks: HeldLock[] = [];
  readonly #earlier: Waiter[] = [];

  /** Whether the waiter waits, through others, for itself. */
  leadsBack(waiter: Waiter): boolean {
    this.#begin();
    this.#push(waiter);
    return this.#reaches(waiter.process, waiter.owner);
  }

  /** Whether somebody earlier in the queue, in the waiter's way, waits for what this waiter's process holds. */
  queueLeadsBack(waiter: Waiter): boolean {
    this.#begin();
    for (const earlier of this.#earlierThan(waiter)) {
      this.#push(earlier);
      if (earlier.process === waiter.process) continue;
      for (const other of earlier.process.asking) this.#push(other);
      for (const other of earlier.owner.waiting) this.#push(other);
    }
    return this.#reaches(waiter.process, waiter.owner);
  }

  /**
   * The shortest cycle of processes, each waiting for a lock that the next holds, that begins with this wait;
   * undefined when there is none. With `recordsOnly`, record-lock waits on record locks only.
   */
  cycle(waiter: Waiter, recordsOnly: boolean): OwnerState[] | undefined {
    const target = waiter.process;
    this.#search += 1;
    const reached: OwnerState[] = [];
    let last = this.#follow(waiter, target, recordsOnly, reached);
    for (let next = 0; last === null && next < reached.length; next += 1) {
      for (const wait of reached[next]!.asking) {
        if (recordsOnly && wait.kind !== LockKind.record) continue;
        last = this.#follow(wait, target, recordsOnly, reached);
        if (last !== null) break;
      }
    }
    if (last === null) return undefined;
    const cycle = [last];
    for (let process = last; process !== target; process = cycle[0]!) cycle.unshift(process.reachedFrom!);
    return cycle;
  }

  /** Whether a process waits for a lock that another one holds. */
  waitsFor(process: OwnerState, holder: OwnerState): boolean {
    for (const wait of process.asking) {
      for (const lock of this.#locksBefore(wait)) if (lock.process === holder) return true;
    }
    return false;
  }

  /** Adds the holders that a wait waits for to `reached`; answers the waiting process when one is the target. */
  #follow(wait: Waiter, target: OwnerState, recordsOnly: boolean, reached: OwnerState[]): OwnerState | null {
    for (const lock of this.#locksBefore(wait)) {
      const holder = lock.process;
      // Threads of one process that wait for each other are no deadlock that anybody could tell from outside.
      if (holder === wait.process || (recordsOnly && lock.kind !== LockKind.record)) continue;
      if (holder === target) return wait.process;
      if (holder.searchMark === this.#search || holder.asking.length === 0) continue;
      holder.searchMark = this.#search;
      holder.reachedFrom = wait.process;
      reached.push(holder);
    }
    return null;
  }

  #begin(): void {
    this.#search += 1;
    this.#stack.length = 0;
  }

  #push(waiter: Waiter): void {
    if (waiter.searchMark === this.#search) return;
    waiter.searchMark = this.#search;
    this.#stack.push(waiter);
  }

  #reaches(process: OwnerState, owner: OwnerState): boolean {
    for (let waiter = this.#stack.pop(); waiter !== undefined; waiter = this.#stack.pop()) {
      if (this.#isCovered(waiter, process)) continue;
      for (const lock of this.#locksBefore(waiter)) {
        if (lock.process === process || lock.owner === owner) return true;
        this.#pushWaitsOf(lock);
      }
      for (const earlier of this.#earlierThan(waiter)) {
        if (earlier.process === process || earlier.owner === owner) return true;
        this.#pushWaitsOf(earlier);
      }
    }
    return false;
  }

  /**
   * Whether a waiter of the same space that was followed before had all in its way that this one has. Keeps a
   * search among n waiters for the same range from looking at n * n pairs. Only record-lock waits cover others:
   * what they do not see is their own process's, whose waits have all been reached with them.
   */
  #isCovered(waiter: Waiter, target: OwnerState): boolean {
    const { space } = waiter;
    const widest = space.searchMark === this.#search ? space.widestWait : null;
    if (
      widest !== null &&
      widest.sequence > waiter.sequence &&
      widest.start <= waiter.start &&
      widest.end >= waiter.end
    ) {
      return true;
    }
    if (waiter.type === LockType.write && waiter.kind === LockKind.record && waiter.process !== target) {
      space.searchMark = this.#search;
      space.widestWait = waiter;
    }
    return false;
  }

  #pushWaitsOf(blocker: HeldLock | Waiter): void {
    const { process, owner } = blocker;
    if (process.searchMark !== this.#search) {
      process.searchMark = this.#search;
      for (const waiter of process.asking) this.#push(waiter);
    }
    for (const waiter of owner.waiting) this.#push(waiter);
  }

  #locksBefore(waiter: Waiter): readonly HeldLock[] {
    this.#locks.length = 0;
    waiter.space.collectConflicts(waiter, this.#locks);
    return this.#locks;
  }

  #earlierThan(waiter: Waiter): readonly Waiter[] {
    this.#earlier.length = 0;
    waiter.space.queue.collectEarlier(waiter, this.#earlier);
    return this.#earlier;
  }
}
