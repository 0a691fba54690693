/** What native/observe.c, records.c, pages.c and descriptors.c tell, against /proc itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { errnoNumber } from '../../src/shared/errno.js';
import {
  packDescriptorDetails,
  packDescriptors,
  packRecords,
  parentOf,
  processThreads,
  processTree,
} from '../../src/shared/native/processes.js';
import {
  allProcessGroups,
  decodeDescriptors,
  decodeNumbers,
  decodeProcesses,
  fillLocks,
  ProcessGroup,
} from '../../src/shared/process-records.js';
import { until } from '../programs/support.js';

const noProcess = -errnoNumber('ESRCH');
/** No pid is so high (proc_sys_kernel(5), pid_max). */
const nobody = 0x7fff_fff0;
const longTime = 10_000_000;

/** A few hundred: ten thousand are too many for a machine that runs other tests. */
const many = 300;

const children: ChildProcess[] = [];

async function ended(child: ChildProcess): Promise<never> {
  const [status] = await once(child, 'exit');
  throw new Error(`the process ended with ${status}`);
}

/** Python that says `ready` when it has done this, and then sleeps. */
async function started(...lines: string[]): Promise<number> {
  const program = [
    'import os, time, sys, fcntl, threading',
    ...lines,
    'print("ready", flush=True)',
    'time.sleep(600)',
  ];
  const child = spawn('python3', ['-c', program.join('\n')], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await Promise.race([once(child.stdout!, 'data'), ended(child)]);
  return child.pid!;
}

/** They all have forked when `ready` is said; each sleeps soon after. */
const forks = [
  'import ctypes',
  'def die_with_parent(): ctypes.CDLL(None).prctl(1, 9)',
  'begun, begin = os.pipe()',
  `for i in range(${many}):`,
  '  if os.fork() == 0:',
  '    die_with_parent()',
  '    if i == 7:',
  '      if os.fork() == 0: die_with_parent()',
  '    os.write(begin, b".")',
  '    time.sleep(600)',
  `for i in range(${many + 1}): os.read(begun, 1)`,
];

function all(pairs: Int32Array, groups: number, tgid = 0, size = 60_000) {
  const bytes = Buffer.alloc(size);
  const found = [];
  let pages = 0;
  for (let next = 0; next < pairs.length / 2; pages++) {
    const packed = packRecords(pairs, next, tgid, groups, longTime, bytes);
    found.push(...decodeProcesses(bytes.subarray(0, packed.bytes)));
    expect(packed.next).to.be.greaterThan(next);
    next = packed.next;
  }
  return { found, pages };
}

const stat = (path: string): string[] => {
  const text = readFileSync(path, 'latin1');
  return ['', '', '', ...text.slice(text.lastIndexOf(')') + 2).split(' ')];
};

after(() => {
  for (const child of children) child.kill('SIGKILL');
});

describe('a tree of processes', () => {
  let root: number;
  let tree: Int32Array;

  before(async () => {
    root = await started(...forks);
    tree = processTree([root]) as Int32Array;
    await until(
      () => tree.every((pid, i) => i % 2 === 1 || stat(`/proc/${pid}/stat`)[3] === 'S'),
      () => 'all to sleep',
    );
  });

  it('has every process below the root once, by pid, with its parent', () => {
    expect(tree.length / 2).to.equal(many + 2);
    const pids = Array.from(tree.filter((_, i) => i % 2 === 0));
    expect(pids).to.deep.equal([...new Set(pids)].sort((a, b) => a - b));
    for (let i = 0; i < tree.length; i += 2)
      expect(tree[i + 1]).to.equal(Number(stat(`/proc/${tree[i]}/stat`)[4]));
  });

  it('of several roots, one below the other, is no longer', () => {
    const inner = tree[10]!;
    expect(processTree([inner, root, nobody]) as Int32Array).to.deep.equal(tree);
    expect((processTree([inner]) as Int32Array).length).to.be.at.most(4);
    expect(processTree([nobody])).to.have.length(0);
  });

  it('records without groups tell pid and parent, and fit into twelve bytes', () => {
    const bytes = Buffer.alloc(12 * tree.length);
    const packed = packRecords(tree, 0, 0, 0, 0, bytes);
    expect(packed).to.deep.equal({ bytes: 6 * tree.length, next: tree.length / 2 });
    expect(decodeProcesses(bytes.subarray(0, packed.bytes))[5]).to.deep.equal({
      pid: tree[10],
      ppid: tree[11],
    });
  });

  it('records tell what /proc tells', () => {
    const { found } = all(tree, allProcessGroups);
    expect(found.map(({ pid }) => pid)).to.deep.equal(Array.from(tree.filter((_, i) => i % 2 === 0)));
    const record = found[20]!;
    const fields = stat(`/proc/${record.pid}/stat`);
    expect(record.base).to.deep.include({ tgid: record.pid, state: 'S', comm: 'python3' });
    expect(record.base!.sid).to.equal(Number(fields[6]));
    expect(record.base!.pgid).to.equal(Number(fields[5]));
    expect(record.base!.start).to.equal(Number(fields[22]) * 10);
    expect(record.usage!.minorFaults).to.equal(Number(fields[10]));
    expect(record.usage!.rss).to.equal(Number(fields[24]) * 4096);
    expect(record.usage!.threads).to.equal(1);
    expect(record.cred!.euid).to.equal(process.geteuid!());
    expect(record.cred!.fsgid).to.equal(process.getegid!());
    expect(record.cmd!.slice(1)).to.have.length(2);
    expect(record.cmd![1]).to.equal('-c');
    const io = readFileSync(`/proc/${record.pid}/io`, 'latin1');
    expect(record.io!.readCalls).to.equal(Number(/syscr: (\d+)/.exec(io)![1]));
    expect(record.locks).to.deep.equal({ held: 0, waiting: 0, waitingFor: 0 });
  });

  it('a group that is not asked for is not there', () => {
    for (const group of Object.values(ProcessGroup)) {
      const [record] = all(tree.slice(0, 2), group).found;
      const names = Object.keys(ProcessGroup).filter((name) => ProcessGroup[name as 'base'] === group);
      expect(Object.keys(record!)).to.deep.equal(['pid', 'ppid', ...names]);
    }
  });

  it('small pages tell the same, nobody twice', () => {
    const whole = all(tree, ProcessGroup.base).found;
    const { found, pages } = all(tree, ProcessGroup.base, 0, 5200);
    expect(pages).to.be.greaterThan(2);
    expect(found.map(({ pid }) => pid)).to.deep.equal(whole.map(({ pid }) => pid));
  });

  it('a page ends when its time is over', () => {
    const packed = packRecords(tree, 0, 0, ProcessGroup.base, 0, Buffer.alloc(60_000));
    expect(packed.next).to.be.within(1, many);
  });

  it('who has ended has no record; nor has who never was', () => {
    const pairs = Int32Array.of(tree[0]!, tree[1]!, nobody, 1, tree[2]!, tree[3]!);
    const { found } = all(pairs, ProcessGroup.usage);
    expect(found.map(({ pid }) => pid)).to.deep.equal([tree[0], tree[2]]);
    expect(parentOf(nobody)).to.equal(noProcess);
    expect(processThreads(nobody)).to.equal(noProcess);
  });
});

describe('threads', () => {
  it('of one process, with the facts of each', async () => {
    const pid = await started(
      'for i in range(5): threading.Thread(target=time.sleep, args=(600,), daemon=True).start()',
    );
    const threads = processThreads(pid) as Int32Array;
    const { found } = all(threads, ProcessGroup.base | ProcessGroup.cred | ProcessGroup.usage, pid);
    const listed = readdirSync(`/proc/${pid}/task`).map(Number);
    expect(found.map((thread) => thread.pid)).to.deep.equal(listed);
    for (const { ppid, base, cred, usage } of found) {
      expect(ppid).to.equal(process.pid);
      expect(base!.tgid).to.equal(pid);
      expect(usage!.threads).to.equal(6);
      expect(cred!.uid).to.equal(process.getuid!());
    }
  });
});

describe('records of a later leader', () => {
  it('other groups, longer groups and longer headers are passed over', () => {
    const pairs = Int32Array.of(process.pid, process.ppid);
    const bytes = Buffer.alloc(60_000);
    const { bytes: length } = packRecords(
      pairs,
      0,
      0,
      ProcessGroup.cred | ProcessGroup.locks,
      longTime,
      bytes,
    );
    const now = bytes.subarray(0, length);
    const unknown = Buffer.from([9, 1, 3, 0, 1, 2, 3]);
    const cred = Buffer.concat([now.subarray(12, 12 + 4 + 32), Buffer.from('more')]);
    cred.writeUInt16LE(36, 2);
    const header = Buffer.concat([now.subarray(0, 12), Buffer.from('later')]);
    header.writeUInt8(17, 3);
    const later = Buffer.concat([header, unknown, cred, unknown, now.subarray(12 + 4 + 32)]);
    later.writeUInt16LE(later.length, 0);
    const locks = { held: 3, waiting: 2, waitingFor: 5000 };
    const both = Buffer.concat([later, later]);
    fillLocks(both, () => locks);
    const expected = { ...decodeProcesses(now)[0]!, locks };
    expect(decodeProcesses(both)).to.deep.equal([expected, expected]);
  });
});

describe('descriptors', () => {
  const shapes: { name: string; lines: string[] }[] = [
    { name: 'a few', lines: [] },
    { name: 'thousands without a hole', lines: ['while os.dup(0) < 5000: pass'] },
    {
      name: 'thousands with holes',
      lines: ['while os.dup(0) < 5000: pass', 'for i in range(3, 5000, 7): os.close(i)'],
    },
    {
      name: 'more with holes than one reply tells',
      lines: ['while os.dup(0) < 18999: pass', 'for i in range(3, 18999, 9): os.close(i)'],
    },
    { name: 'a hole at the top', lines: ['while os.dup(0) < 5000: pass', 'os.close(4990)'] },
    { name: 'a hole at the bottom', lines: ['while os.dup(0) < 5000: pass', 'os.close(3)'] },
    {
      name: 'few, far apart',
      lines: ['for i in (10, 100, 1000, 9999, 10000, 12345, 18000): os.dup2(0, i)'],
    },
    {
      name: 'none',
      lines: ['sys.stdout.write("ready\\n"); sys.stdout.flush()', 'os.closerange(0, 100)', 'time.sleep(600)'],
    },
  ];
  for (const { name, lines } of shapes) {
    it(name, async () => {
      const pid = await started(
        'import resource',
        'resource.setrlimit(resource.RLIMIT_NOFILE, (19000, 19000))',
        ...lines,
      );
      const open = () => readdirSync(`/proc/${pid}/fd`).map(Number);
      if (name === 'none')
        await until(
          () => open().every((fd) => fd >= 100),
          () => `descriptors left: ${open()}`,
        );
      const listed = open().sort((a, b) => a - b);
      for (const start of [0, 1, 4, 999, 1000, 4995, 12_345, 12_346, 0xffff_ffff]) {
        for (const size of [65_000, 40]) {
          const bytes = Buffer.alloc(size);
          const found: number[] = [];
          for (let from: number | null = start; from !== null; ) {
            const page = packDescriptors(pid, from, bytes);
            found.push(...decodeNumbers(bytes.subarray(0, page.bytes), from));
            from = page.next;
          }
          expect(found, `from ${start}`).to.deep.equal(listed.filter((fd) => fd >= start));
          if (listed.length > 1000) break;
        }
      }
      const bytes = Buffer.alloc(65_000);
      const details: number[] = [];
      for (let from: number | null = 0; from !== null; ) {
        const page = packDescriptorDetails(pid, from, 100, bytes);
        details.push(...decodeDescriptors(bytes.subarray(0, page.bytes)).map(({ fd }) => fd));
        from = page.next;
      }
      expect(details).to.deep.equal(listed);
    });
  }

  it('what they refer to', async () => {
    const pid = await started(
      'f = os.open("/etc/passwd", os.O_RDONLY); os.lseek(f, 7, 0); os.dup2(f, 50, inheritable=False)',
      'os.dup2(os.pipe()[1], 51); os.dup2(os.open("/tmp", os.O_RDONLY | os.O_DIRECTORY), 52)',
    );
    const bytes = Buffer.alloc(65_000);
    const { bytes: length } = packDescriptorDetails(pid, 50, 100, bytes);
    const [file, pipe, directory] = decodeDescriptors(bytes.subarray(0, length));
    expect(file).to.include({ fd: 50, offset: 7, target: '/etc/passwd' });
    expect(file!.flags & 0o2000000, 'cloexec').not.to.equal(0);
    expect(file!.mode & 0o170000).to.equal(0o100000);
    expect(pipe!.target).to.equal(`pipe:[${pipe!.inode}]`);
    expect(directory!.mode & 0o170000).to.equal(0o040000);
  });

  it('of nobody: ESRCH', () => {
    expect(packDescriptors(nobody, 0, Buffer.alloc(100)).bytes).to.equal(noProcess);
    expect(packDescriptorDetails(nobody, 0, 10, Buffer.alloc(10_000)).bytes).to.equal(noProcess);
  });
});
