/**
 * The demo of `npm start`: one member with an embedded leader runs several writers at once (sqlite3, flock(1)),
 * shows how far they are, and checks the result. Exit status 0 when every count is exact.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const member = fileURLToPath(new URL('../../../bin/member', import.meta.url));
const writers = 4;
const rounds = 50;

const directory = mkdtempSync(join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), 'sward-demo-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

const sqlite = (sql: string): string => {
  const run = spawnSync('sqlite3', [join(directory, 'app.db'), sql], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`sqlite3: ${run.error?.message ?? run.stderr}`);
  return run.stdout.trim();
};

/** Every writer does `rounds` transactions in the database, lines in the log, and increments of the counter. */
const script = `
writer() {
  i=0
  while [ $i -lt ${rounds} ]; do
    i=$((i + 1))
    sqlite3 -cmd '.timeout 30000' app.db "insert into entries values ($1, $i)" || exit 1
    flock log.lock sh -c "echo writer $1 line $i >> app.log"
    flock counter.lock sh -c 'echo $(($(cat counter) + 1)) > counter.new && mv counter.new counter'
  done
}
for n in ${Array.from({ length: writers }, (_, n) => n).join(' ')}; do writer $n & done
wait
`;

sqlite('create table entries (writer int, number int)');
writeFileSync(join(directory, 'counter'), '0');
writeFileSync(join(directory, 'app.log'), '');

console.log(`${writers} writers, ${rounds} rounds each, in one member with its own leader: ${directory}`);
const started = performance.now();
const child = spawn(member, ['--', 'sh', '-c', script], {
  cwd: directory,
  stdio: ['ignore', 'inherit', 'inherit'],
});

const total = writers * rounds;
const count = (file: string): number => readFileSync(join(directory, file), 'utf8').split('\n').length - 1;
const progress = setInterval(() => {
  console.log(
    `  ${Math.round((performance.now() - started) / 1000)} s: ${count('app.log')} of ${total} lines in the log`,
  );
}, 1000);

child.on('error', (error) => {
  clearInterval(progress);
  console.error(`demo: ${error.message}`);
  process.exitCode = 1;
});

child.on('exit', (status, signal) => {
  clearInterval(progress);
  const results: [what: string, actual: string, expected: string][] = [
    ['exit status of the member', String(status ?? signal), '0'],
    ['rows in the database', sqlite('select count(*) from entries'), String(total)],
    ['integrity of the database', sqlite('pragma integrity_check'), 'ok'],
    ['lines in the log', String(count('app.log')), String(total)],
    ['counter', readFileSync(join(directory, 'counter'), 'utf8').trim(), String(total)],
  ];
  console.log(`done in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  for (const [what, actual, expected] of results) {
    console.log(
      `  ${actual === expected ? 'right' : 'WRONG'}  ${what}: ${actual}${actual === expected ? '' : ` instead of ${expected}`}`,
    );
  }
  if (results.some(([, actual, expected]) => actual !== expected)) process.exitCode = 1;
});
