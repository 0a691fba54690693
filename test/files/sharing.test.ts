/** What programs in two members of one leader share through a mount. */
import { mkdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { leaderPath, memberPath, python, type Scene, scene, until } from '../programs/support.js';
import { type MountLeader, succeed, withLeader } from './scenes.js';

const py = (text: string): string[] => [python, '-SEc', text];

/** A story in /shared, in memory and in a host directory. */
function inBoth(name: string, play: (leader: MountLeader, scene: Scene) => Promise<void>): void {
  scene(`${name}, in memory`, (scene) =>
    withLeader(scene, ['--tmpfs', '/shared'], (leader) => play(leader, scene)),
  );
  scene(`${name}, on the host`, (scene) => {
    mkdirSync(scene.path('host'));
    return withLeader(scene, ['--bind', `${scene.path('host')}:/shared`], (leader) => play(leader, scene));
  });
}

const readFifo = 'exec 3< /shared/fifo; echo opened; cat <&3';

const serveOne = `
import socket
server = socket.socket(socket.AF_UNIX); server.bind('/shared/socket'); server.listen()
print('listening', flush=True)
connection, _ = server.accept()
connection.sendall(connection.recv(100).upper()); connection.close()`;

const askOne = `
import socket
client = socket.socket(socket.AF_UNIX); client.connect('/shared/socket')
client.sendall(b'hello'); print(client.recv(100))`;

/** Waits in the mapping for the other's byte: nothing but memory is between them. */
const playPing = (own: number, other: number): string => `
import mmap, os, time
fd = os.open('/shared/memory', os.O_RDWR | os.O_CREAT, 0o600); os.ftruncate(fd, 4096)
memory = mmap.mmap(fd, 4096)
print('mapped', flush=True)
if ${own} == 0: input()
end = time.monotonic() + 40
for turn in range(1, 51):
    if ${own} == 0: memory[0] = turn
    while memory[${other}] != turn:
        assert time.monotonic() < end
        time.sleep(0)
    if ${own} == 1: memory[1] = turn
print('played')`;

const watch = `
import ctypes, os, struct
libc = ctypes.CDLL(None, use_errno=True)
fd = libc.inotify_init1(0)
assert libc.inotify_add_watch(fd, b'/shared/watched', 0x100 | 0x8 | 0x40 | 0x80 | 0x200) == 1
print('watching', flush=True)
seen = []
while len(seen) < 5:
    data = os.read(fd, 4096)
    while data:
        _, mask, _, length = struct.unpack_from('iIII', data)
        seen.append((hex(mask), data[16:16 + length].rstrip(b'\\0').decode()))
        data = data[16 + length:]
print(seen)`;

describe('members share a mount', () => {
  inBoth('names, inode numbers, contents', async (leader) => {
    await leader.sh('mkdir -p /shared/a/b; echo one > /shared/a/b/f; ln /shared/a/b/f /shared/g');
    const facts = "cd /shared; find . -printf '%p %i %D %n %m %T@\\n' | sort; cat g";
    expect(await leader.sh(facts)).to.equal(await leader.sh(facts));
    await leader.sh('echo two > /shared/a/b/f; mv /shared/a /shared/c');
    expect(await leader.sh('cat /shared/g /shared/c/b/f; ls /shared')).to.equal('two\ntwo\nc\ng\n');
  });

  inBoth('a directory that the other one is in', async (leader) => {
    await leader.sh('mkdir -p /shared/a/b');
    const inside = leader.start(['sh', '-euc', 'cd /shared/a/b; echo in; read go; pwd -P; echo x > f']);
    await inside.said(/in/);
    await leader.sh('mv /shared/a /shared/z');
    inside.write('go\n');
    expect(await succeed(inside)).to.equal('in\n/shared/z/b\n');
    expect(await leader.sh('cat /shared/z/b/f')).to.equal('x\n');
  });

  inBoth('a FIFO', async (leader) => {
    await leader.run(['mkfifo', '/shared/fifo']);
    const reader = leader.start(['sh', '-euc', readFifo]);
    await leader.sh('for i in 1 2 3; do echo line $i; done > /shared/fifo');
    expect(await succeed(reader)).to.equal('opened\nline 1\nline 2\nline 3\n');
  });

  inBoth('a Unix socket', async (leader) => {
    const server = leader.start(py(serveOne));
    await server.said(/listening/);
    expect(await leader.run(py(askOne))).to.equal("b'HELLO'\n");
    await succeed(server);
  });

  inBoth('memory', async (leader) => {
    const first = leader.start(py(playPing(0, 1)));
    const second = leader.start(py(playPing(1, 0)));
    for (const player of [first, second]) await player.said(/mapped/);
    first.write('go\n');
    for (const player of [first, second]) expect(await succeed(player)).to.equal('mapped\nplayed\n');
  });

  inBoth('what inotify tells', async (leader) => {
    await leader.run(['mkdir', '/shared/watched']);
    const watcher = leader.start(py(watch));
    await watcher.said(/watching/);
    await leader.sh('cd /shared/watched; echo x > f; mv f g; rm g');
    const seen = "[('0x100', 'f'), ('0x8', 'f'), ('0x40', 'f'), ('0x80', 'g'), ('0x200', 'g')]";
    expect(await succeed(watcher)).to.equal(`watching\n${seen}\n`);
  });

  inBoth('a lock', async (leader, scene) => {
    const holder = leader.start([
      'flock',
      '/shared/lock',
      'sh',
      '-c',
      'echo held; read go; echo done > /shared/f',
    ]);
    await holder.said(/held/);
    const waiter = leader.start(['flock', '/shared/lock', 'cat', '/shared/f']);
    const locks = async () => (await scene.run([leaderPath, 'locks', '--socket', scene.socket])).stdout;
    await until(
      async () => /waits/.test(await locks()),
      () => `nobody waits: ${waiter.stderr}`,
    );
    expect(await leader.sh('flock -n /shared/lock true || echo taken')).to.equal('taken\n');
    holder.write('go\n');
    expect(await succeed(waiter)).to.equal('done\n');
    await succeed(holder);
  });
});

describe('a member starts in a mount', () => {
  scene('-w /shared', async (scene) => {
    const run = (...options: string[]) =>
      scene.run([memberPath, ...options, '--', 'sh', '-c', 'pwd; /bin/pwd -P']);
    const { stdout, stderr, status } = await run('--tmpfs', '/shared', '-w', '/shared');
    expect({ stdout, stderr, status }).to.deep.equal({ stdout: '/shared\n/shared\n', stderr: '', status: 0 });
  });

  scene('its program lies there', async (scene) => {
    mkdirSync(scene.path('bin'));
    await scene.run(['cp', '/bin/echo', scene.path('bin', 'say')]);
    const mount = ['--bind', `${scene.path('bin')}:/programs`];
    const { stdout, stderr } = await scene.run([memberPath, ...mount, '--', '/programs/say', 'hello']);
    expect({ stdout, stderr }).to.deep.equal({ stdout: 'hello\n', stderr: '' });
  });
});

const appenders = 8;
const lines = 500;

/** Half of them ask for O_APPEND, half write wherever their offset is. */
const appender = (index: number): string => `
import os
fd = os.open('/logs/log', os.O_WRONLY | os.O_CREAT${index % 2 ? ' | os.O_APPEND' : ''}, 0o644)
print('open', flush=True); input()
for number in range(${lines}):
    line = b'%d %d ' % (${index}, number)
    line += b'${index}' * (99 - len(line)) + b'\\n'
    if number % 3 == 1: os.pwrite(fd, line, 0)
    else: os.write(fd, line)`;

describe('an append mount', () => {
  const inLogs = (name: string, play: (leader: MountLeader, scene: Scene) => Promise<void>): void =>
    scene(name, (scene) => {
      mkdirSync(scene.path('logs'));
      return withLeader(scene, ['--append', `/logs=${scene.path('logs')}`], (leader) => play(leader, scene));
    });

  inLogs(`${appenders} members tear no line`, async (leader, scene) => {
    const programs = Array.from({ length: appenders }, (_, index) => leader.start(py(appender(index))));
    for (const program of programs) await program.said(/open/);
    for (const program of programs) program.write('go\n');
    for (const program of programs) await succeed(program);
    const written = readFileSync(scene.path('logs', 'log'), 'latin1').split('\n');
    expect(written.pop()).to.equal('');
    expect(written.filter((line) => !/^(\d) \d+ \1+$/.test(line) || line.length !== 99)).to.deep.equal([]);
    const inOrder = Array.from({ length: appenders }, (_, index) =>
      written.filter((line) => line.startsWith(`${index} `)).map((line) => Number(line.split(' ')[1])),
    );
    expect(inOrder).to.deep.equal(
      Array.from({ length: appenders }, () => Array.from({ length: lines }, (_, number) => number)),
    );
  });

  inLogs('tail -F follows over rotation', async (leader) => {
    await leader.sh('echo one > /logs/log');
    const tail = leader.start(['tail', '-n', '+1', '-F', '/logs/log']);
    await tail.said(/one\n/);
    await leader.sh('echo two >> /logs/log');
    await tail.said(/two\n/);
    await leader.sh('mv /logs/log /logs/log.1; echo three >> /logs/log');
    await tail.said(/three\n/);
    await leader.sh('mv /logs/log /logs/log.1; echo four > /logs/log; echo five >> /logs/log');
    await tail.said(/five\n/);
    tail.child.kill('SIGTERM');
    expect((await tail.result).stdout).to.equal('one\ntwo\nthree\nfour\nfive\n');
  });

  inLogs('overwrites nothing', async (leader) => {
    await leader.sh('echo first > /logs/log');
    const spoil = [
      'echo x > /logs/log',
      'truncate -s 0 /logs/log',
      'dd if=/dev/zero of=/logs/log conv=notrunc bs=1 count=3 status=none',
      'cp /etc/hostname /logs/log',
    ];
    const answers: string[] = [];
    for (const command of spoil)
      answers.push(await leader.sh(`(${command}) 2>/dev/null && echo done || echo refused`));
    expect(answers).to.deep.equal(['refused\n', 'refused\n', 'done\n', 'refused\n']);
    expect(await leader.sh('od -An -c /logs/log')).to.equal('   f   i   r   s   t  \\n  \\0  \\0  \\0\n');
  });
});
