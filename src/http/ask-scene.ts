/** What is asked about locks, waits, contention: bounded, the most telling first. */
import { observedRowsMax } from '../shared/limits.js';
import { ContentionOrder, type Reply } from '../shared/messages.js';
import { type Ask, pages } from './ask.js';
import { clean } from './text.js';
import type { FileHistory, Lock, Pulse, Scene, Wait } from './world.js';

/** Up to so many locks are asked for whatever file they are on; where there are more, those of some files are. */
const locksMax = 5_000;
const filesMax = 24;
/** Of a file, and of one that is waited for: whoever holds it shall be among them. */
const fileLocksMax = 200;
const awaitedLocksMax = 1_000;
/** Of each that comes after so many have been told, few. */
const fileLocksInAll = 1_500;
const fewLocks = 30;
/** Of one that somebody has chosen. */
const chosenLocksMax = 2_000;
const waitsMax = 1_000;
const sessionsMax = 5_000;
const historyMax = 50;

interface FileKey {
  /** `device:inode`. */
  readonly file: string;
  readonly path: string;
}

export async function askPulse(ask: Ask): Promise<Pulse> {
  const status = await ask('status', {});
  const totals = await ask('statistics', {});
  const oldest = await ask('waitGraph', { cursor: 0, limit: 1 });
  const members = await pages(ask, 'sessionsList', {}, sessionsMax);
  return {
    status,
    totals,
    longestWait: oldest.edges[0]?.age ?? 0,
    held: members.rows.reduce((sum, { held }) => sum + held, 0),
    members: members.rows,
  };
}

/** `chosen`: files of which somebody wants to see all locks, by their names on the page. */
export async function askScene(ask: Ask, chosen: ReadonlySet<string>): Promise<Scene> {
  const pulse = await askPulse(ask);
  const { mounts } = await ask('mountsList', {});
  const waits = await askWaits(ask);
  const history = await askHistory(ask);
  const few = pulse.held + pulse.status.waiting <= locksMax;
  return {
    ...pulse,
    waits,
    deadlocks: pulse.status.deadlocks,
    mounts,
    ...(few ? await askAllLocks(ask, history) : await askTellingLocks(ask, waits, history, chosen)),
  };
}

type Told = Pick<Scene, 'locks' | 'locksCut' | 'whole' | 'history'>;

async function askAllLocks(ask: Ask, history: readonly FileHistory[]): Promise<Told> {
  const { rows, cut } = await pages(ask, 'locksList', { file: '', waiting: false }, 2 * locksMax);
  return { locks: rows, locksCut: cut, whole: new Set(), history };
}

/** Of the files that matter most, the first ones; all that wait as far as it is known who waits for whom. */
async function askTellingLocks(
  ask: Ask,
  waits: readonly (Wait & FileKey)[],
  history: readonly (FileHistory & FileKey)[],
  chosen: ReadonlySet<string>,
): Promise<Told> {
  const all = new Map([...waits, ...history].map(({ file, path }) => [file, path]));
  const awaited = new Set(waits.map(({ file }) => file));
  const isChosen = (path: string) => chosen.has(clean(path));
  const files = [...all].filter(([, path], n) => n < filesMax || isChosen(path));
  const paths = new Set(files.map(([, path]) => path));
  const whole = new Set<string>();
  const locks: Lock[] = [];
  for (const [file, path] of files) {
    const most = awaited.has(file) ? awaitedLocksMax : fileLocksMax;
    const max = isChosen(path)
      ? chosenLocksMax
      : Math.min(most, Math.max(fewLocks, fileLocksInAll - locks.length));
    const { rows, cut } = await pages(ask, 'locksList', { file, waiting: false }, max);
    if (!cut) whole.add(path);
    locks.push(...rows.filter(({ waiting }) => !cut || !waiting));
  }
  locks.push(...waits.filter(({ path }) => paths.has(path) && !whole.has(path)).map(lockOf));
  return { locks, locksCut: true, whole, history: history.filter(({ path }) => paths.has(path)) };
}

const lockOf = ({ waiter, path, kind, type, start, end, age }: Wait): Lock => ({
  ...waiter,
  path,
  kind,
  type,
  start,
  end,
  age,
  waiting: true,
});

/** The first ones; those who came first have waited longest. */
async function askWaits(ask: Ask): Promise<(Wait & FileKey)[]> {
  const waits: (Wait & FileKey)[] = [];
  for (let cursor: number | null = 0; cursor !== null && waits.length < waitsMax; ) {
    const page: Reply<'waitGraph'> = await ask('waitGraph', { cursor, limit: observedRowsMax });
    waits.push(...page.edges);
    cursor = page.next;
  }
  return waits;
}

/** Of the files with the longest waits and of those locked most often. */
async function askHistory(ask: Ask): Promise<(FileHistory & FileKey)[]> {
  const files = new Map<string, FileHistory & FileKey>();
  for (const order of [ContentionOrder.waited, ContentionOrder.acquisitions]) {
    const { rows } = await ask('contentionList', { order, limit: historyMax });
    for (const row of rows) files.set(row.path, row);
  }
  return [...files.values()];
}
