/** What `leader stress` says, and its exit status. */
import { mkdirSync, rmSync } from 'node:fs';
import { assert, expect } from 'chai';
import { leaderPath, scene, until } from '../programs/support.js';
import { measure, startStress, stress } from './support.js';

const number = 'number';
const sideSchema = {
  rounds: number,
  seconds: number,
  operations: number,
  locks: number,
  locksPerSecond: number,
  refused: number,
  waitMicroseconds: { p50: number, p95: number, p99: number, max: number, mean: number },
  fairness: number,
  locksOfProcesses: [number],
  signals: number,
  interrupted: { waits: number, others: number, despiteRestart: number },
  kills: number,
  violations: number,
  firstViolations: [],
  leftBehind: [],
  failures: [],
  digest: 'string',
};
const schema = {
  version: number,
  settings: {
    processes: number,
    members: number,
    files: number,
    kinds: ['string'],
    ranges: number,
    span: number,
    read: number,
    try: number,
    close: number,
    signals: number,
    restart: 'string',
    kill: number,
    seconds: number,
    rounds: number,
    holdMicroseconds: number,
    thinkMicroseconds: number,
    seed: number,
    patienceSeconds: number,
    operations: number,
    socket: 'null',
    directory: 'null',
  },
  interrupted: 'boolean',
  sound: 'boolean',
  kernel: sideSchema,
  sward: sideSchema,
};

/** The shape of a value: names of types; of a list, the shape of its first element. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shapeOf(each)]));
}

describe('stress: reports', () => {
  scene('--json has its schema', async (stage) => {
    const { report } = await measure(stage, '--operations 20');
    assert.deepEqual(shapeOf(report), schema);
    assert.equal(report.version, 1);
    assert.deepInclude(report.settings, {
      processes: 4,
      members: 2,
      seed: 1,
      operations: 20,
      restart: 'mixed',
    });
    const { p50, p95, p99, max } = report.sward!.waitMicroseconds;
    assert.isTrue(p50 <= p95 && p95 <= p99 && p99 <= max, JSON.stringify(report));
  });

  scene('the table fits 80 columns', async (stage) => {
    const { status, stdout } = await stress(
      stage,
      '--seconds 0.4 --kill 20 --signals 50 --try 10 --close 10',
    );
    assert.equal(status, 0);
    for (const title of ['locks a second', 'wait, 99 %', 'fairness', 'killed', 'left behind']) {
      assert.include(stdout, title);
    }
    assert.isEmpty(stdout.split('\n').filter((line) => line.length > 80));
  });

  scene('the same seed gives the same operations, another seed others', async (stage) => {
    const digest = async (seed: number): Promise<string | null> =>
      (await measure(stage, `--no-kernel --operations 30 --rounds 2 --seed ${seed}`)).report.sward!.digest;
    const first = await digest(5);
    assert.equal(await digest(5), first);
    assert.notEqual(await digest(6), first);
  });

  scene('a terminal is told every second how far it is', async (stage) => {
    const command = `${leaderPath} stress --processes 2 --seconds 4.5 --rounds 1 --no-kernel`;
    const { status, stdout } = await stage.run(['script', '-qec', command, '/dev/null']);
    assert.equal(status, 0);
    const lines = stdout.match(/round 1 of 1, sward: \d s, [\d,]+ locks\/s, 0 violations/g);
    expect(lines).length.greaterThan(1);
  });

  scene('SIGINT ends it early, and what was measured is printed', async (stage) => {
    const run = startStress(stage, '--seconds 60 --no-kernel --json --files 1');
    // The group's workers have started when it has children.
    await until(
      () => stage.processes().filter(({ command }) => /sward-stress group/.test(command)).length >= 6,
      () => 'no workers',
    );
    run.child.kill('SIGINT');
    const { status, stdout } = await run.result;
    assert.equal(status, 0);
    assert.deepInclude(JSON.parse(stdout), { interrupted: true, sound: true, kernel: null });
  });

  scene('a leader that is given is tested, and left alone', async (stage) => {
    await stage.startLeader();
    mkdirSync(stage.path('files'));
    const { status, report } = await measure(
      stage,
      `--operations 50 --socket ${stage.socket} --directory ${stage.path('files')}`,
    );
    assert.equal(status, 0);
    assert.equal(report.settings.socket, stage.socket);
    const { stdout } = await stage.run([leaderPath, 'locks', '--json', '--socket', stage.socket]);
    assert.deepEqual(JSON.parse(stdout), []);
    const counters = await stage.run([leaderPath, 'status', '--json', '--socket', stage.socket]);
    expect((JSON.parse(counters.stdout) as { calls: number }).calls).greaterThan(2 * 4 * 50);
    rmSync(stage.path('files'), { recursive: true });
  });

  scene('a leader of other files cannot be tested with these', async (stage) => {
    mkdirSync(stage.path('own'));
    const socket = stage.path('other.sock');
    const leader = stage.start([leaderPath, '--socket', socket, '--locks', stage.path('own')]);
    await leader.said(/ready/, 'stderr');
    const refused = await stress(stage, `--operations 5 --socket ${socket}`);
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /does not coordinate .*: use --directory/);
    const done = await stress(stage, `--operations 5 --socket ${socket} --directory ${stage.path('own')}`);
    assert.equal(done.status, 0);
    leader.child.kill('SIGTERM');
    await leader.result;
  });

  const wrong: Record<string, [options: string, status: number]> = {
    'an unknown kind': ['--kinds posix', 2],
    'a time without a unit': ['--hold 5', 2],
    'more members than processes': ['--members 5', 2],
    'no processes': ['--processes 0', 2],
    'a share above 100 %': ['--read 101', 2],
    'a directory that is none': ['--directory /nowhere', 2],
    'an argument too many': ['now', 2],
    'no leader at the socket': ['--socket /nowhere/socket', 3],
  };
  for (const [name, [options, status]] of Object.entries(wrong)) {
    scene(`${name}: exit status ${status}`, async (stage) => {
      const result = await stress(stage, options);
      assert.equal(result.status, status, result.stderr);
      assert.match(result.stderr, /^leader: .+\n$/);
      assert.equal(result.stdout, '');
    });
  }
});
