/** For whom a lock counts that outlives the process that took it: the description is shared with others. */
import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { leaderPath, type Program, python, type Scene, scene, until } from '../programs/support.js';

interface Row {
  readonly pid: number;
  readonly kind: string;
  readonly start: number;
}

async function asked<T>(stage: Scene, ...words: string[]): Promise<T> {
  const { status, stdout, stderr } = await stage.run([
    leaderPath,
    ...words,
    '--json',
    '--socket',
    stage.socket,
  ]);
  expect([status, stderr]).to.deep.equal([0, '']);
  return JSON.parse(stdout) as T;
}

/** The locks of the file, as `start pid`, once they are those. The member tells the leader a moment after the fact. */
async function counted(stage: Scene, expected: readonly string[]): Promise<void> {
  let rows: string[] = [];
  const look = async () => {
    rows = (await asked<Row[]>(stage, 'locks')).map(({ start, pid }) => `${start} ${pid}`).sort();
    return rows.join() === [...expected].sort().join();
  };
  await until(look, () => `${rows.join()} is not ${expected.join()}`);
}

/** What `fds` and `ps` tell of a process: its locks on the file, and how many it holds. */
async function heldBy(stage: Scene, pid: number): Promise<{ fds: string[]; held: number }> {
  const descriptors = await asked<{ target: string; locks: { kind: string; start: number }[] }[]>(
    stage,
    'fds',
    String(pid),
  );
  const its = descriptors.find(({ target }) => target === stage.path('f'));
  const [process] = await asked<{ locks: { held: number } }[]>(
    stage,
    'ps',
    '--one',
    String(pid),
    '--show',
    'locks',
  );
  return {
    fds: (its?.locks ?? []).map(({ kind, start }) => `${kind} ${start}`),
    held: process!.locks.held,
  };
}

async function started(stage: Scene, command: readonly string[]): Promise<Program> {
  writeFileSync(stage.path('f'), '');
  await stage.startLeader();
  return stage.member(command);
}

/** The pid that a program of the scene has said after this word. */
const pidOf = async (member: Program, word: string): Promise<number> =>
  Number((await member.said(new RegExp(`${word} (\\d+)\\n`)))[1]);

/** Takes locks of single bytes of one description. */
const preamble = `
import fcntl, os, struct, sys
fd = os.open('f', os.O_RDWR)
def take(start):
    fcntl.fcntl(fd, fcntl.F_OFD_SETLKW, struct.pack('hhlli', fcntl.F_WRLCK, 0, start, 1, 0))
def say(word):
    os.write(1, f'{word} {os.getpid()}\\n'.encode())
`;

describe('a lock that outlives the process that took it', () => {
  scene('( flock 8; … ) 8>f counts for the subshell', async (stage) => {
    const member = await started(stage, [
      'bash',
      '-c',
      '( flock 8; echo shell $BASHPID; read line; ) 8>f; echo done; read line',
    ]);
    const shell = await pidOf(member, 'shell');
    await counted(stage, [`0 ${shell}`]);
    expect(await heldBy(stage, shell)).to.deep.equal({ fds: ['flock 0'], held: 1 });
    member.write('\n');
    await member.said(/done/);
    await counted(stage, []);
    member.write('\n');
    await member.result;
  });

  scene('… for a job that keeps the descriptor which the shell closes', async (stage) => {
    const member = await started(stage, [
      'bash',
      '-c',
      "exec 3<&0 8>f; flock 8; bash -c 'echo job $$; read line <&3' & exec 8>&-; echo closed $$; wait",
    ]);
    const job = await pidOf(member, 'job');
    const shell = await pidOf(member, 'closed');
    await counted(stage, [`0 ${job}`]);
    expect(await heldBy(stage, job)).to.deep.equal({ fds: ['flock 0'], held: 1 });
    expect(await heldBy(stage, shell)).to.deep.equal({ fds: [], held: 0 });
    member.write('\n');
    await member.result;
    await counted(stage, []);
  });

  scene('of two who took locks the one that ends passes its own on', async (stage) => {
    const member = await started(stage, [
      python,
      '-c',
      `${preamble}
take(1)
if os.fork() == 0:
    take(5)
    say('child')
    os.read(0, 1)
    os._exit(0)
say('parent')
os.wait()
say('collected')
os.read(0, 1)
`,
    ]);
    const child = await pidOf(member, 'child');
    const parent = await pidOf(member, 'parent');
    await counted(stage, [`1 ${parent}`, `5 ${child}`]);
    for (const pid of [child, parent]) {
      expect(await heldBy(stage, pid)).to.deep.equal({ fds: ['ofd 1', 'ofd 5'], held: 1 });
    }
    member.write('\n');
    await member.said(/collected/);
    await counted(stage, [`1 ${parent}`, `5 ${parent}`]);
    expect(await heldBy(stage, parent)).to.deep.equal({ fds: ['ofd 1', 'ofd 5'], held: 2 });
    member.write('\n');
    await member.result;
  });

  scene('… the one that closes it, first a descriptor, then the last', async (stage) => {
    const member = await started(stage, [
      python,
      '-c',
      `${preamble}
take(1)
if os.fork() == 0:
    take(5)
    other = os.dup(fd)
    os.close(fd)
    say('child')
    os.read(0, 1)
    os.close(other)
    say('closed')
    os.read(0, 1)
    os._exit(0)
say('parent')
os.wait()
`,
    ]);
    const child = await pidOf(member, 'child');
    const parent = await pidOf(member, 'parent');
    await counted(stage, [`1 ${parent}`, `5 ${child}`]);
    member.write('\n');
    await member.said(/closed/);
    await counted(stage, [`1 ${parent}`, `5 ${parent}`]);
    expect(await heldBy(stage, child)).to.deep.equal({ fds: [], held: 0 });
    member.write('\n');
    await member.result;
  });

  scene('… the one whose exec closes it', async (stage) => {
    const member = await started(stage, [
      python,
      '-c',
      `${preamble}
take(1)
if os.fork() == 0:
    take(5)
    os.execvp('sh', ['sh', '-c', 'echo executed $$; read line'])
say('parent')
os.wait()
`,
    ]);
    const child = await pidOf(member, 'executed');
    const parent = await pidOf(member, 'parent');
    await counted(stage, [`1 ${parent}`, `5 ${parent}`]);
    expect(await heldBy(stage, child)).to.deep.equal({ fds: [], held: 0 });
    member.write('\n');
    await member.result;
    await counted(stage, []);
  });
});

describe('leader fds: whose lock it is', () => {
  /** `descriptor: lock, …` of those that refer to the file. */
  async function told(stage: Scene, pid: number): Promise<string[]> {
    const rows = await asked<
      { fd: number; target: string; locks: { kind: string; start: number; waiting: boolean }[] }[]
    >(stage, 'fds', String(pid));
    return rows
      .filter(({ target }) => target === stage.path('f'))
      .map(({ fd, locks }) => {
        const words = locks.map(({ kind, start, waiting }) => `${kind} ${start}${waiting ? ' waits' : ''}`);
        return `${fd}: ${words.join()}`;
      });
  }

  scene('a description is told by its descriptors, in every process, and by no other', async (stage) => {
    const member = await started(stage, [
      'bash',
      '-c',
      "exec 3<&0 6>f 7>&6 8>f; flock 6; bash -c 'exec 6>&-; echo child $$; read line <&3' & echo shell $$; wait",
    ]);
    const child = await pidOf(member, 'child');
    const shell = await pidOf(member, 'shell');
    await counted(stage, [`0 ${shell}`]);
    expect(await told(stage, shell)).to.deep.equal(['6: flock 0', '7: flock 0', '8: ']);
    expect(await told(stage, child)).to.deep.equal(['7: flock 0', '8: ']);
    member.write('\n');
    await member.result;
  });

  scene('a record lock is the process’s, by all its descriptors; who waits does so by one', async (stage) => {
    const member = await started(stage, [
      python,
      '-c',
      `${preamble}
other = os.open('f', os.O_RDWR)
fcntl.lockf(fd, fcntl.LOCK_EX, 1, 9)
if os.fork() == 0:
    say('child')
    fcntl.fcntl(other, fcntl.F_OFD_SETLKW, struct.pack('hhlli', fcntl.F_WRLCK, 0, 9, 1, 0))
    os._exit(0)
say('parent')
os.read(0, 1)
fcntl.lockf(fd, fcntl.LOCK_UN, 1, 9)
os.wait()
`,
    ]);
    const child = await pidOf(member, 'child');
    const parent = await pidOf(member, 'parent');
    await counted(stage, [`9 ${child}`, `9 ${parent}`]);
    expect(await told(stage, parent)).to.deep.equal(['3: record 9', '4: record 9']);
    expect(await told(stage, child)).to.deep.equal(['3: ', '4: ofd 9 waits']);
    member.write('\n');
    await member.result;
  });
});
