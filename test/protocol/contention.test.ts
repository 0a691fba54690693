/** Two clients want the same bytes: who gets them when, whatever the order of unlock, cancel and death. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { expect } from 'chai';
import { LockKind, LockType } from '../../src/shared/lock-types.js';
import { OwnerKind } from '../../src/shared/messages.js';
import { processOpen } from '../../src/shared/native/workload.js';
import { LeaderProcess, Locker } from './leader-process.js';

describe('two clients of a leader', () => {
  const leader = new LeaderProcess();
  let a: Locker;
  let b: Locker;

  before(() => leader.start());
  after(async () => expect(await leader.stop()).to.equal(0));
  beforeEach(() => {
    a = leader.connect('a');
    b = leader.connect('b');
  });
  afterEach(() => {
    const watcher = leader.connect('watcher');
    a.close();
    b.close();
    leader.connected(watcher, 1);
    expect(watcher.locks(), 'nothing is left behind').to.deep.equal([]);
    watcher.close();
  });

  it('the second is refused while the first holds the bytes', () => {
    expect(a.tryLock({ start: 0, end: 10 })).to.equal('granted');
    expect(b.tryLock({ start: 9, end: 20 })).to.equal('EAGAIN');
    expect(b.tryLock({ start: 10, end: 20 })).to.equal('granted');
    a.unlock({ start: 5 });
    expect(b.tryLock({ start: 5, end: 10 })).to.equal('granted');
  });

  it('offsets beyond 2^53 stay exact', () => {
    const edge = 2n ** 62n;
    expect(a.tryLock({ start: edge, end: edge + 1n })).to.equal('granted');
    expect(b.tryLock({ start: edge + 1n, end: edge + 2n })).to.equal('granted');
    expect(b.tryLock({ start: 2n ** 53n, end: edge })).to.equal('granted');
    const want = {
      file: 1,
      owner: 1,
      kind: LockKind.record,
      type: LockType.read,
      start: edge,
      end: Infinity,
    };
    const { conflict } = b.call('lockGet', want);
    expect(conflict).to.deep.equal({ type: LockType.write, start: edge, end: edge + 1n, pid: process.pid });
  });

  it('a waiting call is granted by the unlock', () => {
    a.tryLock();
    const id = b.beginWait();
    expect(a.locks()).to.deep.equal(['a 0-Infinity', 'b 0-Infinity waits']);
    a.postUnlock();
    expect(b.endOf(id)).to.equal('granted');
    expect(a.tryLock()).to.equal('EAGAIN');
  });

  it('cancel before grant: EINTR, and the lock goes to nobody', () => {
    a.tryLock();
    const id = b.beginWait();
    b.cancel(id);
    expect(b.endOf(id)).to.equal('EINTR');
    a.unlock();
    expect(b.locks()).to.deep.equal([]);
  });

  it('grant before cancel: granted, and exactly one DONE', () => {
    a.tryLock();
    const id = b.beginWait();
    a.unlock();
    b.cancel(id);
    expect(b.endOf(id)).to.equal('granted');
    expect(b.locks(), 'the next frame is this reply').to.deep.equal(['b 0-Infinity']);
  });

  it('cancel of an unknown id: ignored', () => {
    b.cancel(77);
    expect(b.tryLock()).to.equal('granted');
  });

  it('owner closed while waiting: EINTR', () => {
    a.tryLock();
    const id = b.beginWait();
    b.writer.request('ownerClose', 5, { owner: 1 });
    b.flush();
    expect(b.endOf(id)).to.equal('EINTR');
    expect(b.endOf(5)).to.equal('granted');
  });

  it('connection closed while waiting: the next waiter is served', () => {
    const c = leader.connect('c');
    a.tryLock();
    const first = b.beginWait();
    const second = c.beginWait();
    b.close();
    a.unlock();
    expect(c.endOf(second)).to.equal('granted');
    c.close();
    b = leader.connect('b');
    expect(first).to.be.a('number');
  });

  it('client killed while holding: its waiter moves on', async () => {
    const code = `import('${new URL('./leader-process.js', import.meta.url)}').then(({ Locker }) => {
      const locker = new Locker(...process.argv.slice(1)); console.log(locker.tryLock()); setInterval(() => {}, 1e6);
    });`;
    const child = spawn(process.execPath, ['-e', code, leader.socket, 'victim', leader.file]);
    await once(child.stdout, 'data');
    const id = a.beginWait();
    child.kill('SIGKILL');
    expect(a.endOf(id)).to.equal('granted');
  });

  it('process ended while holding: found out before another is refused', async () => {
    const child = spawn('sleep', ['1000']);
    const pidfd = processOpen(child.pid!);
    const holder = new Locker(leader.socket, 'holder', leader.file, pidfd);
    closeSync(pidfd);
    expect(holder.tryLock()).to.equal('granted');
    expect(a.tryLock()).to.equal('EAGAIN');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(a.tryLock()).to.equal('granted');
    holder.close();
  });

  it('EDEADLK for a cycle of two processes', () => {
    a.tryLock({ start: 0, end: 1 });
    b.tryLock({ start: 1, end: 2 });
    const id = a.beginWait({ start: 1, end: 2 });
    b.writer.request('lockSet', 9, b.lockRequest({ start: 0, end: 1 }, true));
    b.flush();
    expect(b.endOf(9)).to.equal('EDEADLK');
    b.unlock();
    expect(a.endOf(id)).to.equal('granted');
  });

  it('a description as owner: found by inode, released as a whole', () => {
    a.call('ownerOpen', {
      owner: 2,
      pid: 1,
      command: 'a',
      kind: OwnerKind.description,
      hasPidfd: false,
      copy: null,
    });
    const lock = {
      file: 1,
      owner: 2,
      process: 1,
      kind: LockKind.ofd,
      type: LockType.write,
      start: 3,
      end: 9,
    };
    a.call('lockSet', { ...lock, wait: false });
    a.call('ownerDescribe', { owner: 1, pid: 4, command: 'described' });
    expect(b.locks()).to.deep.equal(['described 3-9']);
    expect(b.tryLock()).to.equal('EAGAIN');
    expect(a.call('lockGet', { ...lock, type: 2, start: 0 }).conflict).to.include({
      start: 3,
      end: 9,
      pid: -1,
    });
    a.post('ownerClose', { owner: 2 });
    expect(b.tryLock()).to.equal('granted');
  });

  it('locks of a description pass to another process; handles that are gone, or of the wrong sort', () => {
    const open = (owner: number, command: string, kind: OwnerKind) =>
      a.call('ownerOpen', { owner, pid: owner, command, kind, hasPidfd: false, copy: null });
    open(2, 'description', OwnerKind.description);
    open(3, 'taker', OwnerKind.process);
    open(4, 'heir', OwnerKind.process);
    const lock = { file: 1, owner: 2, process: 3, kind: LockKind.flock, type: LockType.write };
    a.call('lockSet', { ...lock, start: 0, end: Infinity, wait: false });
    const pass = (owner: number, from: number | null, process: number) =>
      a.call('ownerPass', { owner, from, process });
    for (const [owner, from, process] of [
      [2, 1, 4],
      [2, null, 4],
      [9, null, 4],
      [2, 9, 4],
      [2, 3, 9],
    ] as const) {
      pass(owner, from, process);
    }
    expect(b.locks()).to.deep.equal(['taker 0-Infinity']);
    expect(() => pass(2, 3, 2)).to.throw('EINVAL');
    expect(() => pass(1, null, 4)).to.throw('EINVAL');
    pass(2, 3, 4);
    expect(b.locks()).to.deep.equal(['heir 0-Infinity']);
    a.call('ownerClose', { owner: 4 });
    pass(2, null, 1);
    expect(b.locks()).to.deep.equal(['a 0-Infinity']);
  });

  it('unlock without reply, then asked by another: never refused (10,000 rounds)', () => {
    expect(a.tryLock()).to.equal('granted');
    for (let round = 0; round < 10_000; round++) {
      const [holder, other] = round % 2 === 0 ? [a, b] : [b, a];
      holder.postUnlock();
      if (other.tryLock() !== 'granted') expect.fail(`refused in round ${round}`);
    }
  });

  it('an unlock behind unanswered requests overtakes them', () => {
    for (let round = 0; round < 200; round++) {
      expect(a.tryLock({ start: 0, end: 10 })).to.equal('granted');
      for (let id = 1; id <= 50; id++) {
        a.writer.request('lockSet', id, a.lockRequest({ start: 100, end: 101 }, false));
      }
      a.writer.request('lockUnset', 51, { file: 1, owner: 1, kind: LockKind.record, start: 0, end: 10 });
      a.flush();
      expect(b.tryLock({ start: 0, end: 10 })).to.equal('granted');
      const ends = new Set<unknown>();
      while (ends.size < 51) ends.add(a.receive()[1]);
      b.unlock();
    }
  });
});
