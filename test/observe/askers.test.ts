/** Who asks from another pid namespace is told the numbers that processes have there. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { PidNamespace } from '../../src/leader/pid-namespace.js';
import type { ProcessRecord } from '../../src/shared/process-records.js';
import { kill, leaderPath, leaderScript, memberPath, type Scene, scene, until } from '../programs/support.js';
import { unless } from '../run/skips.js';
import { Inside, inNamespace, noNamespaces, numbersOf, processWith } from './pid-namespaces.js';

interface Row {
  readonly file: string;
  readonly member: number;
  readonly pid: number;
  readonly command: string;
  readonly waiting: boolean;
}

/** What a command answers here. */
async function here<T>(stage: Scene, ...words: string[]): Promise<T> {
  const { stdout } = await stage.run([leaderPath, ...words, '--json', '--socket', stage.socket]);
  return JSON.parse(stdout) as T;
}

/** The same there, without a word on stderr. */
async function there<T>(inside: Inside, ...words: string[]): Promise<T> {
  const { status, stdout, stderr } = await inside.ask(...words, '--json');
  expect([status, stderr]).to.deep.equal([0, '']);
  return JSON.parse(stdout) as T;
}

/** Once there are so many locks, held and waiting. */
const locked = (stage: Scene, held: number, waiting: number): Promise<Row[]> =>
  until(
    async () => {
      const rows = await here<Row[]>(stage, 'locks');
      const waits = rows.filter((row) => row.waiting).length;
      return waits === waiting && rows.length - waits === held ? rows : undefined;
    },
    () => `${held} locks and ${waiting} waits`,
  );

function files(stage: Scene, ...names: string[]): string[] {
  const paths = names.map((name) => stage.path(name));
  for (const path of paths) writeFileSync(path, '');
  return paths;
}

/** proc_pid_stat(5), as it is read there: parent, group and session of each process. */
async function statsIn(inside: Inside): Promise<Map<number, { ppid: number; pgid: number; sid: number }>> {
  const { stdout } = await inside.run('cat /proc/[0-9]*/stat');
  const lines = stdout.trim().split('\n');
  return new Map(
    lines.map((line) => {
      const [, ppid, pgid, sid] = line
        .slice(line.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
      return [Number.parseInt(line, 10), { ppid: ppid!, pgid: pgid!, sid: sid! }];
    }),
  );
}

const pids = (rows: readonly { pid: number }[]): number[] => rows.map(({ pid }) => pid);
const ascending = (numbers: number[]): number[] => numbers.toSorted((a, b) => a - b);

unless(noNamespaces).describe('askers in another pid namespace', () => {
  scene('locks, ps and top; siblings do not see each other', async (stage) => {
    const [f, g] = files(stage, 'f', 'g');
    await stage.startLeader();
    const [one, other] = [new Inside(stage), new Inside(stage)];
    one.member(`flock ${f} sleep 1001`);
    other.member(`flock ${g} sleep 1002`);
    await locked(stage, 2, 0);
    one.member(`flock ${f} true`);
    await locked(stage, 2, 1);
    one.member(`flock ${g} true`);
    const ours = await locked(stage, 2, 2);
    for (const [inside, foreign] of [
      [one, 1],
      [other, 3],
    ] as const) {
      const numberOf = await inside.number();
      const known = (rows: Row[]) =>
        rows.map(({ pid, member, file, waiting }) => ({ pid, member, file, waiting }));
      const theirs = await there<Row[]>(inside, 'locks');
      expect(known(theirs)).to.deep.equal(
        known(ours).map((row) => ({ ...row, pid: numberOf(row.pid), member: numberOf(row.member) })),
      );
      expect(theirs.filter(({ pid }) => pid === 0)).to.have.length(foreign);

      const processes = await there<ProcessRecord[]>(inside, 'ps');
      const all = await here<ProcessRecord[]>(stage, 'ps');
      const expected = all.map(({ pid }) => numberOf(pid)).filter((pid) => pid > 0);
      expect(pids(processes)).to.have.members(expected);
      expect(processes.length).to.be.lessThan(all.length);
      const stats = await statsIn(inside);
      for (const { pid, ppid, base } of processes) {
        expect({ ppid, pgid: base!.pgid, sid: base!.sid }).to.deep.equal(stats.get(pid));
        expect(base!.tgid).to.equal(pid);
      }
    }
    const waits = ours.find(({ file, waiting }) => file === g && waiting)!.pid;
    const { stdout } = await one.ask('top');
    expect(stdout).to.match(new RegExp(` ${(await one.number())(waits)} flock .* 0 flock`));
    await one.end();
    await other.end();
  });

  scene('a group and a session that have outlived their leader', async (stage) => {
    await stage.startLeader();
    const inside = new Inside(stage);
    inside.member("setsid sh -c 'sleep 1003 & true'");
    const records = () => there<ProcessRecord[]>(inside, 'ps');
    const alone = await until(
      async () => {
        const found = await records();
        const sleep = found.find(({ cmd }) => cmd?.join(' ') === 'sleep 1003');
        return sleep && !pids(found).includes(sleep.base!.sid) ? sleep : undefined;
      },
      () => 'the end of the shell',
    );
    const { pgid, sid } = alone.base!;
    const { ppid: _, ...numbers } = (await statsIn(inside)).get(alone.pid)!;
    expect({ pgid, sid }).to.deep.equal(numbers);
    expect(sid).to.be.greaterThan(0);
    await inside.end();
  });

  scene('processes are named by the numbers there; others do not exist', async (stage) => {
    const [f, g] = files(stage, 'f', 'g');
    await stage.startLeader();
    const [inside, sibling] = [new Inside(stage), new Inside(stage)];
    inside.member(`flock ${f} sleep 1001`);
    sibling.member(`flock ${g} sleep 1002`);
    const held = pids(await locked(stage, 2, 0));
    const numberOf = await inside.number();
    const ours = held.find((pid) => numberOf(pid) > 0)!;
    const foreign = held.find((pid) => numberOf(pid) === 0)!;
    const theirs = numberOf(ours);

    const [one] = await there<ProcessRecord[]>(inside, 'ps', '--one', `${theirs}`);
    expect(one!.cmd).to.deep.equal(['flock', f, 'sleep', '1001']);
    expect(one!.locks).to.include({ held: 1 });
    const children = await there<ProcessRecord[]>(inside, 'ps', '--children', `${theirs}`);
    expect(children.map(({ pid, ppid }) => [pid, ppid])).to.deep.equal([
      [numberOf(await processWith(stage, 'sleep 1001')), theirs],
    ]);
    const threads = await there<ProcessRecord[]>(inside, 'ps', '--threads', `${theirs}`);
    expect(threads.map(({ pid, ppid, base }) => [pid, ppid, base!.tgid])).to.deep.equal([
      [theirs, one!.ppid, theirs],
    ]);
    const descriptors = await there<{ target: string; locks: unknown[] }[]>(inside, 'fds', `${theirs}`);
    expect(descriptors.find(({ target }) => target === f)!.locks).to.have.length(1);

    for (const pid of [ours, foreign]) {
      for (const words of [['ps', '--one'], ['ps', '--children'], ['ps', '--threads'], ['fds']]) {
        expect(await inside.ask(...words, `${pid}`)).to.deep.equal({
          status: 1,
          stdout: '',
          stderr: `leader: no process ${pid} in a member: ESRCH\n`,
        });
      }
    }
    // Pid 1 is there, but no member's.
    const { stderr } = await inside.ask('fds', '1');
    expect(stderr).to.equal('leader: no process 1 in a member: ESRCH\n');
    await inside.end();
    await sibling.end();
  });

  scene('waits that have ended: who has ended, too, is 0', async (stage) => {
    const [f] = files(stage, 'f');
    await stage.startLeader();
    const holder = stage.member(['flock', f!, 'sh', '-c', 'echo held; read line']);
    await holder.said(/held/);
    const inside = new Inside(stage);
    const script = `import fcntl, time; f = open('${f}', 'w'); fcntl.flock(f, fcntl.LOCK_EX); time.sleep(1000)`;
    inside.member(`python3 -c "${script}"`);
    const waiter = (await locked(stage, 1, 1)).find(({ waiting }) => waiting)!.pid;
    const numberOf = await inside.number();
    holder.write('\n');
    await holder.result;
    await locked(stage, 1, 0);

    const told = async () => {
      const { contention } = await there<{
        contention: { longestWaiter: { pid: number }; longestCause: { pid: number } };
      }>(inside, 'status');
      return [contention.longestWaiter.pid, contention.longestCause.pid];
    };
    expect(await told()).to.deep.equal([numberOf(waiter), 0]);
    kill(waiter, 'SIGKILL');
    await locked(stage, 0, 0);
    await until(
      async () => (await told())[0] === 0,
      () => 'a waiter that has ended',
    );
    await inside.end();
  });

  scene('a deadlock that leads through two namespaces', async (stage) => {
    const [f, g] = files(stage, 'f', 'g');
    const go = stage.path('go');
    execFileSync('mkfifo', [go, `${go}2`]);
    await stage.startLeader();
    const script = (held: string, wanted: string, gate: string) =>
      `exec 8>${held}; flock 8; read line <${gate}; exec flock ${wanted} true`;
    const inside = new Inside(stage);
    inside.member(`bash -c '${script(f!, g!, go)}'`);
    const ours = stage.member(['bash', '-c', script(g!, f!, `${go}2`)]);
    await locked(stage, 2, 0);
    await Promise.all([writeFile(go, '\n'), writeFile(`${go}2`, '\n')]);
    await locked(stage, 2, 2);
    const theirs = await processWith(stage, `flock ${g} true`);
    const foreign = await processWith(stage, `flock ${f} true`);
    const status = await there<{ pid: number; deadlocks: { pid: number }[][] }>(inside, 'status');
    const number = (await inside.number())(theirs);
    expect(status.deadlocks.map((cycle) => ascending(pids(cycle)))).to.deep.equal([[0, number]]);
    expect(status.pid).to.equal(0);
    kill(foreign, 'SIGKILL');
    await ours.result;
    await inside.end();
  });

  scene('a namespace in a namespace is told its own numbers', async (stage) => {
    await stage.startLeader();
    const inside = new Inside(stage);
    const asking = `${leaderPath} ps --json --socket ${stage.socket}`;
    const nested = `${memberPath} --socket ${stage.socket} -- ${inNamespace!.join(' ')} ${asking}`;
    const { status, stdout, stderr } = await inside.run(nested);
    expect([status, stderr]).to.deep.equal([0, '']);
    const processes = JSON.parse(stdout) as (ProcessRecord & { member: number | null })[];
    expect(processes.map(({ pid, ppid, member }) => [pid, ppid, member])).to.deep.equal([[1, 0, null]]);
    expect(processes[0]!.cmd).to.include(leaderScript);
    await inside.end();
  });

  scene('without the translation of the kernel the numbers are the same', async (stage) => {
    const [f, g] = files(stage, 'f', 'g');
    await stage.startLeader();
    const [inside, sibling] = [new Inside(stage), new Inside(stage)];
    inside.member(`${inNamespace!.join(' ')} flock ${f} sleep 1001`);
    sibling.member(`flock ${g} sleep 1002`);
    await locked(stage, 2, 0);
    const numberOf = await inside.number();
    const all = pids(stage.processes());
    const member = all.find((pid) => numberOf(pid) > 1)!;
    const namespace = PidNamespace.of(member, numbersOf(member).map(Number))!;
    const numbers = all.map((pid) => namespace.numberByStatus(pid));
    expect(numbers).to.deep.equal(all.map((pid) => namespace.numberOf(pid)));
    const nested = await processWith(stage, 'sleep 1001');
    expect(namespace.numberByStatus(nested)).to.equal(Number(numbersOf(nested)[1]));
    expect(namespace.numberByStatus(await processWith(stage, 'sleep 1002'))).to.equal(0);
    for (const pid of all.filter((_, index) => numbers[index]! > 0)) {
      const number = namespace.numberOf(pid);
      expect([namespace.pidByStatus(number), namespace.pidOf(number)]).to.deep.equal([pid, pid]);
    }
    expect([namespace.pidByStatus(nested), namespace.pidOf(nested)]).to.deep.equal([0, 0]);
    namespace.close();
    await inside.end();
    await sibling.end();
  });
});
