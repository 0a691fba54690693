/** What the page is told of a world: order, parts, bounds, clean texts; also of a very large one. */
import { expect } from 'chai';
import { shownProcesses } from '../../src/http/members.js';
import { project } from '../../src/http/project.js';
import { ProcessTree } from '../../src/http/tree.js';
import { type Choice, firstChoice } from '../../src/http/view.js';
import type { Lock, MemberFacts, ProcessDetails, ProcessFacts, Wait, World } from '../../src/http/world.js';
import { LockKind, LockType } from '../../src/shared/lock-types.js';

const lock = (path: string, pid: number, more: Partial<Lock> = {}): Lock => ({
  path,
  pid,
  command: `program ${pid}`,
  kind: LockKind.flock,
  type: LockType.write,
  start: 0,
  end: Infinity,
  waiting: false,
  age: 10,
  ...more,
});

const wait = (waiter: number, holder: number, more: Partial<Wait> = {}): Wait => ({
  waiter: { pid: waiter, command: 'waiter' },
  holder: { pid: holder, command: 'holder' },
  path: '/f',
  kind: LockKind.flock,
  type: LockType.write,
  start: 0,
  end: Infinity,
  queued: false,
  deadlocked: false,
  age: 10,
  ...more,
});

const member = (session: number, pid: number): MemberFacts => ({
  session,
  pid,
  name: `member ${pid}`,
  wraps: true,
  age: 1,
  calls: 1,
  held: 0,
  waiting: 0,
  acquisitions: 0,
});

type Process = ProcessFacts & ProcessDetails;

const process = (pid: number, ppid: number, more: Partial<Process> = {}): Process => ({
  pid,
  ppid,
  keeper: false,
  command: `program ${pid}`,
  state: 'S',
  rss: 0,
  held: 0,
  waiting: 0,
  waitingFor: 0,
  ...more,
});

const running = (processes: readonly Process[]): Pick<World, 'processes' | 'details'> => ({
  processes: new ProcessTree(processes),
  details: new Map(processes.map((each) => [each.pid, each])),
});

const world = (more: Partial<World> = {}): World => ({
  status: {
    epoch: 1,
    pid: 1,
    uptime: 1,
    sessions: 1,
    calls: 1,
    waiting: 0,
    files: 0,
    owners: 0,
    deadlocks: [],
  },
  totals: {
    acquisitions: 0,
    refusals: 0,
    waits: 0,
    abandoned: 0,
    waited: 0,
    longest: 0,
    deadlocks: 0,
    histogram: [],
    rss: 0,
  },
  longestWait: 0,
  held: 0,
  members: [],
  locks: [],
  locksCut: false,
  whole: new Set(),
  waits: [],
  deadlocks: [],
  history: [],
  ...running([]),
  mounts: [],
  ...more,
});

const show = (of: World, chosen: Partial<Choice> = {}) =>
  project(of, { ...firstChoice, ...chosen }, [], 0, '');

describe('what the page is told', () => {
  it('files with deadlocks first, then those that are waited for', () => {
    const stuck = { pid: 9, command: 'stuck' };
    const { files, deadlocks } = show(
      world({
        locks: [
          lock('/quiet', 1),
          lock('/busy', 2),
          lock('/busy', 3, { waiting: true }),
          lock('/busy', 4, { waiting: true }),
          lock('/stuck', 5),
          lock('/stuck', 9, { waiting: true }),
        ],
        deadlocks: [[stuck, { pid: 5, command: 'other' }]],
      }),
    );
    expect(files.rows.map(({ path, held, waiting }) => `${path} ${held} ${waiting}`)).to.deep.equal([
      '/stuck 1 1',
      '/busy 1 2',
      '/quiet 1 0',
    ]);
    expect(files.rows[0]!.locks.rows.map(({ deadlocked }) => deadlocked)).to.deep.equal([false, true]);
    expect(deadlocks).to.have.length(1);
  });

  it('names are without control characters and turns of direction', () => {
    const bad = 'a\u001b[31m\n\u202eb\u2066c<script>';
    const { files, members, waits, graph } = show(
      world({
        locks: [lock(bad, 1, { command: bad })],
        members: [{ ...member(1, 7), name: bad }],
        ...running([process(8, 7, { command: bad })]),
        waits: [wait(1, 2, { path: bad, waiter: { pid: 1, command: bad } })],
      }),
    );
    const clean = 'a\ufffd[31m\ufffd\ufffdb\ufffdc<script>';
    expect(files.rows[0]!.path).to.equal(clean);
    expect(files.rows[0]!.locks.rows[0]!.command).to.equal(clean);
    expect(files.rows[0]!.picture.bars[0]!.label).to.equal(`1 ${clean}`);
    expect(members.rows[0]!.name).to.equal(clean);
    expect(members.rows[0]!.processes.rows[0]!.command).to.equal(clean);
    expect(waits.rows[0]!.path).to.equal(clean);
    expect(graph.nodes.find(({ pid }) => pid === 1)!.command).to.equal(clean);
  });

  it('processes stand below their parents; the keeper is left out', () => {
    const { members } = show(
      world({
        members: [member(1, 10)],
        ...running([
          process(11, 10, { keeper: true }),
          process(12, 11),
          process(14, 12),
          process(13, 11),
          // Numbers used again in between: no way round for ever.
          process(10, 14),
        ]),
      }),
    );
    const rows = members.rows[0]!.processes.rows;
    expect(rows.map(({ pid, depth }) => [pid, depth])).to.deep.equal([
      [12, 0],
      [14, 1],
      [13, 0],
    ]);
  });

  it('of many processes those that wait or hold locks, as they stand in the tree; all of the chosen member', () => {
    const processes = Array.from({ length: 100 }, (_, n) =>
      process(n + 100, n < 50 ? 10 : 100, { held: Number(n === 90), waiting: Number(n % 20 === 19) }),
    );
    const of = world({ members: [member(1, 10)], ...running(processes) });
    const shown = show(of).members.rows[0]!.processes;
    expect(shown.total).to.equal(100);
    expect(shown.rows.map(({ pid }) => pid)).to.deep.equal([100, 150, 159, 179, 190, 199, 119, 139]);
    const all = show(of, { member: 1, processes: 50 }).members.rows[0]!.processes;
    expect([all.from, all.rows.length, all.rows[0]!.pid]).to.deep.equal([50, 50, 199]);
    // 100 has ended since it was listed.
    const without = new Map([...of.details].filter(([pid]) => pid !== 100));
    const left = show({ ...of, details: without }).members.rows[0]!.processes;
    expect(left.rows.map(({ pid }) => pid)).to.deep.equal([150, 159, 179, 190, 199, 119, 139]);
    expect(shownProcesses(of, { ...firstChoice, member: 1, processes: 50 })).to.deep.equal(
      all.rows.map(({ pid }) => pid),
    );
  });

  it('finds files and members by a part of their names', () => {
    const of = world({ locks: [lock('/one', 1), lock('/two', 2)], members: [member(1, 10), member(2, 20)] });
    expect(show(of, { find: 'tw' }).files.rows.map(({ path }) => path)).to.deep.equal(['/two']);
    expect(show(of, { find: 'r 20' }).members.rows.map(({ pid }) => pid)).to.deep.equal([20]);
  });

  it('a page behind the end is the last one', () => {
    const of = world({ locks: Array.from({ length: 20 }, (_, n) => lock(`/f${n + 10}`, n)) });
    const { files } = show(of, { files: 400 });
    expect([files.from, files.rows.length, files.total]).to.deep.equal([16, 4, 20]);
  });

  it('the graph keeps deadlocks and those whom most wait for', () => {
    const crowd = Array.from({ length: 100 }, (_, n) => wait(1000 + n, 1));
    const stuck = [wait(7, 8, { deadlocked: true }), wait(8, 7, { deadlocked: true })];
    const { graph, waits } = show(world({ waits: [...crowd, ...stuck] }));
    expect(graph.nodes.slice(0, 3).map(({ pid, deadlocked }) => [pid, deadlocked])).to.deep.equal([
      [7, true],
      [8, true],
      [1, false],
    ]);
    expect(graph.nodes.length + graph.more).to.equal(103);
    expect(waits.rows[0]!.deadlocked).to.equal(true);
    expect([waits.rows.length, waits.total]).to.deep.equal([20, 102]);
  });

  it('10,000 processes and 100,000 locks: little is sent, and soon', () => {
    const members = Array.from({ length: 100 }, (_, n) => member(n + 1, 100_000 + n));
    const processes = Array.from({ length: 10_000 }, (_, n) => process(n + 1, 100_000 + (n % 100)));
    const locks = Array.from({ length: 100_000 }, (_, n) =>
      lock(`/file${n % 1000}`, n % 10_000, {
        kind: LockKind.record,
        start: n,
        end: n + 1,
        waiting: n % 50 === 0,
      }),
    );
    const waits = Array.from({ length: 2_000 }, (_, n) => wait(n, n % 7));
    const began = performance.now();
    const view = show(world({ members, ...running(processes), locks, waits, held: 98_000 }));
    const took = performance.now() - began;
    expect(view.totals).to.include({ members: 100, processes: 10_000, files: 1000, held: 98_000 });
    expect(JSON.stringify(view).length).to.be.below(100_000);
    expect(took).to.be.below(2_000);
  });
});
