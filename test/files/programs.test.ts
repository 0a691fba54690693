/** Ordinary programs do in a mount what they do in a directory, as their output and their tree of files say. */
import { chmodSync, mkdirSync } from 'node:fs';
import { expect } from 'chai';
import { memberPath, python, type Result, type Scene, scene } from '../programs/support.js';
import { notInstalled } from '../run/machine.js';
import { makeDirectory, removeDirectory } from './table.js';

interface ProgramCase {
  readonly name: string;
  readonly needs?: readonly string[];
  readonly command: readonly string[];
}

const shell = (text: string): string[] => ['sh', '-euc', text];

const project = `
mkdir -p project/src && cd project
printf 'int twice(int);\\n' > src/twice.h
printf '#include "twice.h"\\nint twice(int n) { return 2 * n; }\\n' > src/twice.c
printf '#include <stdio.h>\\n#include "twice.h"\\nint main(void) { printf("%%d\\\\n", twice(21)); return 0; }\\n' > src/main.c
printf 'OBJECTS = main.o twice.o\\nall: program\\nprogram: $(OBJECTS)\\n\\t$(CC) -o $@ $(OBJECTS)\\n%%.o: src/%%.c src/twice.h\\n\\t$(CC) -Isrc -c -o $@ $<\\nclean:\\n\\trm -f *.o program\\n' > Makefile`;

const git = `${project}
git init -q -b main . && git add . && git commit -qm first && cd ..
git clone -q project copy && cd copy && make -s -j2 CC=gcc && ./program
make -s clean CC=gcc && git status --short --branch
git checkout -q -b side && git mv src/twice.c src/double.c && git commit -qam moved && git log --stat --format='%H %s'
git checkout -q main && git merge -q side && git gc -q && git fsck && git worktree add -q ../tree HEAD && ls ../tree
cd .. && git clone -q --bare copy bare.git && git --git-dir bare.git log --format=%H && rm -rf copy/.git/hooks
git -C copy stash list && echo more >> copy/Makefile && git -C copy diff --stat && git -C copy stash -q && git -C copy stash list`;

const library = `
printf 'int answer(void) { return 42; }\\n' > answer.c
printf '#include <stdio.h>\\nint answer(void); int main(int n, char **v) { (void)n; printf("%%s %%d\\\\n", v[0], answer()); return 3; }\\n' > main.c
mkdir lib && gcc -shared -fPIC -o lib/libanswer.so answer.c
gcc -o program main.c -Llib -lanswer -Wl,-rpath,'$ORIGIN/lib' && gcc -static -o static main.c answer.c
./program || echo $?; (cd lib; ../program || echo $?); ./static || echo $?; "$PWD/static" || echo $?
ln -s program link; ./link || echo $?; cp program /tmp/not-here 2>/dev/null && rm /tmp/not-here; PATH="$PWD" program || echo $?
printf '#!%s/static\\n' "$PWD" > script; chmod +x script; ./script || echo $?; rm static; ./script 2>&1 || echo $?`;

const coreutils = `
mkdir -p a/b/c && echo one > a/f && echo two > a/b/g && ln -s ../f a/b/l && ln a/f a/h && mkfifo a/p
touch -d 2020-02-02T02:02:02Z a/f a/b/g && touch -h -d 2021-01-01T00:00:00Z a/b/l && touch -d 2019-01-01T00:00:00Z a/p && chmod 640 a/b/g
cp -a a copy && diff -r --exclude=p a copy && stat -c '%n %F %a %h %s %Y %N' copy/f copy/b/g copy/b/l copy/p
ls -lR --time-style=+%s copy/b | sed 's/^total.*//' | cut -d' ' -f1,2,3,4,6- | tail -3
mv copy moved && ls moved && mv -T moved a/b/moved && find a -printf '%p %y %m %n\\n' | sort
tar cf a.tar a && mkdir out && tar xf a.tar -C out && diff -r --exclude=p a out/a && tar tvf a.tar | wc -l
tar czf - a | tar tzf - | sort | head -3; rm -r out; rm -rf a/b/moved; find a -type l -exec readlink {} +
install -D -m 750 a/f deep/er/file && stat -c %a deep/er/file; split -b 2 a/f part. && cat part.*; rmdir "$(mktemp -d ./tmp.XXXXXX)"
dd if=/dev/zero of=z bs=1000 count=3 status=none && truncate -s 100 z && stat -c %s z; echo x | tee -a z | wc -c; [ a/f -ef a/h ] && echo same
chmod -R go-rwx a && find a -perm /077 ! -type l; realpath a/../a/b/l; readlink -f a/b/l; cd a/b; pwd; pwd -P; cd -; rmdir deep 2>&1 || echo $?
sort -S 64k -T . -r part.* | head -1; cp --reflink=auto a/f f2; cmp a/f f2; ln -sf f2 s; ln -sfn a s; ls s; rm -r a; ls`;

const busybox = `
b() { busybox "$@"; }
b mkdir -p d/e; echo hello > d/f; b cp -a d c; b mv c/f c/g; b ln -s g c/l; b cat c/l; b find . | b sort; b tar cf t.tar c; b rm -r c
b tar xf t.tar; b ls c; b stat -c '%n %a %h %s' c/g; b touch c/new; b rmdir d/e; b readlink -f c/l; b pwd; b du -a c | b wc -l; b chmod 600 c/g
b test -x c/g || echo no; b unlink c/l; b mkfifo p; (echo through > p &); b cat p; b realpath c/../d; b rm -rf c d; b ls`;

const scripts = `
cat > s <<'end'
#!/bin/sh
echo "$0" "$@"
exec "$(dirname "$0")/other" x
end
cat > other <<'end'
#!/usr/bin/env -S sh -e
pwd; echo other $1; exit 5
end
chmod +x s other; ./s a b || echo $?; "$PWD/s" || echo $?; mkdir d; cd d; ../s || echo $?
PATH="$PWD/..:$PATH" s y || echo $?; sh ../other z || echo $?; ln -s ../s l; ./l || echo $?; (. ../other q) || echo $?`;

const pythonProgram = `
import os, glob, mmap, shutil, tempfile, pathlib, subprocess, json
root = pathlib.Path('tree'); (root / 'a/b').mkdir(parents=True)
for i in range(20): (root / 'a' / f'f{i}').write_text(str(i))
(root / 'l').symlink_to('a'); os.link(root / 'a/f1', root / 'hard')
for where, directories, files in sorted(os.walk(root)): print(where, sorted(directories), sorted(files))
print(sorted(glob.glob('tree/**/f1*', recursive=True)))
with os.scandir(root) as entries: print(sorted((e.name, e.is_dir(), e.is_symlink(), e.inode() == e.stat(follow_symlinks=False).st_ino) for e in entries))
shutil.copytree(root, 'copy', symlinks=True); print(sorted(os.listdir('copy')), os.readlink('copy/l'))
shutil.move('copy', 'moved'); print(os.path.realpath('moved/l/f3') == os.path.abspath('moved/a/f3'), os.getcwd() == os.path.realpath('.'))
with open('map', 'w+b') as file:
    file.truncate(4096); view = mmap.mmap(file.fileno(), 4096); view[:5] = b'hello'; view.flush(); print(open('map', 'rb').read(5))
with tempfile.TemporaryDirectory(dir='.') as d, tempfile.TemporaryFile(dir=d) as t: t.write(b'x'); print(os.listdir(d))
with tempfile.NamedTemporaryFile('w', dir='.') as t: json.dump([1], t); t.flush(); print(os.stat(t.name).st_size)
fd = os.open('moved', os.O_RDONLY); print(sorted(os.listdir(fd)), os.stat('a/f4', dir_fd=fd).st_size); os.rename('a/f4', 'g', src_dir_fd=fd, dst_dir_fd=fd)
os.fchdir(fd); print(os.path.exists('g')); os.chdir('..'); os.replace('map', 'moved/map'); os.setxattr('moved', 'user.k', b'v'); print(os.listxattr('moved'), os.getxattr('moved', 'user.k'))
print(subprocess.run(['cat', 'g'], cwd='moved', capture_output=True).stdout, subprocess.run('pwd', cwd='moved/a', shell=True, capture_output=True).stdout.endswith(b'/moved/a\\n'))
try: os.mkdir('moved')
except OSError as error: print(repr(error), error.filename)
shutil.rmtree('moved'); shutil.rmtree('tree'); print(os.listdir('.'))`;

const nodeProgram = `
const fs = require('node:fs'), path = require('node:path'), child = require('node:child_process');
fs.mkdirSync('a/b', { recursive: true }); fs.writeFileSync('a/b/f', 'text'); fs.symlinkSync('b/f', 'a/l'); fs.cpSync('a', 'c', { recursive: true });
console.log(fs.readdirSync('.', { recursive: true }).sort(), fs.realpathSync('a/l') === path.resolve('a/b/f'), process.cwd() === fs.realpathSync('.'));
console.log(fs.readdirSync('a', { withFileTypes: true }).map((e) => [e.name, e.isDirectory(), e.isSymbolicLink()]));
fs.appendFileSync('a/b/f', '!'); fs.renameSync('a/b/f', 'g'); fs.copyFileSync('g', 'h', fs.constants.COPYFILE_EXCL); fs.truncateSync('h', 2);
console.log(fs.readFileSync('g', 'utf8'), fs.statSync('h').size, fs.existsSync('a/l'), fs.mkdtempSync('t-').length);
(async () => {
  const ended = new AbortController();
  const seen = (async () => { for await (const { filename } of fs.promises.watch('a', { signal: ended.signal })) return filename; })();
  await new Promise((resolve) => setImmediate(resolve)); fs.writeFileSync('a/watched', ''); console.log(await seen);
  const file = await fs.promises.open('g', 'r+'); await file.write('T', 0); await file.close(); console.log(await fs.promises.readFile('g', 'utf8'));
  console.log(child.execFileSync('ls', { cwd: 'a', encoding: 'utf8' })); await fs.promises.rm('a', { recursive: true }); console.log(fs.readdirSync('.').length);
  try { fs.rmdirSync('c'); } catch (error) { console.log(error.code, error.path); }
})();`;

const cases: readonly ProgramCase[] = [
  { name: 'git and make', needs: ['git', 'make', 'gcc'], command: shell(git) },
  { name: 'programs and libraries of gcc', needs: ['gcc'], command: shell(library) },
  { name: 'coreutils, tar, find', command: shell(coreutils) },
  { name: 'busybox', needs: ['busybox'], command: ['busybox', 'sh', '-euc', busybox] },
  { name: 'python3', command: [python, '-c', pythonProgram] },
  { name: 'node', command: ['node', '-e', nodeProgram] },
  {
    name: 'sqlite3',
    needs: ['sqlite3'],
    command: shell(
      "sqlite3 d 'create table t(a); insert into t values(1),(2); select sum(a) from t'; sqlite3 d 'pragma journal_mode=wal; insert into t values(3); select * from t; pragma integrity_check'; sqlite3 d .dump; sqlite3 d 'vacuum into \"e\"'; ls",
    ),
  },
  { name: 'scripts', command: shell(scripts) },
  {
    name: 'bash: globs, redirections, process substitution',
    command: [
      'bash',
      '--norc',
      '-c',
      'for i in {1..30}; do echo $i > f$i; done; echo f1*; cat f{1,2} > sum; diff <(ls) <(ls -U | sort); set -C; echo x > sum; echo $?; exec 5<>rw; echo hi >&5; cat rw; cd -P .; pushd /; popd; [[ f1 -nt f2 || -e f3 ]]; echo $?; cat <<< $(< f7); compgen -f f2 | sort',
    ],
  },
  {
    name: 'perl',
    needs: ['perl'],
    command: [
      'perl',
      '-e',
      'mkdir "d" or die; open my $f, ">", "d/f" or die $!; print $f "x\\n"; close $f; rename "d/f", "d/g" or die; symlink "g", "d/l" or die; print readlink("d/l"), " ", -s "d/l", " ", join(",", sort glob("d/*")), "\\n"; opendir my $h, "d"; print join(",", sort readdir $h), "\\n"; chdir "d"; use Cwd; print getcwd() =~ m{/d$} ? "in d\\n" : getcwd(); unlink "g", "l"; chdir ".."; rmdir "d" or die; print -e "d" ? "there\\n" : "gone\\n"; utime 5, 6, "." or die; print((stat ".")[9], "\\n")',
    ],
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
  LC_ALL: 'C.UTF-8',
};

/** What was said, with the directory named alike. */
async function outcome(run: Promise<Result>, directory: string): Promise<Result> {
  const { stdout, stderr, ...rest } = await run;
  return {
    ...rest,
    stdout: stdout.replaceAll(directory, '/place'),
    stderr: stderr.replaceAll(directory, '/place'),
  };
}

async function compare(scene: Scene, command: readonly string[]): Promise<void> {
  const plain = makeDirectory('memory');
  const host = scene.path('host');
  mkdirSync(host);
  chmodSync(scene.directory, 0o755);
  const inMember = (mount: readonly string[]): Promise<Result> =>
    scene.run([memberPath, ...mount, '-w', '/shared', '--', ...command], { env: environment });
  try {
    const native = await outcome(scene.run(command, { cwd: plain, env: environment }), plain);
    expect(native.status, native.stderr).to.equal(0);
    expect(await outcome(inMember(['--tmpfs', '/shared']), '/shared'), 'tmpfs').to.deep.equal(native);
    expect(await outcome(inMember(['--bind', `${host}:/shared`]), '/shared'), 'host').to.deep.equal(native);
  } finally {
    removeDirectory(plain);
  }
}

describe('programs do in a mount what they do in a directory', () => {
  for (const { name, needs = [], command } of cases) {
    scene(name, (scene) => compare(scene, command), notInstalled(...needs));
  }
});
