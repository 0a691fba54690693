/** The command `leader`: its exit status, its messages, its reports. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { closedToNobody, notRoot } from '../run/machine.js';
import { unless } from '../run/skips.js';
import { repoRoot } from '../semantics/harness.js';
import { LeaderProcess, Locker, leaderProgram } from './leader-process.js';

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, SWARD_SOCKET: '', COLUMNS: '80' };
  return spawnSync(leaderProgram, args, { encoding: 'utf8', env });
}

describe('the command leader serve', () => {
  const leader = new LeaderProcess('serve');

  it('runs the leader, as leader alone does', async () => {
    await leader.start('--locks', '/usr', '--log-level', 'error');
    const client = leader.connect('client');
    expect(client.hello).to.deep.include({ locks: ['/usr'], pid: leader.pid });
    client.close();
    expect(await leader.stop()).to.equal(0);
    expect(existsSync(leader.socket)).to.equal(false);
  });
});

describe('the command leader', () => {
  const leader = new LeaderProcess();

  before(() => leader.start('--locks', '/tmp', '--locks', '/usr/../tmp'));

  it('makes its socket for its own user only', () => {
    expect(statSync(leader.socket).mode & 0o777).to.equal(0o600);
    expect(leader.log).to.equal(`leader ready on ${leader.socket} (pid ${leader.pid})\n`);
  });

  it('tells the directories to its clients', () => {
    const client = leader.connect('client');
    expect(client.hello.locks).to.deep.equal(['/tmp', '/tmp']);
    expect(client.hello.pid).to.equal(leader.pid);
    client.close();
  });

  const failures: { name: string; args: () => string[]; status: number; stderr: RegExp }[] = [
    {
      name: 'bad option',
      args: () => ['--nonsense'],
      status: 2,
      stderr: /^leader: unknown option '--nonsense'\n$/,
    },
    { name: 'bad level', args: () => ['--log-level', 'x'], status: 2, stderr: /^leader: .*invalid.*\n$/ },
    {
      name: 'no directory',
      args: () => ['--locks', '/nope'],
      status: 2,
      stderr: /^leader: .*\/nope is no directory\.\n$/,
    },
    ...[[], ['serve']].map((command) => ({
      name: ['--http-allow-remote alone', ...command].join(' after '),
      args: () => [...command, '--socket', '/tmp/none.sock', '--http-allow-remote'],
      status: 2,
      stderr: /^leader: --http-allow-remote means nothing without --http\n$/,
    })),
    ...['--socket', '--http', '--log-level'].flatMap((option) =>
      ['status', 'serve'].map((command) => ({
        name: `${option} before ${command}`,
        args: () => [option, 'info', command],
        status: 2,
        stderr: new RegExp(
          `^leader: ${option} stands before ${command}: the options of a command follow it\n$`,
        ),
      })),
    ),
    {
      name: 'serve what',
      args: () => ['serve', 'what', '--socket', '/tmp/none.sock'],
      status: 2,
      stderr: /^leader: too many arguments for 'serve'\. /,
    },
    {
      name: 'stress: a time and a number of operations',
      args: () => ['stress', '--seconds', '1', '--operations', '1'],
      status: 2,
      stderr: /^leader: option '--operations <n>' cannot be used with option '--seconds <s>'\n$/,
    },
    {
      name: 'stress: an empty socket',
      args: () => ['stress', '--socket', ''],
      status: 2,
      stderr: /^leader: --socket is empty\n$/,
    },
    { name: 'no socket given', args: () => ['locks'], status: 2, stderr: /^leader: no socket: .*\n$/ },
    {
      name: 'no leader there',
      args: () => ['locks', '--socket', '/tmp/none.sock'],
      status: 3,
      stderr: /^leader: cannot connect to \/tmp\/none\.sock: ENOENT\n$/,
    },
    { name: 'socket in use', args: () => ['--socket', leader.socket], status: 4, stderr: /: EADDRINUSE\n$/ },
    {
      name: 'socket path is a file',
      args: () => ['--socket', leader.file],
      status: 4,
      stderr: /: ENOTSOCK, the path exists and is no socket\n$/,
    },
    {
      name: 'the page at the path of a file',
      args: () => ['--socket', join(leader.directory, 'other.sock'), '--http', leader.file],
      status: 6,
      stderr: /: ENOTSOCK, the path exists and is no socket\n$/,
    },
    ...[['bogus'], ['pss', '--json'], ['help', 'bogus'], ['--', 'bogus']].map((words) => ({
      name: `${words.join(' ')}: no such command`,
      args: () => words,
      status: 2,
      stderr: /^leader: unknown command '(bogus|pss)'\n$/,
    })),
    {
      name: 'bad option before a command',
      args: () => ['--nonsense', 'status'],
      status: 2,
      stderr: /^leader: unknown option '--nonsense'\n$/,
    },
  ];
  for (const { name, args, status, stderr } of failures) {
    it(`${name}: exit status ${status}, one line`, () => {
      const result = run(...args());
      expect(result.stderr).to.match(stderr);
      expect(result.stderr.split('\n')).to.have.length(2);
      expect(result.status).to.equal(status);
      expect(result.stdout).to.equal('');
    });
  }

  it('the file at the path of the socket stays', () => {
    expect(run('--socket', leader.file).status).to.equal(4);
    expect(statSync(leader.file).isFile()).to.equal(true);
  });

  it('--version', () => {
    const { name, version } = JSON.parse(readFileSync(join(repoRoot, 'package.json'), 'utf8'));
    expect(run('--version')).to.deep.include({ status: 0, stdout: `${name} ${version}\n`, stderr: '' });
  });

  it('help', () => {
    expect(run('help')).to.deep.include({ status: 0, stdout: run('--help').stdout, stderr: '' });
    expect(run('help', 'ps')).to.deep.include({ status: 0, stdout: run('ps', '--help').stdout });
  });

  it('--help everywhere', () => {
    for (const args of [['--help'], ['locks', '--help'], ['status', '--help']]) {
      const { status, stdout } = run(...args);
      expect(stdout).to.match(/^Usage: leader /);
      expect(status).to.equal(0);
    }
  });

  it('lists locks as a table of 80 columns and as JSON', () => {
    const long = join(leader.directory, `${'long'.repeat(30)}\n`);
    writeFileSync(long, '');
    const a = leader.connect(`writer ${'x'.repeat(100)}`);
    const b = leader.connect('b');
    a.tryLock({ start: 5, end: 10 });
    const id = b.beginWait();
    const c = new Locker(leader.socket, 'c', long);
    c.tryLock();
    const table = run('locks', '--socket', leader.socket).stdout.split('\n');
    expect(table[0]).to.match(/^FILE +KIND +TYPE +RANGE +PID +MEMBER +COMMAND +SINCE$/);
    expect(table[1]).to.match(/file +record write 5-9 +\d+ +\d+ writer.*… +\d.*s$/);
    expect(table[2]).to.match(/file +record write all +\d+ +\d+ b +\d.*s +waits$/);
    expect(table[3]).to.match(/^….*longlong\ufffd record write all +\d+ +\d+ c +\d.*s$/);
    for (const line of table) expect(line.length).to.be.at.most(80);
    const [held, waiting] = JSON.parse(run('locks', '--json', '--socket', leader.socket).stdout);
    expect(held).to.include({
      file: leader.file,
      kind: 'record',
      type: 'write',
      start: 5,
      end: 10,
      waiting: false,
      pid: process.pid,
      member: process.pid,
    });
    expect(held.command).to.have.length(107);
    expect(waiting).to.include({ start: 0, end: null, waiting: true, command: 'b' });
    const status = JSON.parse(run('status', '--json', '--socket', leader.socket).stdout);
    expect(status).to.include({ pid: leader.pid, sessions: 4, waiting: 1, files: 3, owners: 3 });
    expect(run('status', '--socket', leader.socket).stdout).to.match(/^leader \d+, epoch \d+, up /);
    b.cancel(id);
    for (const client of [a, b, c]) client.close();
  });

  it('pages through more locks than fit into a reply', () => {
    const client = leader.connect('many');
    for (let i = 0; i < 1200; i++) client.tryLock({ start: 2 * i, end: 2 * i + 1 });
    const rows = JSON.parse(run('locks', '--json', '--socket', leader.socket).stdout) as { start: number }[];
    expect(rows.map(({ start }) => start)).to.deep.equal(Array.from({ length: 1200 }, (_, i) => 2 * i));
    client.close();
  });

  it('logs a deadlock that Linux would not see, once', async () => {
    const a = leader.connect('first');
    const b = leader.connect(`second ${'x'.repeat(100)}`);
    const whole = { file: 1, kind: 2, type: 1, start: 0, end: Infinity, process: 1 } as const;
    for (const client of [a, b]) {
      client.call('ownerOpen', { owner: 2, pid: 1, command: 'd', kind: 1, hasPidfd: false, copy: null });
    }
    a.call('lockSet', { ...whole, owner: 2, wait: false });
    b.tryLock();
    const id = a.beginWait();
    b.writer.request('lockSet', 7, { ...whole, owner: 2, wait: true });
    b.flush();
    await leader.logged('warn: deadlock: ');
    expect(leader.log.match(/deadlock: .*\((first|second x+)\).*\((first|second x+)\)/g)).to.have.length(1);
    expect(a.call('status', {}).deadlocks[0]!.map(({ command }) => command)).to.have.members([
      'first',
      `second ${'x'.repeat(32)}…`,
    ]);
    b.close();
    expect(a.endOf(id)).to.equal('granted');
    a.close();
  });

  unless(notRoot ?? closedToNobody).it('another user is refused: exit status 5', async () => {
    const asNobody = () =>
      spawnSync(leaderProgram, ['status', '--socket', leader.socket], {
        encoding: 'utf8',
        uid: 65534,
        gid: 65534,
      });
    chmodSync(leader.directory, 0o755);
    const refusals = [asNobody()];
    // Even if somebody opens the socket to all.
    chmodSync(leader.socket, 0o666);
    refusals.push(asNobody());
    for (const { status, stderr } of refusals) {
      expect(stderr).to.equal(`leader: cannot connect to ${leader.socket}: EACCES\n`);
      expect(status).to.equal(5);
    }
    await leader.logged('refused: uid 65534 may not use the leader of uid 0');
  });

  it('SIGTERM: goodbye to all, socket removed, exit status 0', async () => {
    const client = leader.connect('client');
    const { socket } = leader;
    expect(await leader.stop()).to.equal(0);
    expect(existsSync(socket)).to.equal(false);
    expect(() => client.call('status', {})).to.throw('the leader stops');
    client.close();
  });

  it('signals that come while it ends change nothing', async () => {
    const hurried = new LeaderProcess();
    await hurried.start();
    const { pid } = hurried;
    const again = setInterval(() => existsSync(`/proc/${pid}/exe`) && process.kill(pid, 'SIGTERM'), 1);
    expect(await hurried.stop()).to.equal(0);
    clearInterval(again);
  });

  it('a stale socket is replaced', async () => {
    const first = new LeaderProcess();
    await first.start();
    expect(await first.kill()).to.equal('SIGKILL');
    expect(existsSync(first.socket)).to.equal(true);
    await first.start();
    first.connect('again').close();
    expect(await first.stop('SIGINT')).to.equal(0);
  });
});
