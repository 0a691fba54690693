/** The client for Node programs: `import { connect } from 'sward'`. */
import { closeSync, openSync } from 'node:fs';
import { expect } from 'chai';
import { connect, type Leader } from '../../src/shared/client.js';
import { LeaderProcess } from './leader-process.js';

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error) => error.code ?? error.name,
  );

/** Waits until the leader knows of a waiting call. */
async function untilWaiting(leader: Leader): Promise<void> {
  while ((await leader.request('status', {}).wait()).waiting === 0);
}

describe('the client library', () => {
  const leader = new LeaderProcess();
  let a: Leader;
  let b: Leader;

  before(() => leader.start());
  after(() => leader.stop());
  beforeEach(async () => {
    [a, b] = await Promise.all([connect(leader.socket), connect(leader.socket)]);
  });
  afterEach(() => {
    a.close();
    b.close();
  });

  it('locks, refuses, queries, releases', async () => {
    const lock = await a.lock(leader.file, { start: 10, length: 5 });
    expect(await codeOf(b.lock(leader.file, { wait: false }))).to.equal('EAGAIN');
    expect(await b.query(leader.file)).to.deep.equal({ type: 1, start: 10, end: 15, pid: -1 });
    expect(await b.query(leader.file, { start: 15 })).to.equal(undefined);
    await lock.release();
    await lock.release();
    await (await b.lock(leader.file, { wait: false })).release();
    expect((await a.request('status', {}).wait()).files).to.equal(0);
  });

  it('takes a descriptor, and locks of all kinds', async () => {
    const fd = openSync(leader.file, 'r+');
    for (const kind of ['ofd', 'record', 'flock'] as const) {
      const lock = await a.lock(fd, { kind, type: 'read' });
      expect(await codeOf(b.lock(fd, { kind, wait: false }))).to.equal('EAGAIN');
      await (await b.lock(fd, { kind, type: 'read', wait: false })).release();
      await lock.release();
    }
    closeSync(fd);
  });

  it('waits until the lock is released', async () => {
    const lock = await a.lock(leader.file);
    let granted = false;
    const waiting = b.lock(leader.file).then((mine) => {
      granted = true;
      return mine;
    });
    await untilWaiting(a);
    expect(granted).to.equal(false);
    await lock.release();
    await (await waiting).release();
  });

  it('abort before grant: AbortError, nothing is left behind', async () => {
    const lock = await a.lock(leader.file);
    const controller = new AbortController();
    const waiting = codeOf(b.lock(leader.file, { signal: controller.signal }));
    await untilWaiting(a);
    controller.abort();
    expect(await waiting).to.equal('AbortError');
    await lock.release();
    const { owners, waiting: left } = await a.request('status', {}).wait();
    expect({ owners, left }).to.deep.equal({ owners: 2, left: 0 });
  });

  it('grant before abort: the lock is held', async () => {
    const controller = new AbortController();
    const lock = await b.lock(leader.file, { signal: controller.signal });
    controller.abort();
    expect(await codeOf(a.lock(leader.file, { wait: false }))).to.equal('EAGAIN');
    await lock.release();
  });

  it('aborted from the start: AbortError', async () => {
    const lock = await a.lock(leader.file);
    expect(await codeOf(b.lock(leader.file, { signal: AbortSignal.abort() }))).to.equal('AbortError');
    await lock.release();
  });

  it('a file that does not exist: ENOENT', async () => {
    expect(await codeOf(a.lock('/nope/nothing'))).to.equal('ENOENT');
  });

  it('a thousand locks at once', async () => {
    const locks = await Promise.all(
      Array.from({ length: 1000 }, (_, i) => a.lock(leader.file, { start: i, length: 1, wait: false })),
    );
    await Promise.all(locks.map((lock) => lock.release()));
    expect((await a.request('status', {}).wait()).owners).to.equal(2);
  });

  it('the loss of the connection rejects what is pending', async () => {
    const lock = await a.lock(leader.file);
    const waiting = codeOf(b.lock(leader.file));
    await untilWaiting(a);
    b.close();
    expect(await waiting).to.equal('ECONNRESET');
    expect(await codeOf(b.lock(leader.file))).to.equal('ECONNRESET');
    await lock.release();
  });

  it('no leader: ENOENT', async () => {
    expect(await codeOf(connect('/nope.sock'))).to.equal('ENOENT');
  });
});
