/**
 * The live page where there is much: it summarises, says so, and asks for little. Smaller than the benchmark `scale`,
 * which has 10,000 processes and 100,000 locks.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { View } from '../../src/http/view.js';
import { kill, python, scene, until } from '../programs/support.js';
import { Locker } from '../protocol/leader-process.js';
import { ask, LeaderWithPage } from './pages.js';

describe('the live page where there is much', () => {
  const leader = new LeaderWithPage();

  before(() => leader.start());
  after(() => leader.stop());

  it('of 9,400 locks, the contended file in full, the first of others, all counted', async () => {
    const lockers = Array.from({ length: 30 }, (_, n) => {
      const file = join(leader.directory, `file-${n}`);
      writeFileSync(file, '');
      const locker = new Locker(leader.socket, `locker ${n}`, file);
      for (let at = 0; at < 300; at++) locker.tryLock({ start: 2 * at, end: 2 * at + 1 });
      return locker;
    });
    const [holder, waiter] = [leader.connect('holder'), leader.connect('waiter')];
    for (let at = 0; at < 400; at++) holder.tryLock({ start: 2 * at, end: 2 * at + 1 });
    waiter.beginWait({ start: 798, end: 799 });
    const client = leader.connect('counts');
    const callsOf = () =>
      client.call('sessionsList', { cursor: 0, limit: 500 }).rows.find(({ name }) => name === 'live page')!
        .calls;
    const before = callsOf();

    const { totals, files } = await leader.view();
    // Lists in pages of 500 would take 19 calls, and 6 kB of JSON for each file that is shown is enough.
    expect(callsOf() - before).to.be.below(60);
    expect(totals).to.include({ held: 9_400, waiting: 1, filesPartial: true });
    expect(totals.files).to.be.within(16, 24);
    expect(files.rows).to.have.length(8);
    const [first, ...others] = files.rows;
    expect(first).to.include({ path: leader.file, held: 400, waiting: 1, partial: false });
    for (const { path, held, partial, picture, locks } of others) {
      expect(path).to.match(/\/file-\d+$/);
      expect(held).to.be.within(30, 200);
      expect(partial).to.equal(true);
      expect(picture.bars.length).to.be.at.most(60);
      expect(locks.rows).to.have.length(6);
    }
    expect(JSON.stringify(files).length).to.be.below(50_000);

    const { path } = others[0]!;
    const chosen = await until(
      async () => {
        const view = await leader.view(`?file=${encodeURIComponent(path)}&locks=250`);
        const file = view.files.rows.find((each) => each.path === path);
        return file?.held === 300 ? file : undefined;
      },
      () => 'all locks of the chosen file',
    );
    expect(chosen.partial).to.equal(false);
    expect([chosen.locks.from, chosen.locks.rows.length, chosen.locks.total]).to.deep.equal([250, 50, 300]);

    for (const locker of lockers.slice(0, 20)) locker.close();
    const all = await until(
      async () => {
        const view = await leader.view();
        return view.totals.held === 3_400 ? view : undefined;
      },
      () => 'the locks to go',
    );
    expect(all.totals).to.include({ files: 11, filesPartial: false });
    expect(all.files.rows.slice(1).map(({ held, partial }) => [held, partial])).to.deep.equal(
      Array.from({ length: 7 }, () => [300, false]),
    );
    for (const locker of [...lockers.slice(20), holder, waiter, client]) locker.close();
  });

  scene('of 500 processes those that have to do with locks; the others in pages', async (stage) => {
    const run = await stage.startLeader('--http', '127.0.0.1:0');
    const url = (await run.said(/^live page on (\S+)$/m, 'stderr'))[1]!;
    const member = stage.member([
      python,
      '-S',
      '-c',
      `
import fcntl, os, signal, sys
file = open(sys.argv[1], 'w')
for n in range(500):
    if os.fork() == 0: signal.pause()
fcntl.lockf(file, fcntl.LOCK_EX, 1)
if os.fork() == 0:
    fcntl.lockf(file, fcntl.LOCK_EX, 1, 8)
    print('locked', flush=True)
    fcntl.lockf(file, fcntl.LOCK_EX, 1)
signal.pause()`,
      stage.path('file'),
    ]);
    await member.said(/locked/);
    const view = async (query = ''): Promise<View> =>
      JSON.parse((await ask(`${url}api/view${query}`)).body) as View;
    const { rows, total } = await until(
      async () => {
        const { processes } = (await view()).members.rows[0]!;
        return processes.rows.some(({ waiting }) => waiting > 0) ? processes : undefined;
      },
      () => 'the wait',
    );
    expect([rows.length, total]).to.deep.equal([8, 502]);
    expect(
      rows
        .map(({ held, waiting, depth }) => [held, waiting, depth])
        .sort()
        .reverse()
        .slice(0, 3),
    ).to.deep.equal([
      [1, 1, 1],
      [1, 0, 0],
      [0, 0, 1],
    ]);
    for (const { command, rss } of rows) {
      // A program of several lines is told as one, and in the end cut.
      expect(command).to.match(/python\S* -S -c import fcntl, os, signal, sys file = .*…$/);
      expect(rss).to.be.above(100_000);
    }
    const { session } = (await view()).members.rows[0]!;
    const last = (await view(`?member=${session}&processes=500`)).members.rows[0]!.processes;
    expect([last.from, last.rows.length, last.total]).to.deep.equal([500, 2, 502]);
    for (const { command } of last.rows) expect(command).to.match(/python/);
    for (const { pid } of stage.processes()) if (pid !== run.pid) kill(pid, 'SIGKILL');
  });
});
