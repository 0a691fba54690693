/** The leader's mount table: what the roots are, what leads to mount points, and that nothing of it is left behind. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type OpenMounts, openMounts } from '../../src/leader/mounts/open.js';
import { OwnDirectory, removeStale } from '../../src/leader/mounts/own-directory.js';
import type { TmpfsKind } from '../../src/leader/mounts/tmpfs.js';
import { createLog } from '../../src/shared/log.js';
import { MountType } from '../../src/shared/mount-types.js';
import { type MountOptions, mountsOf } from '../../src/shared/mounts/options.js';
import { removeTree } from '../../src/shared/native/mounts.js';
import { noMounts, notRoot } from '../run/machine.js';
import { unless } from '../run/skips.js';
import { ownDirectories } from './support.js';

/** open(2): not in node:fs. */
const pathOnly = 0o10000000;

const through = (fd: number, path = ''): string => `/proc/self/fd/${fd}${path}`;

describe('mount table', () => {
  const place = mkdtempSync(join(tmpdir(), 'sward-table-'));
  const host = join(place, 'host');
  const runtime = join(place, 'run');
  const before = { ...process.env };
  let said: string[] = [];
  let opened: OpenMounts | undefined;

  const log = createLog('test', 'warn', (line) => {
    said.push(line);
    return true;
  });

  function open(options: MountOptions, kind?: TmpfsKind) {
    opened = openMounts(mountsOf(options), log, kind);
    return opened.mounts;
  }

  beforeEach(() => {
    mkdirSync(host);
    mkdirSync(runtime, 0o700);
    process.env.XDG_RUNTIME_DIR = runtime;
    said = [];
  });
  afterEach(() => {
    opened?.close();
    opened = undefined;
    process.env = { ...before };
    const left = [...readdirSync(runtime), ...ownDirectories('/dev/shm', process.pid)];
    rmSync(host, { recursive: true });
    rmSync(runtime, { recursive: true });
    expect(left).to.deep.equal([]);
  });
  after(() => rmSync(place, { recursive: true }));

  it('a host directory can be listed, a host file is only named', () => {
    writeFileSync(join(host, 'file'), '');
    const [directory, file] = open({ bind: [`${host}:/zz-d`, `${host}/file:/zz-f`] });
    expect(readdirSync(through(directory!.descriptor))).to.deep.equal(['file']);
    expect(readlinkSync(through(file!.descriptor))).to.equal(join(host, 'file'));
    const flags = readFileSync(`/proc/self/fdinfo/${file!.descriptor}`, 'utf8');
    expect(Number.parseInt(/flags:\s*(\d+)/.exec(flags)![1]!, 8) & pathOnly).to.equal(pathOnly);
    expect([directory!.backing, file!.backing]).to.deep.equal([host, join(host, 'file')]);
  });

  unless(noMounts).it('a private tmpfs: mounted nowhere, its size enforced, gone when closed', () => {
    const [mount] = open({ tmpfs: ['/zz:1M'] });
    expect(mount!.backing).to.equal('private mount, size 1M enforced');
    const { mode, uid, dev } = statSync(through(mount!.descriptor));
    expect([mode & 0o7777, uid]).to.deep.equal([0o1777, 0]);
    expect(dev).to.not.equal(statSync('/dev/shm').dev);
    const { blocks, bsize } = statfsSync(through(mount!.descriptor));
    expect(blocks * bsize).to.equal(2 ** 20);
    const fill = () => writeFileSync(through(mount!.descriptor, '/f'), Buffer.alloc(2 ** 21));
    expect(fill).to.throw('ENOSPC');
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).to.not.include('size=1024k');
    expect(said).to.deep.equal([]);
  });

  unless(noMounts).it('two private tmpfs are two file systems', () => {
    const [a, b] = open({ tmpfs: ['/zz-a', '/zz-b'] });
    expect(a!.backing).to.equal("private mount, size half of the machine's memory enforced");
    expect(fstatSync(a!.descriptor).dev).to.not.equal(fstatSync(b!.descriptor).dev);
  });

  it('a tmpfs without the right to mount: a directory in /dev/shm, its size not enforced', () => {
    const [a, b] = open({ tmpfs: ['/zz-a', '/zz-b:1M'] }, 'directory');
    const [name] = ownDirectories('/dev/shm', process.pid);
    expect(a!.backing).to.equal(`directory /dev/shm/${name}/0, size not enforced`);
    expect(statSync(`/dev/shm/${name}`).mode & 0o7777).to.equal(0o700);
    expect(statSync(`/dev/shm/${name}/1`).ino).to.equal(fstatSync(b!.descriptor).ino);
    expect(fstatSync(b!.descriptor).mode & 0o7777).to.equal(0o1777);
    expect(said).to.deep.equal([
      'test: warn: --tmpfs /zz-b:1M: no private mount can be made here: size not enforced\n',
    ]);
  });

  it('missing parents: one read-only tree for all mounts beneath the topmost of them', () => {
    const umask = process.umask(0o077);
    const mounts = open({ tmpfs: ['/zz/a/b/c', '/zz/a/d', '/zz-e'] }, 'directory');
    process.umask(umask);
    expect(mounts.map(({ path, type, readonly }) => [path, type, readonly])).to.deep.equal([
      ['/zz-e', MountType.tmpfs, false],
      ['/zz', MountType.path, true],
      ['/zz/a/d', MountType.tmpfs, false],
      ['/zz/a/b/c', MountType.tmpfs, false],
    ]);
    const root = mounts[1]!.descriptor;
    expect(readdirSync(through(root), { recursive: true }).sort()).to.deep.equal(['a', 'a/b']);
    for (const path of ['', '/a', '/a/b'])
      expect(statSync(through(root, path)).mode & 0o7777).to.equal(0o755);
  });

  it('missing parents in a tmpfs are made in it', () => {
    const mounts = open({ tmpfs: ['/zz', '/zz/a/b/c'] }, 'directory');
    expect(mounts.map(({ path }) => path)).to.deep.equal(['/zz', '/zz/a/b/c']);
    expect(readdirSync(through(mounts[0]!.descriptor), { recursive: true }).sort()).to.deep.equal([
      'a',
      'a/b',
    ]);
  });

  it('missing parents in a host directory are not made in it', () => {
    mkdirSync(join(host, 'there'));
    const mounts = open({ bind: [`${host}:/zz`], tmpfs: ['/zz/there/a', '/zz/b/c/d'] }, 'directory');
    expect(mounts.map(({ path, type }) => [path, type])).to.deep.equal([
      ['/zz', MountType.host],
      ['/zz/there/a', MountType.tmpfs],
      ['/zz/b', MountType.path],
      ['/zz/b/c/d', MountType.tmpfs],
    ]);
    expect(readdirSync(host, { recursive: true })).to.deep.equal(['there']);
  });

  const refusals: { name: string; prepare?: () => void; options: () => MountOptions; error: string }[] = [
    {
      name: 'beneath a file of the host',
      options: () => ({ tmpfs: ['/etc/passwd/x'] }),
      error: '--tmpfs /etc/passwd/x: /etc/passwd, where it lies, is no directory',
    },
    {
      name: 'beneath a link to nothing',
      prepare: () => symlinkSync('nothing', join(host, 'link')),
      options: () => ({ tmpfs: [`${host}/link/x`] }),
      error: `--tmpfs ${host}/link/x: ${host}/link, where it lies, is no directory`,
    },
    {
      name: 'beneath a link in a mount',
      prepare: () => symlinkSync('/tmp', join(host, 'link')),
      options: () => ({ bind: [`${host}:/zz`], tmpfs: ['/zz/link/x'] }),
      error: '--tmpfs /zz/link/x: /zz/link, where it lies, is no directory',
    },
    {
      name: 'too many, with those that lead to others',
      options: () => ({ tmpfs: Array.from({ length: 33 }, (_, i) => `/zz${i}/t`) }),
      error: '--tmpfs /zz32/t: more than 64 mounts, those that lead to mount points included',
    },
  ];
  for (const { name, prepare, options, error } of refusals) {
    it(`${name}: refused, and nothing is left`, () => {
      prepare?.();
      const descriptors = readdirSync('/proc/self/fd').length;
      expect(() => open(options(), 'directory')).to.throw(error);
      expect(readdirSync('/proc/self/fd').length).to.equal(descriptors);
    });
  }

  it('what a dead leader left is removed, what a living one has is not', () => {
    const living = OwnDirectory.create([runtime]);
    writeFileSync(join(living.path, 'file'), '');
    const dead = join(runtime, 'sward-1-0123456789ab');
    mkdirSync(join(dead, 'a/b'), { recursive: true });
    const other = join(runtime, 'sward-other');
    mkdirSync(other);
    removeStale([runtime, '/absent'], log.warn);
    expect(existsSync(dead)).to.equal(false);
    expect(existsSync(join(living.path, 'file'))).to.equal(true);
    expect(existsSync(other)).to.equal(true);
    living.remove();
    rmSync(other, { recursive: true });
    expect(said).to.deep.equal([]);
  });

  unless(notRoot).it("another user's, a link, a file: left alone", () => {
    const names = ['sward-1-00000000000a', 'sward-1-00000000000b', 'sward-1-00000000000c'];
    const [foreign, link, file] = names.map((name) => join(runtime, name)) as [string, string, string];
    mkdirSync(foreign, 0o700);
    execFileSync('chown', ['65534', foreign]);
    symlinkSync(host, link);
    writeFileSync(file, '');
    removeStale([runtime], log.warn);
    expect(readdirSync(runtime).sort()).to.deep.equal(names);
    for (const name of names) rmSync(join(runtime, name), { recursive: true });
    expect(said).to.deep.equal([]);
  });

  it('no place for a directory: one error that names the places', () => {
    expect(() => OwnDirectory.create(['/absent/a', '/absent/b'])).to.throw(
      'ENOENT: no directory can be made in /absent/a, /absent/b',
    );
  });

  it('removal follows no link, and removes what its owner may not read', () => {
    writeFileSync(join(host, 'kept'), '');
    const tree = join(runtime, 'tree');
    mkdirSync(join(tree, 'a/b/c'), { recursive: true });
    symlinkSync(host, join(tree, 'link'));
    symlinkSync(host, join(tree, 'a/b/link'));
    execFileSync('mkfifo', [join(tree, 'a/fifo')]);
    chmodSync(join(tree, 'a/b/c'), 0);
    chmodSync(join(tree, 'a/b'), 0);
    chmodSync(join(tree, 'a'), 0o500);
    const parent = openSync(runtime, 'r');
    removeTree(parent, 'tree');
    closeSync(parent);
    expect(readdirSync(runtime)).to.deep.equal([]);
    expect(readdirSync(host)).to.deep.equal(['kept']);
  });

  it('removal of a tree 5,000 directories deep, with few descriptors', () => {
    const script = `
import os
os.chdir('${runtime}'); os.mkdir('tree'); os.chdir('tree')
for i in range(5000):
    os.mkdir('d'); open('f', 'w').close(); os.chdir('d')`;
    execFileSync('python3', ['-c', script]);
    const parent = openSync(runtime, 'r');
    removeTree(parent, 'tree');
    closeSync(parent);
    expect(readdirSync(runtime)).to.deep.equal([]);
  });
});
