/** Transactions a second of 8 processes that write into one SQLite database, in members against natively. */
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  connected,
  directory,
  directoryBelow,
  embedded,
  memberProgram,
  run,
  runIn,
  script,
  startLeader,
} from './programs.js';
import { type Goal, perSecond, type Row, ratioRow, rounds, type Subject } from './run.js';

const processes = 8;
const members = 4;

/** The interpreter itself, not a script that looks for it: the workload must be the same everywhere. */
const python = async (): Promise<string> =>
  (await run('python3', ['-c', 'import sqlite3, sys; print(sys.executable)'])).trim();

interface Load {
  readonly folder: string;
  readonly mode: 'delete' | 'wal';
  /** Of each process. */
  readonly transactions: number;
}

/** Transactions a second of 8 processes, spread evenly over the groups; `wraps` says what runs each group. */
async function write(
  interpreter: string,
  load: Load,
  wraps: readonly (readonly string[])[],
): Promise<number> {
  const file = (name: string) => join(load.folder, name);
  const database = file('database');
  for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(database + suffix, { force: true });
  rmSync(file('go'), { force: true });
  writeFileSync(file('ready'), '');
  const sql = (...parameters: string[]) => run('sqlite3', [database, ...parameters]);
  await sql(`PRAGMA journal_mode=${load.mode}; CREATE TABLE entries (writer INTEGER, number INTEGER);`);
  const each = wraps.map((wrap) =>
    runIn(wrap, [
      interpreter,
      script('sqlite-writers.py'),
      database,
      `${processes / wraps.length}`,
      `${load.transactions}`,
      file('ready'),
      file('go'),
    ]),
  );
  const ended = Promise.all(each);
  await Promise.race([ended, allReady(file('ready'))]);
  writeFileSync(file('go'), '');
  const times = (await ended).map((line) => line.split(' ').map(Number));
  const rows = Number(await sql('SELECT count(*) FROM entries'));
  const wanted = processes * load.transactions;
  if (rows !== wanted) throw new Error(`${rows} rows, not ${wanted}`);
  const nanoseconds = Math.max(...times.map(([, end]) => end!)) - Math.min(...times.map(([begin]) => begin!));
  return wanted / (nanoseconds / 1e9);
}

async function allReady(path: string): Promise<void> {
  while (statSync(path).size < processes) await setTimeout(5);
}

async function compare(what: string, load: Load, count: number, goal: Goal): Promise<Row[]> {
  const interpreter = await python();
  const leader = await startLeader(load.folder);
  const taken = await rounds(count, {
    native: () => write(interpreter, load, [[]]),
    one: () => write(interpreter, load, [[memberProgram, ...embedded(load.folder)]]),
    several: () =>
      write(interpreter, load, Array(members).fill([memberProgram, ...connected(leader.socket)])),
  });
  await leader.stop();
  const row = (where: string, rate: number) =>
    ratioRow(
      `${what}: ${where}`,
      `native ${perSecond(taken.native)}`,
      perSecond(rate),
      rate / taken.native,
      goal,
    );
  return [
    row('one member', taken.one),
    row(`${members} members x ${processes / members} processes, one leader`, taken.several),
  ];
}

export const sqlite: Subject = {
  name: 'sqlite',
  needs: ['sqlite3', 'python3'],
  async run() {
    const onDisk: Load = { folder: directory, mode: 'delete', transactions: 200 };
    const rows = await compare('sqlite3, 8 writers, rollback journal on disk', onDisk, 7, { atLeast: 0.85 });
    if (!existsSync('/dev/shm')) return rows;
    const inMemory: Load = { folder: directoryBelow('/dev/shm'), mode: 'wal', transactions: 1000 };
    return [...rows, ...(await compare('sqlite3, 8 writers, WAL in /dev/shm', inMemory, 5, 'report'))];
  },
};
