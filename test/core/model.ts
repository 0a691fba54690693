/**
 * The lock semantics again, as plainly as possible: a map from owner to one cell per stretch of bytes.
 *
 * Everything is recomputed from scratch at every step: no trees, no lists of who is blocked by what. Owners are
 * compared by identity only. The property test runs it beside the core.
 */
import type { Owner } from '../../src/shared/core-types.js';
import { LockKind, LockType } from '../../src/shared/lock-types.js';

/** Cells 0..63 are stretches of bytes, the last one reaches to the end of the file. */
export const cellCount = 65;

export interface ModelRequest {
  readonly id: number;
  readonly slot: number;
  readonly kind: LockKind;
  readonly type: LockType;
  readonly owner: Owner;
  readonly process: Owner;
  readonly from: number;
  readonly to: number;
  readonly blocking: boolean;
}

export interface ModelLock {
  readonly slot: number;
  readonly kind: LockKind;
  readonly type: LockType;
  readonly owner: Owner;
  readonly process: Owner;
  readonly from: number;
  readonly to: number;
}

interface Cell {
  type: LockType;
  process: Owner;
  kind: LockKind;
}

type Wanted = Pick<ModelRequest, 'slot' | 'kind' | 'type' | 'owner' | 'from' | 'to'>;

export type ModelResult = 'granted' | 'waits' | 'EAGAIN' | 'EDEADLK';

export class Model {
  waiters: ModelRequest[] = [];
  /** Ids of the waits that ended with a grant since this was emptied. */
  granted: number[] = [];
  readonly #ended = new Set<Owner>();
  readonly #cells = new Map<string, Map<Owner, (Cell | null)[]>>();

  lock(request: ModelRequest): ModelResult {
    const own = this.locks(request.slot, request.kind).find((lock) => lock.owner === request.owner);
    const isFlock = request.kind === LockKind.flock;
    if (isFlock && own?.type === request.type) return 'granted';
    const conflicts = this.conflicts(request).length > 0;
    const converts = isFlock && own !== undefined;
    if (conflicts && converts) this.#set(request, null);
    if (conflicts && !request.blocking) {
      this.#serve();
      return 'EAGAIN';
    }
    if (!conflicts) {
      const queues = request.blocking && !converts && this.#waitersBefore(request).length > 0;
      if (!queues || this.#queueLeadsBack(request)) {
        this.#place(request);
        this.#serve();
        return 'granted';
      }
    } else if (request.kind === LockKind.record && this.#closesRecordCycle(request)) {
      return 'EDEADLK';
    }
    this.waiters.push(request);
    this.#serve();
    const index = this.granted.indexOf(request.id);
    if (index < 0) return 'waits';
    this.granted.splice(index, 1);
    return 'granted';
  }

  unlock(slot: number, owner: Owner, kind: LockKind, from: number, to: number): void {
    this.#set({ slot, owner, kind, from, to, type: LockType.read }, null);
    this.#serve();
  }

  passLocks(description: Owner, from: Owner | undefined, process: Owner): void {
    for (const owners of this.#cells.values()) {
      for (const cell of owners.get(description) ?? []) {
        if (cell === null) continue;
        if (from === undefined ? this.#ended.has(cell.process) : cell.process === from)
          cell.process = process;
      }
    }
    this.#serve();
  }

  releaseOwner(owner: Owner): void {
    this.#ended.add(owner);
    this.waiters = this.waiters.filter((wait) => wait.owner !== owner && wait.process !== owner);
    for (const owners of this.#cells.values()) owners.delete(owner);
    this.#serve();
  }

  cancel(id: number): boolean {
    const before = this.waiters.length;
    this.waiters = this.waiters.filter((wait) => wait.id !== id);
    if (this.waiters.length === before) return false;
    this.#serve();
    return true;
  }

  /** What is held in the space of that kind: every maximal run of one type is one lock. */
  locks(slot: number, kind: LockKind): ModelLock[] {
    const locks: ModelLock[] = [];
    for (const [owner, cells] of this.#space(slot, kind)) {
      for (let from = 0; from < cellCount; from += 1) {
        const first = cells[from];
        if (first === null || first === undefined) continue;
        let to = from + 1;
        while (to < cellCount && cells[to]?.type === first.type) to += 1;
        locks.push({ slot, owner, from, to, ...first });
        from = to - 1;
      }
    }
    return locks;
  }

  conflicts(wanted: Wanted): ModelLock[] {
    return this.locks(wanted.slot, wanted.kind).filter((lock) => inTheWay(lock, wanted));
  }

  /** Whether processes wait for each other in a circle because of held locks. */
  hasDeadlock(): boolean {
    const processes = new Set(this.waiters.map((wait) => wait.process));
    return [...processes].some((process) => {
      const reached = new Set<Owner>();
      const follow = (from: Owner): boolean =>
        this.#holdersBefore(from).some((holder) => {
          if (holder === process && from !== process) return true;
          if (reached.has(holder)) return false;
          reached.add(holder);
          return follow(holder);
        });
      return follow(process);
    });
  }

  waitsFor(process: Owner, holder: Owner): boolean {
    return this.#holdersBefore(process).includes(holder);
  }

  #holdersBefore(process: Owner): Owner[] {
    const waits = this.waiters.filter((wait) => wait.process === process);
    const holders = waits.flatMap((wait) => this.conflicts(wait).map((lock) => lock.process));
    return holders.filter((holder) => holder !== process);
  }

  #serve(): void {
    for (;;) {
      const next =
        this.waiters.find((wait) => this.#blockers(wait).length === 0) ??
        this.waiters.find((wait) => this.conflicts(wait).length === 0 && this.#queueLeadsBack(wait));
      if (next === undefined) return;
      this.waiters = this.waiters.filter((wait) => wait !== next);
      this.#place(next);
      this.granted.push(next.id);
    }
  }

  #waitersBefore(request: ModelRequest): ModelRequest[] {
    const position = this.waiters.indexOf(request);
    const earlier = position < 0 ? this.waiters : this.waiters.slice(0, position);
    return earlier.filter((wait) => sameSpace(wait, request) && inTheWay(wait, request));
  }

  #blockers(request: ModelRequest): { process: Owner; owner: Owner }[] {
    return [...this.conflicts(request), ...this.#waitersBefore(request)];
  }

  #queueLeadsBack(request: ModelRequest): boolean {
    const starts = this.#waitersBefore(request).flatMap((earlier) =>
      earlier.process === request.process ? [earlier] : [earlier, ...this.#waitsThrough(earlier)],
    );
    const visited = new Set<ModelRequest>();
    const reaches = (wait: ModelRequest): boolean => {
      if (visited.has(wait)) return false;
      visited.add(wait);
      return this.#blockers(wait).some(
        (blocker) =>
          blocker.process === request.process ||
          blocker.owner === request.owner ||
          this.#waitsThrough(blocker).some(reaches),
      );
    };
    return starts.some(reaches);
  }

  #waitsThrough(blocker: { process: Owner; owner: Owner }): ModelRequest[] {
    return this.waiters.filter((wait) => wait.process === blocker.process || wait.owner === blocker.owner);
  }

  #closesRecordCycle(request: ModelRequest): boolean {
    const visited = new Set<Owner>();
    const reaches = (wait: ModelRequest): boolean =>
      this.conflicts(wait).some((lock) => {
        if (lock.kind !== LockKind.record) return false;
        if (lock.process === request.process) return true;
        if (visited.has(lock.process)) return false;
        visited.add(lock.process);
        return this.waiters.some(
          (other) => other.kind === LockKind.record && other.process === lock.process && reaches(other),
        );
      });
    return reaches(request);
  }

  #place(request: ModelRequest): void {
    const { process, kind, type } = request;
    const cells = this.#set(request, { type, process, kind });
    for (let cell = request.from - 1; cells[cell]?.type === type; cell -= 1) cells[cell]!.process = process;
    for (let cell = request.to; cells[cell]?.type === type; cell += 1) cells[cell]!.process = process;
  }

  #set(wanted: Wanted, cell: Cell | null): (Cell | null)[] {
    const owners = this.#space(wanted.slot, wanted.kind);
    const cells = owners.get(wanted.owner) ?? new Array<Cell | null>(cellCount).fill(null);
    owners.set(wanted.owner, cells);
    for (let index = wanted.from; index < wanted.to; index += 1)
      cells[index] = cell === null ? null : { ...cell };
    return cells;
  }

  #space(slot: number, kind: LockKind): Map<Owner, (Cell | null)[]> {
    const key = `${slot} ${kind === LockKind.flock ? 'flock' : 'fcntl'}`;
    const space = this.#cells.get(key) ?? new Map<Owner, (Cell | null)[]>();
    this.#cells.set(key, space);
    return space;
  }
}

function sameSpace(a: Wanted, b: Wanted): boolean {
  return a.slot === b.slot && (a.kind === LockKind.flock) === (b.kind === LockKind.flock);
}

function inTheWay(a: Pick<Wanted, 'type' | 'owner' | 'from' | 'to'>, b: typeof a): boolean {
  if (a.owner === b.owner || a.from >= b.to || b.from >= a.to) return false;
  return a.type === LockType.write || b.type === LockType.write;
}
