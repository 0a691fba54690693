/**
 * Counts comparisons of offsets instead of measuring time: an offset here is an object whose valueOf counts.
 * The bounds are generous; what they exclude is work in proportion to the number of locks.
 */
import { expect } from 'chai';
import { createCore } from '../../src/leader/core/core.js';
import type { Core, Inode, Owner } from '../../src/shared/core-types.js';
import { PENDING } from '../../src/shared/core-types.js';
import { errnoNumber } from '../../src/shared/errno.js';
import { LockKind, LockType, type Offset } from '../../src/shared/lock-types.js';

const many = 100_000;
const comparisonsMax = 2_000;
const busy = -errnoNumber('EAGAIN');
const { read, write } = LockType;
const kind = LockKind.record;

let comparisons = 0;

function at(value: number): Offset {
  const counted = {
    valueOf: () => {
      comparisons += 1;
      return value;
    },
  };
  return counted as unknown as number;
}

function comparisonsOf(call: () => void): number {
  comparisons = 0;
  call();
  return comparisons;
}

class World {
  readonly core: Core = createCore({ now: () => 0 });
  readonly inode: Inode = this.core.openInode('1', () => {});

  owner(): Owner {
    return this.core.createOwner({ pid: 1, command: '', session: this });
  }

  lock(owner: Owner, type: LockType, start: number, end: number, settle?: () => void): number {
    const request = { inode: this.inode, owner, process: owner, kind, type, start: at(start), end: at(end) };
    return this.core.lock(settle === undefined ? request : { ...request, settle });
  }

  unlock(owner: Owner, start: number, end: number): void {
    this.core.unlock(this.inode, owner, kind, { start: at(start), end: at(end) });
  }

  query(owner: Owner, type: LockType, start: number, end: number) {
    return this.core.query(this.inode, owner, kind, type, { start: at(start), end: at(end) });
  }
}

describe('lock core: work does not grow with the number of locks', () => {
  it('100,000 ranges of one owner: its own calls and those of others', () => {
    const world = new World();
    const holder = world.owner();
    const other = world.owner();
    for (let index = 0; index < many; index += 1) {
      expect(world.lock(holder, index % 2 === 0 ? read : write, index * 10, index * 10 + 5)).to.equal(0);
    }
    const calls: Record<string, () => void> = {
      'own lock in a gap': () => expect(world.lock(holder, write, 500_006, 500_008)).to.equal(0),
      'own unlock': () => world.unlock(holder, 500_006, 500_008),
      'own conversion': () => expect(world.lock(holder, write, 700_000, 700_003)).to.equal(0),
      'own query of the whole file': () =>
        expect(world.query(holder, write, 0, many * 10)).to.equal(undefined),
      'lock of another in a gap': () => expect(world.lock(other, write, 300_006, 300_008)).to.equal(0),
      'whole file by another': () => expect(world.lock(other, write, 0, many * 10)).to.equal(busy),
      'query by another in the middle': () =>
        expect(world.query(other, write, 600_006, 600_100)).not.to.equal(undefined),
      'unlock of another': () => world.unlock(other, 300_006, 300_008),
    };
    for (const [name, call] of Object.entries(calls)) {
      expect(comparisonsOf(call), name).to.be.lessThan(comparisonsMax);
    }
    // The whole file by the owner itself replaces all of its locks: once through them, no more.
    const whole = comparisonsOf(() => expect(world.lock(holder, write, 0, many * 10)).to.equal(0));
    expect(whole).to.be.lessThan(comparisonsMax);
    world.core.releaseOwner(holder);
    expect([...world.core.rows()]).to.deep.equal([]);
  });

  it('10,000 owners that read-lock the whole file', () => {
    const world = new World();
    const readers = Array.from({ length: 10_000 }, () => world.owner());
    for (const reader of readers) expect(world.lock(reader, read, 0, many)).to.equal(0);
    const other = world.owner();
    const calls: Record<string, () => void> = {
      'one more reader': () => expect(world.lock(other, read, 0, many)).to.equal(0),
      'one reader less': () => world.unlock(other, 0, many),
      'a writer': () => expect(world.lock(other, write, 500, 501)).to.equal(busy),
      'an upgrade': () => expect(world.lock(readers[5_000]!, write, 0, many)).to.equal(busy),
      'a reader in the middle goes': () => world.unlock(readers[7_000]!, 100, 200),
    };
    for (const [name, call] of Object.entries(calls)) {
      expect(comparisonsOf(call), name).to.be.lessThan(comparisonsMax);
    }
  });

  it('a hand-over among 1,000 waiting writers', () => {
    const world = new World();
    const owners = Array.from({ length: 1_001 }, () => world.owner());
    let granted = 0;
    expect(world.lock(owners[0]!, write, 0, 10)).to.equal(0);
    for (const owner of owners.slice(1)) {
      const queueing = comparisonsOf(() =>
        expect(world.lock(owner, write, 0, 10, () => (granted += 1))).to.equal(PENDING),
      );
      expect(queueing).to.be.lessThan(comparisonsMax);
    }
    owners.forEach((owner, index) => {
      expect(comparisonsOf(() => world.unlock(owner, 0, 10))).to.be.lessThan(comparisonsMax);
      expect(granted).to.equal(Math.min(index + 1, 1_000));
    });
    expect([...world.core.rows()]).to.deep.equal([]);
  });

  it('1,000 readers released at once cost each a bounded share', () => {
    const world = new World();
    const holder = world.owner();
    let granted = 0;
    expect(world.lock(holder, write, 0, 10)).to.equal(0);
    for (let index = 0; index < 1_000; index += 1) {
      expect(world.lock(world.owner(), read, 0, 10, () => (granted += 1))).to.equal(PENDING);
    }
    expect(comparisonsOf(() => world.unlock(holder, 0, 10))).to.be.lessThan(1_000 * 300);
    expect(granted).to.equal(1_000);
  });
});
