/** What the core counts, who waits for whom, and walking through locks while they change. */
import { expect } from 'chai';
import { createCore } from '../../src/leader/core/core.js';
import { type Inode, type LockRow, type Owner, PENDING } from '../../src/shared/core-types.js';
import { errnoNumber } from '../../src/shared/errno.js';
import { LockKind, LockType } from '../../src/shared/lock-types.js';

const { read, write } = LockType;

class World {
  now = 0;
  readonly core = createCore({ now: () => this.now });
  readonly inode: Inode = this.core.openInode('1:1', () => {});
  private readonly session = {};

  owner(pid: number): Owner {
    return this.core.createOwner({ pid, command: `c${pid}`, session: this.session });
  }

  request(owner: Owner, start = 0, end = Infinity, type: LockType = write, kind: LockKind = LockKind.record) {
    return { inode: this.inode, owner, process: owner, kind, type, start, end };
  }

  lock(owner: Owner, start?: number, end?: number, type?: LockType): number {
    return this.core.lock(this.request(owner, start, end, type));
  }

  wait(owner: Owner, start?: number, end?: number) {
    const request = { ...this.request(owner, start, end), settle: () => {} };
    expect(this.core.lock(request)).to.equal(PENDING);
    return request;
  }

  unlock(owner: Owner, start = 0, end = Infinity): void {
    this.core.unlock(this.inode, owner, LockKind.record, { start, end });
  }

  get activity() {
    return this.core.activityOf(this.inode);
  }

  get session0() {
    return this.core.sessionActivity(this.session);
  }
}

const places = (rows: Iterable<LockRow | null>): string[] =>
  [...rows].map((row) => (row === null ? '' : `${row.owner.pid}:${row.start}${row.waiting ? ' waits' : ''}`));

describe('lock core: contention', () => {
  it('counts locks, refusals, and waits with their cause', () => {
    const world = new World();
    const [a, b, c] = [world.owner(1), world.owner(2), world.owner(3)];
    expect(world.lock(a)).to.equal(0);
    expect(world.lock(b)).to.equal(-errnoNumber('EAGAIN'));
    world.now = 100;
    world.wait(b);
    world.now = 110;
    world.wait(c);
    world.now = 130;
    world.unlock(a);
    world.now = 150;
    world.unlock(b);
    const { acquisitions, refusals, contention } = world.activity;
    expect({ acquisitions, refusals }).to.deep.equal({ acquisitions: 3, refusals: 1 });
    expect(contention).to.include({ waits: 2, abandoned: 0, milliseconds: 70, longest: 40 });
    expect(contention!.longestWaiter).to.include({ pid: 3, command: 'c3' });
    expect(contention!.causes()).to.deep.include({ pid: 1, command: 'c1', waits: 2, milliseconds: 70 });
    // 30 ms and 40 ms: below 2^11 * 16 µs = 32.8 ms, and below the next.
    expect(contention!.histogram.slice(10, 14)).to.deep.equal([0, 1, 1, 0]);
    expect(world.core.activity).to.deep.include({ acquisitions: 3, refusals: 1 });
    expect(world.session0).to.deep.equal({ locks: 1, acquisitions: 3, waits: 2, waitMilliseconds: 70 });
  });

  it('waits that are given up count as such; those that end at once do not', () => {
    const world = new World();
    const [a, b] = [world.owner(1), world.owner(2)];
    world.lock(a, 0, 10);
    const wait = world.wait(b, 5, 6);
    world.now = 7;
    expect(world.core.cancel(wait)).to.equal(true);
    world.wait(b, 5, 6);
    world.core.releaseOwner(b);
    expect(world.core.lock({ ...world.request(b, 20, 30), settle: () => {} })).to.equal(0);
    expect(world.activity.contention).to.include({ waits: 2, abandoned: 2, milliseconds: 7 });
    expect(world.activity.acquisitions).to.equal(2);
  });

  it('causes are bounded', () => {
    const world = new World();
    for (let pid = 1; pid <= 50; pid++) {
      const holder = world.owner(pid);
      const waiter = world.owner(1000);
      world.lock(holder);
      const wait = world.wait(waiter);
      world.core.cancel(wait);
      world.unlock(holder);
    }
    expect(world.activity.contention!.causes().map(({ pid }) => pid)).to.have.members([
      43, 44, 45, 46, 47, 48, 49, 50,
    ]);
  });

  it('tells what an inode had when it is forgotten', () => {
    const world = new World();
    const told: [string, number][] = [];
    world.core.onForget = (inode, { acquisitions }) => told.push([inode.key, acquisitions]);
    const a = world.owner(1);
    world.lock(a, 0, 1);
    world.lock(a, 5, 6);
    world.core.closeInode(world.inode);
    expect(told).to.deep.equal([]);
    world.core.releaseOwner(a);
    expect(told).to.deep.equal([['1:1', 2]]);
  });

  it('standing: locks held and awaited by a process', () => {
    const world = new World();
    const [a, b] = [world.owner(1), world.owner(2)];
    world.lock(a, 0, 1);
    world.lock(a, 5, 6);
    world.now = 3;
    world.wait(b);
    expect(world.core.standing(a)).to.deep.equal({ held: 2, waiting: 0, since: Infinity });
    expect(world.core.standing(b)).to.deep.equal({ held: 0, waiting: 1, since: 3 });
  });
});

describe('lock core: who waits for whom', () => {
  it('one edge for each wait, first come first; who only came first is queued', () => {
    const world = new World();
    const [a, b, c] = [world.owner(1), world.owner(2), world.owner(3)];
    world.lock(a, 0, 10);
    world.wait(b, 5, 20);
    world.wait(c, 15, 30);
    const edges = () =>
      [...world.core.waits(0)].map(
        ({ process, blocker, queued }) => `${process.pid}→${blocker.pid}${queued ? ' queued' : ''}`,
      );
    expect(edges()).to.deep.equal(['2→1', '3→2 queued']);
    const [first] = world.core.waits(0);
    expect([...world.core.waits(first!.sequence)]).to.have.length(1);
    world.unlock(a);
    expect(edges()).to.deep.equal(['3→2']);
  });
});

describe('lock core: walking through locks', () => {
  it('100,000 locks on one inode in pieces, while others come and go', () => {
    const world = new World();
    const [a, b] = [world.owner(1), world.owner(2)];
    for (let i = 0; i < 100_000; i++)
      world.lock(i % 3 === 0 ? a : b, 10 * i, 10 * i + 5, i % 2 ? read : write);
    const seen = new Map<number, number>();
    const rows = world.core.walk({});
    let count = 0;
    for (const row of rows) {
      if (row === null) continue;
      const { start } = row;
      seen.set(start as number, (seen.get(start as number) ?? 0) + 1);
      if (++count % 500 !== 0) continue;
      // Behind, where it stands, and ahead: a lock that is split, gone, and new.
      const here = start as number;
      world.unlock(world.owner(9), 0, 10);
      world.unlock(a, here, here + 5);
      world.unlock(b, here, here + 5);
      world.lock(world.owner(3), here + 6, here + 8);
      world.unlock(b, 999_990, 999_993);
    }
    const old = Array.from({ length: 100_000 }, (_, i) => 10 * i);
    expect(old.filter((start) => start !== 999_990 && seen.get(start) !== 1)).to.deep.equal([]);
  });

  it('one file, and only those that wait', () => {
    const world = new World();
    const [a, b, c] = [world.owner(1), world.owner(2), world.owner(3)];
    const other = world.core.openInode('1:2', () => {});
    world.core.lock({ ...world.request(a), inode: other });
    world.lock(a, 10, 20);
    world.lock(b, 0, 5);
    world.wait(c);
    expect(places(world.core.walk({}))).to.deep.equal(['2:0', '1:10', '3:0 waits', '1:0']);
    expect(places(world.core.walk({}))).to.deep.equal(places(world.core.rows()));
    expect(places(world.core.walk({ key: '1:1' }))).to.have.length(3);
    expect(places(world.core.walk({ key: '1:2', waitingOnly: true }))).to.deep.equal([]);
    expect(places(world.core.walk({ waitingOnly: true }))).to.deep.equal(['3:0 waits']);
    expect(places(world.core.walk({ key: '7:7' }))).to.deep.equal([]);
  });

  it('one may pause where many files have no locks', () => {
    const world = new World();
    for (let i = 0; i < 1000; i++) world.core.openInode(`2:${i}`, () => {});
    const last = world.core.openInode('3:3', () => {});
    world.core.lock({ ...world.request(world.owner(1)), inode: last });
    const rows = [...world.core.walk({})];
    expect(rows.map((row) => row?.inode.key)).to.deep.equal([undefined, undefined, undefined, '3:3']);
  });
});

describe('lock core: the busiest inodes', () => {
  it('are those that sorting all of them would tell, while inodes come and go', () => {
    const world = new World();
    const [a, b] = [world.owner(1), world.owner(2)];
    const inodes = new Map<string, Inode>();
    const numbers = ['waited', 'longest', 'waits', 'acquisitions', 'refusals'] as const;
    const numberOf = (inode: Inode, by: (typeof numbers)[number]): number => {
      const { acquisitions, refusals, contention } = world.core.activityOf(inode);
      const { milliseconds = 0, longest = 0, waits = 0 } = contention ?? {};
      return { acquisitions, refusals, waited: milliseconds, longest, waits }[by];
    };
    for (let round = 0; round < 600; round++) {
      const key = `2:${(round * 37) % 151}`;
      const known = inodes.get(key);
      if (known !== undefined && round % 5 === 0) {
        world.core.closeInode(known);
        inodes.delete(key);
        continue;
      }
      const inode = known ?? world.core.openInode(key, () => {});
      inodes.set(key, inode);
      const wanted = { ...world.request(b), inode };
      world.core.lock({ ...world.request(a), inode });
      if (round % 3 === 0) world.core.lock(wanted);
      if (round % 2 === 0) {
        expect(world.core.lock({ ...wanted, settle: () => {} })).to.equal(PENDING);
        world.now += (round * 7919) % 101;
      }
      for (const owner of [a, b])
        world.core.unlock(inode, owner, LockKind.record, { start: 0, end: Infinity });
    }
    const except = new Set([...inodes.values()].slice(0, 10));
    for (const by of numbers) {
      const sorted = [...inodes.values()]
        .filter((inode) => !except.has(inode))
        .map((inode) => [numberOf(inode, by), numberOf(inode, 'acquisitions')])
        .sort(([a1, a2], [b1, b2]) => b1! - a1! || b2! - a2!);
      for (const count of [0, 1, 7, 1000]) {
        const busiest = world.core.busiest(by, count, except);
        expect(
          busiest.map((inode) => [numberOf(inode, by), numberOf(inode, 'acquisitions')]),
          `${by} ${count}`,
        ).to.deep.equal(sorted.slice(0, count));
      }
    }
  });
});
