/** Critical sections over a counter in a file: programs of several members, each with its own way to lock. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { connect } from '../../src/shared/client.js';
import { listLocks } from './locks.js';
import { compile, python, type Scene, scene, script } from './support.js';

interface Counting {
  readonly name: string;
  /** Counts in the file `counter` of the working directory, `times` times. */
  readonly command: (times: number, program: string) => string[];
  readonly times: number;
}

const add = 'read n < counter; echo $((n + 1)) > counter';

const flockCommand: Counting = {
  name: 'flock(1)',
  command: (times) => [
    'sh',
    '-euc',
    `i=0; while [ $i -lt ${times} ]; do flock counter sh -c '${add}'; i=$((i + 1)); done`,
  ],
  times: 60,
};

const flockDescriptor: Counting = {
  name: 'flock(1) on a descriptor of the shell',
  command: (times) => [
    'bash',
    '-euc',
    `for ((i = 0; i < ${times}; i++)); do exec 9<>counter; flock 9; ${add}; exec 9>&-; done`,
  ],
  times: 100,
};

const busybox: Counting = {
  name: 'a static busybox shell',
  command: (times) => [
    'busybox',
    'sh',
    '-euc',
    `i=0; while [ $i -lt ${times} ]; do exec 9<>counter; flock 9; ${add}; flock -u 9; i=$((i + 1)); done`,
  ],
  times: 100,
};

const lockf: Counting = {
  name: 'Python, fcntl.lockf',
  command: (times) => [python, '-S', '-E', script('counter.py'), 'counter', String(times)],
  times: 1000,
};

const compiled = (kind: string): Counting => ({
  name: `C, ${kind}`,
  command: (times, program) => [program, kind, 'counter', String(times)],
  times: 2000,
});

/** Kinds in one row exclude each other. */
const rows: readonly (readonly Counting[])[] = [
  [flockCommand, flockDescriptor],
  [busybox, flockDescriptor, compiled('flock')],
  [lockf, lockf],
  [lockf, compiled('fcntl'), compiled('ofd')],
];

const count = (scene: Scene): number => Number(readFileSync(scene.path('counter'), 'utf8'));

describe('critical sections over a counter file', () => {
  let directory: string;
  let program: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'sward-counter-'));
    program = compile('counter', directory);
  });

  after(() => rmSync(directory, { recursive: true }));

  for (const kinds of rows) {
    scene(
      `${kinds.map(({ name }) => name).join(' against ')}: 2 processes in a member each`,
      async (scene) => {
        await scene.startLeader();
        writeFileSync(scene.path('counter'), '0\n');
        const both = '"$@" & "$@"; a=$?; wait $!; echo $a $?';
        const members = kinds.map(({ command, times }) =>
          scene.member(['sh', '-c', both, 'sh', ...command(times, program)]),
        );
        for (const { result } of members) {
          expect(await result).to.include({ status: 0, stdout: '0 0\n', stderr: '' });
        }
        expect(count(scene)).to.equal(2 * kinds.reduce((sum, { times }) => sum + times, 0));
        expect(await listLocks(scene)).to.deep.equal([]);
      },
    );
  }

  for (const [kind, name] of [
    ['ofd', 'fcntl'],
    ['record', 'ofd'],
    ['flock', 'flock'],
  ] as const) {
    scene(
      `a Node program (${kind} locks of the client library) against C, ${name}, and Python`,
      async (scene) => {
        await scene.startLeader();
        const path = scene.path('counter');
        writeFileSync(path, '0\n');
        const others = [compiled(name), kind === 'flock' ? flockDescriptor : lockf];
        const members = others.map(({ command, times }) => scene.member(command(times, program)));
        const leader = await connect(scene.socket);
        try {
          for (let i = 0; i < 1000; i++) {
            const lock = await leader.lock(path, { kind });
            writeFileSync(path, `${count(scene) + 1}\n`, { flag: 'r+' });
            await lock.release();
          }
          for (const { result } of members) expect(await result).to.include({ status: 0, stderr: '' });
        } finally {
          leader.close();
        }
        expect(count(scene)).to.equal(others.reduce((sum, { times }) => sum + times, 1000));
        expect(await listLocks(scene)).to.deep.equal([]);
      },
    );
  }
});
