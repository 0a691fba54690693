/** Mounts of a leader process: what its members are handed, what it reports, what is left when it ends or is killed. */
import {
  chmodSync,
  existsSync,
  fstatSync,
  mkdirSync,
  readdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { expect } from 'chai';
import { connectLink } from '../../src/member/socket-connect.js';
import { connect } from '../../src/shared/client.js';
import { createLog } from '../../src/shared/log.js';
import { MountLocks, MountType } from '../../src/shared/mount-types.js';
import { BlockingClient } from '../../src/shared/protocol-call.js';
import { leaderPath, memberPath, type Program, type Scene, scene, until } from '../programs/support.js';
import { Locker } from '../protocol/leader-process.js';
import { asNobody, closedToNobody, noMounts } from '../run/machine.js';
import { type Reason, unless } from '../run/skips.js';
import { ownDirectories } from './support.js';

const log = createLog('test', 'warn');
/** Directories are made in TMPDIR, which the scene looks at. */
const env = { XDG_RUNTIME_DIR: '' };

async function lead(
  stage: Scene,
  options: readonly string[],
  prefix: readonly string[] = [],
): Promise<Program> {
  const program = stage.start([...prefix, leaderPath, '--socket', stage.socket, ...options], { env });
  await program.said(/ready/, 'stderr');
  return program;
}

async function stop(leader: Program, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  leader.child.kill(signal);
  expect((await leader.result).status).to.equal(0);
}

/** What the leader of the scene answers. */
async function ask(stage: Scene, ...command: string[]): Promise<string> {
  const { status, stdout, stderr } = await stage.run([leaderPath, ...command, '--socket', stage.socket]);
  expect([status, stderr]).to.deep.equal([0, '']);
  return stdout;
}

const temporary = (stage: Scene): string[] => readdirSync(stage.path('tmp'));
const inMemory = ({ pid }: Program): string[] => ownDirectories('/dev/shm', pid);

/** Without the right to mount a tmpfs is a directory, also for root. */
const withoutMounting = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin', '--'];

describe('mounts of a leader', () => {
  scene(
    'HELLO hands a member each mount and its root, more than a message usually carries',
    async (stage) => {
      const options: string[] = [];
      for (let i = 0; i < 30; i++) {
        mkdirSync(stage.path(`d${i}`));
        options.push('--bind', `${stage.path(`d${i}`)}:/zz${i}/data`);
      }
      const leader = await lead(stage, options);
      const link = connectLink(stage.socket, log, () => 0);
      expect(link.mounts).to.have.length(60);
      const identities = link.mounts
        .filter(({ type }) => type === MountType.host)
        .map((mount) => {
          const { ino, dev } = fstatSync(mount.descriptor);
          const place = statSync(stage.path(`d${/\d+/.exec(mount.path)![0]}`));
          return [ino, dev].join() === [place.ino, place.dev].join();
        });
      expect(identities).to.deep.equal(new Array(30).fill(true));
      const descriptors = readdirSync('/proc/self/fd').length;
      const tool = new BlockingClient(stage.socket, 'tool');
      expect(tool.hello.mounts).to.deep.equal([]);
      const library = await connect(stage.socket);
      expect(readdirSync('/proc/self/fd').length).to.be.at.most(descriptors + 3);
      library.close();
      tool.close();
      link.close();
      await stop(leader);
    },
  );

  scene('status, as text and as JSON', async (stage) => {
    mkdirSync(stage.path('logs'));
    const file = stage.path('app.conf');
    writeFileSync(file, '');
    const manifest = `
      [fs]
      mounts = [
        { type = "append", path = "/zz/log", uri = "file:./logs", locks = "kernel" },
        { type = "host", path = "/etc/zz.conf", uri = "file:app.conf", readonly = true },
      ]`;
    writeFileSync(stage.path('manifest.toml'), manifest);
    const leader = await lead(stage, ['--manifest', stage.path('manifest.toml')]);
    const text = await ask(stage, 'status');
    expect(text.split('\n').filter((line) => line.startsWith('mount '))).to.deep.equal([
      'mount /zz: path, leads to mount points, read-only',
      `mount /zz/log: append, ${stage.path('logs')}, locks kernel`,
      `mount /etc/zz.conf: host, ${file}, read-only, locks leader`,
    ]);
    expect(JSON.parse(await ask(stage, 'status', '--json')).mounts[1]).to.deep.equal({
      path: '/zz/log',
      type: 'append',
      backing: stage.path('logs'),
      readonly: false,
      locks: 'kernel',
    });
    await stop(leader);
  });

  const prefixes: { kind: string; reason: Reason; prefix: readonly string[]; backing: RegExp }[] = [
    {
      kind: 'private',
      reason: noMounts,
      prefix: [],
      backing: /: tmpfs, private mount, size 1G enforced,/,
    },
    {
      kind: 'directory, root without CAP_SYS_ADMIN',
      reason: noMounts,
      prefix: withoutMounting,
      backing: /: tmpfs, directory \/dev\/shm\/sward-\d+-[0-9a-f]+\/1, size not enforced,/,
    },
    {
      kind: 'directory, nobody',
      reason: closedToNobody,
      prefix: asNobody,
      backing: /: tmpfs, directory \/dev\/shm\/sward-\d+-[0-9a-f]+\/1, size not enforced,/,
    },
  ];
  for (const { kind, reason, prefix, backing } of prefixes) {
    unless(reason).describe(`a tmpfs (${kind})`, () => {
      /** Starts with `/zz/shared`, whose parent the host lacks. */
      async function leadTmpfs(stage: Scene): Promise<Program> {
        chmodSync(stage.directory, 0o777);
        chmodSync(stage.path('tmp'), 0o777);
        return lead(stage, ['--tmpfs', '/zz/shared:1G'], prefix);
      }
      const directories = kind === 'private' ? 0 : 1;

      scene('status tells what it is; every member sees the same tree', async (stage) => {
        const leader = await leadTmpfs(stage);
        expect(await ask(stage, 'status')).to.match(backing);
        expect(inMemory(leader)).to.have.length(directories);
        const links = [1, 2].map(() => connectLink(stage.socket, log, () => 0));
        const roots = links.map(({ mounts }) => mounts.find(({ type }) => type === MountType.tmpfs)!);
        expect(roots[0]!.locks).to.equal(MountLocks.leader);
        writeFileSync(`/proc/self/fd/${roots[0]!.descriptor}/file`, '');
        expect(readdirSync(`/proc/self/fd/${roots[1]!.descriptor}`)).to.deep.equal(['file']);
        for (const link of links) link.close();
        await stop(leader);
        expect(inMemory(leader)).to.deep.equal([]);
      });

      scene('locks are listed by guest path, also of a file without a name', async (stage) => {
        const leader = await leadTmpfs(stage);
        const link = connectLink(stage.socket, log, () => 0);
        const root = link.mounts.at(-1)!.descriptor;
        const names = ['kept', 'gone'].map((name) => `/proc/self/fd/${root}/${name}`);
        const lockers = names.map((name) => {
          writeFileSync(name, '');
          return new Locker(stage.socket, name, name);
        });
        for (const locker of lockers) expect(locker.tryLock()).to.equal('granted');
        unlinkSync(names[1]!);
        const rows = JSON.parse(await ask(stage, 'locks', '--json')) as { file: string }[];
        expect(rows.map(({ file }) => file)).to.deep.equal(['/zz/shared/kept', '/zz/shared/gone (deleted)']);
        for (const client of [...lockers, link]) client.close();
        await stop(leader);
      });

      for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
        scene(`${signal}: nothing is left`, async (stage) => {
          const leader = await leadTmpfs(stage);
          expect(temporary(stage)).to.have.length(1);
          const link = connectLink(stage.socket, log, () => 0);
          const root = `/proc/self/fd/${link.mounts.at(-1)!.descriptor}`;
          // Whoever the leader is, it may remove them.
          const umask = process.umask(0);
          mkdirSync(`${root}/a/b`, { recursive: true });
          process.umask(umask);
          writeFileSync(`${root}/a/b/f`, '');
          await stop(leader, signal);
          expect([...temporary(stage), ...inMemory(leader)]).to.deep.equal([]);
          link.close();
        });
      }

      scene('killed: the next leader removes what is left, but not what a living one has', async (stage) => {
        const dead = await leadTmpfs(stage);
        dead.child.kill('SIGKILL');
        await dead.result;
        expect(temporary(stage)).to.have.length(1);
        expect(inMemory(dead)).to.have.length(directories);
        const next = await leadTmpfs(stage);
        expect(temporary(stage)[0]).to.match(new RegExp(`^sward-${next.pid}-`));
        expect(inMemory(dead)).to.deep.equal([]);
        expect(inMemory(next)).to.have.length(directories);
        const prefixed = [...(prefix ?? []), leaderPath, '--socket', stage.path('other.sock')];
        const other = stage.start(prefixed, { env });
        await other.said(/ready/, 'stderr');
        expect(temporary(stage)).to.have.length(1);
        expect(inMemory(next)).to.have.length(directories);
        await stop(other);
        await stop(next);
      });

      scene('the socket is in use: nothing is left', async (stage) => {
        const leader = await leadTmpfs(stage);
        const second = await stage.run(
          [...(prefix ?? []), leaderPath, '--socket', stage.socket, '--tmpfs', '/zz/other'],
          { env },
        );
        expect([second.status, second.stderr]).to.deep.equal([
          4,
          `leader: cannot listen on ${stage.socket}: EADDRINUSE\n`,
        ]);
        expect(temporary(stage)).to.have.length(1);
        expect(inMemory(leader)).to.have.length(directories);
        await stop(leader);
      });
    });
  }

  const shmTests: { options: string; lacks: string; backing: RegExp }[] = [
    {
      options: 'noexec',
      lacks: 'not in memory',
      backing:
        /: tmpfs, directory .*\/tmp\/sward-\d+-[0-9a-f]+\/0, size not enforced, not in memory, locks leader$/m,
    },
    {
      options: 'ro',
      lacks: 'not in memory',
      backing: /: tmpfs, directory .*\/tmp\/sward-/,
    },
  ];
  for (const { options, lacks, backing } of shmTests) {
    scene(
      `a tmpfs where /dev/shm is mounted ${options}: in the runtime directory, said at start`,
      async (stage) => {
        const remount = `mount -t tmpfs -o ${options} none /dev/shm && exec "$@"`;
        const leader = await lead(
          stage,
          ['--tmpfs', '/zz'],
          ['unshare', '--mount', 'sh', '-c', remount, 'sh', ...withoutMounting],
        );
        expect(leader.stderr).to.include(`--tmpfs /zz: no private mount can be made here: ${lacks}\n`);
        expect(await ask(stage, 'status')).to.match(backing);
        await stop(leader);
        expect(temporary(stage)).to.deep.equal([]);
      },
      noMounts,
    );
  }

  const unreadable = async (stage: Scene): Promise<void> => {
    chmodSync(stage.directory, 0o777);
    chmodSync(stage.path('tmp'), 0o777);
    const leader = await lead(stage, ['--tmpfs', '/zz'], asNobody);
    const path = `/dev/shm/${inMemory(leader)[0]}/0`;
    const script = `cd ${path} && mkdir -p a/b/c && touch a/b/f && chmod 0 a/b/c a/b && chmod 500 a`;
    const made = await stage.run([...asNobody, 'sh', '-c', script], { cwd: '/' });
    expect([made.status, made.stderr]).to.deep.equal([0, '']);
    await stop(leader);
    expect(leader.stderr).to.not.include('warn');
    expect(existsSync(path)).to.equal(false);
  };
  scene("as nobody: directories that their owner may not read don't stay", unreadable, closedToNobody);

  scene('a bad entry: exit status 2, one line', async (stage) => {
    const { status, stderr } = await stage.run([leaderPath, '--socket', stage.socket, '--tmpfs', 'zz'], {
      env,
    });
    expect([status, stderr]).to.deep.equal([2, 'leader: --tmpfs zz: its path is not absolute\n']);
    const late = await stage.run([leaderPath, '--socket', stage.socket, '--tmpfs', '/etc/passwd/x'], { env });
    expect([late.status, late.stderr]).to.deep.equal([
      2,
      'leader: --tmpfs /etc/passwd/x: /etc/passwd, where it lies, is no directory\n',
    ]);
  });
});

describe('mounts of a member with a leader of its own', () => {
  scene('are gone with it, however it ends', async (stage) => {
    const options = ['--tmpfs', '/zz/shared', '-b', '/etc:/zz/etc', '--'];
    const runs: { command: string[]; status: number | null }[] = [
      { command: ['true'], status: 0 },
      { command: ['/absent'], status: 127 },
      { command: ['sh', '-c', 'kill -9 $$'], status: null },
    ];
    for (const { command, status } of runs) {
      const result = await stage.run([memberPath, ...options, ...command], { env });
      expect(result.status).to.equal(status);
      expect(temporary(stage)).to.deep.equal([]);
    }
  });

  scene('SIGTERM: nothing is left', async (stage) => {
    const member = stage.start(
      [memberPath, '--tmpfs', '/zz/shared', '--', 'sh', '-c', 'echo on; exec sleep 60'],
      {
        env,
      },
    );
    await member.said(/on/);
    expect(temporary(stage)).to.have.length(1);
    member.child.kill('SIGTERM');
    await member.result;
    await until(
      () => stage.processes().length === 0,
      () => 'processes are left',
    );
    expect(temporary(stage)).to.deep.equal([]);
  });

  const refused: { options: string[]; line: string }[] = [
    { options: ['--tmpfs', 'zz'], line: '--tmpfs zz: its path is not absolute' },
    {
      options: ['--tmpfs', '/etc/passwd/x'],
      line: '--tmpfs /etc/passwd/x: /etc/passwd, where it lies, is no directory',
    },
    { options: ['-b', '/absent'], line: '--bind /absent: there is no /absent on the host' },
  ];
  for (const option of [
    ['--tmpfs', '/zz:1G'],
    ['--append', '/zz=/tmp'],
    ['--bind', '/tmp:/zz'],
    ['--manifest', '/absent.toml'],
    ['--locks', '/tmp'],
  ]) {
    const said = `${option.join(' ')}: the leader at /absent.sock decides: give it to bin/leader`;
    refused.push({ options: ['--socket', '/absent.sock', ...option], line: said });
  }
  for (const { options, line } of refused) {
    scene(`${options.join(' ')}: exit status 2, one line`, async (stage) => {
      const { status, stderr } = await stage.run([memberPath, ...options, '--', 'true'], { env });
      expect([status, stderr]).to.deep.equal([2, `member: ${line}\n`]);
    });
  }
});
