/** Ordinary programs do in a member what they do outside. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { notInstalled } from '../run/machine.js';
import { startActor, untilLocks } from './locks.js';
import { python, type Scene, scene, script } from './support.js';

interface ProgramCase {
  readonly name: string;
  /** Without it there is nothing to test. */
  readonly needs?: readonly string[];
  /** Files in the working directory. */
  readonly files?: Record<string, string>;
  readonly command: readonly string[];
}

const shell = (text: string): string[] => ['sh', '-euc', text];

const git = `
git init -q -b main . && git add a.txt b && git commit -qm first
echo more >> a.txt && git mv b/c.txt d.txt && git commit -qam second
git status --short --branch && git log --format='%H %an %ad %s' --stat && git diff HEAD~1 && git fsck && git gc -q
git checkout -q -b side HEAD~1 && echo other > e.txt && git add . && git commit -qm third && git merge -qm fourth main
git log --graph --oneline && git rev-parse HEAD && ls`;

const pythonProgram = `
import fcntl, os, subprocess, sys, threading, tempfile, multiprocessing, mmap
def work(number, results): results[number] = sum(range(number * 1000))
results = {}
threads = [threading.Thread(target=work, args=(i, results)) for i in range(16)]
[t.start() for t in threads]; [t.join() for t in threads]
print(sorted(results.items()))
print(subprocess.run(['sort', '-r'], input=b'a\\nc\\nb\\n', capture_output=True))
print(subprocess.run('exit 9', shell=True).returncode)
with open('file', 'w+') as file:
    fcntl.lockf(file, fcntl.LOCK_EX, 10, 5)
    pid = os.fork()
    if pid == 0:
        try: fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 7)
        except OSError as error: os.write(1, repr(error).encode() + b'\\n')
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 5, 0)
        os._exit(3)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
    fcntl.flock(file, fcntl.LOCK_EX)
with multiprocessing.Pool(3) as pool: print(pool.map(abs, range(-9, 0)))
sys.exit(4)`;

const nodeProgram = `
const fs = require('node:fs'), child = require('node:child_process');
const { Worker } = require('node:worker_threads');
fs.writeFileSync('file', 'text'); fs.appendFileSync('file', ' more'); fs.renameSync('file', 'other');
console.log(fs.readFileSync('other', 'utf8'), fs.readdirSync('.'));
console.log(child.execFileSync('tr', ['a-z', 'A-Z'], { input: 'words', encoding: 'utf8' }));
const worker = new Worker('require("node:worker_threads").parentPort.postMessage(6 * 7)', { eval: true });
worker.on('message', async (value) => {
  const { stdout } = await require('node:util').promisify(child.exec)('cat other; echo; pwd | wc -l');
  console.log(value, stdout);
  process.exitCode = 11;
});`;

const threadsProgram = `#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static void *work(void *number) {
  struct flock lock = { .l_type = F_WRLCK, .l_start = (long)number, .l_len = 1 };
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  return (void *)(long)(fcntl(fd, F_OFD_SETLK, &lock) + close(fd));
}
int main(void) {
  pthread_t threads[20];
  long sum = 0;
  for (long i = 0; i < 20; i++) pthread_create(&threads[i], NULL, work, (void *)i);
  for (int i = 0; i < 20; i++) { void *result; pthread_join(threads[i], &result); sum += (long)result; }
  printf("sum %ld\\n", sum);
  return 12;
}
`;

const tree = { 'a.txt': 'one\n', 'b/c.txt': 'two\n', 'b/d/e.txt': 'three\n' };

const cases: readonly ProgramCase[] = [
  {
    name: 'sh: pipelines, substitution, subshells, background jobs',
    command: shell(
      'seq 1 5000 | sed s/7/x/ | grep x | sort -r | tee t | (head -3; cat > rest); wc -l < t; (cd /; pwd); x=$(date +%z | wc -c); echo $x; sleep 0 & wait $!; ! false; exit 3',
    ),
  },
  { name: 'sh: an error', command: ['sh', '-c', 'ls no-such-file; nonsense; exit 2'] },
  {
    name: 'bash: process substitution, here documents',
    command: ['bash', '--norc', '-c', 'diff <(seq 3) <(seq 4); cat <<< "$-"'],
  },
  { name: 'git', needs: ['git'], files: tree, command: shell(git) },
  { name: 'python3: threads, subprocesses, lockf', command: [python, '-c', pythonProgram] },
  { name: 'node: files, children, workers', command: ['node', '-e', nodeProgram] },
  {
    name: 'gcc: compile and run with threads and OFD locks',
    needs: ['gcc'],
    files: { 'p.c': threadsProgram },
    command: shell('gcc -D_GNU_SOURCE -pthread -O1 -o p p.c; ./p'),
  },
  {
    name: 'tar and find',
    files: tree,
    command: shell(
      'tar czf t.tgz a.txt b; mkdir out; tar xzvf t.tgz -C out; diff -r b out/b; find . -type f | sort; find b -delete; ls',
    ),
  },
  {
    name: 'a static busybox shell',
    needs: ['busybox'],
    files: tree,
    command: [
      'busybox',
      'sh',
      '-c',
      'busybox ls; busybox find b | busybox sort; busybox cat a.txt | busybox md5sum; exit 6',
    ],
  },
  {
    name: 'make, in parallel',
    needs: ['make'],
    files: { Makefile: 'all: a b c\na b c:\n\t@echo made > $@\n' },
    command: shell('make -j3; cat a b c'),
  },
  {
    name: 'sqlite3',
    needs: ['sqlite3'],
    command: shell(
      "sqlite3 d.db 'create table t(a); insert into t values(1),(2); select sum(a) from t'; sqlite3 d.db 'pragma journal_mode=wal; insert into t values(3); select * from t'",
    ),
  },
  {
    name: 'flock on a free and on a taken lock',
    command: shell(
      'flock f echo in; exec 9>f; flock 9; flock -n f true || echo taken $?; timeout 1 flock f true || echo late $?',
    ),
  },
  {
    name: 'xargs -P',
    command: shell(
      'seq 40 | xargs -P 8 -n 1 -I N sh -c "echo N > fN"; cat f* | sort -n | tail -1; ls | wc -l',
    ),
  },
  {
    name: 'strace -f',
    needs: ['strace'],
    command: shell('strace -f -o /dev/null sh -c "true; flock f echo locked; exit 5" || echo $?'),
  },
  {
    name: 'gdb runs a program',
    needs: ['gdb'],
    command: shell(
      'gdb -nx -batch -ex run -ex "info program" --args sh -c "flock f true; exit 5" 2>&1 | grep -o "exited.*"',
    ),
  },
];

const environment = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'A U Thor',
  GIT_AUTHOR_EMAIL: 'author@example.com',
  GIT_AUTHOR_DATE: '2024-01-01T00:00:00Z',
  GIT_COMMITTER_NAME: 'A U Thor',
  GIT_COMMITTER_EMAIL: 'author@example.com',
  GIT_COMMITTER_DATE: '2024-01-01T00:00:00Z',
  DEBUGINFOD_URLS: '',
  LC_ALL: 'C.UTF-8',
};

/** A working directory with the files of the case. */
function prepare(scene: Scene, name: string, files: Record<string, string> = {}) {
  const cwd = scene.path(name);
  mkdirSync(cwd);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(`${cwd}/${path}`.replace(/[^/]*$/, ''), { recursive: true });
    writeFileSync(`${cwd}/${path}`, text);
  }
  return { cwd, env: environment };
}

describe('programs do in a member what they do outside', () => {
  for (const { name, needs = [], files, command } of cases) {
    const play = async (scene: Scene): Promise<void> => {
      const native = await scene.run(command, prepare(scene, 'native', files));
      const embedded = await scene.runMember(command, prepare(scene, 'member', files));
      expect(embedded, 'embedded leader').to.deep.equal(native);
      await scene.startLeader();
      const led = await scene.runMember(command, prepare(scene, 'led', files));
      expect(led, 'leader behind a socket').to.deep.equal(native);
    };
    scene(name, play, notInstalled(...needs));
  }
});

/** A debugger joins a process of its own member, which runs, or waits for a lock. */
const debuggers = [
  { name: 'gdb', command: 'gdb -nx -batch -p $target -ex bt', said: /^#0 /m },
  {
    name: 'strace',
    // For a second: a thread that waits and has a tracer is let out now and then.
    command:
      'strace -p $target >trace 2>&1 & tracer=$!; until grep -q attached trace || ! kill -0 $tracer; do sleep 0.02; done; sleep 1; kill -TERM $tracer; wait $tracer; cat trace',
    said: /attached/,
  },
];

const debugged = [
  { what: 'that reads', held: 'flock', target: 'exec 8<>p; exec cat <&8', waiting: 0 },
  { what: 'that waits for flock', held: 'flock', target: 'exec flock f echo granted', waiting: 1 },
  {
    what: 'that waits for lockf',
    held: 'lockf',
    target: `exec ${python} -SEc 'import fcntl; fcntl.lockf(open("f", "w"), fcntl.LOCK_EX); print("granted")'`,
    waiting: 1,
  },
];

describe('debuggers in a member', () => {
  scene('one that gets its turn late finds the thread free, again and again', async (scene) => {
    await scene.startLeader();
    const holder = startActor(scene, scene.path('f'));
    expect(await holder.do('flock write')).to.equal('ok');
    const text = `(exec flock f true) & ${python} ${script('attach.py')} $! 3; kill $!`;
    const program = scene.member(['bash', '--norc', '-c', text]);
    expect(await program.result).to.include({ stdout: 'refused 0\n', stderr: '' });
    await holder.end();
  });

  for (const { name, command, said } of debuggers) {
    for (const { what, held, target, waiting } of debugged) {
      const play = async (scene: Scene): Promise<void> => {
        await scene.startLeader();
        const holder = startActor(scene, scene.path('f'));
        expect(await holder.do(`${held} write`)).to.equal('ok');
        const text = `mkfifo p; (${target}) & target=$!; read line; { ${command}; } 2>&1; echo joined; read line; [ ${waiting} = 1 ] || kill $target; wait $target; echo ended $?`;
        const program = scene.member(['bash', '--norc', '-c', text]);
        await untilLocks(scene, 1, waiting);
        program.write('join\n');
        await program.said(/^joined/m);
        expect(program.stdout).to.match(said);
        await untilLocks(scene, 1, waiting);
        await holder.end();
        program.write('end\n');
        const { stdout } = await program.result;
        expect(stdout).to.match(waiting > 0 ? /granted\nended 0/ : /ended 143/);
      };
      scene(`${name} joins a process ${what}`, play, notInstalled(name));
    }
  }
});
