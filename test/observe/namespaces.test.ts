/** Members in other pid namespaces: what the leader tells of them are the numbers that it sees. */
import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { connect } from '../../src/shared/client.js';
import {
  kill,
  leaderPath,
  leaderScript,
  memberPath,
  type Program,
  readProc,
  type Scene,
  scene,
  until,
} from '../programs/support.js';
import { unless } from '../run/skips.js';
import { inNamespace, noNamespaces, numbersOf, processWith } from './pid-namespaces.js';

interface Row {
  readonly pid: number;
  readonly command: string;
  readonly waiting: boolean;
}

async function ask(stage: Scene, ...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await stage.run([leaderPath, ...words, '--socket', stage.socket]);
  expect([status, stderr]).to.deep.equal([0, '']);
  return stdout;
}
const asked = async <T>(stage: Scene, ...words: string[]): Promise<T> =>
  JSON.parse(await ask(stage, ...words, '--json')) as T;

/** A member in a pid namespace of its own. */
const apart = (stage: Scene, command: readonly string[]): Program =>
  stage.start([...inNamespace!, memberPath, '--socket', stage.socket, '--', ...command]);

/** Once so many wait. */
const waiting = (stage: Scene, count: number): Promise<Row[]> =>
  until(
    async () => {
      const rows = await asked<Row[]>(stage, 'locks');
      return rows.filter((row) => row.waiting).length === count ? rows : undefined;
    },
    () => `${count} waits`,
  );

unless(noNamespaces).describe('members in another pid namespace', () => {
  scene('ps, fds, locks, top and status name the pids that the leader sees', async (stage) => {
    const file = stage.path('f');
    writeFileSync(file, '');
    await stage.startLeader();
    const holder = apart(stage, ['flock', file, 'sh', '-c', 'echo held; read line']);
    await holder.said(/held/);
    // In a namespace of its own too: the same numbers there as the holder's.
    const waiter = apart(stage, ['flock', file, 'true']);
    const rows = await waiting(stage, 1);
    const holds = await processWith(stage, `flock ${file} sh -c echo held; read line`);
    const waits = await processWith(stage, `flock ${file} true`);
    expect(numbersOf(holds)).to.have.length(2);
    expect(numbersOf(waits)[1]).to.equal(numbersOf(holds)[1]);

    expect(rows.map((row) => [row.pid, row.waiting])).to.deep.equal([
      [holds, false],
      [waits, true],
    ]);
    const processes = await asked<{ pid: number; locks: { held: number; waiting: number } }[]>(
      stage,
      'ps',
      '--show',
      'locks',
    );
    const standing = (pid: number) => processes.find((process) => process.pid === pid)!.locks;
    expect(standing(holds)).to.include({ held: 1, waiting: 0 });
    expect(standing(waits)).to.include({ held: 0, waiting: 1 });
    for (const [pid, isWaiting] of [
      [holds, false],
      [waits, true],
    ] as const) {
      const descriptors = await asked<{ target: string; locks: { waiting: boolean }[] }[]>(
        stage,
        'fds',
        String(pid),
      );
      const its = descriptors.find(({ target }) => target === file)!;
      expect(its.locks.map((lock) => lock.waiting)).to.deep.equal([isWaiting]);
    }
    expect(await ask(stage, 'top')).to.match(new RegExp(`${waits} flock .*${holds} flock`));

    holder.write('\n');
    expect((await holder.result).status).to.equal(0);
    expect((await waiter.result).status).to.equal(0);
    const { contention } = await asked<{
      contention: { longestWaiter: { pid: number }; longestCause: { pid: number } };
    }>(stage, 'status');
    expect(contention.longestWaiter.pid).to.equal(waits);
    expect(contention.longestCause.pid).to.equal(holds);
  });

  scene('deadlocks of members in two namespaces and ours', async (stage) => {
    const files = ['f0', 'f1', 'f2'].map((name) => stage.path(name));
    for (const file of files) writeFileSync(file, '');
    await stage.startLeader();
    const programs = files.map((file, index) => {
      const next = files[(index + 1) % files.length]!;
      const command = ['bash', '-c', `flock 8; echo held; read line; exec flock ${next} true`, file];
      const opened = ['bash', '-c', `exec 8>${file}; exec "$@"`, 'open', ...command];
      return index === 2 ? stage.member(opened) : apart(stage, opened);
    });
    for (const program of programs) await program.said(/held/);
    for (const program of programs) program.write('\n');
    await waiting(stage, 3);
    const waiters = await Promise.all(files.map((file) => processWith(stage, `flock ${file} true`)));
    const { deadlocks } = await asked<{ deadlocks: { pid: number }[][] }>(stage, 'status');
    expect(deadlocks.map((cycle) => cycle.map(({ pid }) => pid).sort())).to.deep.equal([waiters.sort()]);
    // The first that goes lets the others end by themselves.
    for (const pid of waiters) kill(pid, 'SIGKILL');
    for (const program of programs) await program.result;
  });

  scene('F_GETLK tells the pid as its own member sees it', async (stage) => {
    const file = stage.path('f');
    writeFileSync(file, '');
    await stage.startLeader();
    const script = `
import fcntl, os, struct
fd = os.open('${file}', os.O_RDWR)
fcntl.lockf(fd, fcntl.LOCK_EX)
held = os.getpid()
if os.fork() == 0:
    asked = fcntl.fcntl(fd, fcntl.F_GETLK, struct.pack('hhlli', fcntl.F_WRLCK, 0, 0, 0, 0))
    print('same', struct.unpack('hhlli', asked)[4] == held, flush=True)
    os.read(0, 1)
    os._exit(0)
os.wait()
`;
    const member = apart(stage, ['python3', '-c', script]);
    expect((await member.said(/same (\w+)/))[1]).to.equal('True');
    member.write('\n');
    await member.result;
  });

  scene('clients of the library, there and here', async (stage) => {
    const file = stage.path('f');
    writeFileSync(file, '');
    await stage.startLeader();
    const library = new URL('../../src/shared/client.js', import.meta.url).pathname;
    const script = `
      const { connect } = await import('${library}');
      const leader = await connect('${stage.socket}');
      await leader.lock('${file}');
      console.log('held', process.pid);
      process.stdin.once('data', () => leader.close());
    `;
    const client = stage.start([...inNamespace!, process.execPath, '--input-type=module', '-e', script]);
    const [, inside] = (await client.said(/held (\d+)/))!;
    const [row] = await asked<Row[]>(stage, 'locks');
    expect(numbersOf(row!.pid).at(-1)).to.equal(inside);
    expect(row!.pid).to.not.equal(Number(inside));
    expect(readProc(row!.pid, 'environ')).to.include(stage.directory);
    const ours = await connect(stage.socket);
    await ours.lock(stage.socket, { kind: 'record' });
    const pids = (await asked<Row[]>(stage, 'locks')).map(({ pid }) => pid);
    expect(pids).to.have.members([row!.pid, process.pid]);
    ours.close();
    client.child.stdin.end('\n');
    await client.result;
  });

  scene(
    'a leader that cannot see the member names it 0; one that asks from elsewhere is told so',
    async (stage) => {
      const file = stage.path('f');
      writeFileSync(file, '');
      const leader = stage.start([...inNamespace!, leaderPath, '--socket', stage.socket]);
      await leader.said(/ready/, 'stderr');
      const command = ['flock', file, 'sh', '-c', 'echo held; read line'];
      const member = stage.start([memberPath, '--socket', stage.socket, '--', ...command]);
      await member.said(/held/);
      const answers: Record<string, unknown> = {};
      for (const words of [['locks'], ['ps']]) {
        const asking = [leaderPath, ...words, '--json', '--socket', stage.socket];
        const { status, stdout, stderr } = await stage.run(asking);
        expect(status).to.equal(0);
        expect(stderr).to.equal('leader: pids are those of its pid namespace, which is not the one here\n');
        answers[words[0]!] = JSON.parse(stdout);
      }
      expect(answers.ps).to.deep.equal([]);
      expect((answers.locks as Row[]).map(({ pid }) => pid)).to.deep.equal([0]);
      member.write('\n');
      await member.result;
      process.kill(await processWith(stage, `node ${leaderScript} --socket ${stage.socket}`), 'SIGTERM');
      expect((await leader.result).status).to.equal(0);
    },
  );

  scene('with the /proc of another namespace a member and a leader do not start', async (stage) => {
    const [program, ...words] = inNamespace!.filter((word) => word !== '--mount-proc');
    const member = await stage.run([program!, ...words, memberPath, '--', 'true']);
    expect(member.stderr).to.match(/^member: .*\/proc shows another pid namespace.*\n$/);
    expect(member.status).to.equal(6);
    const leader = await stage.run([program!, ...words, leaderPath, '--socket', stage.path('other.sock')]);
    expect(leader.stderr).to.match(/^leader: \/proc shows another pid namespace.*\n$/);
    expect(leader.status).to.equal(6);
  });
});
