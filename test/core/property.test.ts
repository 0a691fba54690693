/**
 * Random calls run against the core and against the byte-map model; after every step the two must agree on
 * results, grants, held and waiting rows and queries. SWARD_SEED=n replays a failing run.
 */
import { expect } from 'chai';
import { createCore } from '../../src/leader/core/core.js';
import type { DeadlockReport, Inode, LockRequest, Owner } from '../../src/shared/core-types.js';
import { PENDING } from '../../src/shared/core-types.js';
import { errnoNumber } from '../../src/shared/errno.js';
import { LockKind, LockType, normalizeOffset, type Offset } from '../../src/shared/lock-types.js';
import { cellCount, Model, type ModelRequest, type ModelResult } from './model.js';

const stepsPerSeed = 2_500;
const slotCount = 3;

/** Where each cell begins: small offsets, offsets around 2^53, and the last ones before 2^63 - 1. */
const cellStarts: Offset[] = Array.from({ length: cellCount }, (_, cell) => {
  if (cell < 32) return cell * 3;
  if (cell < 48) return normalizeOffset(2n ** 53n - 8n + BigInt(cell - 32));
  return 2n ** 63n - 1n - BigInt(cellCount - cell);
});

function range(from: number, to: number): { start: Offset; end: Offset } {
  return { start: cellStarts[from]!, end: to >= cellCount ? Number.POSITIVE_INFINITY : cellStarts[to]! };
}

/** mulberry32: the same numbers for the same seed everywhere. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

class World {
  readonly random: (below: number) => number;
  readonly model = new Model();
  readonly reports: DeadlockReport[] = [];
  readonly settled: number[] = [];
  readonly requests = new Map<number, LockRequest>();
  readonly core = createCore({
    now: () => this.clock,
    onDeadlock: (report) => this.reports.push(report),
  });
  readonly processes: Owner[] = [];
  readonly descriptions: Owner[] = [];
  readonly inodes: (Inode | undefined)[] = [];
  readonly openers: number[] = [];
  readonly pinned: number[] = [];
  readonly asked: Owner[] = [];
  clock = 0;
  deadlocked = false;
  nextId = 1;

  constructor(seed: number) {
    this.random = randomNumbers(seed);
    for (let index = 0; index < 4; index += 1) this.processes.push(this.owner(100 + index));
    for (let index = 0; index < 4; index += 1) this.descriptions.push(this.owner(200 + index));
    for (let slot = 0; slot < slotCount; slot += 1) {
      this.openers.push(0);
      this.pinned.push(0);
      this.open(slot);
    }
  }

  owner(pid: number): Owner {
    const refresh = () => {
      this.asked.push(owner);
      return this.random(2) === 0;
    };
    const owner: Owner = this.core.createOwner({ pid, command: 'test', session: this, refresh });
    return owner;
  }

  open(slot: number): Inode {
    const opened = this.core.openInode(`1:${slot}`, () => {
      this.pinned[slot]! -= 1;
    });
    this.pinned[slot]! += 1;
    this.openers[slot]! += 1;
    this.inodes[slot] = opened;
    return opened;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.random(items.length)]!;
  }

  step(): string {
    this.clock += 1;
    this.asked.length = 0;
    const slot = this.random(slotCount);
    const inode = this.openers[slot] === 0 ? this.open(slot) : this.inodes[slot]!;
    const kind = this.pick([LockKind.record, LockKind.record, LockKind.ofd, LockKind.flock]);
    const owner = kind === LockKind.record ? this.pick(this.processes) : this.pick(this.descriptions);
    const type = this.pick([LockType.read, LockType.write]);
    const first = kind === LockKind.flock ? 0 : this.random(cellCount);
    const length = 1 + this.random(this.pick([4, 16, cellCount]));
    const to = kind === LockKind.flock ? cellCount : Math.min(cellCount, first + length);
    const what = `${owner.pid} kind ${kind} type ${type} inode ${slot} cells ${first}-${to}`;
    const choice = this.random(100);
    if (choice < 60) return this.lock(slot, inode, kind, type, owner, first, to, choice < 35) + what;
    if (choice < 75) {
      this.core.unlock(inode, owner, kind, range(first, to));
      this.model.unlock(slot, owner, kind, first, to);
      return `unlock ${what}`;
    }
    if (choice < 85) return this.cancel();
    if (choice < 88) {
      this.core.releaseInode(inode, owner, kind);
      this.model.unlock(slot, owner, kind, 0, cellCount);
      return `releaseInode ${what}`;
    }
    if (choice < 91) {
      this.core.releaseOwner(owner);
      this.model.releaseOwner(owner);
      return `releaseOwner ${owner.pid}`;
    }
    if (choice < 94) return this.close(slot, inode);
    if (choice < 96) return this.pass();
    this.query(slot, inode, kind === LockKind.flock ? LockKind.record : kind, type, owner, first, to);
    return `query ${what}`;
  }

  lock(
    slot: number,
    inode: Inode,
    kind: LockKind,
    type: LockType,
    owner: Owner,
    from: number,
    to: number,
    blocking: boolean,
  ): string {
    const process = kind === LockKind.record ? owner : this.pick(this.processes);
    const id = this.nextId;
    this.nextId += 1;
    const wanted = { inode, owner, process, kind, type, ...range(from, to) };
    const settle = (result: number) => {
      expect(result).to.equal(0);
      this.settled.push(id);
    };
    const request: LockRequest = blocking ? { ...wanted, settle } : wanted;
    const modelRequest: ModelRequest = { id, slot, kind, type, owner, process, from, to, blocking };
    if (blocking) this.requests.set(id, request);
    const result = resultName(this.core.lock(request));
    expect(result, `lock ${id}`).to.equal(this.model.lock(modelRequest));
    expect(new Set(this.asked).size, 'each owner is asked once').to.equal(this.asked.length);
    expect(this.asked).not.to.include(owner);
    return `lock ${id}${blocking ? ' blocking' : ''} by ${process.pid}: ${result}: `;
  }

  cancel(): string {
    const waiting = this.model.waiters.map((wait) => wait.id);
    const id = this.random(4) > 0 && waiting.length > 0 ? this.pick(waiting) : this.random(this.nextId);
    const request = this.requests.get(id);
    if (request !== undefined) expect(this.core.cancel(request)).to.equal(this.model.cancel(id));
    return `cancel ${id}`;
  }

  pass(): string {
    const description = this.pick(this.descriptions);
    const from = this.random(2) === 0 ? undefined : this.pick(this.processes);
    const process = this.pick(this.processes);
    this.core.passLocks(description, from, process);
    this.model.passLocks(description, from, process);
    return `pass ${description.pid} from ${from?.pid} to ${process.pid}`;
  }

  close(slot: number, inode: Inode): string {
    this.core.closeInode(inode);
    this.openers[slot]! -= 1;
    return `close ${slot}`;
  }

  query(slot: number, inode: Inode, kind: LockKind, type: LockType, owner: Owner, from: number, to: number) {
    const answer = this.core.query(inode, owner, kind, type, range(from, to));
    const conflicts = this.model.conflicts({ slot, kind, type, owner, from, to });
    const lowest = Math.min(...conflicts.map((lock) => lock.from));
    const expected = conflicts
      .filter((lock) => lock.from === lowest)
      .map((lock) => {
        const pid = lock.kind === LockKind.record ? lock.owner.pid : -1;
        return { pid, type: lock.type, ...range(lock.from, lock.to) };
      });
    if (answer === undefined) expect(expected).to.deep.equal([]);
    else expect(expected).to.deep.include(answer);
    const own = this.core.queryOwn(inode, owner, kind, range(from, to));
    const firstOwn = this.model
      .locks(slot, kind)
      .find((lock) => lock.owner === owner && lock.from < to && lock.to > from);
    expect(own?.start).to.equal(firstOwn === undefined ? undefined : range(firstOwn.from, firstOwn.to).start);
    expect(this.core.holds(owner, inode, kind)).to.equal(
      this.model.locks(slot, kind).some((lock) => lock.owner === owner),
    );
  }

  compare(): void {
    expect(this.settled.splice(0).sort(), 'grants').to.deep.equal(this.model.granted.splice(0).sort());
    const held: string[] = [];
    const waiting: string[] = [];
    for (const row of this.core.rows()) {
      const who = `${row.owner.pid} of ${row.process.pid}`;
      const text = `${row.inode.key} ${row.kind} ${who} ${row.type} ${row.start}-${row.end}`;
      (row.waiting ? waiting : held).push(text);
    }
    const expected: string[] = [];
    for (let slot = 0; slot < slotCount; slot += 1) {
      for (const kind of [LockKind.record, LockKind.flock]) {
        for (const lock of this.model.locks(slot, kind)) expected.push(describeRow(lock));
      }
    }
    expect(held.sort(), 'held').to.deep.equal(expected.sort());
    expect(waiting.sort(), 'waiting').to.deep.equal(this.model.waiters.map(describeRow).sort());
    for (let slot = 0; slot < slotCount; slot += 1) {
      const used =
        this.openers[slot]! > 0 || [...held, ...waiting].some((text) => text.startsWith(`1:${slot} `));
      expect(this.pinned[slot], `pins of inode ${slot}`).to.equal(used ? 1 : 0);
    }
    this.compareStandings();
    this.compareDeadlocks();
  }

  compareStandings(): void {
    const rows = [...this.core.rows()];
    for (const process of this.processes) {
      const its = rows.filter((row) => row.process === process);
      const { held, waiting } = this.core.standing(process);
      expect(held, `held of ${process.pid}`).to.equal(its.filter((row) => !row.waiting).length);
      expect(waiting, `waits of ${process.pid}`).to.equal(its.filter((row) => row.waiting).length);
    }
  }

  compareDeadlocks(): void {
    const cycles = this.core.deadlocks();
    expect(cycles.length > 0, 'deadlocks').to.equal(this.model.hasDeadlock());
    for (const { processes } of [...cycles, ...this.reports]) {
      processes.forEach((process, index) => {
        const next = processes[(index + 1) % processes.length]!;
        expect(this.model.waitsFor(process, next), 'cycle of a report').to.equal(true);
      });
    }
    if (cycles.length === 0) expect(this.reports, 'reports').to.deep.equal([]);
    if (cycles.length > 0 && !this.deadlocked) expect(this.reports, 'reports').to.not.deep.equal([]);
    this.deadlocked = cycles.length > 0;
    this.reports.length = 0;
  }

  finish(): void {
    for (const owner of [...this.processes, ...this.descriptions]) this.core.releaseOwner(owner);
    for (let slot = 0; slot < slotCount; slot += 1) {
      for (; this.openers[slot]! > 0; this.openers[slot]! -= 1) this.core.closeInode(this.inodes[slot]!);
      expect(this.pinned[slot]).to.equal(0);
    }
    for (const owner of [...this.processes, ...this.descriptions]) {
      expect(this.core.holds(owner)).to.equal(false);
    }
    expect([...this.core.rows()]).to.deep.equal([]);
    expect(this.core.deadlocks()).to.deep.equal([]);
  }
}

function describeRow(lock: {
  slot: number;
  kind: LockKind;
  owner: Owner;
  process: Owner;
  type: LockType;
  from: number;
  to: number;
}) {
  const { start, end } = range(lock.from, lock.to);
  return `1:${lock.slot} ${lock.kind} ${lock.owner.pid} of ${lock.process.pid} ${lock.type} ${start}-${end}`;
}

function resultName(result: number): ModelResult {
  if (result === 0) return 'granted';
  if (result === PENDING) return 'waits';
  return result === -errnoNumber('EDEADLK') ? 'EDEADLK' : 'EAGAIN';
}

function run(seed: number): void {
  const world = new World(seed);
  const log: string[] = [];
  try {
    for (let step = 0; step < stepsPerSeed; step += 1) {
      log.push(world.step());
      world.compare();
    }
    world.finish();
  } catch (error) {
    const last = log.slice(-12).join('\n  ');
    console.error(
      `SWARD_SEED=${seed} replays this failure at step ${log.length}; the last steps:\n  ${last}`,
    );
    throw error;
  }
}

describe('lock core against the byte-map model', () => {
  const given = process.env.SWARD_SEED;
  const fresh = process.pid * 65_537 + (Number(process.hrtime.bigint() % 65_537n) | 0);
  const seeds = given !== undefined ? [Number(given)] : [1, 2, 3, 4, 5, fresh];
  for (const seed of seeds) {
    it(`agrees on every step, seed ${seed === fresh ? 'taken from the clock' : seed}`, () => run(seed));
  }
});
