/** `leader ps`, `fds`, `locks`, `top` and `status` about members at work. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { widthOf } from '../../src/leader/text.js';
import { connect } from '../../src/shared/client.js';
import { BlockingClient } from '../../src/shared/protocol-call.js';
import {
  leaderPath,
  memberPath,
  type Program,
  python,
  type Scene,
  scene,
  script,
} from '../programs/support.js';
import { Locker } from '../protocol/leader-process.js';

/** A time as a table tells it, however long ago the story began. */
const age = '(?:\\d\\.\\ds|\\d+[smh])';
const interrupt = '\x03';
const suspend = '\x1a';
/** A few hundred: ten thousand are too many for a machine that runs other tests. */
const many = 300;

async function ask(stage: Scene, ...words: string[]): Promise<string> {
  const command = [leaderPath, ...words, '--socket', stage.socket];
  const { status, stdout, stderr } = await stage.run(command, { env: { COLUMNS: '80' } });
  expect(stderr).to.equal('');
  expect(status).to.equal(0);
  for (const line of words.includes('--json') ? [] : stdout.split('\n'))
    expect(line.length).to.be.at.most(80);
  return stdout;
}

const asked = async (stage: Scene, ...words: string[]) => JSON.parse(await ask(stage, ...words, '--json'));

/** A member with one process that holds a flock on `f` and one that waits for it. */
async function contend(stage: Scene): Promise<{ member: Program; holder: number; waiter: number }> {
  const file = stage.path('f');
  writeFileSync(file, '');
  const lines = [
    // The standard input of what runs in the background is /dev/null.
    'exec 3<&0',
    `flock ${file} sh -c 'echo held; touch ${file}.held; read line <&3' &`,
    `while [ ! -e ${file}.held ]; do sleep 0.05; done`,
    `flock ${file} true`,
    'wait',
  ];
  const member = stage.member(['sh', '-c', lines.join('\n')]);
  await member.said(/held/);
  const rows = () => asked(stage, 'locks', '--waiting') as Promise<{ pid: number }[]>;
  let waiting = await rows();
  while (waiting.length === 0) waiting = await rows();
  const holder = ((await asked(stage, 'locks')) as { pid: number; waiting: boolean }[]).find(
    (row) => !row.waiting,
  )!.pid;
  return { member, holder, waiter: waiting[0]!.pid };
}

describe('leader ps, fds, locks, top', () => {
  scene('who holds, who waits, what else they have open', async (stage) => {
    await stage.startLeader();
    const { member, holder, waiter } = await contend(stage);
    const file = stage.path('f');

    const table = (await ask(stage, 'ps')).split('\n');
    expect(table[0]).to.match(/^ *PID +PPID S +UID +RSS +CPU HELD +WAITS +AGE COMMAND$/);
    expect(table.find((line) => line.trim().startsWith(`${waiter} `))).to.match(
      new RegExp(` 0 +${age} +${age} flock `),
    );
    const processes = (await asked(stage, 'ps', '--show', 'locks,cmd')) as {
      pid: number;
      member: number;
      cmd: string[];
      locks: { held: number; waiting: number };
    }[];
    const ofHolder = processes.find(({ pid }) => pid === holder)!;
    expect(ofHolder).to.have.all.keys('member', 'pid', 'ppid', 'cmd', 'locks');
    expect(ofHolder.member).to.equal(member.pid);
    expect(ofHolder.locks).to.include({ held: 1, waiting: 0 });
    expect(ofHolder.cmd.slice(0, 2)).to.deep.equal(['flock', file]);
    expect(processes.find(({ pid }) => pid === waiter)!.locks).to.include({ held: 0, waiting: 1 });

    const descriptors = (await asked(stage, 'fds', String(holder))) as {
      fd: number;
      target: string;
      device: number;
      inode: number;
      locks: object[];
    }[];
    expect(descriptors.find(({ target }) => target === file)!.locks).to.deep.equal([
      { kind: 'flock', type: 'write', start: 0, end: null, waiting: false },
    ]);
    const open = descriptors.find(({ target }) => target === file)!;
    const { dev, ino } = statSync(file);
    expect(open).to.include({ device: dev, inode: ino });
    for (const row of await asked(stage, 'locks'))
      expect(row).to.include({ device: dev, inode: ino, member: member.pid });
    const client = new BlockingClient(stage.socket, 'test');
    expect(client.call('contentionList', { order: 0, limit: 9 }).rows.map((row) => row.file)).to.deep.equal([
      `${dev}:${ino}`,
    ]);
    client.close();
    expect(await ask(stage, 'fds', String(waiter), '--start', '3')).to.match(
      /flock write all waits +\S*\/f\n/,
    );
    expect(await ask(stage, 'fds', String(holder), '--numbers')).to.match(/^0-4\n/);

    expect(await asked(stage, 'ps', '--one', String(holder), '--show', 'cred')).to.have.length(1);
    const parent = Number((await asked(stage, 'ps', '--one', String(waiter)))[0].ppid);
    const children = (await asked(stage, 'ps', '--children', String(parent))) as { pid: number }[];
    expect(children.map(({ pid }) => pid)).to.have.members([holder, waiter]);
    // Locks are known of the process alone.
    const threads = await ask(stage, 'ps', '--threads', String(holder));
    expect(threads).to.match(new RegExp(`^ *TID .*\\n.* ${age} +- +- +${age} flock`));
    for (const thread of await asked(stage, 'ps', '--threads', String(holder)))
      expect(thread).to.include.keys('base', 'cmd').and.not.have.property('locks');

    expect(await asked(stage, 'locks', '--file', file)).to.have.length(2);
    expect(await asked(stage, 'locks', '--file', stage.path('leader.sock'))).to.deep.equal([]);
    expect(await ask(stage, 'top')).to.match(new RegExp(`${waiter} flock .*${holder} flock`));

    member.write('\n');
    await member.result;
    const status = await asked(stage, 'status');
    expect(status.contention).to.include({ waits: 1, abandoned: 0, refusals: 0 });
    expect(status.contention.longestCause.pid).to.equal(holder);
    expect(await ask(stage, 'status')).to.match(
      /locks: 2 granted, 0 refused, 1 waits .*\nlongest wait: .*\nlimit: /,
    );
    expect(await ask(stage, 'ps')).to.match(/^PID PPID .*\n$/);
  });

  scene('a removed file is still told by its old name', async (stage) => {
    await stage.startLeader();
    const { member } = await contend(stage);
    const { rm } = await import('node:fs/promises');
    await rm(stage.path('f'));
    const [row] = (await asked(stage, 'locks', '--waiting')) as { file: string }[];
    expect(row!.file).to.equal(`${stage.path('f')} (deleted)`);
    expect(await asked(stage, 'locks', '--file', row!.file)).to.have.length(2);
    member.write('\n');
    await member.result;
  });

  scene('status: the members, the first of many', async (stage) => {
    await stage.startLeader('--tmpfs', '/shared');
    const { member } = await contend(stage);
    const clients = await Promise.all(Array.from({ length: 25 }, () => connect(stage.socket)));
    const status = await asked(stage, 'status');
    expect(status.members).to.have.length(26);
    expect(status.members[0]).to.include({ pid: member.pid, wraps: true, held: 1, waiting: 1 });
    expect(status.members[25]).to.include({ pid: process.pid, wraps: false, held: 0 });
    const text = (await ask(stage, 'status')).split('\n');
    for (const line of text) expect(line.length, line).to.be.at.most(80);
    expect(text.filter((line) => line.startsWith('mount /shared: tmpfs, '))).to.have.length(1);
    const lines = text.filter((line) => /^(member|client|and)/.test(line));
    expect(lines[0]).to.match(
      new RegExp(`^member ${member.pid}: up [0-9.]+s, 1 held, 1 waiting, [0-9]+ calls$`),
    );
    expect(lines[1]).to.match(new RegExp(`^client ${process.pid} .*: up `));
    expect(lines.slice(20)).to.deep.equal(['and 6 more members and clients: see leader top']);
    for (const client of clients) client.close();
    member.write('\n');
    await member.result;
  });

  scene('hundreds of processes', async (stage) => {
    await stage.startLeader();
    const lines = `for i in $(seq ${many}); do sleep 600 & done; echo started; read x; kill $(jobs -p); wait`;
    const member = stage.member(['bash', '-c', lines]);
    await member.said(/started/);
    let processes: { pid: number; member: number; cmd: string[] }[];
    // The last of them may still be on its way to its exec.
    do processes = await asked(stage, 'ps', '--show', 'base,cred,usage,cmd,io,locks');
    while (processes.filter(({ cmd }) => cmd[0] === 'sleep').length < many);
    expect(processes.filter(({ cmd }) => cmd[0] === 'sleep')).to.have.length(many);
    expect(new Set(processes.map(({ pid }) => pid)).size).to.equal(processes.length);
    for (const process of processes) expect(process.member).to.equal(member.pid);
    member.write('\n');
    await member.result;
  });

  const failures: { name: string; words: string[]; status: number; says: RegExp }[] = [
    {
      name: 'a process of no member',
      words: ['ps', '--one', '1'],
      status: 1,
      says: /^leader: no process 1 in a member: ESRCH\n$/,
    },
    {
      name: 'a process that is gone',
      words: ['fds', '2147483640'],
      status: 1,
      says: /^leader: no process 2147483640 in a member: ESRCH\n$/,
    },
    {
      name: 'a file that is nowhere',
      words: ['locks', '--json', '--file', '/nope/f'],
      status: 1,
      says: /^leader: no lock is listed for \/nope\/f, and it cannot be found here: ENOENT\n$/,
    },
    {
      name: 'a file without a name',
      words: ['locks', '--file', ''],
      status: 2,
      says: /--file .* It is empty\.\n$/,
    },
    { name: 'no process id', words: ['fds', '12x'], status: 2, says: /12x is no process id\.\n$/ },
    {
      name: 'too large a descriptor',
      words: ['fds', '1', '--start', '4294967296'],
      status: 2,
      says: /is no descriptor\.\n$/,
    },
    {
      name: 'an unknown group',
      words: ['ps', '--show', 'base,net'],
      status: 2,
      says: /net is none of base, cred, .*\n$/,
    },
    ...['0', '-1', '2147483648', '1099511627776', '1.5', '0x10', '1e3', ''].map((pid) => ({
      name: `pid '${pid}'`,
      words: ['fds', pid],
      status: 2,
      says: / is no process id\.\n$/,
    })),
    ...['--one', '--children', '--threads'].flatMap((scope) => [
      {
        name: `${scope} of a process of no member`,
        words: ['ps', scope, '2147483647'],
        status: 1,
        says: /^leader: no process 2147483647 in a member: ESRCH\n$/,
      },
      { name: `${scope} 0`, words: ['ps', scope, '0'], status: 2, says: /0 is no process id\.\n$/ },
    ]),
    {
      name: 'no group at all',
      words: ['ps', '--show', ''],
      status: 2,
      says: /An empty name is none of base, cred, .*\n$/,
    },
    ...[',', 'base,', 'constructor', '__proto__', 'BASE'].map((groups) => ({
      name: `groups '${groups}'`,
      words: ['ps', '--show', groups],
      status: 2,
      says: /is none of base, cred, usage, cmd, io, locks\.\n$/,
    })),
    {
      name: 'a negative descriptor',
      words: ['fds', '1', '--start', '-1'],
      status: 2,
      says: /-1 is no descriptor\.\n$/,
    },
    { name: 'no pid at all', words: ['fds'], status: 2, says: /missing required argument 'pid'\n$/ },
    { name: 'one argument too many', words: ['locks', 'f'], status: 2, says: /too many arguments.*\n$/ },
    { name: 'an unknown option', words: ['top', '--json'], status: 2, says: /unknown option '--json'\n$/ },
    {
      name: 'two scopes',
      words: ['ps', '--one', '1', '--children', '1'],
      status: 2,
      says: /cannot be used with.*\n$/,
    },
  ];
  for (const { name, words, status, says } of failures) {
    scene(`${name}: one line, exit status ${status}`, async (stage) => {
      // Wrong usage is said before anybody is asked.
      if (status !== 2) await stage.startLeader();
      const result = await stage.run([leaderPath, ...words, '--socket', stage.socket]);
      expect(result.stderr).to.match(says);
      expect(result.stderr.trim().split('\n')).to.have.length(1);
      expect(result).to.include({ status, stdout: '' });
    });
  }
});

describe('leader: where the output goes', () => {
  const output = (stage: Scene, mode: 'unread' | 'slow', ...words: string[]) =>
    stage.run([python, script('output.py'), mode, ...words], { env: { SWARD_SOCKET: stage.socket } });
  const full = (stage: Scene, ...words: string[]) =>
    stage.run(['sh', '-c', 'exec "$@" >/dev/full', 'sh', ...words], { env: { SWARD_SOCKET: stage.socket } });
  const commands = ['ps', 'ps --json', 'locks', 'status', 'top', '--help', 'ps --help'].map((words) =>
    words.split(' '),
  );

  scene('nobody reads it: not a word, status 141', async (stage) => {
    await stage.startLeader();
    for (const words of commands)
      expect(await output(stage, 'unread', leaderPath, ...words), words.join(' ')).to.deep.include({
        status: 141,
        stderr: '',
      });
    expect(await output(stage, 'unread', memberPath, '--help')).to.include({ status: 141, stderr: '' });
  });

  scene('it has no room: one line, status 1', async (stage) => {
    await stage.startLeader();
    for (const words of commands)
      expect(await full(stage, leaderPath, ...words), words.join(' ')).to.deep.include({
        status: 1,
        stderr: 'leader: cannot write the output: ENOSPC\n',
      });
    const { status, stderr } = await full(stage, memberPath, '--help');
    expect([status, stderr]).to.deep.equal([1, 'member: cannot write the output: ENOSPC\n']);
  });

  scene('nobody can be told of wrong usage: the status is the same', async (stage) => {
    const run = await stage.run(['sh', '-c', 'exec "$0" --nonsense 2>/dev/full', leaderPath]);
    expect(run).to.include({ status: 2, stdout: '', stderr: '' });
  });

  scene('more than a non-blocking pipe holds: all of it', async (stage) => {
    await stage.startLeader();
    writeFileSync(stage.path('f'), '');
    const locker = new Locker(stage.socket, 'many', stage.path('f'));
    for (let i = 0; i < 2000; i++) locker.tryLock({ start: 2 * i, end: 2 * i + 1 });
    const { status, stdout, stderr } = await output(stage, 'slow', leaderPath, 'locks', '--json');
    expect([status, stderr]).to.deep.equal([0, '']);
    expect(JSON.parse(stdout)).to.have.length(2000);
    locker.close();
  });
});

describe('leader fds: flags', () => {
  const flags: { open: string; name: string[]; short: string }[] = [
    { open: 'O_RDONLY', name: ['read'], short: 'r' },
    { open: 'O_WRONLY|O_APPEND', name: ['write', 'append'], short: 'w,append' },
    { open: 'O_RDWR|O_NONBLOCK', name: ['read-write', 'nonblock'], short: 'rw,nonblk' },
    { open: 'O_RDWR|O_SYNC', name: ['read-write', 'sync'], short: 'rw,sync' },
    { open: 'O_RDWR|O_DSYNC', name: ['read-write', 'dsync'], short: 'rw,dsync' },
    { open: 'O_RDONLY|O_DIRECT', name: ['read', 'direct'], short: 'r,direct' },
    { open: 'O_RDONLY|O_ASYNC', name: ['read', 'async'], short: 'r,async' },
    { open: 'O_RDONLY|O_NOATIME', name: ['read', 'noatime'], short: 'r,noatime' },
    { open: 'O_RDONLY|O_NOFOLLOW', name: ['read', 'nofollow'], short: 'r,nofollow' },
    { open: 'O_RDWR|O_TMPFILE', name: ['read-write', 'tmpfile'], short: 'rw,tmp' },
    { open: 'O_RDONLY|O_DIRECTORY', name: ['read', 'directory'], short: 'r,dir' },
    { open: 'O_PATH', name: ['path'], short: 'path' },
    { open: 'O_PATH|O_DIRECTORY', name: ['path', 'directory'], short: 'path,dir' },
    { open: '3', name: ['none'], short: '-' },
  ];
  /** The numbers of the descriptors; 0 where the file system does not know the flag. */
  const program = `
import json, os, sys
def opened(words):
    flags = int(words) if words == '3' else eval('|'.join('os.' + word for word in words.split('|')))
    try:
        return os.open('.' if 'DIRECTORY' in words or 'TMPFILE' in words else 'f', flags)
    except OSError:
        return 0
print(json.dumps([opened(words) for words in sys.argv[1:]]), flush=True)
sys.stdin.read()`;

  scene('all that a descriptor keeps: in full for programs, in short for people', async (stage) => {
    await stage.startLeader();
    writeFileSync(stage.path('f'), '');
    const member = stage.member([python, '-c', program, ...flags.map(({ open }) => open)]);
    const numbers = JSON.parse((await member.said(/\[.*\]/))[0]) as number[];
    expect(numbers.filter((fd) => fd > 0)).to.have.length.at.least(flags.length - 2);
    const processes = (await asked(stage, 'ps')) as { pid: number; cmd: string[] }[];
    const { pid } = processes.find(({ cmd }) => cmd[1] === '-c')!;
    const rows = (await asked(stage, 'fds', String(pid))) as { fd: number; flags: string[] }[];
    const lines = (await ask(stage, 'fds', String(pid))).split('\n');
    flags.forEach(({ open, name, short }, index) => {
      const fd = numbers[index]!;
      if (fd === 0) return;
      const row = rows.find((each) => each.fd === fd)!;
      expect(row.flags, open).to.deep.equal([...name, 'cloexec']);
      const line = lines.find((each) => each.trim().startsWith(`${fd} `))!;
      expect(line.trim().split(/ +/)[1], open).to.equal(`${short},cloexec`);
    });
    member.child.stdin.end();
    await member.result;
  });
});

describe('names of other programs', () => {
  scene('neither turn the text around, nor hide in it, nor reach the terminal', async (stage) => {
    const bad = '\u202e\u200b\u009b31m\ufeff\u2066\u001b]0;x\u0007';
    const good = '\ufffd\ufffd\ufffd31m\ufffd\ufffd\ufffd]0;x\ufffd';
    const mount = stage.path(`m${bad}`);
    mkdirSync(mount);
    await stage.startLeader('--bind', `${mount}:/zz`, '--bind', `${mount}:/z${bad}`);
    const file = stage.path(`f${bad}`);
    writeFileSync(file, '');
    const first = stage.member(['flock', file, 'sh', '-c', 'echo held; read x', bad]);
    await first.said(/held/);
    const second = stage.member(['flock', file, 'true', bad]);
    const waiting = () => asked(stage, 'locks', '--waiting') as Promise<unknown[]>;
    while ((await waiting()).length === 0);
    const [{ pid }] = await asked(stage, 'locks');
    for (const words of [['ps'], ['locks'], ['top'], ['status'], ['fds', String(pid)]]) {
      const { stdout } = await stage.run([leaderPath, ...words, '--socket', stage.socket]);
      expect(stdout, words[0]).to.include(good);
      expect(stdout.replaceAll('\n', ''), words[0]).to.not.match(/[\p{Cc}\p{Cf}]/u);
    }
    // Programs are told what it is.
    expect((await asked(stage, 'locks'))[0].file).to.equal(file);
    first.write('\n');
    await first.result;
    await second.result;
  });
});

describe('leader: how wide tables are', () => {
  /** A file and a command too long for any of the widths. */
  async function long(stage: Scene): Promise<Locker> {
    await stage.startLeader();
    const path = stage.path('long'.repeat(60));
    writeFileSync(path, '');
    const locker = new Locker(stage.socket, 'x'.repeat(200), path);
    locker.tryLock();
    return locker;
  }
  const longest = (text: string) => Math.max(...text.split(/\r?\n/).map((line) => line.length));

  scene('in a pipe nothing is cut, unless COLUMNS says so', async (stage) => {
    const locker = await long(stage);
    const command = [leaderPath, 'locks', '--socket', stage.socket];
    for (const columns of ['', '0', 'x', '-1']) {
      const { stdout } = await stage.run(command, { env: { COLUMNS: columns } });
      expect(stdout)
        .to.include(`/${'long'.repeat(60)} `)
        .and.include(` ${'x'.repeat(200)} `);
      expect(stdout).to.not.include('…');
    }
    for (const columns of [70, 100, 30]) {
      const { stdout } = await stage.run(command, { env: { COLUMNS: String(columns) } });
      expect(longest(stdout)).to.be.within(columns - 1, columns);
    }
    const top = await stage.run([leaderPath, 'top', '--socket', stage.socket]);
    expect(top.stdout).to.include('long'.repeat(60));
    locker.close();
  });

  scene('on a terminal they are as wide as it is; 80, if it does not know', async (stage) => {
    const locker = await long(stage);
    for (const [size, width] of [
      ['24x132', 132],
      ['24x40', 40],
      ['0x0', 80],
    ] as const) {
      const command = [python, script('terminal.py'), size, leaderPath, 'locks', '--socket', stage.socket];
      const { stdout } = await stage.run(command, { env: { COLUMNS: '' } });
      expect(longest(stdout), size).to.be.within(width - 1, width);
    }
    locker.close();
  });
});

describe('leader top on a terminal', () => {
  const onTerminal = (stage: Scene, size = '33x101') =>
    stage.start([python, script('terminal.py'), size, leaderPath, 'top', '--socket', stage.socket], {
      env: { TERM: 'xterm' },
    });

  for (const [name, key] of [
    ['q', 'q'],
    ['Ctrl-C', interrupt],
  ] as const) {
    scene(`is drawn again each second; ${name} ends it and the terminal is as before`, async (stage) => {
      await stage.startLeader();
      const terminal = onTerminal(stage);
      await terminal.said(/(locks\/s[\s\S]*){4}/);
      terminal.write(key);
      const { status, stdout } = await terminal.result;
      expect(status).to.equal(0);
      expect(stdout.startsWith('\u001b[?1049h\u001b[?25l')).to.equal(true);
      expect(stdout.endsWith('\u001b[?25h\u001b[?1049l')).to.equal(true);
    });
  }

  /** What was drawn each time, without control sequences. */
  const frames = (text: string): string[][] =>
    text
      .split('\u001b[H')
      .slice(1)
      .map((frame) => stripVTControlCharacters(frame).split(/\r+\n/));

  for (const { size, rows, columns, titles } of [
    { size: '24x80', rows: 24, columns: 80, titles: ['FILE', 'FOR', 'NAME'] },
    { size: '12x45', rows: 12, columns: 45, titles: ['LOCKS/s', 'SINCE', 'CALLS/s'] },
    { size: '5x30', rows: 5, columns: 30, titles: ['LOCKS/s', 'SINCE'] },
    { size: '2x7', rows: 2, columns: 7, titles: [] },
  ]) {
    scene(`of ${rows} rows and ${columns} columns: nothing wraps, nothing scrolls`, async (stage) => {
      await stage.startLeader();
      const { member } = await contend(stage);
      const terminal = onTerminal(stage, size);
      await terminal.said(/(\[H[\s\S]*){3}/);
      terminal.write('q');
      const { stdout } = await terminal.result;
      for (const frame of frames(stdout.split('\u001b[?25h')[0]!)) {
        const lines = frame.at(-1) === '' ? frame.slice(0, -1) : frame;
        expect(lines.length).to.be.within(1, rows);
        for (const line of lines) expect(widthOf(line), line).to.be.at.most(columns);
        for (const title of titles) expect(lines.join('\n')).to.match(new RegExp(`\\b${title}\\b`));
      }
      member.write('\n');
      await member.result;
    });
  }

  scene('Ctrl-Z stops the job and gives the terminal back; fg draws again', async (stage) => {
    await stage.startLeader();
    const terminal = stage.start([python, script('terminal.py'), 'bash', '--norc', '--noprofile', '-i'], {
      env: { PS1: '$ ', TERM: 'dumb', HISTFILE: '' },
    });
    await terminal.said(/\$ $/);
    const type = async (line: string, answer: RegExp) => {
      terminal.stdout = '';
      terminal.write(line);
      await terminal.said(answer);
    };
    await type(`${leaderPath} top --socket ${stage.socket}\n`, /\?1049h[\s\S]*locks\/s/);
    await type(suspend, /\?25h.\[\?1049l[\s\S]*Stopped/);
    // Typed lines are shown and read as before.
    await type('stty -a | tr " " "\\n" | grep -cx -e icanon -e echo\n', /^2\r$/m);
    await type('fg\n', /\?1049h[\s\S]*locks\/s/);
    await type(suspend, /\?1049l[\s\S]*Stopped/);
    await type('fg\n', /\?1049h(?:[\s\S]*locks\/s){3}/);
    await type('q', /\?25h.\[\?1049l[\s\S]*\$ $/);
    terminal.write('exit $?\n');
    expect((await terminal.result).status).to.equal(0);
  });

  scene('Ctrl-Z where no shell could continue it: it goes on', async (stage) => {
    await stage.startLeader();
    const terminal = onTerminal(stage);
    await terminal.said(/locks\/s/);
    terminal.write(suspend);
    await terminal.said(/\?1049l[\s\S]*\?1049h[\s\S]*locks\/s/);
    terminal.write('q');
    expect((await terminal.result).status).to.equal(0);
  });

  scene('when the leader goes, it ends with one line and status 1', async (stage) => {
    const leader = await stage.startLeader();
    const terminal = onTerminal(stage);
    await terminal.said(/locks\/s/);
    leader.child.kill('SIGTERM');
    const { status, stdout } = await terminal.result;
    const [, said] = stdout.split('\u001b[?1049l');
    expect(said).to.match(/^leader: no answer from .*: ECONNRESET\r\n$/);
    expect(status).to.equal(1);
    expect((await leader.result).status).to.equal(0);
  });
});
