/** The handlers that only look, called directly: who may see what, cursors, bad requests, many locks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { createCore } from '../../src/leader/core/core.js';
import { GuestPaths } from '../../src/leader/mounts/guest-paths.js';
import { createObserveHandlers } from '../../src/leader/observe/handlers.js';
import { Session } from '../../src/leader/session.js';
import { type Inode, type Owner, PENDING } from '../../src/shared/core-types.js';
import { frameBytesMax, observedRowsMax } from '../../src/shared/limits.js';
import { LockKind, LockType } from '../../src/shared/lock-types.js';
import { ContentionOrder } from '../../src/shared/messages.js';
import { decodeProcesses, ProcessScope } from '../../src/shared/process-records.js';
import { notRoot } from '../run/machine.js';
import { unless } from '../run/skips.js';

/** How long this process has run: on a busy machine it waits for its turn meanwhile. */
function busyMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const own = process.getuid?.() ?? 0;
const nobody = 65_534;

class World {
  now = 0;
  /** What looking at the clock costs. */
  tick = 0;
  paths = 'file';
  readonly sessions: Session[] = [];
  readonly core = createCore({ now: () => this.now });
  readonly handlers = createObserveHandlers({
    core: this.core,
    now: () => (this.now += this.tick),
    sessions: () => this.sessions,
    pathOf: ({ key }: Inode) => `${this.paths} ${key}`,
    guestPaths: new GuestPaths([]),
  });
  readonly inode = this.core.openInode('1:1', () => {});

  session(pid: number, uid: number, wraps = false): Session {
    const session = new Session(-1, this.sessions.length + 1, pid, uid, this.now);
    session.greeted = true;
    session.wraps = wraps;
    session.name = `s${pid}`;
    this.sessions.push(session);
    return session;
  }

  owner(session: Session, pid: number): Owner {
    const owner = this.core.createOwner({ pid, command: `c${pid}`, session });
    session.owners.set(session.owners.size + 1, {
      owner,
      kind: 0,
      pidfd: -1,
      waits: new Map(),
      ended: false,
    });
    return owner;
  }

  lock(owner: Owner, start: number, end: number, wait = false, inode = this.inode): number {
    const range = { kind: LockKind.record, type: LockType.write, start, end };
    const request = { inode, owner, process: owner, ...range };
    return this.core.lock(wait ? { ...request, settle: () => {} } : request);
  }

  processes(session: Session, scope: ProcessScope, pid = -1, groups = 0, cursor = 0, limit = 1000) {
    return this.handlers.processesList({ scope, pid, groups, cursor, limit }, session);
  }

  locks(session: Session, cursor = 0, limit = 500) {
    return this.handlers.locksList({ cursor, limit, file: '', waiting: false }, session);
  }
}

const children: ChildProcess[] = [];
async function sleeper(uid: number): Promise<number> {
  const child = spawn('sh', ['-c', 'echo ready; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    ...(uid === own ? {} : { uid, gid: uid, cwd: '/' }),
  });
  children.push(child);
  await once(child.stdout!, 'data');
  return child.pid!;
}

const pidsOf = (records: Buffer): number[] => decodeProcesses(records).map(({ pid }) => pid);

after(() => {
  for (const child of children) child.kill('SIGKILL');
});

describe('who may see what', () => {
  const title = 'root and the leader see all; another user its own processes, and no sign of others';
  unless(notRoot).it(title, async () => {
    const world = new World();
    const mine = await sleeper(own);
    const theirs = await sleeper(nobody);
    world.session(process.pid, own, true);
    const member = world.session(theirs, nobody, true);
    const asker = world.session(1, nobody);
    expect(pidsOf(world.processes(world.session(1, 0), ProcessScope.all).records)).to.include.members([
      process.pid,
      mine,
      theirs,
    ]);
    expect(pidsOf(world.processes(asker, ProcessScope.all).records)).to.deep.equal([theirs]);
    expect(pidsOf(world.processes(asker, ProcessScope.children, theirs).records)).to.deep.equal([]);
    expect(pidsOf(world.processes(asker, ProcessScope.one, theirs).records)).to.deep.equal([theirs]);
    expect(
      world.handlers.descriptorsList({ pid: theirs, start: 0, details: false, limit: 0 }, asker).next,
    ).to.equal(null);
    // Of others, of nobody, of no member: the same answer.
    const messages = [mine, 0x7fff_fff0, 1].flatMap((pid) =>
      [ProcessScope.one, ProcessScope.children, ProcessScope.threads].map((scope) => {
        try {
          world.processes(asker, scope, pid);
          return 'answered';
        } catch (error) {
          return (error as Error).message.replace(String(pid), 'N');
        }
      }),
    );
    expect(new Set(messages)).to.deep.equal(new Set(['ESRCH: no process N']));
    expect(() =>
      world.handlers.descriptorsList({ pid: mine, start: 0, details: false, limit: 0 }, asker),
    ).to.throw(/^ESRCH: no process/);

    const [ours, other] = [world.owner(member, theirs), world.owner(world.sessions[0]!, mine)];
    world.lock(ours, 0, 5);
    world.lock(other, 10, 15);
    world.lock(other, 0, 5, true);
    expect(world.locks(asker).rows.map(({ pid }) => pid)).to.deep.equal([theirs]);
    expect(world.handlers.waitGraph({ cursor: 0, limit: 10 }, asker).edges).to.deep.equal([]);
    expect(world.handlers.contentionList({ order: 0, limit: 10 }, asker).rows).to.deep.equal([]);
    const names = world.handlers.sessionsList({ cursor: 0, limit: 10 }, asker).rows.map(({ uid }) => uid);
    expect(names).to.deep.equal([nobody, nobody]);
  });

  it('a client without programs below it is seen alone, and only while it has owners', async () => {
    const world = new World();
    const session = world.session(process.pid, own);
    await sleeper(own);
    expect(pidsOf(world.processes(session, ProcessScope.all).records)).to.deep.equal([]);
    world.owner(session, process.pid);
    expect(pidsOf(world.processes(session, ProcessScope.all).records)).to.deep.equal([process.pid]);
  });
});

describe('bad requests', () => {
  const world = new World();
  const session = world.session(process.pid, own, true);

  it('unknown groups are named', () => {
    expect(() => world.processes(session, ProcessScope.all, -1, 0x8000_0041)).to.throw(
      'EINVAL: unknown groups 0x80000040; known are 0x3f',
    );
  });

  it('a cursor that is not the next one', () => {
    expect(() => world.processes(session, ProcessScope.all, -1, 0, 77)).to.throw(
      'EINVAL: cursor 77 is not the next one',
    );
    expect(() => world.locks(session, 5)).to.throw('EINVAL: cursor 5 is not the next one');
  });

  it('numbers without sense are no process', () => {
    for (const pid of [-1, 0, 1, 0x7fff_ffff]) {
      expect(() => world.processes(session, ProcessScope.one, pid)).to.throw(`ESRCH: no process ${pid}`);
    }
  });

  it('a start beyond all descriptors is an empty list', () => {
    for (const start of [100_000, 0xffff_fffe, 0xffff_ffff]) {
      for (const details of [false, true]) {
        const reply = world.handlers.descriptorsList(
          { pid: process.pid, start, details, limit: 10 },
          session,
        );
        expect(reply.packed).to.have.length(0);
        expect(reply.next).to.equal(null);
      }
    }
  });
});

describe('pages', () => {
  it('of processes: each once, whatever the limit; a new list begins at 0', async () => {
    const world = new World();
    const session = world.session(process.pid, own, true);
    for (let i = 0; i < 5; i++) await sleeper(own);
    const whole = pidsOf(world.processes(session, ProcessScope.all).records);
    const pids: number[] = [];
    for (let cursor: number | null = 0; cursor !== null; ) {
      const reply = world.processes(session, ProcessScope.all, -1, 1, cursor, 2);
      pids.push(...pidsOf(reply.records));
      cursor = reply.next;
    }
    expect(whole).to.include.members(pids);
    expect(new Set(pids).size).to.equal(pids.length);
    expect(pids.length).to.be.at.least(6);
  });

  it('of 100,000 locks: each page costs what it tells, and lists of two sessions do not mix', () => {
    const world = new World();
    const [a, b] = [world.session(1, own), world.session(2, own)];
    const owner = world.owner(a, 1);
    for (let i = 0; i < 100_000; i++) world.lock(owner, 2 * i, 2 * i + 1);
    let cursor: number | null = 0;
    let slowest = 0;
    const starts: unknown[] = [];
    for (; cursor !== null; ) {
      const before = busyMilliseconds();
      const page: ReturnType<World['locks']> = world.locks(a, cursor);
      slowest = Math.max(slowest, busyMilliseconds() - before);
      starts.push(...page.rows.map(({ start }) => start));
      cursor = page.next;
      expect(world.locks(b, 0, 3).rows.map(({ start }) => start)).to.deep.equal([0, 2, 4]);
    }
    expect(starts).to.deep.equal(Array.from({ length: 100_000 }, (_, i) => 2 * i));
    expect(slowest).to.be.lessThan(200);
  });

  it('of the locks of 100,000 files that are not locked: a page ends in time, and the list goes on', () => {
    const world = new World();
    const session = world.session(1, own);
    for (let i = 0; i < 100_000; i++) world.core.openInode(`2:${i}`, () => {});
    const last = world.core.openInode('3:3', () => {});
    world.lock(world.owner(session, 1), 0, 1, false, last);
    world.tick = 0.5;
    const pages: number[] = [];
    for (let cursor: number | null = 0; cursor !== null; ) {
      const page: ReturnType<World['locks']> = world.locks(session, cursor);
      pages.push(page.rows.length);
      cursor = page.next;
    }
    expect(pages.length).to.be.within(30, 80);
    expect(pages.reduce((sum, rows) => sum + rows)).to.equal(1);
  });

  it('a reply never outgrows its frame', () => {
    const world = new World();
    const session = world.session(1, own);
    world.paths = 'ä'.repeat(2000);
    const command = '漢'.repeat(256);
    for (let i = 0; i < 600; i++) {
      const inode = world.core.openInode(`2:${i}`, () => {});
      const [holder, waiter] = [1, 2].map((pid) => world.core.createOwner({ pid, command, session }));
      world.lock(holder!, 0, 1, false, inode);
      expect(world.lock(waiter!, 0, 1, true, inode)).to.equal(PENDING);
      world.core.releaseOwner(holder!);
      expect(world.lock(world.core.createOwner({ pid: 3, command, session }), 0, 1, true, inode)).to.equal(
        PENDING,
      );
    }
    const sizeOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
    const limit = observedRowsMax;
    expect(sizeOf(world.locks(session).rows)).to.be.lessThan(frameBytesMax);
    expect(sizeOf(world.handlers.waitGraph({ cursor: 0, limit }, session).edges)).to.be.lessThan(
      frameBytesMax,
    );
    const { rows } = world.handlers.contentionList({ order: ContentionOrder.waits, limit }, session);
    expect(rows.length).to.be.greaterThan(3);
    expect(sizeOf(rows)).to.be.lessThan(frameBytesMax);
    let edges = 0;
    for (let cursor: number | null = 0; cursor !== null; ) {
      const page: ReturnType<World['handlers']['waitGraph']> = world.handlers.waitGraph(
        { cursor, limit },
        session,
      );
      edges += page.edges.length;
      cursor = page.next;
    }
    expect(edges).to.equal(600);
  });
});

describe('contention', () => {
  it('the order, what was forgotten, and what came back', () => {
    const world = new World();
    const session = world.session(1, own);
    const owners = [1, 2].map((pid) => world.owner(session, pid));
    const contend = (key: string, milliseconds: number) => {
      const inode = world.core.openInode(key, () => {});
      const [holder, waiter] = owners as [Owner, Owner];
      world.lock(holder, 0, 1, false, inode);
      world.lock(waiter, 0, 1, true, inode);
      world.now += milliseconds;
      for (const owner of [holder, waiter]) world.core.releaseInode(inode, owner, LockKind.record);
      world.core.closeInode(inode);
    };
    for (let i = 0; i < 3; i++) contend('5:1', 10);
    contend('5:2', 100);
    const quiet = world.core.openInode('5:3', () => {});
    world.lock(owners[0]!, 0, 1, false, quiet);
    const list = (order: ContentionOrder) =>
      world.handlers
        .contentionList({ order, limit: 10 }, session)
        .rows.map(({ file, waits, open }) => [file, waits, open]);
    expect(list(ContentionOrder.waited)).to.deep.equal([
      ['5:2', 1, false],
      ['5:1', 3, false],
      ['5:3', 0, true],
    ]);
    expect(list(ContentionOrder.waits)[0]).to.deep.equal(['5:1', 3, false]);
    const [row] = world.handlers.contentionList({ order: ContentionOrder.waits, limit: 1 }, session).rows;
    expect(row).to.deep.include({ acquisitions: 6, waited: 30, longest: 10, path: 'file 5:1' });
    expect(row!.causes).to.deep.equal([{ pid: 1, command: 'c1', waits: 3, waited: 30 }]);
    // The number is another file's now: it begins anew.
    world.paths = 'other';
    contend('5:1', 1);
    const again = world.handlers.contentionList({ order: ContentionOrder.waits, limit: 10 }, session).rows;
    expect(again.filter(({ file }) => file === '5:1').map(({ path, waits }) => [path, waits])).to.deep.equal([
      ['file 5:1', 3],
      ['other 5:1', 1],
    ]);
    expect(world.handlers.statistics({}, session)).to.include({ waits: 5, waited: 131, longest: 100 });
  });

  it('of 100,000 files, 1,000 of which were forgotten and came back', () => {
    const world = new World();
    const session = world.session(1, own);
    const [holder, waiter] = [1, 2].map((pid) => world.owner(session, pid)) as [Owner, Owner];
    const contend = (number: number, milliseconds: number) => {
      const inode = world.core.openInode(`5:${number}`, () => {});
      world.lock(holder, 0, 1, false, inode);
      world.lock(waiter, 0, 1, true, inode);
      world.now += milliseconds;
      for (const owner of [holder, waiter]) world.core.releaseInode(inode, owner, LockKind.record);
      return inode;
    };
    for (let i = 0; i < 1000; i++) world.core.closeInode(contend(i, i));
    for (let i = 0; i < 100_000; i++) contend(i, i % 1000);
    const milliseconds: number[] = [];
    const list = (order: ContentionOrder) => {
      const before = busyMilliseconds();
      const { rows } = world.handlers.contentionList({ order, limit: 3 }, session);
      milliseconds.push(busyMilliseconds() - before);
      return rows.map((row) => [row.file, row.waited, row.waits, row.acquisitions]);
    };
    for (let i = 0; i < 20; i++) {
      expect(list(ContentionOrder.waited)).to.deep.equal([
        ['5:999', 1998, 2, 4],
        ['5:998', 1996, 2, 4],
        ['5:997', 1994, 2, 4],
      ]);
      expect(list(ContentionOrder.longest).map(([, waited]) => waited)).to.deep.equal([1998, 999, 999]);
      expect(list(ContentionOrder.waits).map(([, , waits]) => waits)).to.deep.equal([2, 2, 2]);
    }
    // Under 2 ms on an idle machine; sorting all files took 300.
    expect(milliseconds.sort((a, b) => a - b)[30]).to.be.lessThan(30);
  });

  it('deadlocks are marked in the graph', () => {
    const world = new World();
    const session = world.session(1, own);
    const [a, b, c] = [1, 2, 3].map((pid) => world.owner(session, pid)) as [Owner, Owner, Owner];
    const flock = (owner: Owner, wait: boolean) => {
      const whole = { kind: LockKind.flock, type: LockType.write, start: 0, end: Infinity };
      const request = { inode: world.inode, owner, process: owner, ...whole };
      return world.core.lock(wait ? { ...request, settle: () => {} } : request);
    };
    flock(a, false);
    world.lock(b, 0, 1);
    flock(b, true);
    world.lock(a, 0, 1, true);
    world.lock(c, 0, 1, true);
    const { edges, deadlocks } = world.handlers.waitGraph({ cursor: 0, limit: 10 }, session);
    expect(edges.map(({ waiter, holder, deadlocked }) => [waiter.pid, holder.pid, deadlocked])).to.deep.equal(
      [
        [2, 1, true],
        [1, 2, true],
        [3, 1, false],
      ],
    );
    expect(deadlocks.map((cycle) => cycle.map(({ pid }) => pid).sort())).to.deep.equal([[1, 2]]);
  });
});
