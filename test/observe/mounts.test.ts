/** `leader fds` and `locks` within mounts: what the members call the files, wherever those are on the host. */
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { leaderPath, memberPath, python, type Scene, scene } from '../programs/support.js';
import { Locker } from '../protocol/leader-process.js';
import { noMounts } from '../run/machine.js';

/** Opens files in each directory that is given, renames and unlinks some, and tells what it calls the open ones. */
const program = `
import fcntl, json, os, sys
kept = {}
def opened(directory, name):
    return os.open(os.path.join(directory, name), os.O_RDWR | os.O_CREAT | os.O_APPEND)
for directory in sys.argv[1:]:
    def path(name):
        return os.path.join(directory, name)
    kept[opened(directory, 'plain')] = path('plain')
    kept[opened(directory, 'before')] = path('after')
    os.rename(path('before'), path('after'))
    kept[opened(directory, 'gone')] = path('gone') + ' (deleted)'
    os.unlink(path('gone'))
    os.mkdir(path('dir'))
    kept[os.open(path('dir'), os.O_RDONLY | os.O_DIRECTORY)] = path('moved')
    kept[opened(path('dir'), 'in')] = path('moved/in')
    os.rename(path('dir'), path('moved'))
    os.chdir(directory)
    kept[os.open('.', os.O_RDONLY)] = directory
    locked = opened(directory, 'locked')
    kept[locked] = path('renamed')
    fcntl.flock(locked, fcntl.LOCK_EX)
    os.rename(path('locked'), path('renamed'))
print('opened', os.getpid(), json.dumps(kept), flush=True)
sys.stdin.readline()
`;

async function ask(stage: Scene, ...words: string[]): Promise<string> {
  const command = [leaderPath, ...words, '--socket', stage.socket];
  const { status, stdout, stderr } = await stage.run(command, { env: { COLUMNS: '80' } });
  expect([status, stderr]).to.deep.equal([0, '']);
  return stdout;
}

/** Without the right to mount a tmpfs is a directory of the host, also for root. */
const withoutMounting = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin', '--'];
const settings = [
  { name: 'with a tmpfs that is a private mount', prefix: [], reason: noMounts },
  {
    name: 'with a tmpfs that is a directory',
    prefix: noMounts === undefined ? withoutMounting : [],
    reason: undefined,
  },
];

describe('locks --file', () => {
  scene('a path as it is listed, although the host has another file there', async (stage) => {
    for (const directory of ['backing', 'mounted']) {
      mkdirSync(stage.path(directory));
      writeFileSync(stage.path(directory, 'f'), '');
    }
    const mounted = stage.path('mounted', 'f');
    await stage.startLeader('--bind', `${stage.path('backing')}:${stage.path('mounted')}`);
    const holding = (path: string, type: string) =>
      `import fcntl, sys; f = open('${path}', 'r+'); fcntl.flock(f, fcntl.${type}); print('held', flush=True); sys.stdin.read()`;
    const inside = stage.member([python, '-c', holding(mounted, 'LOCK_EX')]);
    await inside.said(/held/);
    const rows = async (path: string) =>
      (
        JSON.parse(await ask(stage, 'locks', '--json', '--file', path)) as { file: string; inode: number }[]
      ).map(({ file, inode }) => [file, inode]);
    const inMount = [mounted, statSync(stage.path('backing', 'f')).ino];
    expect(await rows(mounted)).to.deep.equal([inMount]);
    // Where the host has it.
    expect(await rows(stage.path('backing', 'f'))).to.deep.equal([inMount]);

    // The library locks the host's file, which the leader calls the same: both are told.
    const outside = new Locker(stage.socket, 'outside', mounted);
    outside.tryLock();
    const onHost = [mounted, statSync(mounted).ino];
    expect(await rows(mounted)).to.have.deep.members([inMount, onHost]);
    symlinkSync(mounted, stage.path('link'));
    expect(await rows(stage.path('link'))).to.deep.equal([onHost]);
    outside.close();
    expect(await rows(mounted)).to.deep.equal([inMount]);
    inside.child.stdin.end();
    await inside.result;
    expect(await rows(mounted)).to.deep.equal([]);
  });
});

describe('descriptors of files in mounts', () => {
  for (const { name, prefix, reason } of settings) {
    scene(
      `are told by their guest paths, renamed and removed ones too, ${name}`,
      async (stage) => {
        for (const directory of ['host', 'log', 'outside']) mkdirSync(stage.path(directory));
        writeFileSync(stage.path('single'), '');
        const mounts = [
          ['--bind', `${stage.path('host')}:/zz/data`],
          ['--append', `/zz/log=${stage.path('log')}`],
          ['--tmpfs', '/zz/shared:1M'],
          ['--tmpfs', '/zz/data/inner'],
          ['--bind', `${stage.path('single')}:/zz/one`],
        ];
        const leader = stage.start([...prefix, leaderPath, '--socket', stage.socket, ...mounts.flat()], {
          env: { XDG_RUNTIME_DIR: '' },
        });
        await leader.said(/ready/, 'stderr');
        const guests = ['/zz/data', '/zz/shared', '/zz/data/inner', '/zz/log', stage.path('outside')];
        const opening = ['bash', '-c', 'exec 7</zz/one; exec "$@"', 'open', python, '-c', program, ...guests];
        const member = stage.start([memberPath, '--socket', stage.socket, '--', ...opening]);
        const [, pid, told] = await member.said(/opened (\d+) (\{.*\})\n/);
        const expected = { ...(JSON.parse(told!) as Record<string, string>), 7: '/zz/one' };

        const rows = JSON.parse(await ask(stage, 'fds', pid!, '--json')) as {
          fd: number;
          target: string;
          locks: unknown[];
        }[];
        const targets = new Map(rows.map(({ fd, target }) => [String(fd), target]));
        for (const [fd, path] of Object.entries(expected)) expect(targets.get(fd)).to.equal(path);
        const locked = rows.filter(({ locks }) => locks.length > 0).map(({ target }) => target);
        expect(locked).to.have.members(guests.map((guest) => `${guest}/renamed`));

        const lines = (await ask(stage, 'fds', pid!)).split('\n');
        for (const [fd, path] of Object.entries(expected)) {
          const line = lines.find((text) => text.trim().startsWith(`${fd} `))!;
          expect(line.length).to.be.at.most(80);
          // What is too long for a line is told by its end.
          expect(path.endsWith(/\S*( \(deleted\))?$/.exec(line)![0].replace('…', ''))).to.equal(true, line);
          if (path.length <= 20) expect(line.endsWith(` ${path}`)).to.equal(true, line);
        }
        expect(await ask(stage, 'locks')).to.match(/^\/zz\/shared\/renamed +flock +write +all/m);

        member.write('\n');
        expect((await member.result).status).to.equal(0);
        leader.child.kill('SIGTERM');
        await leader.result;
      },
      reason,
    );
  }
});
